"""What manifests read and write, as real files: so that nothing that is read is ever written over."""

from fsvfx.footprint.canonical import Disk
from fsvfx.footprint.index import FileIndex
from fsvfx.footprint.patterns import File, Files, Tree
from fsvfx.footprint.reads import Read, Shown, reads_of
from fsvfx.footprint.writes import Write, writes_of

__all__ = [
    "Disk",
    "File",
    "FileIndex",
    "Files",
    "Read",
    "Shown",
    "Tree",
    "Write",
    "reads_of",
    "writes_of",
]
