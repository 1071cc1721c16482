"""IGV's sessions: XML of every version, and the JSON of IGV 3 and igv.js.

Facts and their sources are in the project's page on the format (igv.md); its sections are cited here. The text files
of UCSC (``.session``) are not read: nothing in them tells them from any other list of lines.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

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
    Resource,
    Target,
)
from holdfast_daemon.formats.defaults import Defaults
from holdfast_daemon.formats.igv.converting import FORMS, converted
from holdfast_daemon.formats.igv.emptying import emptied_parts, looks_emptied
from holdfast_daemon.formats.igv.envelope import Envelope, head_of, opened
from holdfast_daemon.formats.igv.folders import LAYOUTS, known_places
from holdfast_daemon.formats.igv.json_reading import read_json_session
from holdfast_daemon.formats.igv.json_writing import write_json_session
from holdfast_daemon.formats.igv.markdown import session_markdown
from holdfast_daemon.formats.igv.matching import identity_of, match_parts
from holdfast_daemon.formats.igv.meaning import same
from holdfast_daemon.formats.igv.merging import merged_part
from holdfast_daemon.formats.igv.needs import needed_parts
from holdfast_daemon.formats.igv.newcomers import new_part
from holdfast_daemon.formats.igv.phrases import phrase_of_change
from holdfast_daemon.formats.igv.pointers import pointers_of
from holdfast_daemon.formats.igv.problems import losses, name_warnings
from holdfast_daemon.formats.igv.recognition import HEAD_BYTES, begins, is_json, recognise
from holdfast_daemon.formats.igv.relinking import relinked_json, relinked_xml
from holdfast_daemon.formats.igv.xml_reading import read_xml_session
from holdfast_daemon.formats.igv.xml_writing import write_xml_session

__all__ = ["IGV", "Igv"]


class Igv(Defaults):
    """Documents of one file, whatever it is called: ``XML 8``, ``XML 3 (Global)``, ``JSON 3.0``, ``igv.js``."""

    app = "igv"
    suffix = ".xml"
    other_suffixes = (".json",)
    warns = True
    unordered = (
        *("genome", "locus", "session", "resource", "region", "layout", "filter", "gene-list", "attributes"),
        *("preferences", "color-scales", "other", "member"),
    )
    holds = {"panel": ("track",)}
    incidental = ("layout", "attributes")
    layouts = LAYOUTS
    conversions = FORMS

    def known_places(self, environment: Mapping[str, str], home: str, read_text: ReadText) -> Sequence[str]:
        """IGV's autosaves, and where the last sessions were."""
        return [*known_places(home, read_text)]

    def begins(self, beginning: bytes) -> bool:
        """With a session's root, or one of its members."""
        return begins(beginning)

    def recognise(self, document: Document) -> Recognition | None:
        """A root Session or Global with genome or Resources, or JSON with tracks and reference or genome."""
        return recognise(document[b""]) if document.keys() == {b""} else None

    def suffix_of(self, beginning: bytes) -> str:
        """By what it is: IGV goes by the name alone, and 3.0 writes JSON into files called .xml (igv.md 1.7)."""
        return ".json" if is_json(head_of(beginning, HEAD_BYTES)) else self.suffix

    def read(self, document: Document) -> Reading:
        """Parts as ``xml_reading`` and ``json_reading`` say. Raises DamagedDocument."""
        envelope = _opened(document)
        return read_json_session(envelope) if is_json(envelope.text) else read_xml_session(envelope)

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """In the template's language and encoding; without one in that of the parts. What counts of the order is that
        of panels, tracks, resources and regions. Raises CannotHold."""
        try:
            envelope = _opened(template) if template is not None else None
        except DamagedDocument as error:
            raise CannotHold([("document", f"the session that they would go into is damaged: {error}")]) from error
        as_json = (
            is_json(envelope.text) if envelope else any(part.content.lstrip()[:1] in (b"{", b'"') for part in parts)
        )
        text = write_json_session(parts, envelope) if as_json else write_xml_session(parts, envelope)
        if envelope is None or template is None:
            return {b"": text}
        return template if text == envelope.text else {b"": envelope.closed_over(text)}

    def needed(self, parts: Sequence[Part], chosen: Sequence[Part]) -> Sequence[Part]:
        """The genome, the session's own attributes, panels with their tracks, tracks with panel and resources."""
        return needed_parts(parts, chosen)

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """As IGV's New: the genome, all of it in view, and nothing else."""
        return self.write(emptied_parts(self.read(document).parts, keep), document)

    def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
        """Resources by path, tracks by id and class, regions by place; what has moved by the name of its file."""
        return match_parts(old, new)

    def identity(self, part: Part) -> str | None:
        """A track's file and class, a resource's path, a panel's name; what is unknown has none."""
        return identity_of(part)

    def same(self, old: Part, new: Part) -> bool:
        """Whether they differ only as a mere saving makes them, such as ``0`` and ``0.0`` or a locus that crept."""
        return same(old, new)

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        """By attribute or member, elements within as a whole."""
        return merged_part(base, ours, theirs)

    def describe_change(self, old: Part | None, new: Part | None) -> str:
        """Such as ``track cover.bedgraph: color 0,0,178 → 178,0,0, range 0..10 → 0..60``."""
        return phrase_of_change(old, new)

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        """Every resource or every track is gone."""
        return looks_emptied(old, new)

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """Of the kind that its content is: an XML element, or a JSON value."""
        return new_part(name, content, beside)

    def markdown(self, name: str, reading: Reading, *, full: bool) -> bytes:
        """Genome and locus, then tracks, data files and regions as tables."""
        return session_markdown(name, reading, full=full)

    def resources(self, parts: Sequence[Part]) -> Sequence[Resource]:
        """Of every resource, the genome, and each track in JSON; not ``data:`` URLs."""
        return [resource for part in parts for resource in pointers_of(part)]

    def relinked(self, document: Document, targets: Mapping[str, Target]) -> Document:
        """In the attributes or members that name files, the ids of tracks among them."""
        envelope = _opened(document)
        text = (relinked_json if is_json(envelope.text) else relinked_xml)(envelope, targets)
        return document if text == envelope.text else {b"": envelope.closed_over(text)}

    def converted(self, document: Document, to: str, origin: Origin) -> Converted:
        """With references for another place, or in another of IGV's languages. Raises DamagedDocument, CannotHold."""
        return converted(document, _opened(document), self.read(document), to, origin)

    def name_warnings(self, file_name: str) -> Sequence[str]:
        """IGV decides by a file's name what it is (igv.md 1.1)."""
        return name_warnings(file_name)

    def losses(self, parts: Sequence[Part]) -> Sequence[tuple[str, str]]:
        """What IGV does not write back, and what stops it."""
        return losses(parts)


def _opened(document: Document) -> Envelope:
    if document.keys() != {b""}:
        raise DamagedDocument("a session of IGV is one file")
    return opened(document[b""])


IGV = Igv()
