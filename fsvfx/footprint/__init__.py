"""The real files that manifests mean: so that nothing that is read is ever overwritten."""

from fsvfx.footprint.canonical import Disk
from fsvfx.footprint.index import FileIndex
from fsvfx.footprint.patterns import File, Files, Numbered, Tree
from fsvfx.footprint.reads import Read, Shown, reads_of

__all__ = [
    "Disk",
    "File",
    "FileIndex",
    "Files",
    "Numbered",
    "Read",
    "Shown",
    "Tree",
    "reads_of",
]
