"""A folder of sessions with Mosaic at work in it, and what our format makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from programs.mosaic import Mosaic

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.mosaic import MOSAIC


class Desk:
    """Documents go in and come out; ``suffix`` decides in which container Mosaic writes them."""

    def __init__(self, folder: Path, mosaic: Mosaic, suffix: str) -> None:
        self._folder = folder
        self._mosaic = mosaic
        self._suffix = suffix
        self._count = 0

    def made(self) -> bytes:
        """A session with everything in it, by Mosaic's own classes."""
        file = self._next()
        self._mosaic.make(file)
        return file.read_bytes()

    def changed(self, document: bytes, *steps: Sequence[object]) -> bytes:
        """After what a user did in the window, and saved."""
        file, to = self._holding(document), self._next()
        self._mosaic.change(file, to, *steps)
        return to.read_bytes()

    def saved(self, document: bytes) -> bytes:
        """Opened and saved by Mosaic's window."""
        file, to = self._holding(document), self._next()
        self._mosaic.resave(file, to)
        return to.read_bytes()

    def seen(self, document: bytes) -> dict:
        """What Mosaic sees; objects by name."""
        seen = self._mosaic.describe(self._holding(document))
        return seen | {"objects": {name_of(each): each for side in seen["objects"].values() for each in side}}

    def measured(self, document: bytes, name: str) -> list[float]:
        """How far the points of a model are from what was fitted to them."""
        return self._mosaic.measure(self._holding(document), name)

    def _holding(self, document: bytes) -> Path:
        file = self._next()
        file.write_bytes(document)
        return file

    def _next(self) -> Path:
        self._count += 1
        return self._folder / f"{self._count}{self._suffix}"


def name_of(described: dict) -> str:
    return described["state"]["meta"]["name"]


def parts_of(document: bytes) -> tuple[Part, ...]:
    return MOSAIC.read({b"": document}).parts


def written(parts: Sequence[Part], template: bytes | None) -> bytes:
    return MOSAIC.write(parts, None if template is None else {b"": template})[b""]


def named(parts: Sequence[Part], name: str) -> Part:
    (found,) = [each for each in parts if each.name == name]
    return found


def lines(old: bytes, new: bytes) -> list[str]:
    return [row.line for row in changes(MOSAIC, parts_of(old), parts_of(new))]


def assert_arrays_agree(part: Part, seen: dict) -> None:
    """Dtype, shape and digest of what the part shows equal what Mosaic sees, and no table of numbers is left out."""
    content = memoryview(part.content)
    ours = {
        (each.dtype, each.shape, hashlib.sha256(content[each.offset : each.offset + each.size_bytes]).hexdigest())
        for each in part.arrays
    }
    theirs = set(arrays_of(seen["state"]))
    assert ours <= theirs
    assert {each for each in theirs if len(each[1]) > 1} <= ours


def arrays_of(described: object) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Dtype, shape and digest of every array in it, empty ones left out."""
    if isinstance(described, dict) and described.keys() == {"dtype", "shape", "sha256"}:
        if all(described["shape"]):
            yield described["dtype"], tuple(described["shape"]), described["sha256"]
    elif isinstance(described, (dict, list)):
        for each in described.values() if isinstance(described, dict) else described:
            yield from arrays_of(each)
