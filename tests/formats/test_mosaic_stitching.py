"""Texts of a pickle exchanged where they stand: what CPython would have written with the other text."""

from __future__ import annotations

import pickle
import pickletools

import pytest

from holdfast_daemon.formats.mosaic.stitching import restitched

LARGE = bytes(100_000)


def thing(word: str, *more: object) -> object:
    """Of every kind of value, with one text in several places, shared and not."""
    numbers = [None, True, 7, 700, 70_000, 1 << 70, -1 << 3000, 0.5, (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)]
    return {"a": word, "b": [word, "".join(word), word + "."], "numbers": numbers, "bytes": b"x" * 300, "more": more}


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize(
    ("old", "new"), [("/old/é", "/new"), ("/o", "/new/" * 60), ("/old" * 100, "/x"), ("a" * 255, "🎵🎵")]
)
def test_the_pickle_is_as_if_written_so(protocol: int, old: str, new: str) -> None:
    """Shorter and longer, over the bound of short texts and back, whatever stands beside."""
    more = ({1, 2}, frozenset({"x"}), bytearray(b"y" * 10), range(3), pickletools.OpcodeInfo)
    changes = {old: new, f"{old}.": f"{new}."}
    written = restitched(pickle.dumps(thing(old, *more), protocol), changes.get)
    assert written == pickle.dumps(thing(new, *more), protocol)


@pytest.mark.parametrize("protocol", [4, 5])
def test_frames_and_what_lies_between_them_still_fit(protocol: int) -> None:
    """Many frames, and large bytes that are in none."""
    texts = [f"text {number}" for number in range(30_000)]
    before = pickle.dumps([thing("/old"), LARGE, texts, thing("/old"), LARGE], protocol)
    after = restitched(before, {"/old": "/new/place", "text 15000": ""}.get)
    texts[15_000] = ""
    assert pickle.loads(after)[2] == texts
    assert pickle.loads(after)[0]["a"] == pickle.loads(after)[3]["b"][0] == "/new/place"
    assert restitched(after, {"/new/place": "/old", "": "text 15000"}.get) == before
    assert restitched(before, {}.get) == before
