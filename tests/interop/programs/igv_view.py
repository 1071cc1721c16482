"""What a session file of IGV's holds, flat and comparable: two savings by IGV differ here in what really differs.

Left out is what IGV makes anew at each saving (igv.md, fact 8): order of resources, sizes of panels and their
dividers, and the position, which drifts by one.
"""

from __future__ import annotations

import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

#: Where something is, to what it is: ``("Track", "genes", "color")`` to ``"0,0,178"``.
View = dict[tuple[str, ...], str]

_NOISE = {"locus", "nextAutoscaleGroup"}
_ANEW = {"PanelLayout"}


def view(xml: bytes, folder: Path) -> View:
    """``folder``: what the session's relative paths start from."""
    root = ElementTree.fromstring(xml)
    seen = {("Session", key): _absolute(key, text, folder) for key, text in root.attrib.items() if key not in _NOISE}
    for element in root:
        for where, text in _rows(element, folder):
            seen[where] = text
    return seen


def difference(before: View, after: View) -> dict[tuple[str, ...], tuple[str | None, str | None]]:
    """Before and after, wherever they differ."""
    return {
        where: (before.get(where), after.get(where))
        for where in {**before, **after}
        if before.get(where) != after.get(where)
    }


def _rows(element: ElementTree.Element, folder: Path) -> Iterator[tuple[tuple[str, ...], str]]:
    if element.tag == "Panel":
        for place, track in enumerate(element):
            yield from _element(track, folder, f"{element.get('name')} {place}")
    elif element.tag not in _ANEW:
        for each in [element] if element.tag == "GeneList" else element:
            yield from _element(each, folder, "")


def _element(element: ElementTree.Element, folder: Path, place: str) -> Iterator[tuple[tuple[str, ...], str]]:
    words = " ".join(text for _, text in sorted(element.attrib.items()) if text)
    name = element.get("name") or element.get("id") or element.get("path") or words
    here = (element.tag, Path(name).name)
    yield (*here, "is"), place or "there"
    for key, text in element.attrib.items():
        if text:  # an empty description is written once and then no more
            yield (*here, key), _absolute(key, text, folder)
    for child in element:
        for key, text in child.attrib.items():
            yield (*here, child.tag, key), text
    if element.text and element.text.strip():
        yield (*here, "text"), " ".join(element.text.split())


def _absolute(key: str, text: str, folder: Path) -> str:
    is_path = key in ("path", "genome") or (key == "id" and (folder / text).exists())
    return os.path.normpath(folder / text) if is_path and "://" not in text else text
