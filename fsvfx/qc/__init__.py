"""Quality control: figures of comps, views of them, and sheets to look at."""

__all__ = ["figures", "sheet", "summary", "view"]
