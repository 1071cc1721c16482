"""What an export had better not tell is told before it is written, and somebody who can be asked is asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from holdfast.cli.words import title
from holdfast_protocol.errors import Cancelled, CannotHold

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast.exports import Export
    from holdfast.screening.leaks import Leaks

_MOST_LINES = 20


def let_pass(output: Output, export: Export, *, redact: bool, strict: bool, force: bool) -> Leaks:
    """All of it is looked through. Raises CannotHold (``strict``), Cancelled (somebody said no)."""
    with output.progress(f"looking through {title(export.session)}") as progress:
        leaks = export.leaks(progress)
    for remark in leaks.remarks:
        output.say(f"holdfast: {remark}")
    lines = [f"{leak.file or export.file_name}:{leak.place}  {leak.kind}  {leak.shown}" for leak in leaks.rows]
    count = leaks.secrets_count + leaks.homes_count
    left_count = leaks.kept_count if redact else count
    if not count:
        return leaks
    output.say(f"holdfast: {_counted(leaks)} {'redacted' if redact else 'in it (--redact puts * in their place)'}:")
    for line in lines[:_MOST_LINES]:
        output.say(f"  {line}")
    if count > _MOST_LINES:
        output.say(f"  and {count - _MOST_LINES} more")
    if redact and left_count:
        output.say(f"holdfast: {left_count} of them stay, in what is packed")
    if strict and left_count:
        raise CannotHold("What was found would leave with it; nothing was written", count=left_count)
    if leaks.secrets_count and left_count and not force:
        _ask()
    return leaks


def _counted(leaks: Leaks) -> str:
    secrets = f"{leaks.secrets_count} secret{'s' * (leaks.secrets_count != 1)}"
    homes = f"{leaks.homes_count} home path{'s' * (leaks.homes_count != 1)}"
    return " and ".join(said for said, count in ((secrets, leaks.secrets_count), (homes, leaks.homes_count)) if count)


def _ask() -> None:
    """Where nobody can be asked, it was said."""
    if sys.stdin is None or not sys.stdin.isatty():
        return
    print("Write it all the same? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Cancelled("Nothing was written")
