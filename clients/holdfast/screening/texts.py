"""Texts that are in memory: names, notes, what is drawn."""

from __future__ import annotations

from collections.abc import Callable

from holdfast.screening.letters import PLAIN
from holdfast.screening.redacted import overlaid
from holdfast.screening.screen import Found, Screen

#: Gives a text as it may be read elsewhere.
Words = Callable[[str], str]


def screened_text(text: str, tell: Callable[[Found], None]) -> str:
    """With stars where something is that had better stay at home, of which ``tell`` is told."""
    raw = text.encode(errors="surrogatepass")
    screen = Screen(tell, reading=PLAIN)
    screen.feed(raw)
    screen.end()
    return overlaid(raw, 0, screen.runs, b"*").decode(errors="surrogatepass") if screen.runs else text
