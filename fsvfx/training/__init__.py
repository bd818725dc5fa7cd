"""The trainer of all engines that learn, in processes of its own; and the steps of a training around it."""

__all__ = ["curves", "events", "folder", "outcome", "process", "result", "steps"]
