"""Nothing that a training reads lies where its checkpoints, packages or store go."""

from __future__ import annotations

from pathlib import Path

import pytest
from train_manifest import written

from fsvfx.errors import ManifestError
from fsvfx.manifests import load_training

STORE = "store: work/"
ROWS = [
    (STORE, f"{STORE}\ntraining: refs", [("refs/reel.mov", "refs/lead_on_double/reel.mov")], "the plate of shot"),
    (STORE, f"{STORE}\npackages: refs", [("refs/stills", "refs/lead_on_double/stills")], "the plate of shot"),
    (STORE, f"{STORE}\ntraining: t", [("consents/lead.yaml", "t/lead_on_double/lead.yaml")], "consent"),
    (STORE, "store: w", [("refs/reel.mov", "w/harbour/reel/reel.mov")], "the store"),
    (STORE, f"{STORE}\ntraining: consents", [], "the consent records"),
]


@pytest.mark.parametrize(("old", "new", "more", "says"), ROWS)
def test_what_is_read_is_not_written_over(
    tmp_path: Path, old: str, new: str, more: list[tuple[str, str]], says: str
) -> None:
    with pytest.raises(ManifestError) as told:
        load_training(written(tmp_path / "job", (old, new), *more))
    problems = [one.what for one in told.value.problems if "overwrite" in one.what]
    assert any(says in what for what in problems), [str(one) for one in told.value.problems]


def test_the_sound_one_stays_sound(tmp_path: Path) -> None:
    load_training(written(tmp_path / "job"))
