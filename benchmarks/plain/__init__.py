"""``original`` and ``df-ud`` written the obvious way, in PyTorch and in Keras: what our speed is held against.

Parameters are registered in the order of the library's models, so that weights can be copied one by one.
"""
