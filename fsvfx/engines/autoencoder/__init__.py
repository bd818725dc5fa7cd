"""The autoencoder family: the networks and losses that make up ``original``, ``df``, ``liae`` and ``comb``."""
