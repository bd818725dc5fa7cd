"""Quality control: figures of comps, views of them, and contact sheets."""

__all__ = ["figures", "recognition", "sheet", "summary", "view"]
