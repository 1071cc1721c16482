"""A session's volumes and frames under other paths: parts whose paths are others, and nothing else of them.

The pickle is changed where the paths stand, as long as that gives these very parts; where one of them is also something
else (a name that is the same text), the parts are written anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part, Target
from holdfast_daemon.formats.jsonedit import json_text, with_elements, with_members, with_root
from holdfast_daemon.formats.jsontext import read_json
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.emitter import NotInspectable
from holdfast_daemon.formats.mosaic.nodes import Node, Table, state_of, with_state
from holdfast_daemon.formats.mosaic.paths import META, pointed_to
from holdfast_daemon.formats.mosaic.reading import GEOMETRY_KINDS, SECTION, allowance_for, geometry_part, read_session
from holdfast_daemon.formats.mosaic.stitching import restitched
from holdfast_daemon.formats.mosaic.wrapping import wrapped, wrapping_of
from holdfast_daemon.formats.mosaic.writing import write_session

_VOLUMES = "volume_paths"


def relinked_session(content: bytes, targets: Mapping[str, Target]) -> bytes:
    """The session with other paths. Raises DamagedDocument, CannotHold."""
    parts = read_session(content).parts
    wanted = _relinked_parts(parts, targets)
    if all(old is new for old, new in zip(parts, wanted, strict=True)):
        return content
    stitched = _stitched(content, wanted, targets)
    found = read_session(stitched).parts
    is_right = [(part.key, part.content) for part in found] == [(part.key, part.content) for part in wanted]
    return stitched if is_right else write_session(wanted, content)


def _stitched(content: bytes, parts: Sequence[Part], targets: Mapping[str, Target]) -> bytes:
    wrapping = wrapping_of(content)
    sections = {part.name: part.content for part in parts if part.kind == SECTION}

    def changed(text: str) -> str | None:
        target = targets.get(text)
        return None if target is None else target.reference

    pickle = restitched(content[wrapping.start : wrapping.end], changed)
    return wrapped(wrapping, content, [pickle], sections)


def _relinked_parts(parts: Sequence[Part], targets: Mapping[str, Target]) -> list[Part]:
    """All of them. Raises CannotHold."""
    touched = {resource.key for resource in pointed_to(parts) if resource.reference in targets}
    return [_relinked(part, targets) if part.key in touched else part for part in parts]


def _relinked(part: Part, targets: Mapping[str, Target]) -> Part:
    try:
        return _geometry(part, targets) if part.kind in GEOMETRY_KINDS else _section(part, targets)
    except (NotInspectable, DamagedDocument) as error:
        raise CannotHold([(part.key, f"its paths cannot be written: {error}")]) from error


def _geometry(part: Part, targets: Mapping[str, Target]) -> Part:
    node = node_of(part)
    state = state_of(node)
    if state is None:
        return part
    meta, frames = state.get("meta"), state.get("trajectory")
    changes: dict[str, Node] = {}
    if isinstance(meta, Table):
        changes["meta"] = _with(meta, "volume_path", targets)
    if isinstance(frames, list):
        changes["trajectory"] = [
            _with(each, "filename", targets) if isinstance(each, Table) else each for each in frames
        ]
    made = geometry_part(with_state(node, state.but(changes)), part.kind, allowance_for(len(part.content)))
    return replace(made, key=part.key)


def _with(table: Table, key: str, targets: Mapping[str, Target]) -> Table:
    told = table.get(key)
    target = targets.get(told) if isinstance(told, str) else None
    return table if target is None else table.but({key: target.reference})


def _section(part: Part, targets: Mapping[str, Target]) -> Part:
    document = read_json(part.content, 2)
    volumes = document.root.member(_VOLUMES)
    if part.key != META or volumes is None:
        return part
    texts = [
        json_text(targets[each.value].reference)
        if isinstance(each.value, str) and each.value in targets
        else document.slice(each)
        for each in volumes.place.elements
    ]
    written = with_elements(document, volumes.place, texts)
    return replace(part, content=with_root(document, with_members(document, document.root, {_VOLUMES: written})))
