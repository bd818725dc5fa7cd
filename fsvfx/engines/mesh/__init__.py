"""Pictures on the FaceMesh: rasterising, warping, reference choice, shape and light. What the mesh engines share."""
