"""Renardo's session files as project folders and back, as each of its versions opens them (renardo.md 0)."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast_daemon.formats.base import Converted, DamagedDocument, Document, Part
from holdfast_daemon.formats.renardo.as_project import from_project, to_project
from holdfast_daemon.formats.renardo.fitting import fitted
from holdfast_daemon.formats.renardo.problems import Problem, losses_that_matter
from holdfast_daemon.formats.renardo.project import INDEX, is_state, recognise_project
from holdfast_daemon.formats.renardo.reading import read_session
from holdfast_daemon.formats.renardo.writing import for_renardo
from holdfast_daemon.formats.trees import keys_of

CONVERSIONS = {
    "project": "a folder of .py files, as Renardo 1.0.0a12 and later open it",
    "session": "one session file, as Renardo 1.0.0a1 to a10 load it",
}


def converted(document: Document, to: str) -> Converted:
    """A document that is in the form already comes back as it is. Raises DamagedDocument, CannotHold."""
    if b"" not in document and recognise_project(document) is None:
        raise DamagedDocument("neither one session file nor a folder with .py files")
    if to == "session":
        return _session_of_project(document) if b"" not in document else _session_of_session(document)
    if b"" not in document:
        return Converted(document=document, suffix="")
    parts = read_session(document[b""]).parts
    return Converted(document=to_project(parts), suffix="", losses=[*_unreadable(parts)])


def _unreadable(parts: tuple[Part, ...]) -> Iterator[Problem]:
    """What Renardo 1.0.0a12 and later make of a file that holds such a text."""
    for part in parts:
        try:
            part.content.decode("utf-8")
        except UnicodeDecodeError as error:
            yield part.key, f"the text is not UTF-8 at byte {error.start}: Renardo cannot open this file"
        if b"\r" in part.content:
            yield part.key, r"Renardo turns every line end into \n"


def _session_of_session(document: Document) -> Converted:
    """The same bytes where Renardo reads them as they are meant; the rules of today's writer elsewhere."""
    reading = read_session(document[b""])
    is_one = reading.recognition.generation == "F3" and reading.facts["newline"] == "lf"
    if is_one and not reading.warnings and not reading.facts["byte_order_mark"]:
        return Converted(document=document, suffix=".py", losses=losses_that_matter(reading.parts))
    ready, losses = fitted(reading.parts)
    return Converted(document=for_renardo(ready), suffix=".py", losses=losses)


def _session_of_project(document: Document) -> Converted:
    keys, parts = keys_of(document), from_project(document)
    ready, changes = fitted([*parts.values()])
    key_of_file = {part.key: keys[path] for path, part in parts.items()}
    losses = [(key_of_file.get(key, key), sentence) for key, sentence in changes]
    losses += [(key, _left_out(path)) for path, key in keys.items() if path not in parts and path != INDEX]
    return Converted(document=for_renardo(ready), suffix=".py", losses=losses)


def _left_out(path: bytes) -> str:
    if is_state(path):
        return "a session file does not tell which files are open, or how the windows are laid out"
    return "a session file holds .py files only"
