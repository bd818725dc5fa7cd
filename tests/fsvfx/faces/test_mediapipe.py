"""MediaPipe's models: what their library says while one is loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fsvfx import models
from fsvfx.errors import ModelError


def test_a_model_is_loaded_without_its_librarys_greeting() -> None:
    """Other lines are passed on, from C code or Python."""
    try:
        models.pull(["facemesh"])
    except ModelError as error:
        pytest.skip(f"no weights here, and none to be had: {error}")
    code = (
        "import os\nfrom fsvfx.faces import mediapipe\nmediapipe.lite_model('facemesh')\n"
        "with mediapipe._without(b'INFO'):\n    os.write(2, b'INFO: no\\nWARNING: yes\\n')\nos.write(2, b'after\\n')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "WARNING: yes\nafter\n"
