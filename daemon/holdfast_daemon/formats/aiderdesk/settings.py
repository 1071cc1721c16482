"""A task's ``settings.json``, without which AiderDesk removes its folder, for a session that becomes one.

As its own migration writes it (``src/main/project/migrations.ts``); ``TaskDataSchema`` (``packages/common``) demands
what is here of it, and no more.
"""

from __future__ import annotations

import posixpath
import re
from datetime import UTC, datetime
from typing import Any

from holdfast_daemon.formats.aiderdesk.emptying import new_id
from holdfast_daemon.formats.aiderdesk.folders import INTERNAL, PROJECT_FOLDER
from holdfast_daemon.formats.aiderdesk.names import AUTOSAVED, SUFFIX
from holdfast_daemon.formats.aiderdesk.stringify import stringified
from holdfast_daemon.formats.base import Document, Origin
from holdfast_daemon.formats.jsonedit import with_members, with_root
from holdfast_daemon.formats.jsontext import read_json

#: As AiderDesk's own are: a UUID, eight hexadecimal digits, a word. It is in paths and in branches of Git.
_ID = re.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NUMBER = (int, float)


def completed(settings: bytes | None, document: Document, origin: Origin) -> bytes:
    """A task's settings with what they must have and do not; new ones where there are none. Raises DamagedDocument."""
    must = _demanded(document, origin)
    if settings is None:
        created, updated = _moment(min(origin.created, origin.modified)), _moment(origin.modified)
        as_new = {"archived": False, "currentMode": "code", "weakModelLocked": False}
        return stringified({**must, **as_new, "createdAt": created, "updatedAt": updated}).encode()
    told = read_json(settings, 1)
    said = told.root.value
    missing = {key: stringified(value) for key, value in must.items() if not _is_like(said.get(key), value)}
    return with_root(told, with_members(told, told.root, missing)) if missing else settings


def _demanded(document: Document, origin: Origin) -> dict[str, Any]:
    """Without a model: AiderDesk asks for one, or takes the project's."""
    return {
        "id": _id(document, origin), "baseDir": _project(origin), "name": _name(origin.name),
        "aiderTotalCost": 0, "agentTotalCost": 0, "mainModel": "",
    }  # fmt: skip


def _is_like(said: Any, wanted: Any) -> bool:
    if isinstance(wanted, str):
        return isinstance(said, str)
    return isinstance(said, _NUMBER) and not isinstance(said, bool)


def _id(document: Document, origin: Origin) -> str:
    """The name of the folder that it goes into, which is what AiderDesk knows a task by."""
    target = origin.target or origin.path
    folder = origin.name if target.endswith("/") else posixpath.basename(target)
    return folder if _ID.fullmatch(folder) and folder != INTERNAL else new_id(document)


def _name(name: str) -> str:
    """Of the autosave what AiderDesk calls it."""
    return "autosaved" if name + SUFFIX == AUTOSAVED else name


def _project(origin: Origin) -> str:
    """The folder of the project that it lies in, or lay in; AiderDesk corrects it when it opens the task."""
    for path in (origin.target, origin.path):
        project, found, _ = f"{path}/".rpartition(f"/{PROJECT_FOLDER}/")
        if found:
            return project or "/"
    return ""


def _moment(milliseconds: int) -> str:
    """As JavaScript's ``toISOString``."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
