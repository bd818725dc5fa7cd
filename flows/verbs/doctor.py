"""``fsvfx doctor``: can this machine run fsvfx?"""

from __future__ import annotations

from flows.verbs import output
from flows.verbs.options import AsJson
from fsvfx.errors import ExitCode

_STYLES = {"ok": "", "note": "yellow", "bad": "red"}

EXAMPLES = (
    "fsvfx doctor",
    "fsvfx doctor --json",
)


def run(json: AsJson = False) -> int:
    """Check Python, packages, ffmpeg, models, GPU, disk, Prefect and S3, and say how to fix what is wrong."""
    from flows.checkup import checks

    found = list(checks())
    if json:
        output.as_json({"checks": [vars(check) for check in found]})
    else:
        for check in found:
            hint = f" -> {check.hint}" if check.hint else ""
            output.line(f"{check.state:<4} {check.name}: {check.found}{hint}", style=_STYLES[check.state])
    return ExitCode.MACHINE if any(check.state == "bad" for check in found) else 0
