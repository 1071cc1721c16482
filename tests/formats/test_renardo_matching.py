"""Which buffer is which, and how a change is told in Renardo's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.renardo import RENARDO

LONG = b"".join(b"line %d\n" % number for number in range(10))


def buffer(name, content, kind="buffer"):
    return Part(key=f"{name}-{len(content)}", name=name, kind=kind, content=content)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([("a", b"1"), ("a", b"2")], [("a", b"2"), ("a", b"1")], {(0, 1), (1, 0)}),
        ([("a", b"1"), ("a", b"2")], [("a", b"1b"), ("a", b"2b")], {(0, 0), (1, 1)}),
        ([("a", b"1"), ("a", b"2")], [("b", b"1"), ("a", b"2b")], {(0, 0), (1, 1)}),
        ([("a", b"1")], [("b", b"1")], {(0, 0)}),
        ([("a", LONG)], [("b", LONG + b"more\n")], {(0, 0)}),
        ([("a", LONG)], [("b", b"other\n")], {(0, None), (None, 0)}),
        ([("a", b"x"), ("a", LONG)], [("a", LONG + b"more\n")], {(0, None), (1, 0)}),
        ([("a", b"")], [("b", b"")], {(0, None), (None, 0)}),
        ([], [("a", b"1")], {(None, 0)}),
    ],
)
def test_fact_6_buffers_are_followed_through_renames_moves_and_namesakes(old, new, expected):
    """Fact 6: identity comes from everything that tells buffers apart, not from the name."""
    pairs = RENARDO.match([buffer(*each) for each in old], [buffer(*each) for each in new])
    assert set(pairs) == expected
    assert len(pairs) == len(expected)


KICK, BASS, PAD, LEAD = b'd1 >> play("X ")', b"b1 >> bass([0, 4])\n", b"p1 >> pads(0, dur=4)", b"l1 >> pluck(P[:8])"
BASS_2 = b"b1 >> bass([0, 4, 7])\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param([KICK, BASS, PAD], [KICK, LEAD, BASS, PAD], {(0, 0), (None, 1), (1, 2), (2, 3)}, id="put in"),
        pytest.param([KICK, BASS], [KICK, LEAD, BASS_2], {(0, 0), (None, 1), (1, 2)}, id="put in, next one changed"),
        pytest.param([KICK, BASS], [LEAD, BASS_2], {(0, 0), (1, 1)}, id="one replaced, one changed"),
        pytest.param([KICK, BASS], [BASS_2, LEAD], {(1, 0), (0, 1)}, id="moved and changed"),
        pytest.param([KICK, BASS, PAD], [PAD, BASS_2], {(2, 0), (1, 1), (0, None)}, id="deleted, moved and changed"),
        pytest.param([KICK, b"", PAD], [KICK, PAD], {(0, 0), (2, 1), (1, None)}, id="empty one deleted"),
        pytest.param([b"", b"", KICK], [b"", KICK], {(0, 0), (2, 1), (1, None)}, id="one of two empty ones deleted"),
        pytest.param([b""], [KICK], {(0, 0)}, id="filled"),
        pytest.param([KICK, KICK], [KICK, KICK, KICK], {(0, 0), (1, 1), (None, 2)}, id="a twin more"),
    ],
)
@pytest.mark.parametrize("numbered", [False, True])
def test_fact_6_names_that_renardo_gives_tell_nothing(old, new, expected, numbered):
    """Fact 6: all Untitled, or numbered by place: the texts say which buffer is which."""

    def named(texts):
        return [buffer(f"Untitled {n}" if numbered else "Untitled", text) for n, text in enumerate(texts, 1)]

    assert set(RENARDO.match(named(old), named(new))) == expected


def test_fact_6_a_name_that_a_person_gave_outweighs_likeness():
    """Fact 6: buffers that keep their own, different names are themselves, though their texts were exchanged."""
    old, new = [buffer("a", KICK), buffer("b", BASS)], [buffer("a", BASS), buffer("b", KICK)]
    assert set(RENARDO.match(old, new)) == {(0, 0), (1, 1)}


def test_the_likest_partner_is_taken_not_the_first():
    """Two new buffers are alike; the one with more in common is the changed old one."""
    old = [buffer("x", b"a b c d e f g h")]
    new = [buffer("y", b"a b c d e f g 1 2"), buffer("z", b"a b c d e f g h 9")]
    assert set(RENARDO.match(old, new)) == {(None, 0), (0, 1)}


def test_kinds_are_never_mixed():
    """A startup text and a buffer with the same name and text are two things."""
    pairs = RENARDO.match([buffer("a", b"x", "startup")], [buffer("a", b"x")])
    assert set(pairs) == {(0, None), (None, 0)}


def test_a_renamed_startup_file_is_still_the_startup_text():
    """There is at most one, so it needs no likeness."""
    pairs = RENARDO.match([buffer("a.py", b"x", "startup")], [buffer("b.py", b"y", "startup")])
    assert pairs == [(0, 0)]


SIDE = st.lists(
    st.builds(
        buffer,
        st.sampled_from("ab"),
        st.sampled_from([b"", b"1", b"2", LONG, LONG + b"x\n"]),
        st.sampled_from(["buffer", "startup"]),
    ),
    max_size=6,
)


@given(SIDE, SIDE)
def test_every_index_of_both_sides_is_there_exactly_once(old, new):
    """Nothing is lost or doubled by matching, and kinds agree."""
    pairs = RENARDO.match(old, new)
    assert sorted(pair[0] for pair in pairs if pair[0] is not None) == list(range(len(old)))
    assert sorted(pair[1] for pair in pairs if pair[1] is not None) == list(range(len(new)))
    assert all(old[i].kind == new[j].kind for i, j in pairs if i is not None and j is not None)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (buffer("bass", LONG), buffer("bass", b"a\nb\nc\n" + LONG[7:]), "buffer bass: +3 −1 lines"),
        (None, buffer("bass", b""), "buffer bass added"),
        (buffer("bass", b""), None, "buffer bass removed"),
        (buffer("bass", b"x"), buffer("low", b"x"), "buffer bass renamed to low"),
        (buffer("bass", b"x\n"), buffer("low", b"x\ny\n"), "buffer bass renamed to low, +1 −0 lines"),
        (
            buffer("startup.py", b"", "startup"),
            buffer("startup.py", b"x", "startup"),
            "startup startup.py: +1 −0 lines",
        ),
        (buffer("bass", b"x\r\n"), buffer("bass", b"x\n"), "buffer bass: only line ends changed"),
        (buffer("bass", b"x"), buffer("bass", b"x"), "buffer bass unchanged"),
        (buffer("bass", b"a\x0bb\n"), buffer("bass", b"a\x0bc\n"), "buffer bass: +1 −1 lines"),
        (buffer("bass", b"x\n" * 5000), buffer("bass", b"y\n" * 4000), "buffer bass: +4000 −5000 lines"),
    ],
)
def test_a_change_is_one_line_in_renardos_words(old, new, line):
    """A person reads which buffer and how much; line ends are the three of fact 14."""
    assert RENARDO.describe_change(old, new) == line


def test_no_change_at_all_has_no_description():
    """A change has at least one side."""
    with pytest.raises(ValueError, match="side"):
        RENARDO.describe_change(None, None)
