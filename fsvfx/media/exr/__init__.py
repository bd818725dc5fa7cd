"""OpenEXR pictures: headers, layers, pixels in and out."""
