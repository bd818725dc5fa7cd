"""``python -m fsvfx.manifests FOLDER`` writes the JSON Schemas and pages there."""

import sys
from pathlib import Path

from fsvfx.manifests.export import export

export(Path(sys.argv[1]))
