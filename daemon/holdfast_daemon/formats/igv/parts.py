"""How the parts of a session are called, whatever it is written in: keys that are there once, names for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from holdfast_daemon.formats.base import Part

#: A data URL may be a megabyte long.
LONGEST_NAME = 300
#: What XML and JSON leave out around an element or value.
WHITE_SPACE = b" \t\r\n"


class Told(NamedTuple):
    """What a part's content tells of it. An empty ``key`` is the name; facts without a value are left out."""

    name: str
    key: str = ""
    facts: Mapping[str, str | None] = {}


def trimmed(parts: Sequence[Part], before: Sequence[Part]) -> list[Part]:
    """``parts``, those that were not there ``before`` without the white space that an editor leaves around them."""
    known = {(part.kind, part.content) for part in before}
    return [
        part if (part.kind, part.content) in known else replace(part, content=part.content.strip(WHITE_SPACE))
        for part in parts
    ]


class PartList:
    """Parts in document order, each with a key that no other has."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._next: defaultdict[str, int] = defaultdict(int)
        self._taken: set[str] = set()

    def add(self, kind: str, content: bytes, told: Told, panel: str | None = None) -> None:
        """``panel``: the name of the one that it lies in."""
        wanted = shown(told.key or told.name or kind)
        facts = {fact: shown(value) for fact, value in told.facts.items() if value}
        if panel:
            facts["panel"] = shown(panel)
        key = self._unique(wanted, panel)
        self.parts.append(Part(key=key, name=shown(told.name) or wanted, kind=kind, content=content, facts=facts))

    def _unique(self, wanted: str, panel: str | None) -> str:
        key = wanted
        if key in self._taken and panel:
            key = shown(f"{panel}/{wanted}")
        while key in self._taken:
            self._next[wanted] += 1
            key = f"{wanted}~{self._next[wanted] + 1}"
        self._taken.add(key)
        return key


def is_shown_whole(text: str) -> bool:
    """Whether what is shown of a name is the name."""
    return 0 < len(text) <= LONGEST_NAME and shown(text) == text


def shown(text: str) -> str:
    """Valid Unicode of bounded length: JSON may hold half a character as an escape."""
    text = text if len(text) <= LONGEST_NAME else text[:LONGEST_NAME] + "…"
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
