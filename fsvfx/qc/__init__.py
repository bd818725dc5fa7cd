"""Quality control: figures of comps, views of them, and sheets to look at."""

__all__ = ["figures", "recognition", "sheet", "summary", "view"]
