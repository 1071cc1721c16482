"""AiderDesk's sessions in another generation: its own versions only ever go up, and from a task nothing leads back.

Messages are edited as text, so that whatever need not change has the same bytes (``rewording``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from holdfast_daemon.formats.aiderdesk.generations import has_new_words, has_old_words
from holdfast_daemon.formats.aiderdesk.messages import is_of_v0
from holdfast_daemon.formats.aiderdesk.oldest import modern
from holdfast_daemon.formats.aiderdesk.rewording import downgraded, has_gaps, kinds_lost, upgraded, without_gaps
from holdfast_daemon.formats.aiderdesk.session import VERSION, Session, read_session, session_of
from holdfast_daemon.formats.aiderdesk.settings import completed
from holdfast_daemon.formats.aiderdesk.stringify import stringified
from holdfast_daemon.formats.aiderdesk.task import CONTEXT, SETTINGS, read_task, without_work_tree
from holdfast_daemon.formats.aiderdesk.writing import EMPTY_V2
from holdfast_daemon.formats.base import CannotHold, Converted, DamagedDocument, Document, Origin, Part
from holdfast_daemon.formats.jsonedit import Item, member_text, spliced, with_items, with_members
from holdfast_daemon.formats.jsontext import Json, Place, read_json, white_end

CONVERSIONS = {
    "v1": "a session file of AiderDesk 0.9 to 0.34",
    "v2": "a session file of AiderDesk 0.35",
    "task": "a task's folder, as AiderDesk 0.36 and later keep it",
}
_VERSIONS = {"v1": 1, "v2": 2}
#: What AiderDesk 0.7 and 0.8 keep beside the lists.
_FLAGS = ("loadMessages", "loadFiles")

Loss = tuple[str, str]


def converted(document: Document, to: str, origin: Origin) -> Converted:
    """A document that is in the form already comes back as it is, a task made whole. Raises DamagedDocument,
    CannotHold."""
    try:
        if to == "task":
            return _task(document, origin)
        parts = _parts(document)
        content, losses = in_version(document.get(b"", document.get(CONTEXT, EMPTY_V2)), _VERSIONS[to], parts)
    except RecursionError as error:
        raise DamagedDocument("its values are nested too deeply to be converted") from error
    return Converted(document={b"": content}, suffix=".json", losses=[*_left_behind(parts), *losses])


def _parts(document: Document) -> Sequence[Part]:
    return (read_session(document[b""]) if b"" in document else read_task(document)).parts


def _task(document: Document, origin: Origin) -> Converted:
    parts = _parts(document)
    if b"" not in document:
        files = without_work_tree(document)
        whole = {SETTINGS: completed(files.get(SETTINGS), document, origin)}
        return Converted(document={**whole, **{path: files[path] for path in files if path != SETTINGS}}, suffix="")
    context, losses = in_version(document[b""], 2, parts)
    settings = completed(None, document, origin)
    return Converted(document={SETTINGS: settings, CONTEXT: context}, suffix="", losses=losses)


def _left_behind(parts: Sequence[Part]) -> Iterator[Loss]:
    """What of a task is not in its context."""
    for part in parts:
        if part.kind == "settings":
            said = read_json(part.content, 0).root.value
            names = [key for key, value in said.items() if value and key not in ("id", "baseDir")]
            yield part.key, f"a session file has no settings: {', '.join(names) or 'none of its own'}"
        elif part.kind == "todos":
            yield part.key, f"a session file has no list of what is to be done: {part.facts['items']} items"
        elif part.kind == "attachment":
            yield part.key, "a session file has no other files"


def in_version(content: bytes, version: int, parts: Sequence[Part]) -> tuple[bytes, list[Loss]]:
    """A session in the words of that version and marked so; ``parts`` are its own. Raises DamagedDocument, CannotHold,
    RecursionError."""
    session = session_of(content)
    known = session.document.root.value.get(VERSION)
    if known not in (None, 1, 2):
        raise CannotHold([("", f"it is of version {stringified(known)}, which is none that is known")])
    keys = [part.key for part in parts if part.kind == "message"]
    changes: list[tuple[Place, str]] = []
    losses = [*_of_whole(session, version)]
    tools: dict[str, str] = {}
    for key, place in zip(keys, session.messages, strict=True):
        text, sentences = _message(session.document, place, version, tools)
        changes += [] if text is None else [(place, text)]
        losses += [(key, sentence) for sentence in sentences]
    return _marked(spliced(session.document.text, changes).encode(), version), losses


def _message(document: Json, place: Place, version: int, tools: dict[str, str]) -> tuple[str | None, list[str]]:
    """Its text in other words, or None where it stays; and what it loses."""
    value, text, losses = place.value, None, list[str]()
    if is_of_v0(value):
        value, losses = modern(value, tools)
        text = stringified(value, _line_of(document, place))
    is_told_otherwise = has_new_words if version == 1 else has_old_words
    if is_told_otherwise(value):
        text = (downgraded if version == 1 else upgraded)((text or document.slice(place)).encode())
    if version == 1:
        return text, [*losses, *_lost_below(value)]
    if has_gaps(value):
        text = without_gaps((text or document.slice(place)).encode())
        losses.append("a tool's result holds nothing, over which AiderDesk fails: it becomes null")
    return text, losses


def _lost_below(value: Any) -> Iterator[str]:
    """What a message says that version 1 has no words for."""
    if kinds := kinds_lost(value):
        yield f"version 1 does not tell of what kind a tool's result is: {', '.join(sorted(kinds))}"
    pieces = value.get("content") if isinstance(value, dict) else None
    for piece in pieces if isinstance(pieces, list) else ():
        if isinstance(piece, dict) and piece.get("type") == "file" and "mimeType" not in piece:
            yield "AiderDesk 0.34 and earlier cannot use a file that is attached so: it has no mimeType"
            return


def _of_whole(session: Session, version: int) -> Iterator[Loss]:
    flags = [key for key in _FLAGS if key in session.fields]
    if flags:
        yield "", f"later versions than 0.8 have no {' and no '.join(flags)}: one loads either when one wants to"
    if version == 2:
        return
    if any(isinstance(place.value, dict) and "timestamp" in place.value for place in session.messages):
        yield "", "AiderDesk 0.34 and earlier do not tell when a message was written; timestamp stays, unused"
    if any(isinstance(place.value, dict) and "source" in place.value for place in session.files):
        yield "", "AiderDesk 0.34 and earlier do not tell which rule added a file; source stays, unused"


def _marked(content: bytes, version: int) -> bytes:
    """With the mark of version 2 where AiderDesk has it, or with none; without the flags of 0.7 and 0.8."""
    document = read_json(content, 1)
    root, mark = document.root, document.root.member(VERSION)
    new: dict[str, str | None] = dict.fromkeys(_FLAGS)
    if version == 1 or mark is not None:
        text = with_members(document, root, {**new, VERSION: "2" if version == 2 else None})
    else:
        kept = [(at, member) for at, member in enumerate(root.members) if member.key not in _FLAGS]
        items = [Item(document.text[member.begin : member.place.end], at) for at, member in kept]
        text = with_items(document, root, [Item(member_text(document, root, VERSION, "2")), *items])
    return spliced(document.text, [(root, text)]).encode()


def _line_of(document: Json, place: Place) -> str:
    """A line end, and what the line that holds the place is indented by."""
    line = max(document.text.rfind(end, 0, place.begin) for end in "\r\n") + 1
    return "\n" + document.text[line : white_end(document.text, line)]
