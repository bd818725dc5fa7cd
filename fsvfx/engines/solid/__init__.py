"""What the 3D engines share: the face's surface, an identity on it, and how frames are rendered."""
