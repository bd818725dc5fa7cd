"""Occlusion: what is in front of a face. The contract of segmenters, where they are found, and the embedded one."""

__all__ = ["contract"]
