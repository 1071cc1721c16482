"""``show REF``: one session, its files and its parts."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_reference, the_session
from holdfast.cli.words import fact, marks, path_text, size, title, when

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast.cli.verbs import Context
    from holdfast_protocol.messages import Shown
    from holdfast_protocol.model import PartRow

HELP = "show one session and its parts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser, "APP/NAME[@SNAPSHOT]")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """One object with --json: the session's fields, and beside them what is in the snapshot."""
    shown = context.client.show(the_session(arguments))
    if context.output.as_json:
        beside = {name: getattr(shown, name) for name in shown.__struct_fields__ if name != "session"}
        context.output.row(shown.session, **beside)
        return 0
    _describe(context.output, shown)
    return 0


def _describe(output: Output, shown: Shown) -> None:
    row, terminal = shown.session, output.to_terminal
    lines = {
        "session": title(row),
        "id": row.id,
        "folder": f"{row.folder}: {path_text(row.path)}",
        "format": _format(shown),
        "revision": str(row.revision),
        "modified": when(row.modified, to_terminal=terminal),
        "size": size(row.size_bytes, to_terminal=terminal),
        "marks": marks(row),
        "tags": ",".join(row.tags) or "-",
    }
    if shown.conversions:
        lines["other forms"] = ", ".join(form.to for form in shown.conversions)
    if shown.note:
        lines["note"] = shown.note.replace("\n", " / ")
    if shown.snapshot is not None:
        lines["snapshot"] = f"{shown.snapshot.snapshot} {shown.snapshot.cause} by {shown.snapshot.author}"
    lines |= {name: fact(value) for name, value in shown.facts.items()}
    for name, value in lines.items():
        output.line(f"{name}: {value}")
    if any(each.path for each in shown.files):
        output.line("files:")
        output.table(
            ("PATH", "SIZE"),
            [("  " + path_text(each.path), size(each.size_bytes, to_terminal=terminal)) for each in shown.files],
        )
    if shown.parts:
        output.line("parts:")
        output.table(
            ("  KEY", "NAME", "KIND", "SIZE", "DETAIL"),
            [
                ("  " + part.key, part.name, part.kind, size(part.size_bytes, to_terminal=terminal), _detail(part))
                for part in shown.parts
            ],
        )
    arrays = [(part, array) for part in shown.parts for array in part.arrays]
    if arrays:
        output.line("arrays:")
        output.table(
            ("  PART/ARRAY", "TYPE", "SHAPE", "UNIT"),
            [
                (f"  {part.key}/{array.name}", array.dtype, "×".join(map(str, array.shape)), array.unit or "-")
                for part, array in arrays
            ],
        )
    for warning in shown.warnings:
        output.say(f"holdfast: {warning}")


def _format(shown: Shown) -> str:
    """``mosaic plain 1.3.2, written by 1.3.2 or newer (inferred)``."""
    written = f", written by {shown.writer}" if shown.writer else ""
    return f"{shown.session.format} {shown.generation}".rstrip() + written + " (inferred)" * shown.inferred


def _detail(part: PartRow) -> str:
    """What the format says of a part, but what stands in the other columns."""
    told = {name: value for name, value in part.facts.items() if name != "size_bytes" and value not in (None, "")}
    return ", ".join(f"{name} {fact(value)}" for name, value in told.items()) or "-"
