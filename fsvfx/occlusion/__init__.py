"""Occlusion of faces. The contract of segmenters, their registry, and the embedded one."""

__all__ = ["contract"]
