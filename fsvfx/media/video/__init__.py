"""Video files: index, frame-exact decoding, colour, sound; and movies out."""
