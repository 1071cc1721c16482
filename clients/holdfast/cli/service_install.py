"""``service install``: systemd starts the daemon, watches it, and holds its socket."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.service import add_system, report_done, the_service
from holdfast_protocol.errors import BadField

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "let systemd start the daemon, watch it and hold its socket"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_system(parser)
    words = "with --system: a folder of an application that it may read and write besides its own (repeatable)"
    parser.add_argument("--folder", metavar="PATH", action="append", default=[], help=words)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each thing done."""
    if arguments.folder and arguments.system is None:
        raise BadField("--folder is for --system: the user's own service sees all that the user does", field="folder")
    return report_done(context, the_service(arguments, arguments.folder).install())
