"""What a pickle says, as values that do nothing.

``None``, ``bool``, ``int``, ``float``, ``str``, ``tuple`` and ``list`` stand for themselves. Everything else is one of
the classes here: a class or function is only its name, a call only what would be called with what. Nodes share and
contain each other as the objects of the pickle did, so cycles occur. None of them is ever compared or hashed by
what it holds: that would recurse, and a document could make it slow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

#: Anything that a pickle can say.
Node = Any


class Absent:
    """What stands for no state and for no value, since None is a value."""


ABSENT: Final = Absent()


class Name:
    """A class or function, by module and qualified name."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Made:
    """An object: ``callee`` called with ``arguments`` (or, with ``is_new``, ``callee.__new__`` called), then given
    ``state``; ABSENT where it was given none."""

    __slots__ = ("arguments", "callee", "is_new", "state")

    def __init__(self, callee: Node, arguments: Node, *, is_new: bool, state: Node = ABSENT) -> None:
        self.callee = callee
        self.arguments = arguments
        self.is_new = is_new
        self.state = state


class Table:
    """A dict: keys and values by turns, in its order. A key that repeats counts with its last value, as in Python."""

    __slots__ = ("flat",)

    def __init__(self, flat: list[Node] | None = None) -> None:
        self.flat: list[Node] = [] if flat is None else flat

    def __len__(self) -> int:
        return len(self.flat) // 2

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """Key and value, in order."""
        flat = iter(self.flat)
        return zip(flat, flat, strict=True)

    def texts(self) -> dict[str, Node]:
        """The pairs whose keys are text."""
        return {key: value for key, value in self.pairs() if isinstance(key, str)}

    def get(self, wanted: str) -> Node:
        """Its value, or ABSENT."""
        found: Node = ABSENT
        for key, value in self.pairs():
            if isinstance(key, str) and key == wanted:
                found = value
        return found

    def but(self, changes: dict[str, Node]) -> Table:
        """A copy with other values; what is new stands at the end, ABSENT takes a key out."""
        new = {key: value for key, value in changes.items() if value is not ABSENT}
        flat: list[Node] = []
        for key, value in self.pairs():
            if not isinstance(key, str) or key not in changes:
                flat += [key, value]
            elif key in new:
                flat += [key, new.pop(key)]
        return Table(flat + [each for pair in new.items() for each in pair])


class Set:
    """A set or frozenset, in the order of the pickle."""

    __slots__ = ("is_frozen", "items")

    def __init__(self, items: list[Node], *, is_frozen: bool) -> None:
        self.items = items
        self.is_frozen = is_frozen


class Bytes:
    """A bytes or (``is_mutable``) bytearray object; large ones are windows of the document."""

    __slots__ = ("content", "is_mutable")

    def __init__(self, content: bytes | memoryview, *, is_mutable: bool) -> None:
        self.content = content
        self.is_mutable = is_mutable


def state_of(node: Node) -> Table | None:
    """The attributes of an object that has been given some by name."""
    if isinstance(node, Made) and isinstance(node.state, Table):
        return node.state
    return None


def class_of(node: Node) -> Name | None:
    """The class of an object that was made by ``__new__``."""
    if isinstance(node, Made) and node.is_new and isinstance(node.callee, Name):
        return node.callee
    return None


def with_state(made: Made, state: Table) -> Made:
    """A copy of an object with other attributes."""
    return Made(made.callee, made.arguments, is_new=made.is_new, state=state)
