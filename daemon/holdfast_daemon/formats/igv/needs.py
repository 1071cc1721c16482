"""What must come along so that IGV opens a session of a few parts: the genome, panels, and the resources of tracks.

A track finds its resource by its id: the path, for some with a suffix (``_coverage``, ``_junctions``, ``_<sample>``),
absolute where the resource's is relative (igv.md 1.5).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.igv.elements import path_of
from holdfast_daemon.formats.igv.paths import file_name, same_file, with_slashes
from holdfast_daemon.formats.xmltext import Element, fragment

#: Without these IGV opens nothing, or puts it on the wrong genome.
ALWAYS = ("genome", "session")
#: Attributes of a track, and of what is in it, that name a resource.
POINTING = ("id", "track1", "track2", "source0", "source1")
#: A sample's name may hold underscores; and of what is long only the end is looked at.
_MOST_SUFFIXES = 32
_LONGEST_FILE_NAME = 400
#: Of resources that are called alike no more are compared, nor taken.
_MOST_ALIKE = 32


class Paths:
    """Resources by path, so that those of a track are found without asking each."""

    def __init__(self, paths: Sequence[str]) -> None:
        self._paths = [with_slashes(path) for path in paths]
        self._by_path: defaultdict[str, list[int]] = defaultdict(list)
        self._by_file: defaultdict[str, list[int]] = defaultdict(list)
        for index, path in enumerate(self._paths):
            self._by_path[path].append(index)
            self._by_file[file_name(path)].append(index)

    def of(self, track_id: str) -> list[int]:
        """Which resources a track of this id may be of: with that path, else of that file, else of that file's name."""
        named: list[int] = []
        for path in without_suffixes(with_slashes(track_id)):
            if path in self._by_path:
                return self._by_path[path][:_MOST_ALIKE]
            alike = self._by_file.get(file_name(path[-_LONGEST_FILE_NAME:]), [])[:_MOST_ALIKE]
            if same := [index for index in alike if same_file(self._paths[index], path)]:
                return same
            named = named or alike
        return named


def needed_parts(parts: Sequence[Part], chosen: Sequence[Part]) -> list[Part]:
    """``chosen`` and what they need, in the order of ``parts``."""
    wanted = {part.key for part in chosen}
    resources = [index for index, part in enumerate(parts) if part.kind == "resource"]
    paths = Paths([_path_of(parts[index]) for index in resources])
    places: set[int] = set()
    panel = -1
    for index, part in enumerate(parts):
        panel = index if part.kind == "panel" else panel
        is_chosen = part.key in wanted
        if part.kind in ALWAYS or is_chosen:
            places.add(index)
        if part.kind == "track" and panel >= 0 and (is_chosen or parts[panel].key in wanted):
            places |= {index, panel}
            places |= {resources[found] for track_id in _pointed_at(part) for found in paths.of(track_id)}
    return [parts[index] for index in sorted(places)]


def ids_of(track: Element) -> Iterator[str]:
    """By what a track and those within it find their resources."""
    for element in track.walk():
        yield from (element.attributes[name] for name in POINTING if name in element.attributes)


def _pointed_at(part: Part) -> list[str]:
    element = _element_of(part)
    return [*ids_of(element)] if element else []


def _path_of(part: Part) -> str:
    element = _element_of(part)
    return path_of(element.attributes) if element else ""


def _element_of(part: Part) -> Element | None:
    try:
        return fragment(part.content).root
    except DamagedDocument:
        return None


def without_suffixes(track_id: str) -> Iterator[str]:
    """It, and what is left of it without the last one, two and more words behind underscores."""
    yield track_id
    cut = len(track_id)
    for _ in range(_MOST_SUFFIXES):
        if (cut := track_id.rfind("_", 0, cut)) < 0:
            return
        yield track_id[:cut]
