"""Any document at all: it gives parts that can be written again, or is refused in a sentence."""

import contextlib
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Origin, Part
from holdfast_daemon.formats.igv import IGV

ROOT = Path(__file__).resolve().parents[2]
OWN = sorted((ROOT / "tests" / "data" / "igv").iterdir())
COLLECTED = [
    path
    for path in sorted((ROOT.parent / "shared" / "samples" / "igv").rglob("*"))
    if path.suffix in (".xml", ".json") and path.stat().st_size < 6_000
]

WORDS = st.sampled_from(["a", "b.bed", "/d/b.bed", "é", "x<y", "a&b", '"q"', "it's", "1.0", "", "Genes", "d/b.bed_S_1"])
KINDS = {
    "resource": ("Resource", ("path", "name", "type", "index")),
    "track": ("Track", ("id", "clazz", "name", "color")),
    "region": ("Region", ("chromosome", "start", "end", "description")),
    "filter": ("Filter", ("name", "match")),
    "attributes": ("HiddenAttributes", ("x",)),
    "other": ("Note", ("name", "y")),
    "panel": ("Panel", ("name", "height")),
}


@st.composite
def xml_parts(draw, kinds=tuple(KINDS)):
    kind = draw(st.sampled_from(kinds))
    name, attributes = KINDS[kind]
    values = draw(st.dictionaries(st.sampled_from(attributes), WORDS, max_size=3))
    escaped = {
        key: value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;") for key, value in values.items()
    }
    tag = f"<{name}" + "".join(f' {key}="{value}"' for key, value in escaped.items())
    inner = "" if kind == "panel" else draw(st.sampled_from(["", "", "<DataRange/>", "\n  text\n"]))
    content = f"{tag}>{inner}</{name}>" if inner else f"{tag}/>"
    return Part(key=draw(WORDS), name="?", kind=kind, content=content.encode())


HEAD = [
    Part(key="genome", name="genome", kind="genome", content=b"toy.fa"),
    Part(key="session", name="session", kind="session", content=b'<Session version="8"/>'),
    Part(key="p", name="P", kind="panel", content=b'<Panel name="P"/>'),
]
XML_PARTS = st.lists(xml_parts(), max_size=8).map(lambda parts: [*HEAD, *parts])
SPACES = st.sampled_from(["", "\n", "\n    ", "\r\n\t", " <!-- c --> "])


def substance(parts):
    return sorted((part.kind, part.content) for part in parts)


def of_kind(parts, *kinds):
    return [part.content for part in parts if part.kind in kinds]


@given(XML_PARTS)
@settings(max_examples=40)
def test_a_new_session_holds_any_parts(parts):
    """In their order as far as it counts."""
    document = IGV.write(parts)
    read = IGV.read(document).parts
    assert substance(read) == substance(parts)
    for kinds in (("panel", "track"), ("resource",), ("region",)):
        assert of_kind(read, *kinds) == of_kind(parts, *kinds)
    assert IGV.write(read, document) == document
    assert len({part.key for part in read}) == len(read)


@given(XML_PARTS, SPACES, st.data())
@settings(max_examples=40)
def test_any_parts_go_into_any_session(parts, space, data):
    """Some taken out, some put in, whatever stands between; the order of tracks is as asked."""
    document = {b"": IGV.write(parts)[b""].replace(b"\n", space.encode(), 40)}
    before = list(IGV.read(document).parts)
    assert IGV.write(before, document) == document
    kept = [part for part in before if part.key in ("genome", "session", "P") or data.draw(st.booleans())]
    added = data.draw(st.lists(xml_parts(), max_size=3))
    wanted = [*kept, *added]
    read = IGV.read(IGV.write(wanted, document)).parts
    assert substance(read) == substance(wanted)
    assert of_kind(read, "panel", "track") == of_kind(wanted, "panel", "track")
    assert IGV.cleared(document)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS | st.sampled_from(["url", "tracks", "id"]), inner, max_size=3)
    ),
    max_leaves=6,
)
LOOKS = st.sampled_from(
    [
        *("id", "url", "path", "type", "name", "color", "colorScale", "graphType", "colorBy", "groupBy", "max"),
        *("order", "autoscale", "displayMode", "arcType", "visible", "tracks", "track1", "track2", "op", "filter"),
    ]
)
VALUES = JSON | st.sampled_from(
    ["alignment", "merged", "combined", "interact", "seg", "gwas", "C:\\x.bed", "~/x", "tag:HP", "rgb(1,2,3)", 10**400]
)
TRACKS = st.dictionaries(LOOKS, VALUES, max_size=6) | JSON
SESSIONS = st.fixed_dictionaries(
    {"genome": JSON, "tracks": st.lists(TRACKS, max_size=4)},
    optional={
        "roi": JSON | st.just([{"features": [{"chr": "1"}, 2]}, {"features": []}, {"x": 1, "features": [3]}]),
        "locus": JSON, "version": JSON, "reference": JSON, "sampleinfo": JSON, "geneList": JSON, "x": JSON,
        "": JSON, "\ud800": JSON, "gene-list": JSON, "x" * 301: JSON,
    },
)  # fmt: skip


@given(SESSIONS, st.sampled_from([None, 2]), st.data())
@settings(max_examples=50)
def test_any_json_session_is_written_back_and_edited(value, indent, data):
    """Whatever its members are."""
    document = {b"": json.dumps(value, indent=indent).encode()}
    parts = IGV.read(document).parts
    assert IGV.write(parts, document) == document
    assert json.dumps([[part.key, part.name, dict(part.facts)] for part in parts]).encode()
    wanted = [part for part in parts if part.kind == "genome" or data.draw(st.booleans())]
    read = IGV.read(IGV.write(wanted, document)).parts
    assert substance(read) == substance(wanted)
    assert of_kind(read, "track") == of_kind(wanted, "track")
    IGV.resources(parts)
    IGV.match(parts, wanted)
    in_all_forms(document)


def everything(document):
    """What the daemon asks of a document; raises nothing but what the contract names."""
    recognition = IGV.recognise(document)
    try:
        reading = IGV.read(document)
    except DamagedDocument:
        return
    assert recognition == reading.recognition
    parts = reading.parts
    assert IGV.write(parts, document) == document
    assert len(IGV.match(parts, parts[::-1])) == len(parts)
    assert all(IGV.same(part, part) and IGV.describe_change(part, part) for part in parts)
    IGV.losses(parts)
    IGV.resources(parts)
    assert IGV.suspicion(reading, reading) is None
    for work in (lambda: IGV.cleared(document), lambda: IGV.write(IGV.needed(parts, parts[-1:]))):
        with contextlib.suppress(CannotHold):
            IGV.read(work())
    in_all_forms(document)


ORIGIN = Origin(name="s", created=0, modified=0, path="/home/ann/s.xml", target="/home/ann/out/")


def in_all_forms(document):
    for to in IGV.conversions:
        with contextlib.suppress(CannotHold):
            IGV.read(IGV.converted(document, to, ORIGIN).document)


PIECES = (
    b"",
    b"<",
    b">",
    b'"',
    b"&",
    b"&amp;",
    b"{",
    b"]",
    b"\xff",
    b"\0",
    b"/>",
    b"<Track>",
    b"</Panel>",
    b"\xed\xa0\x80",
)


@pytest.mark.parametrize("path", OWN + COLLECTED, ids=lambda path: path.name)
def test_a_session_with_bytes_changed_is_read_or_refused(path):
    """Cut, doubled, overwritten and with something put in."""
    chance = random.Random(path.name)
    content = path.read_bytes()
    for _ in range(4):
        at, other = chance.randint(0, len(content)), chance.randint(0, len(content))
        piece = chance.choice([*PIECES, content[other : other + 40]])
        everything({b"": content[:at] + piece + content[at + chance.choice([0, 1, 9]) :]})
    everything({b"": content[: chance.randint(0, len(content))]})
