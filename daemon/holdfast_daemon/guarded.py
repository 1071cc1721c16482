"""A format as the daemon uses it: whatever the format does, nothing of anybody is lost by it, and every answer is what
the contract says.

A format may be a stranger's, and ours may have bugs. One that fails or answers with something else has not recognised,
cannot read, cannot hold: what was saved is then kept as it is, and the log says which format failed where.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from holdfast_daemon.formats.alignment import align_by_key
from holdfast_daemon.formats.base import (
    CannotHold,
    DamagedDocument,
    Document,
    Facts,
    Format,
    Pair,
    Part,
    Reading,
    Recognition,
    Resource,
)
from holdfast_daemon.formats.changes import phrase_of_part

_log = logging.getLogger(__name__)

Value = TypeVar("Value")
MOST_LETTERS = 4096


class Guarded:
    """Meets ``Format``, by means of one that may not."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self.app = form.app
        self.suffix = form.suffix
        self.other_suffixes = tuple(form.other_suffixes)
        self.unordered = _kinds(form.unordered)
        self.incidental = _kinds(form.incidental)
        self.holds: Mapping[str, Collection[str]] = {kind: _kinds(held) for kind, held in form.holds.items()}
        self.warns = form.warns
        self.is_ours = type(form).__module__.startswith("holdfast_daemon.")

    def _failed(self, method: str, problem: BaseException) -> str:
        _log.warning("The format %s failed in %s: %r", self.app, method, _text(repr(problem)))
        return f"the format {self.app} failed on it: {type(problem).__name__}"

    def _or(self, method: str, work: Callable[[], Value], otherwise: Callable[[], Value]) -> Value:
        try:
            return work()
        except BaseException as problem:  # a stranger's sys.exit() is no reason for the daemon to end
            self._failed(method, problem)
            return otherwise()

    def recognise(self, document: Document) -> Recognition | None:
        def work() -> Recognition | None:
            found = self._form.recognise(document)
            if found is None:
                return None
            writer = None if found.writer is None else _text(found.writer)
            return replace(found, generation=_text(found.generation), writer=writer)

        return self._or("recognise", work, lambda: None)

    def suffix_of(self, beginning: bytes) -> str:
        def work() -> str:
            found = self._form.suffix_of(beginning)
            return found if found in (self.suffix, *self.other_suffixes) else self.suffix

        return self._or("suffix_of", work, lambda: self.suffix)

    def read(self, document: Document) -> Reading:
        try:
            return _checked_reading(self._form.read(document))
        except DamagedDocument as problem:
            raise DamagedDocument(_text(str(problem))) from problem
        except BaseException as problem:
            raise DamagedDocument(self._failed("read", problem)) from problem

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        return self._made("write", lambda: self._form.write(parts, template))

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        return self._made("cleared", lambda: self._form.cleared(document, keep))

    def _made(self, method: str, work: Callable[[], Document]) -> Document:
        try:
            return _checked_document(work())
        except CannotHold as problem:
            raise CannotHold([(_text(key), _text(sentence)) for key, sentence in problem.problems]) from problem
        except DamagedDocument as problem:
            raise DamagedDocument(_text(str(problem))) from problem
        except BaseException as problem:
            raise CannotHold([("document", self._failed(method, problem))]) from problem

    def needed(self, parts: Sequence[Part], chosen: Sequence[Part]) -> Sequence[Part]:
        def work() -> Sequence[Part]:
            known = {id(part) for part in parts}
            return [part for part in self._form.needed(parts, chosen) if id(part) in known]

        return self._or("needed", work, lambda: chosen)

    def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
        def work() -> list[Pair]:
            pairs = [(was, now) for was, now in self._form.match(old, new)]
            for side, parts in ((0, old), (1, new)):
                if sorted(pair[side] for pair in pairs if pair[side] is not None) != [*range(len(parts))]:  # type: ignore[type-var]  # no None is left
                    raise ValueError("not every part exactly once")
            return pairs

        return self._or("match", work, lambda: align_by_key(old, new))

    def identity(self, part: Part) -> str | None:
        def work() -> str | None:
            found = self._form.identity(part)
            return None if found is None else str(found)

        return self._or("identity", work, lambda: None)

    def same(self, old: Part, new: Part) -> bool:
        return self._or("same", lambda: bool(self._form.same(old, new)), lambda: old.content == new.content)

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        def work() -> Part | None:
            found = self._form.merge_part(base, ours, theirs)
            return None if found is None else _checked_part(found)

        return self._or("merge_part", work, lambda: None)

    def describe_change(self, old: Part | None, new: Part | None) -> str:
        return self._or(
            "describe_change", lambda: _text(self._form.describe_change(old, new)), lambda: phrase_of_part(old, new)
        )

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        def work() -> str | None:
            found = self._form.suspicion(old, new)
            return None if found is None else _text(found)

        return self._or("suspicion", work, lambda: None)

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        try:
            return _checked_part(self._form.new_part(name, content, beside))
        except CannotHold as problem:
            raise CannotHold([(_text(key), _text(sentence)) for key, sentence in problem.problems]) from problem
        except BaseException as problem:
            raise CannotHold([(name, self._failed("new_part", problem))]) from problem

    def resources(self, parts: Sequence[Part]) -> Sequence[Resource]:
        try:
            found = [*self._form.resources(parts)]
            if not all(isinstance(each, Resource) and isinstance(each.reference, str) for each in found):
                raise TypeError("no resources")
        except DamagedDocument:
            raise
        except BaseException as problem:
            raise DamagedDocument(self._failed("resources", problem)) from problem
        return found

    def name_warnings(self, file_name: str) -> Sequence[str]:
        return self._or("name_warnings", lambda: [*map(_text, self._form.name_warnings(file_name))], lambda: ())

    def losses(self, parts: Sequence[Part]) -> Sequence[tuple[str, str]]:
        def work() -> Sequence[tuple[str, str]]:
            return [(_text(key), _text(sentence)) for key, sentence in self._form.losses(parts)]

        return self._or("losses", work, lambda: ())


def guarded(formats: Mapping[str, Format], broken: dict[str, str] | None = None) -> dict[str, Format]:
    """All of them so, but those that cannot be: ``broken`` is told why."""
    found: dict[str, Format] = {}
    for app, form in formats.items():
        try:
            found[app] = Guarded(form)
        except Exception as problem:  # whatever a stranger's attributes are
            if broken is not None:
                broken[app] = _text(repr(problem))
    return found


def _kinds(said: Collection[str]) -> frozenset[str]:
    """Raises TypeError."""
    if isinstance(said, str) or not all(isinstance(kind, str) for kind in said):
        raise TypeError(f"{said!r} are no kinds of parts")
    return frozenset(said)


def _text(said: object) -> str:
    """Text that can be sent. Raises TypeError."""
    if not isinstance(said, str):
        raise TypeError(f"{type(said).__name__} instead of text")
    whole = said if said.isascii() else said.encode("utf-8", "backslashreplace").decode()
    return whole if len(whole) <= MOST_LETTERS else f"{whole[:MOST_LETTERS]}…"


def _checked_reading(reading: Reading) -> Reading:
    if not isinstance(reading, Reading) or not isinstance(reading.recognition, Recognition):
        raise TypeError("no reading")
    parts = tuple(map(_checked_part, reading.parts))
    if len({part.key for part in parts}) < len(parts):
        raise ValueError("two parts of one key")
    writer = reading.recognition.writer
    recognition = replace(
        reading.recognition, generation=_text(reading.recognition.generation),
        writer=None if writer is None else _text(writer),
    )  # fmt: skip
    warnings = tuple(map(_text, reading.warnings))
    return replace(
        reading, recognition=recognition, parts=parts, facts=_checked_facts(reading.facts), warnings=warnings
    )


def _checked_part(part: Part) -> Part:
    """The very part, where nothing about it is wrong. Raises TypeError, ValueError."""
    if not isinstance(part, Part) or not isinstance(part.content, bytes):
        raise TypeError("no part")
    for array in part.arrays:
        if not 0 <= array.offset <= array.offset + array.size_bytes <= len(part.content):
            raise ValueError(f"array {_text(array.name)!r} lies outside its part")
    said = (part.key, part.name, part.kind)
    safe = tuple(map(_text, said))
    facts = _checked_facts(part.facts)
    if safe == said and facts is part.facts:
        return part
    return replace(part, key=safe[0], name=safe[1], kind=safe[2], facts=facts)


def _checked_facts(facts: Facts) -> Facts:
    if all(_is_plain(name) and _is_plain(value) for name, value in facts.items()):
        return facts
    return {_text(name): value if _is_number(value) else _text(str(value)) for name, value in facts.items()}


def _is_plain(value: object) -> bool:
    return _is_number(value) or (isinstance(value, str) and len(value) <= MOST_LETTERS and value.isascii())


def _is_number(value: object) -> bool:
    return value is None or isinstance(value, bool) or (isinstance(value, int) and -(2**63) <= value < 2**63)


def _checked_document(document: Document) -> Document:
    items: Iterable[tuple[object, object]] = document.items()
    if not document or not all(isinstance(path, bytes) and isinstance(content, bytes) for path, content in items):
        raise TypeError("no document")
    return document
