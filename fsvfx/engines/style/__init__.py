"""Style transfer of faces: the network, and the networks that its losses use."""
