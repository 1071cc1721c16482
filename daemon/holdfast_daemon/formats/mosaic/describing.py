"""What changed in a part, in one line: ``cluster membrane 17: 179,218 → 156,815 points``."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.changes import phrase_of_part
from holdfast_daemon.formats.mosaic.content import node_of
from holdfast_daemon.formats.mosaic.emitter import NotInspectable
from holdfast_daemon.formats.mosaic.fields import PASSING, Path, changed, fields_of, value_at
from holdfast_daemon.formats.mosaic.geometry import count_of, name_of, numbers_shown
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Node
from holdfast_daemon.formats.mosaic.reading import GEOMETRY_KINDS, OPAQUE, SECTION, TREE
from holdfast_daemon.formats.mosaic.texts import shown
from holdfast_daemon.formats.mosaic.tree import phrases

MOST_PHRASES = 8
_PROPERTIES = ("vertex_properties", "_properties")


def change_line(old: Part | None, new: Part | None) -> str:
    """One line for people; of contents that cannot be taken apart how large they are. Not both None."""
    part = new or old
    if part is None or old is None or new is None or part.kind in (OPAQUE, SECTION):
        return _whole(old, new)
    try:
        before, after = node_of(old), node_of(new)
        if part.kind in GEOMETRY_KINDS:
            deeds, details = _geometry_phrases(before, after, changed(fields_of(old), fields_of(new)))
        elif part.kind == TREE:
            deeds, details = [], phrases(before, after)
        else:
            deeds, details = [], [_phrase(before, after, path) for path in _outer(fields_of(old), fields_of(new))]
    except (CannotHold, NotInspectable):
        return phrase_of_part(old, new)
    line = " ".join([f"{old.kind} {old.name}", ", ".join(deeds)]).rstrip()
    return f"{line}: {_joined(details)}" if details else line if deeds else f"{line} unchanged"


def _whole(old: Part | None, new: Part | None) -> str:
    line = phrase_of_part(old, new)
    part = new or old
    points = part.facts.get("points") if part and (old is None or new is None) else None
    return f"{line} ({points:,} points)" if isinstance(points, int) else line


def _joined(details: list[str]) -> str:
    more = len(details) - MOST_PHRASES
    return ", ".join(details if more <= 0 else [*details[:MOST_PHRASES], f"and {more} more"])


def _geometry_phrases(old: Made, new: Made, paths: list[Path]) -> tuple[list[str], list[str]]:
    """What was done to it, and what else is different in it."""
    deeds = []
    before, after = count_of(old), count_of(new)
    if ("points",) in paths and before == after:
        deeds.append("moved")
    if name_of(old) != name_of(new):
        deeds.append(f"renamed to {name_of(new)}")
    if ("visible",) in paths:
        deeds.append("shown" if value_at(new, ("visible",)) else "hidden")
    details = [f"{before:,} → {after:,} points"] if before != after else []
    told = {("points",), ("meta", "name"), ("visible",), ("vertex_properties", "_n_vertices")}
    if before != after:  # what each point has is then another array, whatever was done
        told |= {("normals",), ("quaternions",)}
        paths = [path for path in paths if path[:2] != _PROPERTIES or ABSENT in _ends(old, new, path)]
    rest = [path for path in paths if path not in told]
    return deeds, [*details, *dict.fromkeys(_details(old, new, rest))]


def _ends(old: Made, new: Made, path: Path) -> tuple[object, object]:
    return value_at(old, path[:3]), value_at(new, path[:3])


def _details(old: Made, new: Made, paths: list[Path]) -> Iterator[str]:
    appearance = [path for path in paths if path[0] == "appearance" and len(path) > 1]
    if appearance:
        yield f"appearance changed ({_joined([_phrase(old, new, path, 1) for path in appearance])})"
    for path in paths:
        if path[:2] == _PROPERTIES and len(path) > 2:
            yield f"property {shown(path[2])} {_deed(old, new, path)}"
        elif path in (("class",), ("model", "class")):
            yield "type changed" if path == ("class",) else "model changed"
        elif path[0] not in ("appearance", "vertex_properties"):
            yield _phrase(old, new, path[:2] if path[0] == "meta" else path[:1])


def _outer(old: dict[Path, bytes], new: dict[Path, bytes]) -> list[Path]:
    return [*dict.fromkeys(path[:1] for path in changed(old, new) if path and path not in PASSING)]


def _phrase(old: Node, new: Node, path: Path, skipped: int = 0) -> str:
    """Such as ``opacity 1.0 → 0.5``, or ``normals changed`` where a value says nothing in a line."""
    name = shown(" ".join(path[skipped:]))
    between = ", " if path[-1].endswith("color") else " × "
    before, after = (_value(value_at(node, path), between) for node in (old, new))
    if before is not None and after is not None and before != after:
        return f"{name} {before} → {after}"
    return f"{name} {_deed(old, new, path)}"


def _deed(old: Node, new: Node, path: Path) -> str:
    if value_at(old, path) is ABSENT:
        return "added"
    return "removed" if value_at(new, path) is ABSENT else "changed"


def _value(node: Node, between: str) -> str | None:
    if isinstance(node, bool | float) or (isinstance(node, int) and abs(node) < 1 << 63):
        return str(node)
    if isinstance(node, str):
        return shown(node) if len(node) <= 40 else None
    return numbers_shown(node, between)
