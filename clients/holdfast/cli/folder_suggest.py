"""``folder suggest``: where applications keep sessions on this machine, and how to adopt that."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from holdfast.cli.folder_rows import sessions
from holdfast.cli.words import path_text, shell_word

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import SuggestionRow

HELP = "say where applications keep sessions on this machine (nothing is adopted)"
#: The variables by which a user tells an application where to keep things; no others are handed over.
_PREFIXES = ("RENARDO_", "AIDER_DESK_", "IGV_", "MOSAIC_")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--app", metavar="A", help="of this application")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """For each folder a line, and below it what to type, or that it is adopted."""
    output = context.output
    told = {name: value for name, value in os.environ.items() if name.startswith(_PREFIXES)}
    found = context.client.folder_suggest(environment=told, folder=_working_directory())
    rows = [row for row in found.rows if arguments.app in (None, row.app)]
    for row in rows:
        _say(output, row)
    if not rows and not output.quiet:
        output.say("holdfast: no sessions in the known places; any folder can be adopted: folder add PATH --app A")
    return 0


def _say(output: Output, row: SuggestionRow) -> None:
    if output.as_json:
        output.row(row)
        return
    output.line(f"{row.app}  {sessions(row.sessions_count)}  {path_text(row.path)}")
    if row.label is None:
        output.line(f"    holdfast folder add {shell_word(row.path)} --app {shell_word(row.app.encode())}")
    else:
        output.line(f"    adopted as {row.label}")


def _working_directory() -> bytes | None:
    try:
        return os.getcwdb()
    except FileNotFoundError:  # the other places are still there
        return None
