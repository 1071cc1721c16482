"""``folder list``: the watched folders."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.folder_rows import report_folders

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "list the watched folders"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing may follow the verb."""


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each."""
    report_folders(context.output, context.client.folder_list().rows)
    return 0
