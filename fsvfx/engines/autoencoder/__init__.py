"""The autoencoder family: networks and losses that ``original``, ``df``, ``liae`` and ``comb`` are made of."""
