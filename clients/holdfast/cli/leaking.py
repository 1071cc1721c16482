"""What an export had better not tell is told before it is written, and somebody who can be asked is asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from holdfast.cli.output import plain
from holdfast.cli.words import title
from holdfast_protocol.errors import Cancelled, CannotHold

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast.exports import Export
    from holdfast.screening.leaks import Leaks

_MOST_LINES = 20


def let_pass(output: Output, export: Export, *, strict: bool, force: bool) -> Leaks:
    """All of it is looked through. Raises CannotHold (``strict``), Cancelled (somebody said no)."""
    with output.progress(f"looking through {title(export.session)}") as progress:
        leaks = export.leaks(progress)
    for line in leaks.lines(export.file_name, _MOST_LINES):
        output.say(f"holdfast: {plain(line)}")
    if strict and leaks.left_count:
        raise CannotHold("What was found would leave with it; nothing was written", count=leaks.left_count)
    if leaks.left_count and not leaks.is_redacted:
        output.say("holdfast: --redact puts * in their place")
    if leaks.leaving_count and not force:
        _ask()
    return leaks


def _ask() -> None:
    """Where nobody can be asked, it was said."""
    if sys.stdin is None or not sys.stdin.isatty():
        return
    print("Write it all the same? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Cancelled("Nothing was written")
