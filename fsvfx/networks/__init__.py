"""Users' own networks: checked before they run, recognised, tried, run; faces cut as they want; insightface's packs."""

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
