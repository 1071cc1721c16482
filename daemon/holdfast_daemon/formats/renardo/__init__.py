"""Renardo's sessions: the session files of 1.0.0a1 to a10, older ones, and the project folders since a12.

Facts and their sources are in the project's page on the format (renardo.md); its sections are cited here.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence

from holdfast_daemon.formats.alignment import align_by_key
from holdfast_daemon.formats.base import (
    CannotHold,
    Converted,
    DamagedDocument,
    Document,
    Origin,
    Pair,
    Part,
    Reading,
    ReadText,
    Recognition,
)
from holdfast_daemon.formats.defaults import Defaults
from holdfast_daemon.formats.lines import merged_text
from holdfast_daemon.formats.markdown import blocks, facts_table, heading, page
from holdfast_daemon.formats.renardo.as_project import from_project, to_project
from holdfast_daemon.formats.renardo.converting import CONVERSIONS, converted
from holdfast_daemon.formats.renardo.damage import session_suspicion
from holdfast_daemon.formats.renardo.folders import LAYOUTS, SESSIONS, known_places, layout_for, sessions_folder
from holdfast_daemon.formats.renardo.layout import holds_startup_header, holds_triple, layout_of
from holdfast_daemon.formats.renardo.matching import match_session
from holdfast_daemon.formats.renardo.names import name_warnings
from holdfast_daemon.formats.renardo.problems import losses, losses_that_matter, problems, refusals
from holdfast_daemon.formats.renardo.project import (
    INDEX,
    SESSION_KINDS,
    STATE,
    new_project_file,
    project_suspicion,
    read_project,
    recognise_project,
    write_project,
)
from holdfast_daemon.formats.renardo.reading import read_session, recognition_of
from holdfast_daemon.formats.renardo.shown import as_renardo_would
from holdfast_daemon.formats.renardo.writing import for_renardo, write_session
from holdfast_daemon.formats.trees import free_key

__all__ = [
    "RENARDO",
    "Renardo",
    "as_renardo_would",
    "for_renardo",
    "from_project",
    "losses",
    "losses_that_matter",
    "name_warnings",
    "problems",
    "refusals",
    "sessions_folder",
    "to_project",
]


class Renardo(Defaults):
    """Generations F0 to F3 (one file) and ``project`` (a folder)."""

    app = "renardo"
    suffix = ".py"
    warns = True
    layouts = LAYOUTS
    within = (SESSIONS,)
    conversions = CONVERSIONS

    def layout_for(self, folder: str, files: Mapping[str, bytes], folders: Collection[str]) -> str:
        """By Renardo's own names, and by whether a Python file has named buffers."""
        return layout_for(folder, files, folders)

    def known_places(self, environment: Mapping[str, str], home: str, read_text: ReadText) -> Sequence[str]:
        """The folders of sessions and of startup files, and the project that was open last (renardo.md 2)."""
        return [*known_places(environment, home, sys.platform, read_text)]

    def begins(self, beginning: bytes) -> bool:
        """With a header near its begin. A session without names looks as many a Python file does."""
        return holds_triple(beginning) or holds_startup_header(beginning)

    def begins_folder(self, beginnings: Mapping[bytes, bytes]) -> bool:
        """By Renardo's state, or by our index."""
        return STATE in beginnings or INDEX in beginnings

    def recognise(self, document: Document) -> Recognition | None:
        """Any single file is at least F0, which is not certain; a folder needs a ``.py`` file."""
        if document.keys() == {b""}:
            return recognition_of(layout_of(document[b""]))
        return recognise_project(document)

    def read(self, document: Document) -> Reading:
        """A session file by its header triples, a folder by its files. Raises DamagedDocument."""
        if document.keys() == {b""}:
            return read_session(document[b""])
        recognition = recognise_project(document)
        if recognition is None:
            raise DamagedDocument("neither one session file nor a folder with .py files")
        return read_project(document, recognition)

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """A session file, or a folder where ``template`` is one or the parts are files. Raises CannotHold."""
        is_folder = b"" not in template if template else any(part.kind == "file" for part in parts)
        if is_folder:
            return write_project(parts, template)
        return {b"": write_session(parts, template[b""] if template else None)}

    def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
        """Files by path; buffers by everything that tells them apart, never by place or name alone."""
        if any(part.kind in SESSION_KINDS for part in (*old, *new)):
            return match_session(old, new)
        return align_by_key(old, new)

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """The startup file stays, and an empty buffer as Renardo itself begins with; of a project nothing is kept."""
        parts = self.read(document).parts
        if not all(part.kind in SESSION_KINDS for part in parts):
            raise CannotHold([("project", "a project folder is no session that could be cleared")])
        kept = [part for part in parts if part.kind == "startup" or part.kind in keep]
        if not any(part.kind == "buffer" for part in kept):
            kept.append(Part(key="buffer-1", name="Untitled", kind="buffer", content=b""))
        return self.write(kept, document)

    def identity(self, part: Part) -> str | None:
        """Of the startup text, and of a project's files by path; a buffer's name says nothing (renardo.md 5.6)."""
        return None if part.kind == "buffer" else part.key

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        """Line by line; never a project's state, which is JSON."""
        return None if base.kind == "state" else merged_text(base, ours, theirs)

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        """Buffers with text before, and now none, or none that has text, or cut off (renardo.md 3.3 and 3.4)."""
        if old.recognition.generation == new.recognition.generation == "project":
            return project_suspicion(old, new)
        return session_suspicion(old, new)

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """A buffer of a session; a file of a project folder, whatever stands last there."""
        if any(part.kind not in SESSION_KINDS for part in beside):
            return new_project_file(name, content)
        number = 1 + sum(part.kind == "buffer" for part in beside)
        key = free_key(f"buffer-{number}", {part.key for part in beside})
        return Part(key=key, name=name, kind="buffer", content=content)

    def markdown(self, name: str, reading: Reading, *, full: bool) -> bytes:
        """Buffers as Python, and so the files of a project that are."""

        def language(part: Part) -> str:
            return "python" if part.kind in SESSION_KINDS or part.name.endswith(".py") else ""

        beside = facts_table(reading) if full else ""
        shown = blocks((part, self.text(part), language(part)) for part in reading.parts)
        return page(heading(1, name), beside, shown)

    def converted(self, document: Document, to: str, origin: Origin) -> Converted:
        """A session file as a project folder, or the other way round, or one of today's of an older one."""
        return converted(document, to)

    def name_warnings(self, file_name: str) -> tuple[str, ...]:
        """Names that Renardo saves under and then cannot load (renardo.md 2.2)."""
        return name_warnings(file_name)

    def losses(self, parts: Sequence[Part]) -> list[tuple[str, str]]:
        """What Renardo trims or turns into something else in a session file, mere line ends at a text's end left out;
        files of a project it keeps."""
        return losses_that_matter([part for part in parts if part.kind in SESSION_KINDS])


RENARDO = Renardo()
