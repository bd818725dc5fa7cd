"""Frames are divided into batches, with the neighbours that an engine wants to see."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fsvfx.engines.batches import batches

FRAMES = range(1, 40)


@given(st.sets(st.sampled_from(FRAMES)), st.sets(st.sampled_from(FRAMES)), st.integers(1, 9), st.integers(0, 5))
def test_every_frame_is_somebodys_once_and_neighbours_are_those_of_the_run(
    shown: set[int], cuts: set[int], most: int, reach: int
) -> None:
    def follows(number: int) -> bool:
        return {number, number - 1} <= shown and number not in cuts

    found = list(batches(sorted(shown), most, reach=reach, follows=follows))
    assert [number for batch in found for number in batch.own] == sorted(shown)
    for batch in found:
        assert 1 <= len(batch.own) <= most
        if not reach:
            assert (batch.before, batch.after) == (0, 0)
            continue
        assert all(follows(number) for number in batch.frames[1:]), "no cut or gap within"
        first, last = batch.frames[0], batch.frames[-1]
        assert batch.before == reach or (batch.before < reach and not follows(first))
        assert batch.after == reach or (batch.after < reach and not follows(last + 1))
