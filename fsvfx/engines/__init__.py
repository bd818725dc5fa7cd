"""Engines: the contract of every way to swap, their registry, and one file for each engine."""

__all__ = [
    "autoencoder",
    "batches",
    "closed_set",
    "contract",
    "dfm_export",
    "exporting",
    "mattes",
    "onnx_export",
    "open_set",
    "own_network",
    "packaged",
    "preparations",
    "priors",
    "publishing",
    "registry",
    "retouching",
    "samples",
    "supervision",
    "swapper_export",
    "trainable",
]
