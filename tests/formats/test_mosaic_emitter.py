"""Nodes are written as CPython's own pickler writes the objects that they stand for: it is the judge here."""

import pickle
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast_daemon.formats.mosaic.emitter import Allowance, NotInspectable, written_document, written_part
from holdfast_daemon.formats.mosaic.machine import unpickled
from holdfast_daemon.formats.mosaic.spelling import Spelling, spelling_of

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

ATOMS = st.one_of(
    *(st.none(), st.booleans(), st.floats(), st.binary(max_size=300), st.binary(max_size=40).map(bytearray)),
    st.integers() | st.sampled_from([255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, -(2**63), -128]),
    st.text(max_size=300) | st.sampled_from(["\ud800", "ä" * 200, "𝄞"]),
    st.frozensets(st.integers(0, 9), max_size=3),
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(st.text(max_size=5), inner, max_size=4),
            st.tuples(inner, inner),
        )
        | st.tuples(inner, inner, inner, inner)
    ),
    max_leaves=12,
)
LARGE = Allowance(1 << 40, 1 << 40)


def again(content, protocol):
    return written_document(unpickled(content).root, Spelling(protocol=protocol), LARGE).joined()


@settings(max_examples=150)
@given(value=VALUES, protocol=st.sampled_from([4, 5]))
def test_any_plain_value_is_written_as_by_cpython(value, protocol):
    """Numbers of every width, texts, bytes, containers and what they share: the same bytes."""
    shared = [value, {"again": value}, (value, value)]
    content = pickle.dumps(shared, protocol)
    if protocol == 5 or b"bytearray" not in content:  # before protocol 5 a bytearray was a call
        assert again(content, protocol) == content


@pytest.mark.parametrize("size", [0, 3, 4, 255, 256, 65_535, 65_536, 200_000])
@pytest.mark.parametrize("kind", [bytes, bytearray, lambda size: "x" * size], ids=["bytes", "bytearray", "text"])
def test_content_of_any_size_is_framed_as_by_cpython(kind, size):
    """What is large stands outside of frames, and a frame is ended once it is full."""
    content = pickle.dumps([0, kind(size), [1] * 3, kind(size + 1), 2], 5)
    assert again(content, 5) == content


@pytest.mark.parametrize("count", [0, 1, 2, 999, 1000, 1001, 2000, 70_000])
def test_containers_of_any_length_are_batched_as_by_cpython(count):
    """A thousand at a time; one alone without a mark; and what is long fills frames."""
    numbers = [*range(count)]
    for thing in (numbers, dict.fromkeys(numbers), {*numbers}, tuple(numbers), frozenset(numbers)):
        content = pickle.dumps({"it": thing, "after": 1}, 5)
        assert again(content, 5) == content


def test_more_than_256_shared_objects_are_referred_to_as_by_cpython():
    """The long form of a reference to the memo."""
    lists = [[] for _ in range(300)]
    content = pickle.dumps([lists, lists[::-1]], 5)
    assert again(content, 5) == content


def test_a_cycle_comes_back():
    """A list and a dict that hold themselves."""
    cyclic = [1]
    cyclic.append({"self": cyclic})
    content = pickle.dumps(cyclic, 5)
    assert again(content, 5) == content


#: The objects of ``everything`` are younger than the eras without trees.
OF_ERAS = [(era, made.session) for era in made.ERAS]
OF_ERAS += [(era, made.everything) for era, spelling in made.ERAS.items() if spelling.trees]


@pytest.mark.parametrize(("era", "maker"), OF_ERAS)
def test_fact_6_sessions_of_every_era_come_back_to_the_byte(era, maker):
    """Fact 6: read to nodes and written again, with modules and arrays spelt as they were."""
    content = maker(made.ERAS[era])
    pickle_ = unpickled(content)
    assert pickle_.unknown == ()
    assert written_document(pickle_.root, spelling_of(pickle_), LARGE).joined() == content


@pytest.mark.parametrize("era", ["1.3.0", "1.2.4", "1.1.0"])
def test_a_part_is_spelt_the_same_in_every_era(era):
    """Modules have their newest names and arrays are those of protocol 5, so that parts compare across versions."""
    contents = []
    for each in (made.ERAS[era], made.NEWEST):
        world = made.World(each)
        geometry = world.geometry("one", visible=True, model=world.mesh(), volume=world.array(bytes(8), (2,)))
        contents.append(written_part(unpickled(world.pickled(geometry)).root, LARGE).joined())
    assert contents[0] == contents[1]


def test_a_part_does_not_tell_what_was_shared():
    """Equal objects have equal bytes, whether they were one object or two."""
    one = (1.5, 2.5)
    shared = unpickled(pickle.dumps({"a": one, "b": one, "c": [b"x"], "d": "word"}, 5)).root
    apart = unpickled(pickle.dumps({"a": one, "b": (1.5, 2.5 + 0), "c": [b"x"], "d": "wo" + "rd"[:2]}, 4)).root
    assert written_part(shared, LARGE).joined() == written_part(apart, LARGE).joined()


def test_writing_stops_where_the_allowance_ends():
    """Bytes and steps are both counted."""
    root = unpickled(pickle.dumps([[] for _ in range(100)], 5)).root
    for allowance in (Allowance(100, 1000), Allowance(1000, 50)):
        with pytest.raises(NotInspectable):
            written_part(root, allowance)
