"""Video files: index, frame-exact decoding, color, sound; and movies out."""
