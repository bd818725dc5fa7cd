"""The one trainer of all engines that learn: loop, optimisers, checkpoints, curves, previews."""
