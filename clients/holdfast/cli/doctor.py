"""``doctor``: what is wrong with the set-up, and which command mends it."""

from __future__ import annotations

import argparse
import os
import re
from typing import TYPE_CHECKING

from holdfast_protocol.model import Row

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "say what is wrong with the set-up, and what mends it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing may follow the verb."""


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each finding, fit to be pasted. Exit 1 where something is bad."""
    from holdfast.doctor import findings
    from holdfast.finding import BAD

    home = os.environ.get("HOME", "").rstrip("/")
    is_bad = False
    for finding in findings(os.environ, context.socket):
        is_bad |= finding.state == BAD
        said = {name: _pasted(value, home) for name, value in finding._asdict().items()}
        if context.output.as_json:
            context.output.row(Row(), **said)
            continue
        mend = f"  → {said['mend']}" if said["mend"] else ""
        context.output.line(f"{said['state']:<4}  {said['what']}: {said['sentence']}{mend}")
    if not is_bad:
        context.output.done("nothing is wrong")
    return 1 if is_bad else 0


def _pasted(text: str, home: str) -> str:
    """Without the name of whoever it is; a shell takes no ``~`` in quotes for the home directory."""
    if not home:
        return text
    return re.sub(rf"{re.escape(home)}(?![\w.-])", "~", text.replace(f"'{home}/", "~/'"))
