"""Project folders, which Renardo 1.0.0a12 and later open instead of sessions (renardo.md 0.3 and 2.5)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from holdfast_daemon.formats.base import CannotHold, Document, Part, Reading, Recognition
from holdfast_daemon.formats.changes import count_lines
from holdfast_daemon.formats.trees import keys_of, new_file, written_as

INDEX = b"holdfast-session.json"
STATE = b"frontend_state.json"
SESSION_KINDS = frozenset({"startup", "buffer"})

#: A state that names thousands of files that are gone would otherwise warn without end.
MOST_WARNINGS = 100


def recognise_project(document: Document) -> Recognition | None:
    """A folder with ``.py`` files; certain only with Renardo's state or our index beside them."""
    if b"" in document or not any(path.endswith(b".py") for path in document):
        return None
    certain = INDEX in document or any(is_state(path) and b'"editor-tabs"' in document[path] for path in document)
    return Recognition(generation="project", inferred=not certain, certain=certain)


def read_project(document: Document, recognition: Recognition) -> Reading:
    """One part per file; texts are in the files only, and the state names some that may be gone."""
    parts = []
    for path, key in keys_of(document).items():
        kind = "state" if is_state(path) else "file"
        content = document[path]
        facts = {"lines": count_lines(content), "size_bytes": len(content)}
        parts.append(Part(key=key, name=key, kind=kind, content=content, facts=facts))
    warnings = (warning for path in document if is_state(path) for warning in _of_state(document, path))
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
    kind = "state" if is_state(path.encode("utf-8", "backslashreplace")) else "file"
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


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def is_state(path: bytes) -> bool:
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
