"""The objects of a session as files: which there are, what they are called, and what a form has no place for."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

from holdfast.entries import Entry
from holdfast.exporting import FORMS as EXPORTS
from holdfast.exporting import OBJECTS, Planned
from holdfast.objects.anatomy import CORNERS, PROPERTIES
from holdfast.objects.forms import FORMS, Body, File
from holdfast.part_files import file_name, manifest_entry, name_alone, numbered_names, whose
from holdfast.parts import chosen
from holdfast_protocol.errors import BadField, NotFound
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import PartRow, Ref

if TYPE_CHECKING:
    from holdfast.screening.redaction import Redaction

#: What an array of colors loses in whole steps.
_COLORS, _ROUNDED = "vertex_colors", "its vertex_colors are rounded to 256 steps"


def objects(
    found: Shown, rows: Sequence[PartRow], to: str, redaction: Redaction | None, *, is_alone: bool
) -> Planned:  # fmt: skip
    """A folder with a file (of NPY, a folder) for each object of ``rows``; of one that ``is_alone``, what would be in
    there for it. Raises BadField where there is no object."""
    made = [part for part in rows if part.arrays]
    bodies = [FORMS[to](part, _named(found, part), _comments(found, part)) for part in made]
    if not any(body.files for body in bodies):
        others = [form for form in EXPORTS if form not in OBJECTS]
        nothing = f"Nothing of it can be written as {to}: it has no object with points or corners"
        raise BadField(f"{nothing}; there are {', '.join(others)}", field="to", forms=others)
    lost = [[*_lost(part, body, to)] for part, body in zip(made, bodies, strict=True)]
    losses = [f"{part.name}: {each}" for part, sentences in zip(made, lost, strict=True) for each in sentences]
    whole = Planned(found.session, _snapshot(found), f"{found.session.name} {to}", ".zip", (), losses=losses)
    if is_alone:
        whole = whole._replace(name=name_alone(made[0], "", redaction), suffix=".npz")
        (first, *_) = bodies[0].files
        if not first.path.startswith("/"):
            remarks = _unsaid(found, made[0]) if to == "csv" else ()
            return whole._replace(suffix=first.path, entries=[_entry(first, "")], remarks=remarks)
    names = [""] if is_alone else numbered_names(made, "", redaction)
    files = [
        [(f"{name}{file.path}".lstrip("/"), file) for file in body.files]
        for name, body in zip(names, bodies, strict=True)
    ]
    manifest = _manifest(found, to, made, [[path for path, _ in own] for own in files], lost)
    entries = [manifest_entry(manifest, redaction)]
    return whole._replace(entries=[*entries, *(_entry(file, path) for own in files for path, file in own)])


def _manifest(
    found: Shown, to: str, made: Sequence[PartRow], paths: Sequence[Sequence[str]], lost: Sequence[Sequence[str]]
) -> Mapping[str, object]:  # fmt: skip
    """Which files are which object's, and what is known of it."""
    rows = [
        {
            "key": part.key, "name": part.name, "kind": part.kind, "unit": _unit(part), "facts": part.facts,
            "files": own, "left_out": sentences,
        }
        for part, own, sentences in zip(made, paths, lost, strict=True)
    ]  # fmt: skip
    by = {"holdfast_objects": 1, "holdfast": version("holdfast"), **whose(found)}
    return {**by, "form": to, "facts": _whole(found), "objects": rows}


def one_array(found: Shown, said: str, redaction: Redaction | None) -> Planned | None:
    """The array that is called ``PART/ARRAY``, as for ``cat``; None where that names a part, or nothing. Raises
    Ambiguous."""
    if any(said in (part.key, part.name) for part in found.parts):
        return None
    for at in (at for at, sign in enumerate(said) if sign == "/"):
        with contextlib.suppress(NotFound):
            (part,) = chosen(found.parts, [said[:at]], ())
            body = FORMS["npy"](part, _named(found, part), ())
            for file, array in zip(body.files, part.arrays, strict=True):
                if array.name == said[at + 1 :]:
                    name = f"{name_alone(part, '', redaction)} {file_name(array.name)}"
                    return Planned(found.session, _snapshot(found), name, ".npy", [_entry(file, "")])
    return None


def _snapshot(found: Shown) -> str:
    assert found.snapshot is not None
    return found.snapshot.snapshot


def _named(found: Shown, part: PartRow) -> Ref:
    return Ref(id=found.session.id, snapshot=_snapshot(found), part=part.key)


def _entry(file: File, path: str) -> Entry:
    return Entry(path, file.size_bytes, file.begin)


def _whole(found: Shown) -> Mapping[str, object]:
    """What is known of all of it: its shape above all."""
    beside = [part.facts for part in found.parts if part.kind == "metadata"]
    return {name: value for facts in (found.facts, *beside) for name, value in facts.items() if value is not None}


def _unit(part: PartRow) -> str:
    return next((each.unit for each in part.arrays if each.unit), "")


def _comments(found: Shown, part: PartRow) -> list[str]:
    """What somebody must know who has nothing but the file, in lines."""
    session = found.session
    arrays = {each.name for each in part.arrays}
    facts = {name: value for name, value in part.facts.items() if value is not None and name not in arrays}
    shapes = {name: value for name, value in _whole(found).items() if name.endswith("shape")}
    return [
        f"by holdfast {version('holdfast')} from {session.app}/{session.name}, snapshot {_snapshot(found)}",
        f"{part.kind} {part.name}",
        f"unit {_unit(part)}",
        *(f"{name} {value}" for name, value in {**shapes, **facts}.items()),
    ]


def _unsaid(found: Shown, part: PartRow) -> list[str]:
    """What a table by itself cannot say."""
    facts = {**_whole(found), **part.facts}
    said = [f"{name} {facts[name]}" for name in ("sampling_rate", "shape") if facts.get(name)]
    return [f"A table by itself does not say: {', '.join(said)}"] if said else []


def _lost(part: PartRow, body: Body, to: str) -> Iterator[str]:
    """What of it is in none of its files, nor in the manifest."""
    if not body.files:
        yield f"it has nothing that {to.upper()} could hold"
        return
    left = [each.name for each in part.arrays if each.name not in body.held and not _is_told(part, each.name)]
    told = [*dict.fromkeys(name if name.startswith(PROPERTIES) else name.partition("/")[0] for name in left)]
    if (model := part.facts.get("model")) and CORNERS not in body.held:
        told = [*(name for name in told if not name.startswith("_")), f"fitted {model} as such"]
    if told:
        yield f"{to.upper()} has no place for its {', '.join(told)}"
    if to == "ply" and _COLORS in body.held:
        yield _ROUNDED


def _is_told(part: PartRow, array: str) -> bool:
    """Whether a fact has the array's very numbers: not only how many there are."""
    return isinstance(part.facts.get(array), str)
