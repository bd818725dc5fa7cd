"""What manifests read and write, as real files: so that nothing that is read is ever written over."""

from fsvfx.footprint.reads import reads_of
from fsvfx.footprint.taken import Taken
from fsvfx.footprint.targets import report_targets, sheet_targets
from fsvfx.footprint.where import Disk
from fsvfx.footprint.writes import files_of, frames_of, writes_of

__all__ = ["Disk", "Taken", "files_of", "frames_of", "reads_of", "report_targets", "sheet_targets", "writes_of"]
