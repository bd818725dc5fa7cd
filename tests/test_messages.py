"""Messages are plain English: the words that once made them read like a translation don't come back."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from messages import PRODUCT, ROOT, Message, messages

FOREIGN = {
    r"\b(to|and|or) mend (it|them)\b": "fix",
    r"\banew\b": "again",
    r"\bthere is no(ne)? of that name\b": "no ... named",
    r"\bcan't be told\b": "unknown",
    r"\b(is|are|was|were) told\b": "is reported, is listed",
    r"\btells (none|nothing|of)\b": "has none, reports",
    r"\bhas no use for\b": "doesn't need",
    r"\bsomething unforeseen\b": "unexpected error",
    r"\bthe whole story\b": "the traceback",
    r"\bas its digests? says?\b": "matches its digest",
    r"\bwhat hardly is\b": "smallest improvement that counts",
    r"\bthat there (is|are)\b": "available",
    r"\b(it|this|file|'|shape) is no (file|picture|number|text|tensor|kind|range|frame|folder)\b": "is not a",
    r"\bis said of (crowds|one)\b": "is only for",
    r"\bso many (people|faces)\b": "at most this many",
    r"\bof whoever\b|\bis whoever\b": "of everybody who",
}


@cache
def product() -> tuple[Message, ...]:
    return tuple(messages(*(ROOT / top for top in PRODUCT)))


@pytest.mark.parametrize("pattern", FOREIGN)
def test_no_message_has_foreign_words(pattern: str) -> None:
    found = re.compile(pattern, re.IGNORECASE)
    wrong = [one for one in product() if found.search(one.text)]
    assert not wrong, f"write rather: {FOREIGN[pattern]}"


def test_messages_are_found_and_docstrings_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messages.ROOT", tmp_path)
    file = tmp_path / "one.py"
    file.write_text(
        '"""Not this text."""\nclass A:\n    """Nor this one."""\n    x: int\n    """A field that users read."""\n'
        'raise E(f"No plate at {path}: " + "check it", hint="Copy it again")\nname = "two words"\n'
    )
    assert [one.text for one in messages(file)] == [
        "A field that users read.",
        "No plate at {path}: check it",
        "Copy it again",
    ]
