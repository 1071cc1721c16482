"""One session file as parts: its messages, its context files, and every other member of its object (aiderdesk.md 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from holdfast_daemon.formats.aiderdesk.generations import generation_of, has_new_words, has_old_words
from holdfast_daemon.formats.aiderdesk.messages import facts_of, is_of_v0, message_of, name_of, shown
from holdfast_daemon.formats.base import DamagedDocument, Facts, Part, Reading, Recognition
from holdfast_daemon.formats.jsontext import BOM, Json, Member, Place, read_json

MESSAGES = "contextMessages"
FILES = "contextFiles"
VERSION = "version"

#: What a part may take, and enough that no file of tiny ones takes seconds: AiderDesk's own messages are longer than
#: the 130 bytes that pay for it.
PART_BYTES = 4000

#: A file full of oddities would otherwise warn without end.
MOST_WARNINGS = 100


class Session(NamedTuple):
    """The document, its lists of messages and files by their keys, and every other member but the version."""

    document: Json
    lists: dict[str, Member]
    fields: dict[str, Member]

    @property
    def messages(self) -> tuple[Place, ...]:
        """Where each message stands."""
        return self.lists[MESSAGES].place.elements if MESSAGES in self.lists else ()

    @property
    def files(self) -> tuple[Place, ...]:
        """Where each entry of a context file stands."""
        return self.lists[FILES].place.elements if FILES in self.lists else ()


class Keys:
    """Hands out keys that are there once; quick too where the same is wanted very often."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._times: Counter[str] = Counter()

    def free(self, wanted: str) -> str:
        """``wanted``, with a number behind it where it is taken."""
        key = wanted
        while key in self._taken:
            self._times[wanted] += 1
            key = f"{wanted}~{self._times[wanted] + 1}"
        self._taken.add(key)
        return key


def session_of(content: bytes) -> Session:
    """Raises DamagedDocument where it is no JSON, or no session."""
    document = read_json(content, 2, PART_BYTES)
    counted = {member.key: member for member in document.root.members}
    lists = {key: counted[key] for key in (MESSAGES, FILES) if key in counted and _is_list(counted[key])}
    if not lists:
        raise DamagedDocument(f"no session of AiderDesk: it has no list {MESSAGES}, and none {FILES}")
    fields = {key: member for key, member in counted.items() if key != VERSION and key not in lists}
    return Session(document, lists, fields)


def recognition_of(session: Session) -> Recognition:
    """Certain where both lists are there, or what is in the one."""
    messages, files = ([place.value for place in places] for places in (session.messages, session.files))
    root = session.document.root.value
    certain = len(session.lists) == 2 or (
        bool(messages or files) and all(map(is_message, messages)) and all(map(is_file, files))
    )
    return generation_of(root, messages, files, certain=certain)


def read_session(content: bytes) -> Reading:
    """Messages, files, then fields, each in its order. Raises DamagedDocument."""
    session = session_of(content)
    parts = parts_of(session)
    return Reading(
        recognition=recognition_of(session),
        parts=tuple(parts),
        facts=counts_of(parts),
        warnings=tuple(islice(warnings_of(session), MOST_WARNINGS)),
    )


def counts_of(parts: Sequence[Part]) -> Facts:
    """What AiderDesk shows beside a session's name."""
    kinds = Counter(part.kind for part in parts)
    return {"messages": kinds["message"], "files": kinds["file"]}


def parts_of(session: Session, taken: Iterable[str] = ()) -> list[Part]:
    """The parts of a session; no key is one of ``taken``."""
    messages = [message_of(place.value) for place in session.messages]
    times = Counter(message.id for message in messages)
    keys = Keys(taken)
    own = [keys.free(shown(each.id)) if each.id and times[each.id] == 1 else None for each in messages]
    parts = []
    for number, (place, message) in enumerate(zip(session.messages, messages, strict=True), 1):
        key = own[number - 1] or keys.free(f"message-{number}")
        content = session.document.slice(place).encode()
        facts = facts_of(message, number)
        parts.append(Part(key=key, name=name_of(message), kind="message", content=content, facts=facts))
    for place in session.files:
        name = name_of_file(place.value)
        content = session.document.slice(place).encode()
        facts = facts_of_file(place.value)
        parts.append(Part(key=keys.free(f"file:{name}"), name=name, kind="file", content=content, facts=facts))
    for field, member in session.fields.items():
        name = shown(field)
        content = session.document.slice(member.place).encode()
        parts.append(Part(key=keys.free(f"field:{name}"), name=name, kind="field", content=content))
    return parts


def is_message(value: Any) -> bool:
    """Whether it is a message of any generation: it has a role."""
    return is_of_v0(value) or (isinstance(value, dict) and isinstance(value.get("role"), str))


def is_file(value: Any) -> bool:
    """Whether it is an entry of a context file."""
    return isinstance(value, dict) and isinstance(value.get("path"), str)


def name_of_file(value: Any) -> str:
    """The path as it stands, or a word for an entry that has none."""
    return shown(value["path"]) if is_file(value) else "without a path"


def facts_of_file(value: Any) -> Facts:
    """Whether AiderDesk may only read it, and where a rule added it, which."""
    if not isinstance(value, dict):
        return {}
    facts: dict[str, str | int | bool | None] = {"read_only": value.get("readOnly") is True}
    if isinstance(value.get("source"), str):
        facts["source"] = shown(value["source"])
    return facts


def warnings_of(session: Session) -> Iterator[str]:
    """What AiderDesk would not open, or show otherwise."""
    document, root = session.document, session.document.root.value
    if document.has_bom:
        yield f"it begins with a byte order mark ({BOM.hex(' ').upper()}), with which AiderDesk cannot open it"
    for key, count in Counter(member.key for member in document.root.members).items():
        if count > 1:
            yield f"{shown(key)} is there {count} times; the last one counts"
    for key in (MESSAGES, FILES):
        if key not in session.lists:
            yield f"it has no list {key}"
    for number, place in enumerate(session.messages, 1):
        if (problem := _problem_of_message(place.value)) is not None:
            yield f"message {number} {problem}"
        elif VERSION in root and has_old_words(place.value):
            yield f"message {number} is in the words of version 1, which AiderDesk does not understand in version 2"
    if VERSION not in root and (count := sum(has_new_words(place.value) for place in session.messages)):
        yield (
            f"{count} of {len(session.messages)} messages are in the words of version 2, and it is not marked so: "
            "AiderDesk 0.34 and earlier cannot use them, and later ones bring the others up to date"
        )
    yield from (f"file {at} has no path" for at, place in enumerate(session.files, 1) if not is_file(place.value))


def _problem_of_message(value: Any) -> str | None:
    if not is_message(value):
        return "is no message: it has no role"
    if value.get("role") == "tool" and isinstance(value.get("content"), str):
        return "is a tool's, and its content is no list"
    return None


def _is_list(member: Member) -> bool:
    return isinstance(member.place.value, list)
