"""The verbs of the command line, one file each. Slow imports are inside the functions."""
