"""``service uninstall``: the daemon is systemd's no longer."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "take the daemon away from systemd (sessions and history stay)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing may follow the verb."""


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each thing done."""
    from holdfast import service

    for line in service.uninstall(os.environ):
        context.output.done(line)
    return 0
