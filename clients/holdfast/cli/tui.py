"""``tui``: sessions on the terminal, to look at and to put right."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "look at sessions and their history on the terminal"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing may follow the verb."""


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Until its user quits."""
    if sys.stdin is None or not sys.stdin.isatty() or not context.output.to_terminal:
        context.output.say("holdfast: tui needs a terminal; holdfast list is for programs")
        return 2
    try:
        from holdfast.tui.app import HoldfastApp
    except ModuleNotFoundError as problem:
        context.output.say(f"holdfast: {problem.name} is not installed; pip install 'holdfast[tui]' brings it")
        return 1
    path = context.client.path
    context.close()
    app = HoldfastApp(path)
    app.run()
    return app.return_code or 0
