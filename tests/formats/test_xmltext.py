"""XML with places: what is read lies where it says, what is edited changes there only, and nothing outside is asked."""

import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.xmledit import Item, escaped, refilled, retagged
from holdfast_daemon.formats.xmltext import fragment, parse

DOCUMENT = b"""<?xml version="1.0"?>
<!-- a <b/> in a comment -->
<a one='1' two = "&lt;2>">
  <b/>
  text <![CDATA[<c/>]]>
  <!-- between -->
  <c three="3"><d/></c>
</a>
"""


def children(xml, element):
    return [xml.text[child.begin : child.end] for child in element.children]


def test_elements_lie_where_they_say():
    """Comments, CDATA and angle brackets in values are no elements."""
    xml = parse(DOCUMENT)
    assert children(xml, xml.root) == [b"<b/>", b'<c three="3"><d/></c>']
    assert xml.root.attributes == {"one": "1", "two": "<2>"}
    assert [element.name for element in xml.root.walk()] == ["a", "b", "c", "d"]
    assert "".join(xml.root.texts).split() == ["text", "<c/>"]


def test_a_value_changes_where_it_stands():
    """Order, quotes and white space of the others stay; what is new comes last."""
    tag = b"""<a one='1'  two = "2"\n three="3">"""
    old = {"one": "1", "two": "2", "three": "3"}
    assert retagged(tag, old, old) == tag
    assert retagged(tag, old, {"one": "it's", "three": "3", "four": '"&<'}) == (
        b"""<a one='it&apos;s'\n three="3" four="&quot;&amp;&lt;">"""
    )


def test_children_are_put_in_out_and_round():
    """What is new stands as its neighbours do, what goes takes its line with it, comments stay."""
    xml = parse(DOCUMENT)
    b, c = xml.root.children
    kept = [Item(b"<b/>", b), Item(b'<c three="3"><d/></c>', c)]
    whole = xml.text[xml.root.begin : xml.root.end]
    assert refilled(xml, xml.root, [b, c], kept) == whole
    assert refilled(xml, xml.root, [b, c], [*kept, Item(b"<e/>")]) == whole.replace(b"</c>\n", b"</c>\n  <e/>\n")
    assert refilled(xml, xml.root, [b, c], kept[1:]) == whole.replace(b"\n  <b/>", b"")
    assert refilled(xml, xml.root, [b, c], [Item(b"<B/>", b), kept[1]]) == whole.replace(b"<b/>", b"<B/>")
    swapped = refilled(xml, xml.root, [b, c], kept[::-1])
    assert swapped.index(b"<c") < swapped.index(b"<b/>\n  text")
    assert b"<!-- between -->" in swapped


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"<a><b/></a>", b"<a><b/><n/></a>"),
        (b"<a/>", b"<a>\n    <n/>\n</a>"),
        (b"<a></a>", b"<a>\n    <n/>\n</a>"),
        (b"<a>\r\n\t<b/>\r\n</a>", b"<a>\r\n\t<b/>\r\n\t<n/>\r\n</a>"),
    ],
)
def test_a_child_is_added_in_the_style_of_the_document(before, after):
    """On one line, in an empty element, with another line end and tabs."""
    xml = parse(before)
    root = xml.root
    items = [Item(text, child) for text, child in zip(children(xml, root), root.children, strict=True)]
    built = refilled(xml, root, root.children, [*items, Item(b"<n/>")])
    assert built == after


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty"),
        (b" \n", "white space"),
        (b"<a><b>", "cut off"),
        (b"<a><b", "cut off"),
        (b"<a>\n<<<<<<< HEAD\n<b/>\n=======\n<c/>\n>>>>>>> other\n</a>", "line 2: it holds git's conflict markers"),
        (b'<!DOCTYPE a SYSTEM "http://example.invalid/a.dtd"><a/>', "external DTD"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "external"),
        (b"<!DOCTYPE a [<!ENTITY % x \"<!ENTITY y 'z'>\">%x;]><a/>", "parameter entity"),
        (b'<!DOCTYPE a [<!ENTITY x "<b/>">]><a>&x;</a>', "holds elements"),
        (b'<!DOCTYPE a [<!ENTITY x "&y;"><!ENTITY y "&x;">]><a>&x;</a>', "not known before it"),
        (b"<a>" * 300, "nested over 200"),
        (b"<a>" * 100_000, "MB of memory"),
        (b"<a>" + b"<b/>" * 1_000_000 + b"</a>", "MB of memory"),
        (b"<a b='1' b='2'/>", "duplicate attribute"),
    ],
)
def test_what_cannot_be_read_is_told(text, words):
    """One sentence, at once, and never another exception."""
    begin = time.process_time()
    with pytest.raises(DamagedDocument, match=words):
        parse(text)
    assert time.process_time() - begin < 2


def test_entities_grow_to_a_bound_only():
    """A billion laughs, and one long laugh used often."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    with pytest.raises(DamagedDocument, match="entities hold over"):
        parse(f"<!DOCTYPE a [{laughs}]><a>&l9;</a>".encode())
    with pytest.raises(DamagedDocument, match="would grow"):
        parse(f'<!DOCTYPE a [<!ENTITY x "{"ha" * 10_000}">]><a>{"&x;" * 200}</a>'.encode())


def test_a_slice_needs_nothing_of_its_document():
    """Its own entities are put in, so that it can stand in another."""
    xml = parse(b"""<!DOCTYPE a [<!ENTITY d "/x"><!ENTITY e "&d;/&quot;y">]><a b="&e;/z"><c>&e;&amp;</c></a>""")
    assert xml.root.attributes == {"b": '/x/"y/z'}
    assert xml.slice(xml.root.children[0]) == b"<c>/x/&quot;y&amp;</c>"
    assert fragment(xml.slice(xml.root)).root.attributes == xml.root.attributes


@pytest.mark.parametrize("text", [b"<a/> ", b"<a/><b/>", b"<!-- c --><a/>", b"<?xml version='1.0'?><a/>"])
def test_a_fragment_is_one_element_alone(text):
    """So that nothing comes in beside it."""
    with pytest.raises(DamagedDocument):
        fragment(text)


NAMES = st.text(string.ascii_letters, min_size=1, max_size=3)
VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), max_size=8) | st.just("\t\n\r\"'<&>")
SPACES = st.sampled_from(["", "\n  ", "\r\n\t", " <!-- c --> ", " text "])


@st.composite
def elements(draw, depth=2):
    attributes = draw(st.dictionaries(NAMES, VALUES, max_size=3))
    tag = "".join(f' {name}="{escaped(value)}"' for name, value in attributes.items())
    name = draw(NAMES)
    if draw(st.booleans()):
        return f"<{name}{tag}/>"
    inner = draw(st.lists(elements(depth - 1), max_size=3)) if depth else []
    body = "".join(draw(SPACES) + child for child in inner) + draw(SPACES)
    return f"<{name}{tag}>{body}</{name}>"


@given(elements())
@settings(max_examples=60, deadline=None)
def test_everything_written_again_is_the_same_text(text):
    """Whatever the document: places, slices and tags fit together."""
    xml = fragment(text.encode())
    for element in xml.root.walk():
        items = [Item(raw, child) for raw, child in zip(children(xml, element), element.children, strict=True)]
        raw = xml.text[element.begin : element.end]
        assert refilled(xml, element, element.children, items) == raw
        assert fragment(raw).root.attributes == element.attributes


@given(elements(), st.data())
@settings(max_examples=60, deadline=None)
def test_children_and_attributes_are_read_back_as_asked(text, data):
    """Any of the old in any order, and new ones between."""
    xml = fragment(text.encode())
    old = xml.root
    known = [Item(raw, child) for raw, child in zip(children(xml, old), old.children, strict=True)]
    items = data.draw(st.permutations([*known, Item(b"<new/>"), Item(b'<new n="2"/>')]))
    items = items[: data.draw(st.integers(0, len(items)))]
    wanted = data.draw(st.dictionaries(NAMES, VALUES, max_size=3))
    tag = retagged(xml.start_tag(old), old.attributes, wanted)
    built = fragment(refilled(xml, old, old.children, items, tag))
    assert children(built, built.root) == [item.text for item in items]
    assert built.root.attributes == wanted
