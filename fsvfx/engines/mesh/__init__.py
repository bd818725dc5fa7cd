"""Pictures on the FaceMesh: rasterizing, warping, reference choice, shape and light. What the mesh engines share."""
