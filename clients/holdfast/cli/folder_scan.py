"""``folder scan [LABEL]``: look at everything in a folder now."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.folder_rows import report_folders

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "look at everything in a folder, or in all, and wait until it is done"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("label", metavar="LABEL", nargs="?", help="this folder; otherwise all")
    parser.add_argument("--accept", action="store_true", help="delete what is missing in a held folder (undo reverses)")
    parser.add_argument("--verify", action="store_true", help="read every file, also those that look untouched")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """The folders as they are after it."""
    found = context.client.folder_scan(
        arguments.label, accept=arguments.accept, verify=arguments.verify, timeout_seconds=context.walk_seconds
    )
    report_folders(context.output, found.rows)
    return 0
