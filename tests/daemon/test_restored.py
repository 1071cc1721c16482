"""Parts of an older document put among those of a newer one: each in its place, and nothing else moves."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from daemon_store import part

from holdfast_daemon.formats.base import Pair, Part
from holdfast_daemon.formats.defaults import Defaults
from holdfast_daemon.restored import put_into


class Panels(Defaults):
    """Panels that hold the tracks behind them."""

    holds = {"panel": ("track",)}


def _nest(text: str) -> list[Part]:
    parts = []
    for word in text.split():
        panel, colon, tracks = word.partition(":")
        parts.append(part(panel, panel, kind="panel" if colon else "note", key=panel))
        parts += [part(name[0], name, kind="track", key=name[0]) for name in filter(None, tracks.split(","))]
    return parts


def _told(parts: Sequence[Part]) -> str:
    words: list[str] = []
    for each in parts:
        if each.kind == "track":
            words[-1] += ("" if words[-1].endswith(":") else ",") + each.content.decode()
        else:
            words.append(each.name + (":" if each.kind == "panel" else ""))
    return " ".join(words)


def _put(
    source: str, current: str, chosen: str = "", needed: str = "", kinds: Sequence[str] = (), foreign: bool = False
) -> str:
    old = _nest(source)
    picked = [[each for each in old if each.name in names] for names in (chosen, needed)]
    picked[0] += [each for each in old if each.kind in kinds]
    return _told(
        put_into(
            Panels(), _nest(current), old, chosen=picked[0], needed=[*picked[0], *picked[1]], kinds=kinds,
            foreign=foreign,
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    ("source", "current", "chosen", "needed", "expected"),
    [
        pytest.param("A:a B:b", "A:a,c,d", "B", "b", "A:a,c,d B:b", id="a panel comes back with its track"),
        pytest.param("A:a1,b B:c", "A:a2,b B:c", "a", "A", "A:a1,b B:c", id="a track as it was"),
        pytest.param("A:a,b B:c", "A:a B:c,b", "b", "A", "A:a,b B:c", id="into the panel that it was in"),
        pytest.param("A:a B:b", "B:b A:", "a", "A", "B:b A:a", id="panels stay as they are now"),
        pytest.param("x y z", "z", "xy", "", "x y z", id="in front of what follows"),
        pytest.param("x y z", "z w x", "y", "", "z w x y", id="behind what it followed"),
    ],
)
def test_chosen_parts_are_put_where_they_belong(
    source: str, current: str, chosen: str, needed: str, expected: str
) -> None:
    """In the place of their partners, or behind what they followed, each in its own holder."""
    assert _put(source, current, chosen, needed) == expected


@pytest.mark.parametrize(
    ("source", "current", "expected"),
    [
        ("1 2 3", "3 1", "1 2 3"),
        ("a b c", "c b a x", "a b c"),
        ("1 2", "", "1 2"),
        ("", "1 2", ""),
    ],
)
def test_a_kind_is_taken_as_a_whole(source: str, current: str, expected: str) -> None:
    """In its own order, and nothing of that kind stays that it did not have."""
    assert _put(source, current, kinds=["note"]) == expected


def test_a_kind_that_is_held_keeps_its_holders() -> None:
    """Tracks as they were; the panels, and what else there is, as they are now."""
    assert _put("A:a,b B:c", "n A:b,d B:c,a", needed="AB", kinds=["track"]) == "n A:a,b B:c"


def test_a_holder_that_holds_what_stays_is_not_taken_away() -> None:
    """Panels as they were; one that is new stays with its tracks, which nobody has named."""
    assert _put("A:a,b B:c", "A:a C:x,y", kinds=["panel"]) == "A:a B: C:x,y"


def test_what_is_not_of_one_session_is_added_and_replaces_nothing_else() -> None:
    """Two messages at the same place of two chats are two messages."""

    class Chats(Defaults):
        def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
            return [(0, 0)]  # alike, as two states of one session are

    [source], [current] = ([part("m", text, kind="message", key="1")] for text in ("theirs", "own"))
    into = {"chosen": [source], "needed": [source]}
    assert put_into(Chats(), [current], [source], **into) == [source]
    assert put_into(Chats(), [current], [source], **into, foreign=True) == [current, source]


def test_what_is_needed_is_there_only_where_it_is_the_same() -> None:
    """Another file of the same name is not the one that a track reads."""

    class ByPath(Defaults):
        def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
            return [(0, 0), (1, 1)]

        def identity(self, each: Part) -> str:
            return each.key

    old = [part("peaks", "1", kind="resource", key="/p1"), part("t", "old", kind="track", key="t")]
    new = [part("peaks", "2", kind="resource", key="/p2"), part("t", "new", kind="track", key="t")]
    found = put_into(ByPath(), new, old, chosen=[old[1]], needed=old)
    assert [each.content for each in found] == [b"2", b"1", b"old"]
