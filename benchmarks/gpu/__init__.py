"""One prepared run on a GPU: tests, solver, inference and trainings at full speed, each within its time limit."""
