"""What became of a save, an import, a restore: said in words, and as an exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.cli.words import title
from holdfast_protocol.errors import Damaged, Exists

if TYPE_CHECKING:
    from holdfast.cli.output import Output
    from holdfast_protocol.messages import Changed, Saved
    from holdfast_protocol.model import Row

_DIGITS = 8


def report_saved(output: Output, saved: Saved, asked: str, answer: Row | None = None) -> int:
    """``asked`` is the session as it was typed, ``answer`` the whole of which the save is a part. 4 for a fork, 8 for a
    suspect, otherwise 0."""
    session = title(saved.session)
    if output.as_json:
        output.row(saved if answer is None else answer)
    _warn(output, saved.warnings)
    if saved.outcome == "forked":
        both = f"; both sides changed: {', '.join(saved.conflicts)}" if saved.conflicts else ""
        output.say(f"holdfast: {asked} was saved by somebody else meanwhile; yours is kept as {session}{both}")
        return Exists.exit_code
    if saved.outcome == "suspect":
        output.say(
            f"holdfast: this looks like damage: {saved.reason or 'no reason given'}. It is kept as snapshot "
            f"{saved.snapshot[:_DIGITS]}, and {session} is as it was. To take it nevertheless: holdfast accept "
            f"'{session}@{saved.snapshot[:_DIGITS]}'"
        )
        return Damaged.exit_code
    taken = f", with {', '.join(saved.merged)} from the other side" if saved.merged else ""
    output.done(
        f"{saved.outcome} {session}  revision {saved.session.revision}  snapshot {saved.snapshot[:_DIGITS]}{taken}"
    )
    return 0


def report_changed(output: Output, changed: Changed, what: str) -> int:
    """``what`` was done to the session."""
    if output.as_json:
        output.row(changed)
    _warn(output, changed.warnings)
    number = f"  operation {changed.operation}" if changed.operation is not None else ", as it was before"
    output.done(f"{what} {title(changed.session)}{number}")
    return 0


def _warn(output: Output, warnings: list[str]) -> None:
    for warning in warnings:
        output.say(f"holdfast: {warning}")
