"""``original`` and ``df-ud`` written in the straightforward way, in PyTorch and in Keras: the baseline for our speed.

Parameters are registered in the order of the library's models, so that weights can be copied one by one.
"""
