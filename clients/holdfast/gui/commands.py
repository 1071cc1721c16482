"""What to type for what is on screen, so that the page teaches the command line."""

from __future__ import annotations

from holdfast.cli.words import shell_word
from holdfast_protocol.model import SessionRow

#: With these in it a name is no reference, and is said with --name.
_SIGNS = "@:"
_DIGITS = 12


def command(session: SessionRow, at: str = "latest", other: str | None = None) -> str:
    """``show`` of the session, ``load`` of an older snapshot, ``diff`` of two."""
    if other is not None:
        return f"holdfast diff {_reference(session, other)} {_reference(session, at)}"
    return f"holdfast {'show' if at == 'latest' else 'load'} {_reference(session, at)}"


def _reference(session: SessionRow, at: str) -> str:
    title = f"{session.app}/{session.name}"
    suffix = "" if at == "latest" else f"@{at[:_DIGITS]}"
    if any(sign in session.name for sign in _SIGNS):
        return " ".join(each for each in (suffix, f"--name {_word(title)}") if each)
    return _word(title + suffix)


def _word(text: str) -> str:
    return shell_word(text.encode(errors="replace"))
