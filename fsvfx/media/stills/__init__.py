"""Single pictures: TIFF, PNG, JPEG, WebP, BMP, GIF in; TIFF, PNG, DPX out."""
