"""``service status``: what systemd says of the daemon."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.service import add_system, the_service
from holdfast_protocol.errors import NotFound
from holdfast_protocol.model import Row

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "say what systemd says of the daemon"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_system(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each field. Exit 3 where the units are not in place."""
    service = the_service(arguments)
    if not service.is_installed:
        whose = "" if arguments.system is None else f" --system {arguments.system}"
        raise NotFound(f"The units are not in place; put them there with: holdfast service install{whose}")
    state = service.state()._asdict()
    if context.output.as_json:
        context.output.row(Row(), **state)
        return 0
    for name, value in state.items():
        context.output.line(f"{name}: {value}")
    return 0
