r"""AiderDesk's sessions: the session files of 0.7 to 0.35, and the task folders since 0.36.

Facts and their sources are in the project's page on the format (aiderdesk.md); its sections are cited here.

The parts of a session, each with the very text that it has in the file:

``message``
    ``{"role": "user" | "assistant" | "tool", "content": ..., "id"?, "usageReport"?, ...}``. The content is a text or
    a list of ``{"type": "text", "text"}``, ``{"type": "tool-call", "toolCallId", "toolName", "args"}`` (``input`` in
    version 2), ``{"type": "tool-result", ..., "result"}`` (``output: {"type", "value"}``) and others.
``file``
    ``{"path": ..., "readOnly"?: true | false}``: a file of the context; its bytes are not in the session.
``field``
    Any other member of the object, by its name.

A task has a session in ``context.json``, and of its folder also ``settings``, ``todos`` and every other file
(``attachment``), which are whole files.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from holdfast_daemon.formats.aiderdesk.converting import CONVERSIONS, converted
from holdfast_daemon.formats.aiderdesk.damage import losses, suspicion
from holdfast_daemon.formats.aiderdesk.emptying import emptied
from holdfast_daemon.formats.aiderdesk.folders import LAYOUTS, PROJECT_FOLDER, known_places, layout_for
from holdfast_daemon.formats.aiderdesk.markdown import as_application, in_full
from holdfast_daemon.formats.aiderdesk.matching import identity, match
from holdfast_daemon.formats.aiderdesk.merging import merge_part
from holdfast_daemon.formats.aiderdesk.messages import message_of
from holdfast_daemon.formats.aiderdesk.names import name_warnings
from holdfast_daemon.formats.aiderdesk.relinking import relinked
from holdfast_daemon.formats.aiderdesk.rewording import upgraded
from holdfast_daemon.formats.aiderdesk.session import (
    FILES,
    MESSAGES,
    is_file,
    read_session,
    recognition_of,
    session_of,
)
from holdfast_daemon.formats.aiderdesk.task import (
    WHOLE_FILES,
    begins_task,
    part_of,
    read_task,
    recognise_task,
    without_work_tree,
)
from holdfast_daemon.formats.aiderdesk.wording import describe_change
from holdfast_daemon.formats.aiderdesk.writing import write
from holdfast_daemon.formats.base import (
    Converted,
    DamagedDocument,
    Document,
    Origin,
    Pair,
    Part,
    Reading,
    ReadText,
    Recognition,
    Resource,
    Target,
)
from holdfast_daemon.formats.defaults import Defaults
from holdfast_daemon.formats.jsontext import canonical, value_of
from holdfast_daemon.formats.trees import free_key

__all__ = ["AIDERDESK", "AiderDesk"]

#: What a session begins with, and one of what it must hold.
_OBJECT = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*\{")
_MARKS = (f'"{MESSAGES}"'.encode(), f'"{FILES}"'.encode())


class AiderDesk(Defaults):
    """Generations ``v0``, ``v1``, ``v2`` (one file) and ``task`` (a folder)."""

    app = "aiderdesk"
    suffix = ".json"
    unordered = ("field", *sorted(WHOLE_FILES))
    warns = True
    layouts = LAYOUTS
    within = (PROJECT_FOLDER,)
    conversions = CONVERSIONS

    def layout_for(self, folder: str, files: Mapping[str, bytes], folders: Collection[str]) -> str:
        """By AiderDesk's own names of folders."""
        return layout_for(folder, folders)

    def known_places(self, environment: Mapping[str, str], home: str, read_text: ReadText) -> Sequence[str]:
        """In each project that AiderDesk has open or had lately."""
        return [*known_places(environment, home, sys.platform, read_text)]

    def begins(self, beginning: bytes) -> bool:
        """As an object that has one of its lists."""
        return _begins(beginning)

    def begins_folder(self, beginnings: Mapping[bytes, bytes]) -> bool:
        """By the settings of a task, or by its context."""
        return begins_task(beginnings)

    def recognise(self, document: Document) -> Recognition | None:
        """A JSON object with a list of messages or of context files; a folder by its settings or its context."""
        if b"" not in document:
            return recognise_task(document)
        content = document[b""]
        if not _begins(content):
            return None
        try:
            return recognition_of(session_of(content))
        except DamagedDocument:
            return None

    def read(self, document: Document) -> Reading:
        """Messages, context files and other members, of a task also its other files. Raises DamagedDocument."""
        return read_session(document[b""]) if b"" in document else read_task(document)

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """A session file; a task's folder where ``template`` is one or a part is a file of one. Raises CannotHold."""
        return write(parts, template)

    def needed(self, parts: Sequence[Part], chosen: Sequence[Part]) -> Sequence[Part]:
        """A task's settings come along: AiderDesk removes a task that has none."""
        keys = {part.key for part in chosen}
        return [part for part in parts if part.key in keys or part.kind == "settings"]

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """No messages and no files; version and unknown members stay, and of a task's settings what a user set up: it
        is another task, with another id."""
        document = without_work_tree(document)
        return self.write([*emptied(self.read(document).parts, document, keep)], document)

    def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
        """Messages by id, content in order, or role and place; files by path; others by name."""
        return match(old, new)

    def identity(self, part: Part) -> str | None:
        """A message's id, a context file's path, another part's name; None where another part has it too."""
        return identity(part)

    def same(self, old: Part, new: Part) -> bool:
        """Equal values, also where AiderDesk 0.35 merely brought a message up to date; attachments to the byte."""
        if old.content == new.content:
            return True
        if old.kind != new.kind or old.kind == "attachment":
            return False
        try:
            if old.kind != "message":
                return canonical(old.content) == canonical(new.content)
            before, after = (canonical(upgraded(part.content).encode()) for part in (old, new))
        except (DamagedDocument, RecursionError):
            return False
        return before == after

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        """Member by member, an attachment line by line."""
        return merge_part(base, ours, theirs)

    def describe_change(self, old: Part | None, new: Part | None) -> str:
        """Such as ``message user 3 changed: +1 −1 lines``."""
        return describe_change(old, new)

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        """Every message is gone, or nearly all are and none is left as it was; or a task's settings."""
        return suspicion(old, new)

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """What its content says, a message or a context file; else a file of a task, or a field of a session."""
        made = part_of(name, content, in_task=any(part.kind in WHOLE_FILES for part in beside))
        return replace(made, key=free_key(made.key, {part.key for part in beside}))

    def text(self, part: Part) -> str:
        """What a message says and its tools answered, without JSON's escapes; other parts as they are."""
        if part.kind != "message":
            return super().text(part)
        message = message_of(value_of(part.content))
        return "\n".join((*message.texts, *(each for each in message.results if isinstance(each, str))))

    def markdown(self, name: str, reading: Reading, *, full: bool) -> bytes:
        """What AiderDesk's own export gives; empty for a chat without messages."""
        return in_full(reading.parts) if full else as_application(reading)

    def resources(self, parts: Sequence[Part]) -> Sequence[Resource]:
        """Every context file, whether it exists or not; a task forgets those that do not when it is opened (4, 6)."""
        in_task = any(part.kind in WHOLE_FILES for part in parts)
        return [
            Resource(key=part.key, role="context", reference=part.name, below=PROJECT_FOLDER, fragile=in_task)
            for part in parts
            if part.kind == "file" and is_file(value_of(part.content))
        ]

    def relinked(self, document: Document, targets: Mapping[str, Target]) -> Document:
        """In the list of context files; what messages say of a file is history, and stays."""
        return relinked(document, targets)

    def converted(self, document: Document, to: str, origin: Origin) -> Converted:
        """A session of any generation as a file of version 1 or 2, or as a task."""
        return converted(document, to, origin)

    def name_warnings(self, file_name: str) -> tuple[str, ...]:
        """Names that AiderDesk saves under and then does not list (page 1)."""
        return tuple(name_warnings(file_name))

    def losses(self, parts: Sequence[Part]) -> list[tuple[str, str]]:
        """What AiderDesk fails over or cannot use (page 3)."""
        return [*losses(parts)]


def _begins(content: bytes) -> bool:
    return _OBJECT.match(content) is not None and any(mark in content for mark in _MARKS)


AIDERDESK = AiderDesk()
