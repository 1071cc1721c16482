"""Where the files that a document points to would be on this machine. Pure: references in, paths out.

A reference is written for the machine that it was made on, so a path of another system is not refused but looked
for by its last components, near the document and near its other files.
"""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from holdfast_daemon.formats.base import Resource

#: A missing file is looked for by at most so many of its last components.
MOST_COMPONENTS = 4
MOST_FOLDERS = 32

_FILE = re.compile(r"(?i)file:(?://(?:localhost)?(?=/))?")
_REMOTE = re.compile(r"(?i)(?!file:)[a-z][a-z0-9+.-]+://|data:")
_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")


@dataclass(frozen=True, slots=True)
class Around:
    """What a reference may be relative to: the session file's folder, and the user's home."""

    folder: bytes
    home: bytes


def is_remote(reference: str) -> bool:
    """Whether it is a URL (or data in place of one), which is never opened."""
    return _REMOTE.match(reference) is not None


def path_of(resource: Resource, around: Around) -> bytes | None:
    """The absolute path that the application would open here; None where that cannot be told: a path of another
    system, or relative to a folder that is not there."""
    reference = resource.reference
    if not reference or "\0" in reference or is_remote(reference):
        return None
    path = _bytes_of(reference)
    if scheme := _FILE.match(reference):
        path = unquote_to_bytes(path[scheme.end() :])
    if os.name != "nt" and _WINDOWS.match(reference):
        return None
    if path.startswith(b"~/"):
        return os.path.join(around.home, path[2:])
    if path.startswith(b"/"):
        return os.path.normpath(path)
    start = _start(resource.below, around.folder)
    return None if start is None else os.path.normpath(os.path.join(start, path))


def is_relative(resource: Resource) -> bool:
    """Whether it is written so that it goes along where the document goes."""
    told = resource.reference
    anchored = told.startswith(("/", "~")) or _FILE.match(told) or _WINDOWS.match(told)
    return not anchored and not is_remote(told)


def reference_to(path: bytes, like: Resource, around: Around) -> str:
    """How a document would point to an absolute path: relative where ``like`` is and they have a folder in common, and
    what is relative to a project only as long as it lies in it. What is no UTF-8 has surrogates."""
    start = _start(like.below, around.folder) if is_relative(like) else None
    common = b"/" if start is None else os.path.commonpath([start, path])
    stays = common == start if like.below else common != b"/"
    return os.fsdecode(os.path.relpath(path, start) if stays else path)


def folders_near(found: Iterable[bytes], around: Around) -> list[bytes]:
    """Where a missing file is looked for: beside the document, above it, and where its other files are."""
    nearest = [around.folder, os.path.dirname(around.folder), *map(os.path.dirname, found)]
    return [*dict.fromkeys(nearest)][:MOST_FOLDERS]


def candidates(reference: str, folders: Iterable[bytes]) -> Iterator[bytes]:
    """Paths that end as the reference does, the most components first."""
    components = components_of(reference)
    near = [*folders]
    for count in range(min(MOST_COMPONENTS, len(components)), 0, -1):
        for folder in near:
            yield os.path.join(folder, *components[-count:])


def common_count(reference: str, path: bytes) -> int:
    """How many names at the end of both are the same."""
    pairs = zip(reversed(components_of(reference)), reversed(path.split(b"/")), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def components_of(reference: str) -> list[bytes]:
    """The names in a path of any system, the file's last."""
    return [
        _bytes_of(each)
        for each in re.split(r"[/\\]", _FILE.sub("", reference, count=1))
        if each not in ("", ".", "..", "~") and not each.endswith(":") and "\0" not in each
    ]


def _bytes_of(text: str) -> bytes:
    """A path as Python gives it, where a byte that is not UTF-8 is a surrogate."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")


def _start(below: str, folder: bytes) -> bytes | None:
    if not below:
        return folder
    pieces = folder.split(b"/")
    name = os.fsencode(below)
    if name not in pieces:
        return None
    return b"/".join(pieces[: len(pieces) - 1 - pieces[::-1].index(name)]) or b"/"
