"""Which message is which, and that what two sides append to a chat is kept from both."""

import json
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.aiderdesk.matching import in_order, rising
from holdfast_daemon.formats.base import Part

THINGS = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e"]), max_size=12)


def message(text, role="user", identity=None):
    value = {"role": role, "content": text} | ({"id": identity} if identity else {})
    return Part(key="k", name="n", kind="message", content=json.dumps(value).encode())


def file(path, read_only=False):
    value = {"path": path, "readOnly": read_only}
    return Part(key=f"file:{path}", name=path, kind="file", content=json.dumps(value).encode())


def partners(old, new):
    """For each new part the index of its old one."""
    pairs = AIDERDESK.match(old, new)
    assert sorted(one for one, _ in pairs if one is not None) == [*range(len(old))]
    assert sorted(other for _, other in pairs if other is not None) == [*range(len(new))]
    return [one for one, other in sorted(pairs, key=lambda pair: len(new) if pair[1] is None else pair[1])][: len(new)]


def test_what_is_appended_has_no_partner():
    """Nor is it taken for an older message of the same words."""
    chat = [message("go on"), message("Ok.", "assistant")]
    assert partners(chat, chat * 2) == [0, 1, None, None]


def test_an_edited_message_is_known_by_its_id():
    """Wherever it stands, whatever it says."""
    old = [message("a", identity="1"), message("b", identity="2"), message("c", identity="3")]
    new = [message("C", identity="3"), message("b", identity="2"), message("a", identity="1")]
    assert partners(old, new) == [2, 1, 0]


def test_an_edited_message_without_an_id_is_known_by_its_neighbours_and_role():
    """Between the same two, the first of a role is the first of that role."""
    old = [message("a"), message("b"), message("c", "assistant"), message("d")]
    new = [message("a"), message("B"), message("+", "tool"), message("C", "assistant"), message("d")]
    assert partners(old, new) == [0, 1, None, 2, 3]


def test_edited_messages_keep_their_order():
    """Two that are the other way round are not both known again: an answer is not that to a later question."""
    old = [message("a"), message("b"), message("c", "assistant"), message("d")]
    new = [message("a"), message("C", "assistant"), message("B"), message("d")]
    assert partners(old, new) == [0, 2, None, 3]


def test_another_message_at_the_same_place_is_another():
    """Where both have ids that differ, none was edited."""
    old = [message("a", identity="1"), message("b", identity="2")]
    new = [message("a", identity="1"), message("B", identity="3")]
    assert partners(old, new) == [0, None]


def test_an_edited_message_is_not_looked_for_elsewhere():
    """Before and behind a message that stayed are two places."""
    old, new = [message("a"), message("same")], [message("same"), message("b")]
    assert partners(old, new) == [1, None]


def test_a_message_that_moved_is_known_by_its_content():
    """The others keep their order."""
    old = [message(text) for text in "abcd"]
    assert partners(old, [old[3], *old[:3]]) == [3, 0, 1, 2]


def test_a_removed_message_leaves_the_names_of_those_behind_it():
    """A name is no place: only what is gone is told."""
    given = {b"": json.dumps({"contextMessages": [{"role": "user", "content": t} for t in "abcd"]}).encode()}
    parts = AIDERDESK.read(given).parts
    shorter = AIDERDESK.read(AIDERDESK.write([parts[0], *parts[2:]], given)).parts
    assert [row.line for row in changes(AIDERDESK, parts, shorter)] == ["message user 2 removed"]


def test_files_are_known_by_their_paths():
    """Those that are there twice by what else they say, then in order; an edited one by the path in its content."""
    renamed = Part(key="file:a", name="a", kind="file", content=b'{"path": "b"}')
    assert partners([file("a"), file("b")], [file("b", True), file("c"), renamed]) == [1, None, None]
    assert partners([file("a"), file("a", True)], [file("a", True), file("a")]) == [1, 0]


def test_other_parts_are_known_by_kind_and_name():
    """A field is no attachment; an attachment may be renamed."""

    def part(kind, name, content=b"1"):
        return Part(key="k", name=name, kind=kind, content=content)

    old = [
        part("settings", "settings.json"),
        part("field", "x"),
        part("attachment", "x"),
        part("attachment", "y", b"y"),
    ]
    new = [part("attachment", "x"), part("attachment", "z", b"y"), part("field", "x", b"2"), part("field", "y")]
    assert partners(old, new) == [2, 3, 1, None]


def test_content_that_is_no_json_is_matched_too():
    """A part may be given from anywhere."""
    broken = Part(key="k", name="n", kind="message", content=b"{")
    assert partners([broken, message("a")], [message("a"), broken]) == [1, 0]
    assert partners([Part(key="k", name="n", kind="file", content=b"{")], [file("n")]) == [0]


@given(THINGS, THINGS)
def test_equal_things_are_paired_in_order(old, new):
    """Each once, none crossing another, and never fewer than begin and end the same."""
    pairs = sorted(in_order(old, new))
    assert all(old[one] == new[other] for one, other in pairs)
    assert [other for _, other in pairs] == sorted({other for _, other in pairs})
    assert len({one for one, _ in pairs}) == len(pairs)
    if Counter(old) & Counter(new):
        assert pairs


@given(st.permutations(range(8)))
def test_the_longest_rising_run_is_kept(places):
    """As long as any."""
    kept = rising([*enumerate(places)])
    assert [new for _, new in kept] == sorted(new for _, new in kept)
    longest = [1] * len(places)
    for at, place in enumerate(places):
        longest[at] = 1 + max((longest[one] for one in range(at) if places[one] < place), default=0)
    assert len(kept) == max(longest)


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_every_message_is_there_once(old, new):
    """Whatever repeats."""
    partners([message(text) for text in old], [message(text) for text in new])


ROLES = st.lists(st.sampled_from(["user", "assistant", "tool"]), max_size=8)


@given(ROLES, ROLES)
def test_no_two_edited_messages_cross(old, new):
    """Whatever their roles; each partner has the same."""
    told = partners([message(f"s{at}", role) for at, role in enumerate(old)], [message("t", role) for role in new])
    pairs = [(one, other) for other, one in enumerate(told) if one is not None]
    assert [one for one, _ in pairs] == sorted(one for one, _ in pairs)
    assert all(old[one] == new[other] for one, other in pairs)


MANY = 6000
CHAT = [message(f"text {number}", ("user", "assistant")[number % 2]) for number in range(MANY)]
ALIKE = [message("Ok.", ("user", "assistant")[number % 2]) for number in range(MANY)]
EDITED = [message(f"other {number}", ("user", "assistant")[number % 2]) for number in range(MANY)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(CHAT, CHAT[::-1], id="reversed"),
        pytest.param(CHAT, EDITED, id="all edited"),
        pytest.param(ALIKE, ALIKE[1:] + EDITED, id="all alike"),
        pytest.param(CHAT, [*EDITED[:9], *CHAT[::2], *EDITED[9:20]], id="every other"),
    ],
)
def test_long_chats_are_matched_in_seconds(old, new):
    """Time grows with the chat and not with its square; the bound is many times what it takes."""
    begin = time.process_time()
    partners(old, new)
    assert time.process_time() - begin < 5


def test_chats_that_divide_again_and_again_are_matched_in_seconds():
    """Each division leaves one more message that is there once, and so makes the next."""

    def chat(own):
        return [text for at in range(10_000) for text in (b"%d" % at, b"%d" % (at + 1), own + b"%d" % at)]

    begin = time.process_time()
    assert len(in_order(chat(b"old "), chat(b"new "))) >= 10_000
    assert time.process_time() - begin < 5
