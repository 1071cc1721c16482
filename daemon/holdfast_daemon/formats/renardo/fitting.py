r"""A session's parts as a session file can hold them, so that Renardo 1.0.0a1 to a10 read back what was meant
(renardo.md 1.6), and what had to be changed for it.

Renardo escapes nothing, so a run of 80 ``#`` is broken by a space: it is a ruler in a comment nearly always.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.renardo.layout import SEPARATOR, as_lines_of_lf, holds_triple
from holdfast_daemon.formats.renardo.problems import Problem, losses_that_matter, shown_startup
from holdfast_daemon.formats.renardo.shown import shown_name, trimmed

#: What stands in for a startup text where there is none: Renardo 1.0.0a1 to a4 write the one of a session over the
#: user's file of that name at each save (3.3), so it is a name that nobody has.
NO_STARTUP = Part(key="startup", name="no_startup.py", kind="startup", content=b" ")

_LONGEST_RUN = len(SEPARATOR) - 1
_RUN = re.compile(b"#{%d,}" % len(SEPARATOR))
_LINE_ENDS = re.compile("[\r\n\u2028\u2029]+")


def fitted(parts: Sequence[Part]) -> tuple[list[Part], list[Problem]]:
    """The startup text first, one if there is none, and every part such that ``for_renardo`` takes it; what was changed
    in it, and what Renardo itself will change."""
    ready: list[Part] = []
    changes: list[Problem] = []
    for part in sorted(parts, key=lambda part: part.kind != "startup"):
        name, content = _name(part), _content(part)
        ready.append(replace(part, name=name, content=content))
        changes += [(part.key, sentence) for sentence in _said(part, name, content)]
    has_startup = any(part.kind == "startup" for part in parts)
    if has_startup and parts[0].kind != "startup":
        changes.append(("", "a session file begins with the startup text: it is moved there"))
    return ([] if has_startup else [NO_STARTUP]) + ready, changes + losses_that_matter(ready)


def _name(part: Part) -> str:
    """One line that is not empty, valid Unicode, as Renardo gives it back."""
    name = part.name.encode("utf-8", "backslashreplace").decode()
    name = _LINE_ENDS.sub(" ", name)
    if part.kind == "startup":
        return name if trimmed(name) else NO_STARTUP.name
    return shown_name(_broken(name.encode()).decode()) or "Untitled"


def _content(part: Part) -> bytes:
    content = as_lines_of_lf(part.content).decode("utf-8", "backslashreplace").encode()
    if part.kind == "startup":
        return _broken(content) if holds_triple(content) else content
    return _broken(content)


def _broken(text: bytes) -> bytes:
    return _RUN.sub(_with_spaces, text)


def _with_spaces(run: re.Match[bytes]) -> bytes:
    return b" ".join(run[0][at : at + _LONGEST_RUN] for at in range(0, len(run[0]), _LONGEST_RUN))


def _said(part: Part, name: str, content: bytes) -> Iterator[str]:
    """What of a part is not as it was."""
    if name != part.name:
        yield f"a session file cannot hold its name: it becomes {name!r}"
    if b"\r" in part.content:
        yield r"every line end becomes \n"
    text = as_lines_of_lf(part.content)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as error:
        yield f"the text is not UTF-8 at byte {error.start}: such bytes become escapes"
    if _RUN.search(text) and not _RUN.search(content):
        yield "80 or more # in a row are where Renardo cuts: a space is put into them"
    if part.kind == "startup" and not text.strip(b"\n"):
        yield "a session file cannot hold an empty startup text: it becomes a space"
    elif part.kind == "startup" and shown_startup(content).rstrip(b"\n") != content.rstrip(b"\n"):
        yield "Renardo cuts the startup text at its first blank line: these get a space"
