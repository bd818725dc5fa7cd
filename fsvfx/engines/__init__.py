"""Engines: the contract of every way to swap, their registry, and one file for each engine."""

__all__ = [
    "autoencoder",
    "batches",
    "contract",
    "onnx_export",
    "packaged",
    "preparations",
    "registry",
    "samples",
    "trainable",
]
