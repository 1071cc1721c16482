"""JSON as text with places: what is read is exact, and what is edited changes nothing else."""

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.jsonedit import (
    Item,
    json_text,
    merged_object,
    with_elements,
    with_items,
    with_members,
    with_root,
)
from holdfast_daemon.formats.jsontext import BOM, FREE_BYTES, TIMES_ITS_SIZE, canonical, read_json, value_of

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=8)
KEYS = st.text(max_size=4)
VALUES = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=4) | st.dictionaries(KEYS, each, max_size=4), max_leaves=12
)
STYLES = st.sampled_from(
    [{}, {"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}, {"indent": 1, "ensure_ascii": False}]
)


def written(value, style):
    return json.dumps(value, **{"ensure_ascii": True, **style}).encode("utf-8", "replace")


def places_below(place):
    yield place
    for below in (*place.elements, *(member.place for member in place.members)):
        yield from places_below(below)


@given(VALUES, STYLES, st.integers(0, 4))
def test_every_place_holds_the_text_of_its_value(value, style, levels):
    """Wherever a place lies, what stands there is that value and nothing more."""
    document = read_json(b" \n" + written(value, style) + b"\r\n", levels)
    assert document.root.value == value_of(written(value, style))
    for place in places_below(document.root):
        text = document.slice(place)
        assert text == text.strip()
        assert value_of(text.encode()) == place.value


@given(VALUES, VALUES, STYLES)
def test_a_member_can_be_set_and_taken_away_again(value, new, style):
    """Set to a value it has it, the others are as they were, and without it they are what they were before."""
    document = read_json(written({"first": value, "last": [value]}, style), 1)
    for key in ("first", "last", "new"):
        changed = with_root(document, with_members(document, document.root, {key: json_text(new)}))
        wanted = {"first": value_of(written(value, style)), "last": [value_of(written(value, style))]}
        assert canonical(changed) == canonical(json_text({**wanted, key: new}).encode())
    added = read_json(with_root(document, with_members(document, document.root, {"new": "1"})), 1)
    assert with_members(added, added.root, {"new": None}) == document.slice(document.root)


@given(st.lists(VALUES, max_size=6), STYLES, st.data())
def test_elements_are_put_kept_and_moved(values, style, data):
    """An array holds exactly the texts that it is given, in their order."""
    document = read_json(written({"list": values, "x": 1}, style), 2)
    place = document.root.member("list").place
    old = [document.slice(each) for each in place.elements]
    new = data.draw(st.lists(st.sampled_from([*old, "7", '"new"']), max_size=8))
    text = with_elements(document, place, new)
    again = read_json(text.encode(), 1)
    assert [again.slice(each) for each in again.root.elements] == new
    assert with_elements(document, place, old) == document.slice(place)


def elements_after(text, *elements):
    document = read_json(text.encode(), 2)
    return with_elements(document, (document.root.members or [None])[-1].place, elements)


def test_what_stays_keeps_the_space_around_it():
    """Between neighbours that were neighbours nothing changes, however oddly it is set."""
    assert elements_after('{"a": [ 1 ,2,   3\n, 4]}', "1", "2", "3", "9", "4") == "[ 1 ,2,   3\n, 9\n, 4]"


def test_what_replaces_takes_over_the_space():
    """One changed element of several leaves every space as it was."""
    assert elements_after('{"a": [ 1 ,2,   3\n, 4]}', "1", "8", "9", "4") == "[ 1 ,8,   9\n, 4]"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{\r\n    "a": []\r\n}', "[\r\n        1,\r\n        2\r\n    ]"),
        ('{\n\t"a": []\n}', "[\n\t\t1,\n\t\t2\n\t]"),
        ('{"a":[]}', "[1,2]"),
        ('{"b": 0, "a": []}', "[1, 2]"),
        ('{\n  "a": [\n    1\n  ]\n}', "[\n    1,\n    2\n  ]"),
        ('{"b": 0, "a": [1]}', "[1, 2]"),
        ('{"b":0,"a":[1]}', "[1,2]"),
        ('{"a": [ 1 ]}', "[ 1, 2 ]"),
    ],
)
def test_new_elements_are_set_as_the_document_is(text, wanted):
    """Indentation, line ends and the space behind commas are the document's own."""
    assert elements_after(text, "1", "2") == wanted


def test_an_emptied_array_is_short():
    """As JSON.stringify writes an empty one."""
    assert elements_after('{"a": [\n 1\n]}') == "[]"


def test_an_empty_document_is_filled_as_javascript_would():
    """Where nothing tells how it is indented: by two spaces."""
    document = read_json(b"{}", 1)
    assert with_members(document, document.root, {"a": "1", "b": "2"}) == '{\n  "a": 1,\n  "b": 2\n}'


def test_members_and_elements_nest():
    """A changed element of a changed member: the texts are put together from within."""
    document = read_json(b'{ "a": [ {"x":1}, {"y":2} ] }', 4)
    array = document.root.member("a").place
    inner = with_members(document, array.elements[1], {"y": "3"})
    outer = with_elements(document, array, [document.slice(array.elements[0]), inner])
    assert with_members(document, document.root, {"a": outer}) == '{ "a": [ {"x":1}, {"y":3} ] }'


def test_items_say_themselves_what_they_replace():
    """Where texts do not tell which element is which, the caller does."""
    document = read_json(b"[1,  1]", 1)
    assert with_items(document, document.root, [Item("5", 0), Item("1", 1)]) == "[5,  1]"


def test_of_equal_keys_the_last_counts():
    """As in JavaScript; setting changes that one, removing removes all."""
    document = read_json(b'{"a":1,"b":0,"a":2}', 1)
    assert document.root.value == {"a": 2, "b": 0}
    assert document.root.member("a").place.value == 2
    assert with_members(document, document.root, {"a": "3"}) == '{"a":1,"b":0,"a":3}'
    assert with_members(document, document.root, {"a": None}) == '{"b":0}'


def test_a_byte_order_mark_is_noted_and_stays():
    """It belongs to the file and not to the text."""
    document = read_json(BOM + b"[1]", 1)
    assert document.has_bom
    assert document.text == "[1]"
    assert with_root(document, "[2]") == BOM + b"[2]"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b" \n\t", "white space"),
        (b'{"a": [1,\n', "cut off in line 2, after byte 10"),
        (b'{"a": "te', "cut off in line 1, after byte 9"),
        (b"{}\n{}", "line 2, byte 4: Something stands behind the end"),
        (b"[NaN]", "NaN is no JSON"),
        (b"-Infinity", "Infinity is no JSON"),
        (b"[1,]", "line 1, byte 4"),
        (b'{"a":1,}', "line 1, byte 8"),
        (b"{1:1}", "line 1, byte 2"),
        (b'{"a" 1}', "line 1, byte 6"),
        ('{"é" 1}'.encode(), "line 1, byte 7"),
        (BOM + b'{"a" 1}', "line 1, byte 9"),
        (b'["\x01"]', "control character"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 8 of 10"),
        ("[1]".encode("utf-16"), "UTF-16"),
        ("[1]".encode("utf-32"), "UTF-32"),
        (b"// x\n{}", "line 1, byte 1"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"[" * 500_000 + b"]" * 500_000, "nested too deeply"),
    ],
)
@pytest.mark.parametrize("levels", [0, 3])
def test_what_is_no_json_is_damaged_and_said_where(content, sentence, levels):
    """At whatever level, one error with line and byte."""
    with pytest.raises(DamagedDocument, match=sentence):
        read_json(content, levels)


def test_lone_surrogates_and_line_separators_are_text():
    """An escape that is half a character stays one; U+2028 needs none."""
    content = '{"a": "\\ud800x\u2028", "\\udfff": 1}'.encode()
    document = read_json(content, 1)
    assert document.root.value == {"a": "\ud800x\u2028", "\udfff": 1}
    assert with_root(document, document.slice(document.root)) == content
    assert json_text("\ud800x\u2028😀") == '"\\ud800x\u2028😀"'
    assert with_members(document, document.root, {"\ud900": "1"}).endswith(', "\\ud900": 1}')


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b'{"a": 1, "b": [1.0]}', b'{ "b":[1e0],"a":1.0}'),
        (b'"\\u0061\\ud83d\\ude00\\/"', '"a😀/"'.encode()),
        (b"[-0, 100, 0.5]", b"[0, 1E2, 5e-1]"),
    ],
)
def test_equal_values_have_one_canonical_form(one, other):
    """Order of keys, escapes and the spelling of numbers do not matter."""
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), [(b"1", b"true"), (b"1", b'"1"'), (b"[1,2]", b"[2,1]"), (b'"a"', b'"a "')])
def test_other_values_have_another(one, other):
    """Kinds, orders of elements and texts do."""
    assert canonical(one) != canonical(other)
    assert canonical(b"9007199254740993") != canonical(b"9007199254740992")


def test_two_changes_of_an_object_are_merged_by_member():
    """Changed, added and removed members of both sides; the text is ours."""
    base, ours, theirs = b'{"a": 1, "b": 2, "c": 3}', b'{"a": 9,  "b": 2, "c": 3}', b'{"a": 1, "c": 3, "d": 4}'
    assert merged_object(base, ours, theirs) == b'{"a": 9, "c": 3, "d": 4}'


@pytest.mark.parametrize(
    ("ours", "theirs"), [(b'{"a": 2}', b'{"a": 3}'), (b"{}", b'{"a": 3}'), (b'{"a": 2}', b"{}"), (b"[1]", b'{"a": 1}')]
)
def test_two_changes_of_one_member_are_a_conflict(ours, theirs):
    """Nothing is chosen."""
    assert merged_object(b'{"a": 1}', ours, theirs) is None


def test_the_same_change_on_both_sides_is_none():
    """Nor is how it is spelled."""
    assert merged_object(b'{"a": 1}', b'{"a": 2}', b'{"a":2.0}') == b'{"a": 2}'


HOSTILE = {
    "empty lists": b"[" + b"[]," * 300_000 + b"0]",
    "zeros": b"[" + b"0," * 200_000 + b"0]",
    "nested lists": b"[" + (b"[" * 400 + b"]" * 400 + b",") * 7000 + b"0]",
    "small objects": b"[" + b'{"ab":1},' * 60_000 + b"0]",
    "floats": b"[" + b"1.5," * 200_000 + b"0]",
    "wide texts": ('["😀"' + ',"ab"' * 100_000 + "]").encode(),
    "one number": b"9" * 1_000_000,
    "white space": b"[" + b" " * 1_000_000 + b"]",
}


def damage_of(content, levels):
    """What is wrong with it, or nothing."""
    try:
        read_json(content, levels)
    except DamagedDocument as error:
        return str(error) or "?"
    return ""


@pytest.mark.parametrize(("name", "levels"), [("small objects", 0), ("nested lists", 0), ("nested lists", 2)])
def test_reading_takes_no_more_memory_than_it_may(name, levels):
    """64 MB and thirty times the size; what would take more is refused before it is taken."""
    content = HOSTILE[name]
    tracemalloc.start()
    try:
        damage = damage_of(content, levels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "memory" in damage or not damage
    assert peak < FREE_BYTES + TIMES_ITS_SIZE * len(content)


def test_what_a_caller_makes_of_each_place_counts_too():
    """A document of very many tiny things is refused before there are as many parts."""
    assert read_json(b"[0, 0, 0]", 1, FREE_BYTES // 5)
    with pytest.raises(DamagedDocument, match="more than 64 MB of memory"):
        read_json(b"[0, 0, 0]", 1, FREE_BYTES // 3)


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_takes_a_second_for_a_megabyte_at_most(name):
    """Whatever the document; five times over, as the machine is shared."""
    content = HOSTILE[name]
    begin = time.process_time()
    damage = damage_of(content, 2)
    assert time.process_time() - begin < 5 * (1 + len(content) / 1e6)
    assert "memory" in damage or not damage


@given(VALUES, STYLES, st.data())
def test_whatever_is_cut_or_overwritten_is_read_or_damaged(value, style, data):
    """Never another error."""
    content = bytearray(written({"a": value, "b": [value]}, style))
    at = data.draw(st.integers(0, len(content)))
    content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    assert damage_of(bytes(content), 2) != "?"
    assert damage_of(bytes(content[:at]), 2) != "?"
