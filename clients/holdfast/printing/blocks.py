"""What is printed of a session, before it is known on what: blocks, one below the other. Their texts are the session's
own and hostile; whoever prints them escapes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from holdfast.plans import Plan


@dataclass(frozen=True, slots=True)
class Heading:
    """Of what follows, up to the next one. ``aside``: in small letters behind it."""

    text: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Markdown."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Text as it is, in a language that may be empty. ``first``: the number of its first line."""

    text: str
    language: str = ""
    numbered: bool = False
    first: int = 1


@dataclass(frozen=True, slots=True)
class Table:
    """Cells are text; one of ``colors`` (``#rrggbb``, by row) is shown before the row."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    colors: Sequence[str | None] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """PNG, JPEG, GIF, WebP or, where it was drawn by us, SVG, which is as wide as the paper and has a ``size``.
    ``said`` tells what is on it."""

    content: bytes
    media_type: str
    said: str
    size: tuple[float, float] = (0, 0)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is said of the session, or of this print of it. ``is_told``: also to whoever prints it, who may not read
    that far."""

    text: str
    is_told: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """What only some want to read."""

    title: str
    inside: Sequence[Block]
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Bubble:
    """What somebody said; ``role`` is user, assistant, tool, system or other."""

    role: str
    speaker: str
    inside: Sequence[Block]


Block = Heading | Words | Code | Table | Picture | Remark | Folded | Bubble


class Blocks(Protocol):
    """Blocks on their way: a long session is never in memory as a whole."""

    def next(self) -> Plan[list[Block]]:
        """The next few; none at the end. Raises HoldfastError."""
        ...


class Overheard:
    """The same blocks, whose remarks are passed on where they are to be told."""

    def __init__(self, blocks: Blocks, remark: Callable[[str], None]) -> None:
        self._blocks = blocks
        self._remark = remark

    def next(self) -> Plan[list[Block]]:
        """The next few."""
        found = yield from self._blocks.next()
        for each in found:
            if isinstance(each, Remark) and each.is_told:
                self._remark(each.text)
        return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """``facts`` stand below the title: a word, which may be empty, and what it is. ``stamp`` tells on each page which
    snapshot it is."""

    title: str
    facts: Sequence[tuple[str, str]]
    stamp: str
    blocks: Blocks
