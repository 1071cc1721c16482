"""A geometry that comes by itself, as a pickle of its own: a part that was given out, or made by a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.emitter import NotInspectable
from holdfast_daemon.formats.mosaic.geometry import attribute, model_of, name_of
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Table, state_of, with_state
from holdfast_daemon.formats.mosaic.reading import allowance_for, geometry_part
from holdfast_daemon.formats.mosaic.session import DATA, MODELS
from holdfast_daemon.formats.trees import free_key


def new_geometry(name: str, content: bytes, beside: Sequence[Part]) -> Part:
    """A model where something is fitted to it, else a cluster; of this name, as Mosaic keeps it. Raises CannotHold."""
    node: Made = node_of(Part(key=name, name=name, kind=DATA.kind, content=content))
    kind = DATA.kind if model_of(node) in (None, ABSENT) else MODELS.kind
    try:
        part = geometry_part(_named(node, name), kind, allowance_for(len(content)))
    except NotInspectable as reason:
        raise CannotHold([(name, str(reason))]) from reason
    number = 1 + sum(each.kind == kind for each in beside)
    return replace(part, key=free_key(part.key or f"{kind}-{number}", {each.key for each in beside}))


def _named(geometry: Made, name: str) -> Made:
    if name_of(geometry) == name:
        return geometry
    state, meta = state_of(geometry) or Table(), attribute(geometry, "meta")
    renamed = (meta if isinstance(meta, Table) else Table()).but({"name": name})
    return with_state(geometry, state.but({"meta": renamed}))
