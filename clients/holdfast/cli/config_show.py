"""``config show [FILE]``: every option that is in force, as a file would say it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.configuration import add_file, said_of
from holdfast_protocol.model import Row

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "show every option that is in force"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_file(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Exit 2 and the option's name where it cannot."""
    text = said_of(arguments.config)
    if context.output.as_json:
        import tomllib

        context.output.row(Row(), **tomllib.loads(text))
    else:
        context.output.content([text.encode()])
    return 0
