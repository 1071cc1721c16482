"""``status``: how the daemon is."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.words import size, when

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "say how the daemon is"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing may follow the verb."""


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each field."""
    output = context.output
    report = context.client.status()
    if output.as_json:
        output.row(report)
        return 0
    shown = {name: str(getattr(report, name)) for name in report.__struct_fields__ if name != "problems"}
    shown["started"] = when(report.started, to_terminal=output.to_terminal)
    shown["store_bytes"] = size(report.store_bytes, to_terminal=output.to_terminal)
    shown["watching"] = "yes" if report.watching else "no"
    for name, value in shown.items():
        output.line(f"{name}: {value}")
    for problem in report.problems:
        output.line(f"problem: {problem}")
    return 0
