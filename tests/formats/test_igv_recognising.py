"""Which documents are sessions of IGV: by content, whatever they are called and packed in."""

import gzip
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.igv import IGV

DATA = Path(__file__).resolve().parents[1] / "data" / "igv"
XML = (DATA / "session_8.xml").read_bytes()
SMALL = '<Session genome="hg38" version="8"><Resources><Resource path="é.bed"/></Resources></Session>'


@pytest.mark.parametrize(
    ("name", "generation", "writer"),
    [
        ("session_8.xml", "XML 8", "after 2.16"),
        ("global_3.xml", "XML 3 (Global)", None),
        ("desktop_3.json", "JSON 3.0", None),
        ("igvjs.json", "igv.js", "3.7.3"),
    ],
)
def test_fact_1_each_kind_of_session_is_recognised(name, generation, writer):
    """Fact 1: and its reading says the same, in gzip too."""
    content = (DATA / name).read_bytes()
    for packed in (content, gzip.compress(content, mtime=0)):
        recognition = IGV.recognise({b"": packed})
        assert (recognition.generation, recognition.writer, recognition.certain) == (generation, writer, True)
        assert IGV.read({b"": packed}).recognition == recognition


@pytest.mark.parametrize(
    "text",
    [
        "<NotepadPlus><Session activeView='0'><mainView/></Session></NotepadPlus>",
        '<Global name="Annotations" version="1"><Resource name="a" path="http://example.invalid/a"/></Global>',
        '<session genome="hg38"><Resources/></session>',
        '<igv:Session xmlns:igv="urn:x" genome="hg38"/>',
        '<Session version="8"/>',
        '<!-- <Session genome="hg38"/> --><a/>',
        '{"id": "toy", "fastaURL": "toy.fa", "tracks": []}',
        '{"tracks": {}, "genome": "hg38"}',
        '{"other": {"tracks": [], "genome": "hg38"}}',
        '[{"tracks": [], "genome": "hg38"}]',
        "browser position chr1:1-100\nhttp://example.invalid/a.bed\n",
        "<<<<<<< HEAD\nprint(1)\n",
        "",
    ],
)
def test_fact_1_what_only_looks_like_one_is_not(text):
    """Fact 1: nor is it read as one."""
    assert IGV.recognise({b"": text.encode()}) is None
    with pytest.raises(DamagedDocument):
        IGV.read({b"": text.encode()})


@pytest.mark.parametrize(
    "content",
    [
        SMALL.encode("utf-8-sig"),
        SMALL.encode("utf-16"),
        SMALL.encode("utf-16-le"),
        SMALL.encode("utf-16-be"),
        f'<?xml version="1.0" encoding="ISO-8859-1"?>{SMALL}'.encode("latin-1"),
        f'<?xml version="1.0" encoding="windows-1252"?>\n{SMALL}'.encode("cp1252"),
        f'<!DOCTYPE Session [<!ENTITY d "x">]>\n<!-- c -->{SMALL}'.encode(),
        gzip.compress(SMALL.encode(), mtime=0),
    ],
)
def test_fact_2_every_encoding_is_read_and_kept(content):
    """Fact 2: byte order marks, UTF-16 with and without one, Latin-1, gzip; an edit is written in the same."""
    document = {b"": content}
    assert IGV.recognise(document).generation == "XML 8"
    parts = IGV.read(document).parts
    assert parts[-1].name == "é.bed"
    assert IGV.write(parts, document) == document
    again = IGV.write([part for part in parts if part.kind != "resource"], document)[b""]
    assert len(again) < len(content)
    assert again[:2] == content[:2]
    assert not content.startswith(b"\x1f\x8b") or again[4:8] == bytes(4)  # no time: the same parts, the same bytes


def test_a_character_that_the_encoding_lacks_makes_it_utf_8():
    """What the document cannot say otherwise is not left out."""
    document = {b"": f'<?xml version="1.0" encoding="ISO-8859-1"?>{SMALL}'.encode("latin-1")}
    parts = IGV.read(document).parts
    made = IGV.new_part("a", '<Resource name="a" path="日本.bed"/>'.encode(), parts)
    written = IGV.write([*parts, made], document)
    assert written[b""].startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert [part.content for part in IGV.read(written).parts] == [part.content for part in (*parts, made)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (XML[: len(XML) // 2], "cut off"),
        (XML.replace(b"    <PanelLayout", b"<<<<<<< a\n<x/>\n=======\n<y/>\n>>>>>>> b\n<PanelLayout"), "conflict"),
        (gzip.compress(XML, mtime=0)[:-20], "gzipped file is cut off"),
        (gzip.compress(XML, mtime=0) + b"x", "follows the end"),
        (b"\x1f\x8bnot so", "gzipped file is damaged"),
        (gzip.compress(b" " * 20_000_000, mtime=0), "over"),
        (SMALL.encode("latin-1"), "not UTF-8 at byte"),
        (SMALL.encode("utf-16")[:-1], "not UTF-16"),
        (b'<?xml version="1.0" encoding="EBCDIC"?><Session genome="a"/>', "encoding EBCDIC"),
        (b'<?xml version="1.0" encoding="UTF-16"?><Session genome="a"/>', "encoding UTF-16"),
        (b'{"version": "3.7.3", "genome": "hg38", "tracks": [', "cut off"),
        (b'<!DOCTYPE Session SYSTEM "x.dtd"><Session genome="a"/>', "external DTD"),
    ],
)
def test_fact_14_damage_is_told_in_a_sentence(content, words):
    """Fact 14: what is wrong, so that the last good version can be offered; a damaged session is still one of IGV."""
    with pytest.raises(DamagedDocument, match=words):
        IGV.read({b"": content})
    if content.startswith((b"<?xml version", b"{")) and b"encoding=" not in content[:60].replace(b"UTF-8", b""):
        assert IGV.recognise({b"": content}) is not None


def test_a_session_begun_by_conflict_markers_is_still_one():
    """So that it is told what is wrong with it, and not taken for any text."""
    assert IGV.recognise({b"": b"<<<<<<< HEAD\n" + XML}).generation == "XML 8"


def test_a_folder_is_no_session():
    """IGV's sessions are one file each."""
    assert IGV.recognise({b"a.xml": XML}) is None
    with pytest.raises(DamagedDocument, match="one file"):
        IGV.read({b"a.xml": XML})


def test_json_belongs_into_a_file_called_so():
    """IGV 3 may write JSON into a file called .xml, which no IGV then opens."""
    assert IGV.suffix_of(XML) == IGV.suffix_of(b"") == ".xml"
    assert IGV.suffix_of((DATA / "igvjs.json").read_bytes()) == ".json"


@pytest.mark.parametrize(
    ("name", "fits"),
    [("a b.xml", True), ("a.json", True), ("a.XML", False), ("a.xml.gz", False), ("a.session", False), ("a", False)],
)
def test_a_name_that_igv_would_not_take_is_told(name, fits):
    """It goes by the suffix alone, in small letters."""
    assert bool(IGV.name_warnings(name)) != fits


@pytest.mark.parametrize("name", ["session_8.xml", "desktop_3.json"])
def test_a_gzipped_file_of_several_members_is_read(name):
    """bgzip makes such, with an empty one at the end; an edit is written as one."""
    content = (DATA / name).read_bytes()
    pieces = [content[at : at + 100] for at in range(0, len(content), 100)]
    document = {b"": b"".join(map(gzip.compress, [b"", *pieces, b""]))}
    parts = IGV.read(document).parts
    assert IGV.recognise(document) == IGV.recognise({b"": content})
    assert IGV.write(parts, document) == document
    less = [part for part in parts if part.name != "signal"]
    edited = IGV.write(less, document)[b""]
    assert edited == gzip.compress(IGV.write(less, {b"": content})[b""], mtime=0)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(XML, mtime=0) + gzip.compress(XML, mtime=0)[:-9], "cut off"),
        (gzip.compress(XML, mtime=0) * 2 + b"x", "follows the end"),
        (gzip.compress(b" " * 3_000_000, mtime=0) * 4, "over"),
    ],
)
def test_a_damaged_member_is_damage(content, words):
    """And all members together may unpack to no more than one."""
    with pytest.raises(DamagedDocument, match=words):
        IGV.read({b"": content})
