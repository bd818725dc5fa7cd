"""What a store in a folder lists."""

from pathlib import Path

from fsvfx.store import open_store


def test_half_written_objects_are_not_listed(tmp_path: Path) -> None:
    store = open_store(str(tmp_path))
    for name in ("b", "a", "deep/c"):
        store.write(f"ledger/{name}.json", b"{}")
    (tmp_path / "ledger/a.json#1").write_bytes(b"{")
    assert store.names("ledger") == ["ledger/a.json", "ledger/b.json", "ledger/deep/c.json"]
    assert store.names("nothing") == []
