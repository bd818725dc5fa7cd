"""Occlusion: what is in front of a face. The segmenters' contract and registry, and the embedded segmenter."""

__all__ = ["contract", "registry"]
