"""Poisson's equation on masks of any shape: conjugate gradients, preconditioned by multigrid cycles.

The cycle's coarse grids follow the mask roughly: a coarse point is in it where any of its four finer ones is. So a
cycle alone would fail at slits, holes and rims that are free in part; conjugate gradients make up for that (Tatebe,
"The multigrid preconditioned conjugate gradient method", 1993), and need few steps everywhere else. All of it is
whole-picture work that OpenCV and numpy do well: nothing is compiled.
"""

__all__ = ["harmonic"]
