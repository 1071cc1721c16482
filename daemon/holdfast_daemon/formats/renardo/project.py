"""Project folders, which Renardo 1.0.0a12 and later opens, and session files as such folders and back.

Those versions have no sessions and open none (renardo.md 0.3 and 0.4), so this conversion is the one that a
Renardo user needs today. A small index, readable beside the files, keeps the order and the names.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Document, Part, Reading, Recognition
from holdfast_daemon.formats.changes import count_lines
from holdfast_daemon.formats.trees import keys_of, new_file, written_as

INDEX = b"holdfast-session.json"
STATE = b"frontend_state.json"
STARTUP_FOLDER = "startup"
VERSION_FIELD = "holdfast_session"
VERSION = 1
SESSION_KINDS = frozenset({"startup", "buffer"})

#: A state that names thousands of files that are gone would otherwise warn without end.
MOST_WARNINGS = 100

_UNSAFE = re.compile(r"[^\w \-.+]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|(com|lpt)[\d¹²³])(\..*)?$")
_LONGEST_STEM_BYTES = 120


def recognise_project(document: Document) -> Recognition | None:
    """A folder with ``.py`` files; certain only with Renardo's state or our index beside them."""
    if b"" in document or not any(path.endswith(b".py") for path in document):
        return None
    certain = INDEX in document or any(_is_state(path) and b'"editor-tabs"' in document[path] for path in document)
    return Recognition(generation="project", inferred=not certain, certain=certain)


def read_project(document: Document, recognition: Recognition) -> Reading:
    """One part per file; texts are in the files only, and the state names some that may be gone."""
    parts = []
    for path, key in keys_of(document).items():
        kind = "state" if _is_state(path) else "file"
        content = document[path]
        facts = {"lines": count_lines(content), "size_bytes": len(content)}
        parts.append(Part(key=key, name=key, kind=kind, content=content, facts=facts))
    warnings = (warning for path in document if _is_state(path) for warning in _of_state(document, path))
    return Reading(
        recognition=recognition,
        parts=tuple(parts),
        facts={"files": len(parts)},
        warnings=tuple(islice(warnings, MOST_WARNINGS)),
    )


def write_project(parts: Sequence[Part], template: Document | None) -> Document:
    """A file per part, called by its name; a path of ``template`` stays as it is. Raises CannotHold."""
    if wrong := [part for part in parts if part.kind in SESSION_KINDS]:
        raise CannotHold([(part.key, "a project folder holds files") for part in wrong])
    document = written_as([replace(part, key=part.name) for part in parts], template)
    if recognise_project(document) is None:
        raise CannotHold([("project", "a project folder has at least one .py file")])
    return document


def new_project_file(path: str, content: bytes) -> Part:
    """A file that a project does not have yet, of the kind that it will be read as."""
    kind = "state" if _is_state(path.encode("utf-8", "backslashreplace")) else "file"
    return replace(new_file(path, content), kind=kind)


def project_suspicion(old: Reading, new: Reading) -> str | None:
    """Every file empty at once, or a state that broke: Renardo empties a file before it writes (renardo.md 3.5)."""
    texts = sum(part.kind == "file" and bool(part.content.strip()) for part in old.parts)
    if texts and not any(part.kind == "file" and part.content.strip() for part in new.parts):
        return f"every file is empty or gone, and {texts} had text"
    was_readable = {part.key for part in old.parts if part.kind == "state" and _is_json(part.content)}
    for part in new.parts:
        if part.key in was_readable and not _is_json(part.content):
            return f"{part.name} is no longer readable JSON"
    return None


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


def from_project(document: Document) -> tuple[Part, ...]:
    """The session's parts again. Files that the index does not name follow as buffers, in the order of paths.

    A file that the index names and the folder lacks was deleted by somebody. Raises DamagedDocument.
    """
    listed = _index_of(document)
    named = {path for path, _, _ in listed}
    added = [
        (path, "buffer", key.removesuffix(".py"))
        for path, key in keys_of(document).items()
        if path.endswith(b".py") and path not in named
    ]
    parts: list[Part] = []
    number = 0
    for path, kind, name in [*listed, *added]:
        if path in document:
            number += kind == "buffer"
            key = "startup" if kind == "startup" else f"buffer-{number}"
            parts.append(Part(key=key, name=name, kind=kind, content=document[path]))
    return tuple(parts)


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


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _is_state(path: bytes) -> bool:
    return path.rpartition(b"/")[2] == STATE


def _of_state(document: Document, path: bytes) -> Iterator[str]:
    """What a person should know of the state: unreadable, or tabs whose file is not here."""
    shown = path.decode("utf-8", "backslashreplace")
    try:
        state = json.loads(document[path])
    except (ValueError, RecursionError):
        yield f"{shown} is not readable JSON"
        return
    names = {other.rpartition(b"/")[2] for other in document}
    tabs = state.get("editor-tabs") if isinstance(state, dict) else None
    groups = tabs.values() if isinstance(tabs, dict) else ()
    for tab in (tab for group in groups if isinstance(group, list) for tab in group):
        file = tab.get("filePath") if isinstance(tab, dict) else None
        if isinstance(file, str) and re.split(r"[/\\]", file)[-1].encode("utf-8", "replace") not in names:
            yield f"{shown} names {file}, which is not in this folder"
