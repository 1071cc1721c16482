"""``status``: how the daemon is."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from holdfast.cli.folder_rows import lines
from holdfast.cli.words import path_text, size, when

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "say how the daemon is"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing may follow the verb."""


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each field, and below them some for each folder."""
    output = context.output
    report = context.client.status()
    if output.as_json:
        output.row(report)
        return 0
    below = ("folders", "problems", "unsaved_workspaces")
    shown = {name: str(getattr(report, name)) for name in report.__struct_fields__ if name not in below}
    shown["started"] = when(report.started, to_terminal=output.to_terminal)
    shown["uptime_seconds"] = str(max(0, (time.time_ns() - report.started) // 10**9))
    shown["store_bytes"] = size(report.store_bytes, to_terminal=output.to_terminal)
    shown["unsaved"] = when(report.unsaved, to_terminal=output.to_terminal) if report.unsaved else "nothing"
    for name in ("last_check", "last_rehearsal", "last_backup"):
        moment = getattr(report, name)
        shown[name] = when(moment, to_terminal=output.to_terminal) if moment else "never"
    shown["last_backup_place"] = path_text(report.last_backup_place)
    shown["listening"] = report.listening or "on no network"
    shown["network_key"] = report.network_key or "none"
    shown["checking"] = "yes" if report.checking else "no"
    shown["watching"] = "yes" if report.watching else "no"
    for name, value in shown.items():
        output.line(f"{name}: {value}")
    for folder in report.folders:
        for line in lines(folder, to_terminal=output.to_terminal):
            output.line(line)
    for row in report.unsaved_workspaces:
        output.line(f"unsaved: {row.app}/{row.name or row.workspace[:12]} for {row.age_ms / 1000:.1f} s")
    for problem in report.problems:
        output.line(f"problem: {problem}")
    return 0
