"""``folder remove LABEL``: a folder is not watched any longer."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.words import path_text

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "stop watching a folder (its files and their history stay)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("label", metavar="LABEL", help="the folder (see folder list)")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each folder that went; adding its path again brings its sessions back."""
    changed = context.client.folder_remove(arguments.label)
    for warning in changed.warnings:
        context.output.say(f"holdfast: {warning}")
    for row in changed.rows:
        if context.output.as_json:
            context.output.row(row)
        context.output.done(f"removed {row.label}  operation {changed.operation}  {path_text(row.path)}")
    return 0
