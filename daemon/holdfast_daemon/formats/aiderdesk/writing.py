"""Sessions and tasks from parts: the text of every part as it stands, and around it what the template has.

A new document is an empty one, as AiderDesk writes it, that the parts are put into. A session stays marked as of
version 2 only where nothing that is put in is in older words: without the mark AiderDesk brings these up to date. Where
all words are of version 2 it becomes marked: no version that goes without the mark could read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from holdfast_daemon.formats.aiderdesk.generations import has_new_words, has_old_words
from holdfast_daemon.formats.aiderdesk.messages import shown
from holdfast_daemon.formats.aiderdesk.session import (
    FILES,
    MESSAGES,
    VERSION,
    Session,
    is_file,
    is_message,
    session_of,
)
from holdfast_daemon.formats.aiderdesk.task import (
    CONTEXT,
    SETTINGS,
    TODOS,
    WHOLE_FILES,
    WITHOUT_SETTINGS,
    in_work_tree,
)
from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Document, Part
from holdfast_daemon.formats.jsonedit import Item, member_text, with_elements, with_items, with_root
from holdfast_daemon.formats.jsontext import BOM, WHITE_SPACE, value_of
from holdfast_daemon.formats.trees import written_as

#: As AiderDesk saves a session that holds nothing: 0.9 to 0.34, and later.
EMPTY_V1 = b'{\n  "contextMessages": [],\n  "contextFiles": []\n}'
EMPTY_V2 = b'{\n  "version": 2,\n  "contextMessages": [],\n  "contextFiles": []\n}'

SESSION_KINDS = ("message", "file", "field")
_LIST_OF_KIND = {"message": MESSAGES, "file": FILES}


class _Texts(NamedTuple):
    """What stands in a session: the elements of its lists by the list's key, and its fields by name, sorted."""

    lists: dict[str, list[str]]
    fields: list[tuple[str, str]]


def write(parts: Sequence[Part], template: Document | None) -> Document:
    """A session, or a task where ``template`` is one or a part is a file of one. Raises CannotHold."""
    try:
        if b"" not in template if template else any(part.kind in WHOLE_FILES for part in parts):
            return _task(parts, template or {})
        return {b"": _session(parts, template[b""] if template else None, EMPTY_V1)}
    except DamagedDocument as error:
        raise CannotHold([("document", f"what it would be written into is damaged: {error}")]) from error


def _task(parts: Sequence[Part], template: Document) -> Document:
    files = [replace(part, key=part.name) for part in parts if part.kind in WHOLE_FILES]
    others = [part for part in parts if part.kind not in WHOLE_FILES]
    before = {path: content for path, content in template.items() if path != CONTEXT}
    problems = [problem for part in files for problem in _problems_of_file(part, before)]
    if not any(part.kind == "settings" for part in files) and (SETTINGS in template or not template):
        problems.append((SETTINGS.decode(), WITHOUT_SETTINGS))
    if problems:
        raise CannotHold(problems)
    document = {**written_as(files, before), **{path: before[path] for path in before if in_work_tree(path)}}
    if others or CONTEXT in template:
        document[CONTEXT] = _session(others, template.get(CONTEXT), EMPTY_V2)
    return document


def _problems_of_file(part: Part, before: Document) -> Sequence[tuple[str, str]]:
    path = part.name.encode("utf-8", "surrogatepass")
    if before.get(path) == part.content:
        return ()
    if part.kind == "attachment":
        is_own = path.partition(b"/")[0] in (CONTEXT, SETTINGS, TODOS) or in_work_tree(path)
        return [(part.key, "a file of this name is no attachment of a task")] if is_own else ()
    if part.name != f"{part.kind}.json":
        return [(part.key, f"the {part.kind} of a task are the file {part.kind}.json")]
    try:
        _checked_value(part)
    except CannotHold as error:
        return error.problems
    return ()


def _session(parts: Sequence[Part], template: bytes | None, empty: bytes) -> bytes:
    """One session file. Raises CannotHold, and DamagedDocument for the template."""
    if wrong := [part for part in parts if part.kind not in SESSION_KINDS]:
        raise CannotHold([(part.key, f"a session holds no {part.kind}") for part in wrong])
    before = session_of(empty if template is None else template)
    there, texts = _texts_in(before), _texts_of(parts)
    if template is not None and texts == there:
        return template
    added = _added(parts, texts, before, there)
    asked = {*texts.lists[MESSAGES]}
    stayed = [place.value for place in before.messages if before.document.slice(place) in asked]
    is_new = any(map(has_new_words, (*added, *stayed))) and not any(map(has_old_words, (*added, *stayed)))
    is_old = any(map(has_old_words, added))
    items = [*_mark(before, wanted=is_new), *_kept(before, texts, without_version=is_old), *_new(before, texts)]
    return with_root(before.document, with_items(before.document, before.document.root, items))


def _texts_in(session: Session) -> _Texts:
    text = session.document.slice
    lists = {MESSAGES: [*map(text, session.messages)], FILES: [*map(text, session.files)]}
    return _Texts(lists, sorted((shown(key), text(member.place)) for key, member in session.fields.items()))


def _texts_of(parts: Sequence[Part]) -> _Texts:
    lists = {key: [_text(part) for part in parts if part.kind == kind] for kind, key in _LIST_OF_KIND.items()}
    return _Texts(lists, sorted((part.name, _text(part)) for part in parts if part.kind == "field"))


def _text(part: Part) -> str:
    """Its JSON without what an editor may have put around it; what is not UTF-8 is found when it is checked."""
    return part.content.removeprefix(BOM).decode("utf-8", "surrogateescape").strip(WHITE_SPACE)


def _added(parts: Sequence[Part], texts: _Texts, before: Session, there: _Texts) -> list[Any]:
    """The values of the messages that were not there. Raises CannotHold for what no session can hold."""
    known = {kind: {*there.lists[key]} for kind, key in _LIST_OF_KIND.items()}
    added: list[Any] = []
    problems: list[tuple[str, str]] = []
    for part in parts:
        try:
            if _text(part) not in known.get(part.kind, ()):
                value = _checked_value(part)
                added += [value] if part.kind == "message" else []
        except CannotHold as error:
            problems += error.problems
    own = {VERSION, *(key for key in texts.lists if key in before.lists or texts.lists[key])}
    for name, count in Counter(name for name, _ in texts.fields).items():
        if name in own:
            problems.append((name, "this is no field of its own in a session"))
        if count > 1:
            problems.append((name, "two parts would be the field of this name"))
    if problems:
        raise CannotHold(problems)
    return added


def _checked_value(part: Part) -> Any:
    """What the part's JSON says. Raises CannotHold where it is none, or not what a part of its kind is."""
    try:
        value = value_of(part.content)
    except DamagedDocument as error:
        raise CannotHold([(part.key, f"a {part.kind} is JSON, and this is not: {error}")]) from error
    if part.kind == "message" and not is_message(value):
        raise CannotHold([(part.key, "a message is a JSON object with a role")])
    if part.kind == "file" and not is_file(value):
        raise CannotHold([(part.key, "a context file is a JSON object with a path")])
    if part.kind in WHOLE_FILES and not isinstance(value, dict):
        raise CannotHold([(part.key, f"{part.name} is a JSON object")])
    return value


def _mark(before: Session, *, wanted: bool) -> Iterator[Item]:
    """That the session is of version 2, where nothing says so yet."""
    document = before.document
    if wanted and document.root.member(VERSION) is None:
        yield Item(member_text(document, document.root, VERSION, "2"))


def _kept(before: Session, texts: _Texts, *, without_version: bool) -> Iterator[Item]:
    """The template's members with what is in them now; of a key that is there twice, only the last counts."""
    document, fields = before.document, dict(texts.fields)
    for at, member in enumerate(document.root.members):
        name, value = shown(member.key), document.slice(member.place)
        if (without_version and member.key == VERSION) or (member.key in before.fields and name not in fields):
            continue
        if member is before.lists.get(member.key):
            value = with_elements(document, member.place, texts.lists[member.key])
        elif member is before.fields.get(member.key):
            value = fields[name]
        yield Item(document.text[member.begin : member.place.begin] + value, at)


def _new(before: Session, texts: _Texts) -> Iterator[Item]:
    """Members that the template does not have."""
    document, there = before.document, {shown(key) for key in before.fields}
    values = {
        key: "[\n    " + ",\n    ".join(elements) + "\n  ]"
        for key, elements in texts.lists.items()
        if elements and key not in before.lists
    }
    values |= {name: text for name, text in texts.fields if name not in there}
    for key, value in values.items():
        yield Item(member_text(document, document.root, key, value))
