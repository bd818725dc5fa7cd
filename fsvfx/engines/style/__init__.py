"""The style transfer of faces: the network, and what its losses look with."""
