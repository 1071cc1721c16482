"""The folder of one task, which AiderDesk 0.36 and later keep instead of session files (aiderdesk.md 3).

``context.json`` is a session; ``settings.json`` and ``todos.json`` are one part each, and so is any other file.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from holdfast_daemon.formats.aiderdesk.folders import WORK_TREE
from holdfast_daemon.formats.aiderdesk.messages import PREVIEW_LENGTH, cut, message_of, name_of, one_line, shown
from holdfast_daemon.formats.aiderdesk.session import (
    MOST_WARNINGS,
    counts_of,
    is_file,
    is_message,
    name_of_file,
    parts_of,
    session_of,
    warnings_of,
)
from holdfast_daemon.formats.base import DamagedDocument, Document, Facts, Part, Reading, Recognition
from holdfast_daemon.formats.jsontext import value_of
from holdfast_daemon.formats.trees import keys_of

CONTEXT = b"context.json"
SETTINGS = b"settings.json"
TODOS = b"todos.json"

#: Kinds of parts that are whole files of a task.
WHOLE_FILES = frozenset({"settings", "todos", "attachment"})

_KINDS = {"settings.json": "settings", "todos.json": "todos"}

#: What lies in a task's folder and is none of it.
_WORK_TREE = f"{WORK_TREE}/".encode()

WITHOUT_SETTINGS = "settings.json is missing: AiderDesk removes such a folder with all it holds when it closes the task"


def recognise_task(document: Document) -> Recognition | None:
    """A folder whose settings name a task, which is a mark, or whose context is a session."""
    if SETTINGS in document and _is_task(document[SETTINGS]):
        return _recognised(inferred=False)
    if CONTEXT not in document:
        return None
    try:
        session_of(document[CONTEXT])
    except DamagedDocument:
        return None
    return _recognised(inferred=True)


def begins_task(beginnings: Mapping[bytes, bytes]) -> bool:
    """Whether a folder with such files may be recognised; both are read whole for that."""
    return b'"baseDir"' in beginnings.get(SETTINGS, b"") or CONTEXT in beginnings


def in_work_tree(path: bytes) -> bool:
    """Whether a path in a task's folder is the project's and no part of the task."""
    return path.startswith(_WORK_TREE)


def without_work_tree(document: Document) -> Document:
    """The files of the task itself: whoever gathered the document may have taken the rest along."""
    return {path: content for path, content in document.items() if not in_work_tree(path)}


def read_task(document: Document) -> Reading:
    """Settings, the context's parts, todos, then other files by path. Raises DamagedDocument."""
    if not (CONTEXT in document or SETTINGS in document):
        raise DamagedDocument("no task of AiderDesk: it has neither context.json nor settings.json")
    document = without_work_tree(document)
    files = {path: new_file(key, document[path]) for path, key in keys_of(document).items() if path != CONTEXT}
    parts, warnings = [], []
    if SETTINGS in files:
        parts.append(_with_facts(files.pop(SETTINGS)))
    else:
        warnings.append(WITHOUT_SETTINGS)
    if CONTEXT in document:
        try:
            session = session_of(document[CONTEXT])
        except DamagedDocument as error:
            raise DamagedDocument(f"context.json: {error}") from error
        parts += parts_of(session, {part.key for part in (*parts, *files.values())})
        warnings += (f"context.json: {warning}" for warning in islice(warnings_of(session), MOST_WARNINGS))
    if TODOS in files:
        parts.append(_with_facts(files.pop(TODOS)))
    settings = next((part for part in parts if part.kind == "settings"), None)
    return Reading(
        recognition=_recognised(inferred=settings is None or not _is_task(settings.content)),
        parts=(*parts, *files.values()),
        facts={**counts_of(parts), **(settings.facts if settings else {})},
        warnings=tuple(warnings),
    )


def new_file(path: str, content: bytes) -> Part:
    """A file of a task, of the kind that its path makes it; the path is its key and its name."""
    kind = _KINDS.get(path, "attachment")
    return Part(key=path, name=path, kind=kind, content=content, facts={"size_bytes": len(content)})


def part_of(name: str, content: bytes, *, in_task: bool) -> Part:
    """A new part of the kind that its content says: a message, a context file; else a task's file, or a field."""
    if in_task and name in _KINDS:
        return new_file(name, content)
    try:
        value = value_of(content)
    except DamagedDocument:
        value = None
    if is_message(value):
        message = message_of(value)
        return Part(key=shown(message.id or name), name=name_of(message), kind="message", content=content)
    if is_file(value):
        path = name_of_file(value)
        return Part(key=f"file:{path}", name=path, kind="file", content=content)
    return new_file(name, content) if in_task else Part(key=f"field:{name}", name=name, kind="field", content=content)


def _recognised(*, inferred: bool) -> Recognition:
    return Recognition(generation="task", writer="0.36.0 or later", inferred=inferred)


def _is_task(settings: bytes) -> bool:
    if b'"baseDir"' not in settings:
        return False
    try:
        value = value_of(settings)
    except DamagedDocument:
        return False
    return isinstance(value, dict) and all(isinstance(value.get(key), str) for key in ("id", "baseDir"))


def _with_facts(part: Part) -> Part:
    """Settings or todos with what they say. Raises DamagedDocument where AiderDesk could not read them."""
    try:
        value = value_of(part.content)
    except DamagedDocument as error:
        raise DamagedDocument(f"{part.name}: {error}") from error
    if not isinstance(value, dict):
        raise DamagedDocument(f"{part.name} is no JSON object")
    facts = _facts_of_settings(value) if part.kind == "settings" else _facts_of_todos(value)
    return Part(key=part.key, name=part.name, kind=part.kind, content=part.content, facts=facts)


def _facts_of_settings(value: Mapping[str, object]) -> Facts:
    texts = {"task": value.get("name"), "state": value.get("state"), "parent": value.get("parentId")}
    facts: dict[str, str | int | bool | None] = {
        key: cut(one_line(text), PREVIEW_LENGTH) for key, text in texts.items() if isinstance(text, str)
    }
    return {**facts, "archived": value.get("archived") is True}


def _facts_of_todos(value: Mapping[str, object]) -> Facts:
    items = value.get("items")
    todos = items if isinstance(items, list) else []
    done = sum(isinstance(each, dict) and each.get("completed") is True for each in todos)
    return {"items": len(todos), "completed": done}
