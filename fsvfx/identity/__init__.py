"""Identity of faces: networks that turn a picture of a face into a vector, and their registry."""

__all__ = ["age_sex", "arcface", "contract", "dlib_resnet", "mean", "registry"]
