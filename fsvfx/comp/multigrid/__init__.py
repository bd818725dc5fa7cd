"""Poisson's equation on masks of any shape: conjugate gradients, preconditioned by multigrid cycles.

The cycle's coarse grids follow the mask roughly: a coarse point belongs to it if any of its four finer points does. So
a cycle alone would fail at slits, holes and partly free rims; conjugate gradients make up for that (Tatebe, "The
multigrid preconditioned conjugate gradient method", 1993), and need few steps everywhere else. All operations are on
whole pictures, which OpenCV and numpy do well: nothing is compiled.
"""

__all__ = ["harmonic"]
