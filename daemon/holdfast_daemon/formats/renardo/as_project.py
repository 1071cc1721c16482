"""A session's parts as a project folder, and back: Renardo 1.0.0a12 and later open no session files (renardo.md 0.4).

A small index, readable beside the files, keeps the order and the names.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Document, Part
from holdfast_daemon.formats.renardo.project import INDEX, SESSION_KINDS
from holdfast_daemon.formats.trees import keys_of

STARTUP_FOLDER = "startup"
VERSION_FIELD = "holdfast_session"
VERSION = 1

_UNSAFE = re.compile(r"[^\w \-.+]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[\d¹²³])(\..*)?$")
_LONGEST_STEM_BYTES = 120


def to_project(parts: Sequence[Part]) -> Document:
    """A session's parts as a project folder: a ``.py`` file per buffer, the startup text in a folder of its own.

    Raises CannotHold for a part of any other kind.
    """
    if wrong := [part for part in parts if part.kind not in SESSION_KINDS]:
        raise CannotHold([(part.key, f"a session has no {part.kind}") for part in wrong])
    document: dict[bytes, bytes] = {}
    rows = []
    for part, path in zip(parts, _paths_of(parts), strict=True):
        document[path.encode("utf-8")] = part.content
        rows.append({"file": path, "kind": part.kind, "name": part.name})
    index = json.dumps({VERSION_FIELD: VERSION, "parts": rows}, indent=1, ensure_ascii=False)
    document[INDEX] = index.encode("utf-8", "backslashreplace") + b"\n"
    return document


def from_project(document: Document) -> dict[bytes, Part]:
    """The session's parts again, by the paths of their files. Files that the index does not name follow as buffers, in
    the order of paths.

    A file that the index names and the folder lacks was deleted by somebody. Raises DamagedDocument.
    """
    listed = _index_of(document)
    named = {path for path, _, _ in listed}
    added = [
        (path, "buffer", key.removesuffix(".py"))
        for path, key in keys_of(document).items()
        if path.endswith(b".py") and path not in named
    ]
    parts: dict[bytes, Part] = {}
    number = 0
    for path, kind, name in [*listed, *added]:
        if path in document:
            number += kind == "buffer"
            key = "startup" if kind == "startup" else f"buffer-{number}"
            parts[path] = Part(key=key, name=name, kind=kind, content=document[path])
    return parts


def _paths_of(parts: Sequence[Part]) -> Iterator[str]:
    """A path for each part that is no other's, on systems too that do not tell apart case or composed letters."""
    taken: set[str] = set()
    numbers: dict[str, int] = defaultdict(int)
    for part in parts:
        stem = f"{STARTUP_FOLDER}/" * (part.kind == "startup") + _safe_stem(part.name)
        path = f"{stem}.py"
        while _folded(path) in taken:
            numbers[_folded(stem)] += 1
            path = f"{stem}-{numbers[_folded(stem)] + 1}.py"
        taken.add(_folded(path))
        yield path


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def _safe_stem(name: str) -> str:
    """A file name on every system that still looks like ``name``, without its ``.py``."""
    stem = _UNSAFE.sub("_", name.removesuffix(".py")).strip(" .")
    stem = stem.encode("utf-8")[:_LONGEST_STEM_BYTES].decode("utf-8", "ignore").strip(" .")
    return f"_{stem}" if not stem or _RESERVED.match(stem) else stem


def _index_of(document: Document) -> list[tuple[bytes, str, str]]:
    """Path, kind and name of each part; nothing where there is no index. Raises DamagedDocument."""
    if INDEX not in document:
        return []
    try:
        index = json.loads(document[INDEX])
        version = index[VERSION_FIELD]
        rows = [(row["file"], row["kind"], row["name"]) for row in index["parts"]]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DamagedDocument(f"{INDEX.decode()} is no readable index") from error
    if version != VERSION:
        raise DamagedDocument(f"{INDEX.decode()} is of version {version!r}, not {VERSION}")
    if not all(isinstance(field, str) for row in rows for field in row):
        raise DamagedDocument(f"{INDEX.decode()} has a row that is not text")
    if any(kind not in SESSION_KINDS for _, kind, _ in rows):
        raise DamagedDocument(f"{INDEX.decode()} has a part that is neither startup nor buffer")
    if len({file for file, _, _ in rows}) < len(rows) or sum(kind == "startup" for _, kind, _ in rows) > 1:
        raise DamagedDocument(f"{INDEX.decode()} lists a file or the startup text twice")
    return [(file.encode("utf-8", "backslashreplace"), kind, name) for file, kind, name in rows]
