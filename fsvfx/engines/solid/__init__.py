"""What the engines in three dimensions share: the face's surface, an identity as one, and how a frame is made of it."""
