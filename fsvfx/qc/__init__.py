"""Quality control: figures of comps, and contact sheets to look at."""
