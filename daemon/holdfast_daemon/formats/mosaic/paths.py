"""The files that a session points to and does not hold: volumes, and the frames of trajectories (mosaic.md 4, 9)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from holdfast_daemon.formats.base import Part, Resource
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.geometry import attribute, meta
from holdfast_daemon.formats.mosaic.nodes import Made, Node, Table
from holdfast_daemon.formats.mosaic.reading import GEOMETRY_KINDS, SECTION

#: What keeps the paths of the volume viewer, in JSON.
META = "section-meta"


def pointed_to(parts: Sequence[Part]) -> Iterator[Resource]:
    """In the order of the parts, each reference of a part once."""
    for part in parts:
        found: Iterator[tuple[str, Node]] = iter(())
        if part.kind in GEOMETRY_KINDS:
            found = _of_geometry(node_of(part))
        elif part.kind == SECTION and part.key == META:
            found = (("volume", path) for path in _volume_paths(part.content))
        references = dict.fromkeys((role, path) for role, path in found if isinstance(path, str) and path)
        yield from (Resource(key=part.key, role=role, reference=path) for role, path in references)


def _of_geometry(geometry: Made) -> Iterator[tuple[str, Node]]:
    yield "volume", meta(geometry, "volume_path")
    frames = attribute(geometry, "trajectory")
    for frame in frames if isinstance(frames, list) else ():
        yield "trajectory", frame.get("filename") if isinstance(frame, Table) else None


def _volume_paths(content: bytes) -> list[Node]:
    try:
        paths = json.loads(content)["volume_paths"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return []
    return paths if isinstance(paths, list) else []
