"""Pictures on the FaceMesh: rasterizing, warping, choice of references, shape and light. Shared by the mesh engines."""
