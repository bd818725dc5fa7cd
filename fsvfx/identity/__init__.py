"""Whose face it is: networks that turn a picture of a face into numbers, and how they are found."""

__all__ = ["age_sex", "arcface", "contract", "dlib_resnet", "mean", "registry"]
