"""Mosaic's sessions (KosinskiLab/mosaic, and colabseg before it): pickles of point clouds, meshes and their tree.

Facts and their sources are in the project's page on the format (mosaic.md); its sections are cited here. No document
is ever unpickled by Python: ``machine`` reads opcodes and makes nodes that do nothing.
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
from holdfast_daemon.formats.mosaic.adding import new_geometry
from holdfast_daemon.formats.mosaic.converting import CONVERSIONS, converted_session
from holdfast_daemon.formats.mosaic.describing import change_line
from holdfast_daemon.formats.mosaic.fields import THUMBNAIL, is_same
from holdfast_daemon.formats.mosaic.folders import LAYOUTS, begins, known_places
from holdfast_daemon.formats.mosaic.markdown import session_markdown
from holdfast_daemon.formats.mosaic.matching import matched
from holdfast_daemon.formats.mosaic.merging import merged_part
from holdfast_daemon.formats.mosaic.paths import pointed_to
from holdfast_daemon.formats.mosaic.reading import (
    GEOMETRY_KINDS,
    OPAQUE,
    SECTION,
    read_session,
    recognise_session,
)
from holdfast_daemon.formats.mosaic.relinking import relinked_session
from holdfast_daemon.formats.mosaic.writing import write_session

__all__ = ["MOSAIC", "Mosaic"]


class Mosaic(Defaults):
    """Plain pickles, the indexed container and the unreleased one; generations such as ``plain 1.3.2``."""

    app = "mosaic"
    suffix = ".pickle"
    other_suffixes = (".mosaic",)
    warns = True
    layouts = LAYOUTS
    conversions = CONVERSIONS

    def known_places(self, environment: Mapping[str, str], home: str, read_text: ReadText) -> Sequence[str]:
        """Where the last sessions were."""
        return [*known_places(environment, home, read_text)]

    def begins(self, beginning: bytes) -> bool:
        """With the mark of a session, or an index that names one."""
        return begins(beginning)

    def recognise(self, document: Document) -> Recognition | None:
        """By the class of the container that every session has; the version is inferred unless an index tells it."""
        return recognise_session(document[b""]) if document.keys() == {b""} else None

    def suffix_of(self, beginning: bytes) -> str:
        """Mosaic itself goes by the first byte too; its dialogs show files called ``.pickle`` only."""
        return self.suffix if beginning[:1] in (b"\x80", b"") else ".mosaic"

    def read(self, document: Document) -> Reading:
        """Clusters, models, trees, containers, metadata and sections; one opaque part where something in a whole
        session is not known. Raises DamagedDocument."""
        return read_session(_content(document))

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """As the template is wrapped and spelt; else a plain pickle of the newest version, or, where there are
        sections, an indexed one. Trees lose what is not there. Raises CannotHold."""
        return {b"": write_session(parts, None if template is None else template.get(b"", b""))}

    def needed(self, parts: Sequence[Part], chosen: Sequence[Part]) -> Sequence[Part]:
        """Everything but other geometries and the sections; ``write`` trims the trees."""
        own = {id(part) for part in chosen}
        return [part for part in parts if id(part) in own or part.kind not in (*GEOMETRY_KINDS, SECTION, OPAQUE)]

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """Without geometries, trees and the picture; the shape, the colours and what is not known stay, and so do the
        volume viewer's paths. Raises DamagedDocument, CannotHold."""
        parts = self.read(document).parts
        if any(part.kind == OPAQUE for part in parts):
            raise CannotHold([("session", "it is stored uninspected, so nothing can be taken out of it")])
        kept = [p for p in parts if p.kind in keep or (p.kind not in GEOMETRY_KINDS and p.key != THUMBNAIL)]
        return self.write(kept, document)

    def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
        """By uuid; where a side has none by content, points, name and place."""
        return matched(old, new)

    def identity(self, part: Part) -> str | None:
        """A geometry's uuid; the others are there once."""
        return None if part.kind in GEOMETRY_KINDS and part.key.startswith(f"{part.kind}-") else part.key

    def same(self, old: Part, new: Part) -> bool:
        """Groups' uuids, the selection, the thumbnail, and True for 1 are no difference, nor is what a tree has more or
        less of geometries outside of groups."""
        return is_same(old, new)

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        """Key by key; what makes up a geometry's shape is one, and the members and order of each group are lists."""
        return merged_part(base, ours, theirs)

    def describe_change(self, old: Part | None, new: Part | None) -> str:
        """Such as ``cluster membrane 31 moved, hidden`` or ``tree clusters: group A: +2 −1``."""
        return change_line(old, new)

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        """All geometries gone: Mosaic empties its workspace before it opens a file that it then cannot read."""
        had, has = (sum(part.kind in GEOMETRY_KINDS for part in reading.parts) for reading in (old, new))
        is_opaque = any(part.kind == OPAQUE for part in new.parts)
        return None if has or not had or is_opaque else f"every cluster and model is gone, and there were {had}"

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """A geometry, from a pickle of its own as parts have it. Raises CannotHold."""
        return new_geometry(name, content, beside)

    def markdown(self, name: str, reading: Reading, *, full: bool) -> bytes:
        """A table of the objects; ``full``: with what else the session holds."""
        return session_markdown(name, reading, full=full)

    def resources(self, parts: Sequence[Part]) -> Sequence[Resource]:
        """Volumes and the frames of trajectories."""
        return [*pointed_to(parts)]

    def converted(self, document: Document, to: str, origin: Origin) -> Converted:
        """In the other container, or for another version. Raises DamagedDocument, CannotHold."""
        content, losses = converted_session(_content(document), to)
        return Converted(document={b"": content}, suffix=self.suffix_of(content), losses=losses)

    def relinked(self, document: Document, targets: Mapping[str, Target]) -> Document:
        """Of volumes and frames, in the pickle and beside it. Raises DamagedDocument, CannotHold."""
        return {b"": relinked_session(_content(document), targets)}


def _content(document: Document) -> bytes:
    if document.keys() != {b""}:
        raise DamagedDocument("a Mosaic session is one file")
    return document[b""]


MOSAIC = Mosaic()
