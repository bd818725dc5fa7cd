"""Poisson's equation on masks of any shape, by black-box multigrid.

The pixels of a mask are joined by links to their neighbours. Each coarser grid has at most every second row and column
of the finer; how values pass from coarse points to fine ones follows from the fine equations themselves, and the coarse
equations are their Galerkin product (Dendy, "Black Box Multigrid", 1982). So holes, slits, ragged edges and rims that
are free in part need no special care.
"""

__all__ = ["harmonic"]
