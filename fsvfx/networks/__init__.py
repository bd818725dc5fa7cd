"""Users' own networks: checked before they run, recognized, tried, run; faces cut as they expect; insightface's
packs."""

__all__ = [
    "adding",
    "boost",
    "cuts",
    "dfl_cuts",
    "files",
    "packs",
    "pictures",
    "recognise",
    "running",
    "session",
    "tiles",
    "trial",
    "vectors",
]
