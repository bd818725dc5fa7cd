"""Toy shots on workers that are shared by the tests of a file; what a test asks of them stands beside its plate."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "runner"))
