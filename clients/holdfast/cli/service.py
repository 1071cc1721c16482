"""What the verbs about the service have in common: whose it is, and a line for each thing done."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast.service import Service

#: What a shared store is called where nobody says.
SHARED = "shared"


def add_system(parser: argparse.ArgumentParser) -> None:
    """Whose it is."""
    words = f"that of the machine, for a store that several users share, by its name ({SHARED} without one)"
    parser.add_argument("--system", metavar="NAME", nargs="?", const=SHARED, help=words)


def the_service(arguments: argparse.Namespace, folders: Sequence[str] = ()) -> Service:
    """Raises BadName."""
    from holdfast.service import service_of

    return service_of(os.environ, arguments.system, folders)


def report_done(context: Context, done: Iterable[str]) -> int:
    """A line for each thing done."""
    for line in done:
        context.output.done(line)
    return 0
