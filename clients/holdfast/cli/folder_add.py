"""``folder add PATH --app A``: an application's own folder is watched, and what lies there is taken in."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.folder_rows import sessions, warn_of_folders
from holdfast.cli.words import path_text
from holdfast_protocol.errors import BadField, TooLate

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast_protocol.model import FolderRow

HELP = "watch a folder in which an application keeps its sessions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("path", metavar="PATH", help="the folder; nothing is written there unless you ask for it")
    parser.add_argument("--app", metavar="A", help="the application (needed; folder suggest knows)")
    parser.add_argument("--label", metavar="L", help="what to call it, instead of the path's last component")
    parser.add_argument("--layout", metavar="NAME", help="how sessions lie there, instead of what seems to fit")
    parser.add_argument("--poll", action="store_true", help="look again and again, for disks that tell of no changes")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each folder, when its first scan is done."""
    if arguments.app is None:
        raise BadField("Whose sessions? Say --app A; holdfast folder suggest knows where applications keep theirs")
    output = context.output
    added = context.client.folder_add(
        arguments.path, arguments.app, label=arguments.label, layout=arguments.layout, poll=arguments.poll
    )
    for warning in added.warnings:
        output.say(f"holdfast: {warning}")
    if added.operation is None and not output.quiet:
        output.say("holdfast: this folder is adopted already")
    rows = [row for each in added.rows for row in _scanned(context, each)]
    for row in rows:
        if output.as_json:
            output.row(row)
        output.done(f"{row.label}  {sessions(row.sessions_count)}  {path_text(row.path)}")
    warn_of_folders(output, rows)
    return 0


def _scanned(context: Context, row: FolderRow) -> list[FolderRow]:
    """The folder, with all that lies there taken in. Raises TooLate."""
    try:
        return context.client.folder_scan(row.label, timeout_seconds=context.walk_seconds).rows
    except TooLate as problem:
        raise TooLate(
            f"{row.label} is adopted; its first scan goes on and was not done within {context.walk_seconds:g} s "
            "(holdfast status says how far it is)",
            **problem.details,
        ) from problem
