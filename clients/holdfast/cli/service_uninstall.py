"""``service uninstall``: the daemon is systemd's no longer."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.service import add_system, report_done, the_service

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "take the daemon away from systemd (sessions and history stay)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_system(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each thing done."""
    return report_done(context, the_service(arguments).uninstall())
