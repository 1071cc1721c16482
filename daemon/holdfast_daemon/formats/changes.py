r"""How much of a text or of bytes changed, in one phrase for people.

Only ``\r\n``, ``\r`` and ``\n`` end a line: ``splitlines`` would also cut at U+0085, U+2028, ``\v`` and
``\f``, which occur inside lines of code here. The cost is bounded: a line-by-line comparison is quadratic
at worst, so beyond a limit lines are only counted.
"""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher

from holdfast_daemon.formats.base import Part

#: Beyond this many lines that differ, their order is no longer compared.
ORDERED_LINES = 500


def lines_of(content: bytes) -> list[bytes]:
    """The lines without their ends; a final line end makes no further line."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    if not lines[-1]:
        lines.pop()
    return lines


def count_lines(content: bytes) -> int:
    """How many lines ``lines_of`` would give, without making them."""
    text = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content
    return text.count(b"\n") + (bool(text) and not text.endswith(b"\n"))


def changed_lines(old: bytes, new: bytes) -> tuple[int, int]:
    """How many lines were added and how many removed."""
    before, after = lines_of(old), lines_of(new)
    shortest = min(len(before), len(after))
    start = next((i for i in range(shortest) if before[i] != after[i]), shortest)
    rest = shortest - start
    end = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    before, after = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(before), len(after)) <= ORDERED_LINES:
        blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
        kept = sum(block.size for block in blocks)
    else:
        kept = (Counter(before) & Counter(after)).total()
    return len(after) - kept, len(before) - kept


def phrase_of_lines(old: bytes, new: bytes) -> str:
    """Such as ``+3 −1 lines``; contents that differ in nothing but line ends say so."""
    if old == new:
        return "unchanged"
    added, removed = changed_lines(old, new)
    if not added and not removed:
        return "only line ends changed"
    return f"+{added} −{removed} lines"


def phrase_of_content(old: bytes, new: bytes) -> str:
    """Lines where both contents are text, sizes where one is not."""
    if old == new:
        return "unchanged"
    if is_text(old) and is_text(new):
        return phrase_of_lines(old, new)
    return f"{len(old)} bytes → {len(new)} bytes"


def is_text(content: bytes) -> bool:
    """Whether people would call it text: UTF-8 without NUL."""
    if b"\0" in content:
        return False
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def phrase_of_part(old: Part | None, new: Part | None) -> str:
    """One line for a part that has a kind and a name: ``buffer bass renamed to low, +1 −0 lines``."""
    if old is None and new is None:
        raise ValueError("a change has at least one side")
    if old is None:
        assert new is not None
        return f"{new.kind} {new.name} added"
    if new is None:
        return f"{old.kind} {old.name} removed"
    if old.name == new.name:
        joint = " " if old.content == new.content else ": "
        return f"{old.kind} {old.name}{joint}{phrase_of_content(old.content, new.content)}"
    renamed = f"{old.kind} {old.name} renamed to {new.name}"
    if old.content == new.content:
        return renamed
    return f"{renamed}, {phrase_of_content(old.content, new.content)}"
