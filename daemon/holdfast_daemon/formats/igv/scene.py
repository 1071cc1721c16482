"""What a session shows, whatever it is written in: between XML, the JSON of IGV 3 and that of igv.js.

Members are called as IGV 3 calls them, which of the three says most; references are as the session has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Losses = list[tuple[str, str]]

#: A session's part of this key is the whole.
WHOLE = ""


@dataclass(slots=True)
class Layer:
    """A track. ``key``: of the part that it is of. ``path``: its file or URL, "" where it has none; ``suffix``: what
    its id has behind that; ``within``: those that it overlays."""

    key: str
    kind: str
    members: dict[str, Any]
    path: str = ""
    suffix: str = ""
    index: str = ""
    within: list[Layer] = field(default_factory=list)


@dataclass(slots=True)
class Scene:
    """``genome``: an id or path, or what is told of the sequence as an object. ``loci``: what is in view, 1-based, as
    text; several side by side with ``gene_list`` in IGV 3's words. ``regions``: a part's key and a feature, 0-based."""

    genome: Any = None
    loci: list[str] = field(default_factory=list)
    gene_list: dict[str, Any] | None = None
    regions: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    sample_files: list[str] = field(default_factory=list)
    hidden: list[str] | None = None
    next_group: str | None = None
    losses: Losses = field(default_factory=list)


def named(names: Sequence[str]) -> str:
    """Names of members or attributes in a sentence: the first of many."""
    most = 12
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
