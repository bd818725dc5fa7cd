"""Whose face it is: networks that turn a picture of a face into numbers, and how they are found."""

__all__ = ["arcface", "contract", "dlib_resnet", "mean", "registry"]
