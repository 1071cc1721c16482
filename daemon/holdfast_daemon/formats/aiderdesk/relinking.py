"""A session's context files under other paths, and nothing else changed."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast_daemon.formats.aiderdesk.session import is_file, name_of_file, session_of
from holdfast_daemon.formats.aiderdesk.task import CONTEXT
from holdfast_daemon.formats.base import Document, Target
from holdfast_daemon.formats.jsonedit import json_text, spliced, with_members
from holdfast_daemon.formats.jsontext import BOM, read_json

_PATH = "path"


def relinked(document: Document, targets: Mapping[str, Target]) -> Document:
    """Of a session file, or of a task's folder that has a context. Raises DamagedDocument."""
    where = b"" if b"" in document else CONTEXT
    if where not in document:
        return document
    content = _relinked(document[where], targets)
    return document if content == document[where] else {**document, where: content}


def _relinked(content: bytes, targets: Mapping[str, Target]) -> bytes:
    session, changes = session_of(content), []
    for place in session.files:
        target = targets.get(name_of_file(place.value)) if is_file(place.value) else None
        if target is not None:
            entry = read_json(session.document.slice(place).encode(), 1)
            changes.append((place, with_members(entry, entry.root, {_PATH: json_text(target.reference)})))
    return BOM * session.document.has_bom + spliced(session.document.text, changes).encode()
