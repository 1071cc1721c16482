"""Missing files are looked for within bounds, and the look says when it ended early."""

from __future__ import annotations

import math
import os
from pathlib import Path

from holdfast_daemon.seeking import ENTRIES_COUNT, Bounds, Known, Wanted, seek
from holdfast_protocol.chunking import hash_of


def look(
    folder: Path, name: bytes = b"a.bed", *, known: tuple[Known, ...] = (), bounds: Bounds | None = None
) -> Wanted:
    wanted = Wanted({name}, known)
    seek([bytes(folder)], wanted, bounds or Bounds(math.inf))
    return wanted


def touch(path: Path, content: bytes = b"text") -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return bytes(path)


def paths(wanted: Wanted, mark: bytes | Known = b"a.bed") -> list[bytes]:
    return [each.path for each in wanted.found[mark]]


def test_what_is_nearest_comes_first(house: Path) -> None:
    """Level by level, each in the order of names."""
    found = [touch(house / "x" / "a.bed"), touch(house / "b" / "deep" / "a.bed"), touch(house / "a.bed")]
    assert paths(look(house)) == [found[2], found[0], found[1]]


def test_a_look_ends_at_its_bounds_and_says_so(house: Path) -> None:
    """So many entries, or so much time; what was found by then is told."""
    for number in range(10):
        touch(house / "in" / f"{number}" / "a.bed")
    few = Bounds(math.inf, entries_count=14)
    assert 0 < len(paths(look(house / "in", bounds=few))) < 10
    assert "more files than one search looks at" in few.stopped
    late = Bounds(-math.inf)
    assert paths(look(house / "in", bounds=late)) == []
    assert "too long" in late.stopped
    enough = Bounds(math.inf, entries_count=20)
    assert len(paths(look(house / "in", bounds=enough))) == 10
    assert not enough.stopped


def test_a_look_that_nothing_stops_has_room_for_a_hundred_thousand_files() -> None:
    """Beyond that somebody should name a folder further down."""
    assert ENTRIES_COUNT >= 100_000


def test_folders_named_twice_are_looked_at_once(house: Path) -> None:
    """A file is one candidate, whatever leads to it."""
    found = touch(house / "in" / "a.bed")
    wanted = Wanted({b"a.bed"}, ())
    seek([bytes(house), bytes(house / "in")], wanted, Bounds(math.inf))
    assert paths(wanted) == [found]


def test_what_is_no_file_is_no_candidate(house: Path) -> None:
    """A folder of the name, a link to nothing, a pipe, which nobody waits for."""
    (house / "1" / "a.bed").mkdir(parents=True)
    (house / "2").mkdir()
    (house / "2" / "a.bed").symlink_to(house / "nothing")
    (house / "3").mkdir()
    os.mkfifo(house / "3" / "a.bed")
    assert paths(look(house)) == []


def test_a_file_of_known_content_is_found_under_any_name(house: Path) -> None:
    """Of those of its size, the one with its hash; nothing is read where its size is over what may be read."""
    known = Known(4, hash_of(b"text"))
    touch(house / "other", b"TEXT")
    found = touch(house / "renamed", b"text")
    assert paths(look(house, known=(known,)), known) == [found]
    assert paths(look(house, known=(known,), bounds=Bounds(math.inf, compared_bytes=3)), known) == []
