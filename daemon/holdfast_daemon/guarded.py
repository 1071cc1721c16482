"""A format as the daemon uses it: whatever the format does, nothing of anybody is lost by it, and every answer is what
the contract says.

A format may be a stranger's, and ours may have bugs. One that fails or answers with something else has not recognised,
cannot read, cannot hold: what was saved is then kept as it is, and the log says which format failed where.
"""

from __future__ import annotations

import logging
import os
import posixpath
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from holdfast_daemon.formats.alignment import align_by_key
from holdfast_daemon.formats.base import (
    CannotHold,
    Converted,
    DamagedDocument,
    Document,
    Format,
    Layout,
    Origin,
    Pair,
    Part,
    Reading,
    ReadText,
    Recognition,
    Resource,
    Target,
)
from holdfast_daemon.formats.changes import phrase_of_part
from holdfast_daemon.formats.checks import (
    checked_conversions,
    checked_document,
    checked_layouts,
    checked_part,
    checked_reading,
    kinds,
    text,
)
from holdfast_daemon.formats.defaults import text_of
from holdfast_daemon.formats.plain import PLAIN

_log = logging.getLogger(__name__)

Value = TypeVar("Value")
#: More places than anybody would look through are a mistake.
MOST_PLACES = 1000


class Guarded:
    """Meets ``Format``, by means of one that may not."""

    def __init__(self, form: Format) -> None:
        self._form = form
        self.app = form.app
        self.suffix = form.suffix
        self.other_suffixes = tuple(form.other_suffixes)
        self.unordered = kinds(form.unordered)
        self.incidental = kinds(form.incidental)
        self.holds: Mapping[str, Collection[str]] = {kind: kinds(held) for kind, held in form.holds.items()}
        self.warns = form.warns
        self.layouts: Mapping[str, Layout] = checked_layouts(form.layouts)
        self.within = kinds(form.within)
        self.conversions = checked_conversions(getattr(form, "conversions", {}))
        self.is_ours = type(form).__module__.startswith("holdfast_daemon.")

    def _failed(self, method: str, problem: BaseException) -> str:
        place = traceback.extract_tb(problem.__traceback__)[-1]  # not its text, which may be what a session holds
        kind, file = type(problem).__name__, os.path.basename(place.filename)
        _log.warning("The format %s failed in %s: %s at %s line %s", self.app, method, kind, file, place.lineno)
        return f"the format {self.app} failed on it: {type(problem).__name__}"

    def _or(self, method: str, work: Callable[[], Value], otherwise: Callable[[], Value]) -> Value:
        try:
            return work()
        except BaseException as problem:  # a stranger's sys.exit() is no reason for the daemon to end
            self._failed(method, problem)
            return otherwise()

    def layout_for(self, folder: str, files: Mapping[str, bytes], folders: Collection[str]) -> str:
        def work() -> str:
            found = self._form.layout_for(folder, files, folders)
            return found if found in self.layouts else ordinary

        ordinary = next(iter(self.layouts))
        return self._or("layout_for", work, lambda: ordinary)

    def known_places(self, environment: Mapping[str, str], home: str, read_text: ReadText) -> Sequence[str]:
        def work() -> Sequence[str]:
            found = [*islice(self._form.known_places(environment, home, read_text), MOST_PLACES)]
            return [place for place in found if posixpath.isabs(place) and place == text(place) and "\0" not in place]

        return self._or("known_places", work, lambda: ())

    def begins(self, beginning: bytes) -> bool:
        return self._or("begins", lambda: bool(self._form.begins(beginning)), lambda: True)

    def begins_folder(self, beginnings: Mapping[bytes, bytes]) -> bool:
        asked = getattr(self._form, "begins_folder", None)  # the contract did not always have it
        return asked is not None and self._or("begins_folder", lambda: bool(asked(beginnings)), lambda: False)

    def recognise(self, document: Document) -> Recognition | None:
        def work() -> Recognition | None:
            found = self._form.recognise(document)
            if found is None:
                return None
            writer = None if found.writer is None else text(found.writer)
            return replace(found, generation=text(found.generation), writer=writer)

        return self._or("recognise", work, lambda: None)

    def suffix_of(self, beginning: bytes) -> str:
        def work() -> str:
            found = self._form.suffix_of(beginning)
            return found if found in (self.suffix, *self.other_suffixes) else self.suffix

        return self._or("suffix_of", work, lambda: self.suffix)

    def read(self, document: Document) -> Reading:
        try:
            return checked_reading(self._form.read(document))
        except DamagedDocument as problem:
            raise DamagedDocument(text(str(problem))) from problem
        except BaseException as problem:
            raise DamagedDocument(self._failed("read", problem)) from problem

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        return self._made("write", lambda: checked_document(self._form.write(parts, template)))

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        return self._made("cleared", lambda: checked_document(self._form.cleared(document, keep)))

    def relinked(self, document: Document, targets: Mapping[str, Target]) -> Document:
        return self._made("relinked", lambda: checked_document(self._form.relinked(document, targets)))

    def converted(self, document: Document, to: str, origin: Origin) -> Converted:
        def work() -> Converted:
            found = self._form.converted(document, to, origin)
            losses = [(text(key), text(sentence)) for key, sentence in found.losses]
            return Converted(document=checked_document(found.document), suffix=text(found.suffix), losses=losses)

        return self._made("converted", work)

    def _made(self, method: str, work: Callable[[], Value]) -> Value:
        try:
            return work()
        except CannotHold as problem:
            raise CannotHold([(text(key), text(sentence)) for key, sentence in problem.problems]) from problem
        except DamagedDocument as problem:
            raise DamagedDocument(text(str(problem))) from problem
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
            return None if found is None else checked_part(found)

        return self._or("merge_part", work, lambda: None)

    def describe_change(self, old: Part | None, new: Part | None) -> str:
        return self._or(
            "describe_change", lambda: text(self._form.describe_change(old, new)), lambda: phrase_of_part(old, new)
        )

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        def work() -> str | None:
            found = self._form.suspicion(old, new)
            return None if found is None else text(found)

        return self._or("suspicion", work, lambda: None)

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        try:
            return checked_part(self._form.new_part(name, content, beside))
        except CannotHold as problem:
            raise CannotHold([(text(key), text(sentence)) for key, sentence in problem.problems]) from problem
        except BaseException as problem:
            raise CannotHold([(name, self._failed("new_part", problem))]) from problem

    def text(self, part: Part) -> str:
        return self._or("text", lambda: text(self._form.text(part)), lambda: text_of(part))

    def markdown(self, name: str, reading: Reading, *, full: bool) -> bytes:
        try:
            found = self._form.markdown(name, reading, full=full)
            if not isinstance(found, bytes):
                raise TypeError("no Markdown")
        except DamagedDocument:
            raise
        except BaseException as problem:
            self._failed("markdown", problem)
            return PLAIN.markdown(name, reading, full=full)
        return found

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
        return self._or("name_warnings", lambda: [*map(text, self._form.name_warnings(file_name))], lambda: ())

    def losses(self, parts: Sequence[Part]) -> Sequence[tuple[str, str]]:
        def work() -> Sequence[tuple[str, str]]:
            return [(text(key), text(sentence)) for key, sentence in self._form.losses(parts)]

        return self._or("losses", work, lambda: ())


def guarded(formats: Mapping[str, Format], broken: dict[str, str] | None = None) -> dict[str, Format]:
    """All of them so, but those that cannot be: ``broken`` is told why."""
    found: dict[str, Format] = {}
    for app, form in formats.items():
        try:
            found[app] = Guarded(form)
        except Exception as problem:  # whatever a stranger's attributes are
            if broken is not None:
                broken[app] = text(repr(problem))
    return found
