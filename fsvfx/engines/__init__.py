"""Engines: the contract of every way to swap, their registry, and one file for each engine."""

__all__ = ["autoencoder", "contract", "learned", "onnx_export", "registry", "samples", "trainable"]
