"""A session's references written for where its file will lie: all relative to there, all absolute, or leading on as
they did (igv.md 1.5, 1.6, facts 5 and 6).

URLs lead everywhere, and what begins at ``~`` or a drive of Windows means the same wherever the session lies: both stay
as they are written.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote

from holdfast_daemon.formats.base import Converted, Document, Origin, Part, Resource, Target
from holdfast_daemon.formats.igv.elements import path_of
from holdfast_daemon.formats.igv.envelope import Envelope
from holdfast_daemon.formats.igv.needs import Paths
from holdfast_daemon.formats.igv.paths import is_relative, is_remote, with_slashes
from holdfast_daemon.formats.igv.pointers import AS_WRITTEN, pointers_of
from holdfast_daemon.formats.igv.recognition import is_json
from holdfast_daemon.formats.igv.relinking import relinked_json, relinked_xml
from holdfast_daemon.formats.xmltext import fragment

Losses = list[tuple[str, str]]

_FILE_URL = re.compile(r"(?i)file:(?://(?:localhost)?(?=/))?")
_ALIGNMENTS = (".bam", ".cram", ".sam")
_COMPRESSED = (".gz", ".bgz")
#: Attributes of a track that is made of two others.
_OF_TWO = ("track1", "track2")


class Ground:
    """Where a session lies and where it will lie; either may be unknown."""

    def __init__(self, origin: Origin) -> None:
        self._before = posixpath.dirname(origin.path)
        target = origin.target or origin.path
        self._after = posixpath.normpath(posixpath.dirname(target)) if target else ""

    def absolute(self, reference: str) -> str | None:
        """The path that it means here; None for a URL, a path that begins elsewhere, and where nobody knows."""
        if is_remote(reference):
            return None
        file_url = _FILE_URL.match(reference)
        path = unquote(reference[file_url.end() :]) if file_url else reference
        if path.startswith("/"):
            return posixpath.normpath(path)
        if not self._before or not is_relative(reference):
            return None
        return posixpath.normpath(posixpath.join(self._before, with_slashes(reference)))

    def relative(self, reference: str) -> str | None:
        """How it is written from where the session will lie."""
        path = self.absolute(reference)
        return posixpath.relpath(path, self._after) if path is not None and self._after else None

    def kept(self, reference: str) -> str:
        """Absolute or relative as it is, leading where it led; a ``file:`` URL as a path, for IGV reads none."""
        if not reference or is_remote(reference):
            return reference
        if not is_relative(reference):
            return self.absolute(reference) or reference if _FILE_URL.match(reference) else reference
        return self.relative(reference) or with_slashes(reference)

    def lies_below(self, path: str) -> bool:
        """Whether it will lie in the session's folder, or a folder of that."""
        return bool(self._after) and posixpath.commonpath([self._after, path]) == self._after


def rebased(
    envelope: Envelope, parts: Sequence[Part], generation: str, to: str, origin: Origin
) -> tuple[bytes, Losses]:
    """The text with references that are ``relative`` or ``absolute``, or of ``to`` "" as they are, leading where they
    led; and what of them cannot be so. Raises DamagedDocument."""
    ground = Ground(origin)
    pointers = [(part, each) for part in parts for each in pointers_of(part)]
    stay_absolute = _not_resolved(pointers, generation) if to == "relative" else set()
    dropped = set(_found_alone(parts, ground)) if to == "relative" else set()
    targets: dict[str, Target] = {}
    losses: Losses = []
    for _, pointer in pointers:
        told = pointer.reference
        absolute = ground.absolute(told)
        new = _new(ground, told, "absolute" if told in stay_absolute else to)
        if new is not None:
            targets[told] = Target(reference=new, path=absolute or new)
        if to and told not in dropped and (sentence := _remark(pointer, new, to, told in stay_absolute)):
            losses.append((pointer.key, sentence))
    losses += _combined(parts) if to == "relative" else []
    if is_json(envelope.text):
        return relinked_json(envelope, targets), losses
    return relinked_xml(envelope, targets, dropped), losses


def _new(ground: Ground, told: str, to: str) -> str | None:
    if to == "absolute":
        return ground.absolute(told)
    return ground.relative(told) if to == "relative" else ground.kept(told)


def _remark(pointer: Resource, new: str | None, to: str, stays_absolute: bool) -> str | None:
    """What is to say of a reference that is not what was asked for."""
    told = pointer.reference
    if is_remote(told):
        return None
    if new is None:
        if to == "relative" and is_relative(told):
            return None  # it is relative, and nobody knows to where else
        if told.startswith("~"):
            why = "begins at the home folder of whoever opens it"
        else:
            why = "is relative to where nobody knows" if is_relative(told) else "is a path of another system"
        return f"{told} {why}: it stays as it is written"
    if stays_absolute:
        return f"{told}: IGV does not look for its {pointer.role} from the session's folder, so it is absolute"
    return None


def _not_resolved(pointers: Sequence[tuple[Part, Resource]], generation: str) -> set[str]:
    """References that IGV takes as they are written: of XML the index and coverage, of its JSON all that is no track's.
    A page of igv.js resolves every one."""
    if generation == "igv.js":
        return set()
    if generation.startswith("JSON"):
        return {each.reference for part, each in pointers if part.kind == "genome" or each.role == "sample-info"}
    paths = {each.reference for _, each in pointers if each.role not in AS_WRITTEN}
    return {each.reference for _, each in pointers if each.role in AS_WRITTEN} - paths


def _found_alone(parts: Sequence[Part], ground: Ground) -> Iterator[str]:
    """What IGV finds beside its resource by its name, as long as no attribute says anything else."""
    for part in parts:
        if part.kind != "resource":
            continue
        attributes = fragment(part.content).root.attributes
        path = ground.absolute(path_of(attributes))
        for name in AS_WRITTEN:
            told = attributes.get(name, "")
            if path is not None and ground.absolute(told) in beside(path, name):
                yield told


def beside(path: str, name: str) -> set[str]:
    """Where IGV looks for the index or the coverage of a file by itself:
    https://github.com/igvteam/igv: ``ResourceLocator.indexFile``, ``SamReaderPool``, ``TrackLoader``."""
    if name == "coverage":
        return {f"{path}.tdf"}
    if path.lower().endswith(_ALIGNMENTS):
        stem = path.rpartition(".")[0]
        return {f"{path}.bai", f"{path}.csi", f"{path}.crai", f"{path}.sai", f"{stem}.bai", f"{stem}.crai"}
    return {f"{path}.tbi" if path.lower().endswith(_COMPRESSED) else f"{path}.idx"}


def _combined(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Tracks that IGV makes of two others, which it looks up by their absolute paths alone (igv.md 1.5)."""
    paths = Paths([path_of(fragment(part.content).root.attributes) for part in parts if part.kind == "resource"])
    for part in parts:
        if part.kind == "track" and b"track1" in part.content and part.content.startswith(b"<"):
            tracks = [each.attributes.get(name, "") for each in fragment(part.content).root.walk() for name in _OF_TWO]
            if any(told and not is_remote(told) and paths.of(told) for told in tracks):
                yield part.key, "IGV finds the tracks that it is made of by absolute paths alone: these stay absolute"


def converted_in_place(
    document: Document, envelope: Envelope, parts: Sequence[Part], generation: str, to: str, origin: Origin
) -> Converted:
    """The document in its own language and encoding."""
    text, losses = rebased(envelope, parts, generation, to, origin)
    is_same = text == envelope.text
    return Converted(
        document=document if is_same else {b"": envelope.closed_over(text)},
        suffix=".json" if is_json(envelope.text) else ".xml",
        losses=losses,
    )
