"""``service install``: systemd starts the daemon, watches it, and holds its socket."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "let systemd start the daemon, watch it and hold its socket"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing may follow the verb."""


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each thing done."""
    from holdfast import service

    for line in service.install(os.environ):
        context.output.done(line)
    return 0
