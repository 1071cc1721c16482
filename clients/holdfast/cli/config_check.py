"""``config check [FILE]``: whether a configuration can be understood."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.configuration import add_file, said_of

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "say whether a configuration can be understood"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_file(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Exit 2 and the option's name where it cannot."""
    said_of(arguments.config)
    context.output.done("the configuration can be understood")
    return 0
