"""Parts that a session does not have yet, what tells a part from others, and sessions that do not mix."""

import json
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.igv import IGV

DATA = Path(__file__).resolve().parents[1] / "data" / "igv"
SESSION = {b"": (DATA / "session_8.xml").read_bytes()}
GLOBAL = {b"": (DATA / "global_3.xml").read_bytes()}
DESKTOP = {b"": (DATA / "desktop_3.json").read_bytes()}
WEB = {b"": (DATA / "igvjs.json").read_bytes()}


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("t", '<Track id="a.bed"/>', "track"),
        ("t", '<Track id="a.bed" name="t"/>', "track"),
        ("a.bed", ' <Resource path="a.bed" name="x"/>\n', "resource"),
        ("P", "<Panel/>", "panel"),
        ("anything", '<Region chromosome="1" start="2" end="3"/>', "region"),
        ("anything", "<PanelLayout/>", "layout"),
        ("locus", "MYC", "locus"),
    ],
)
def test_a_new_part_is_of_the_kind_of_its_content(name, content, kind):
    """And called as it was said, where its content can say so."""
    beside = [part for part in IGV.read(SESSION).parts if part.kind != "locus"]
    made = IGV.new_part(name, content.encode(), beside)
    assert made.kind == kind
    after = IGV.read(IGV.write([*beside, made], SESSION)).parts
    assert (made.kind, made.name, made.content) in [(part.kind, part.name, part.content) for part in after]
    assert made.key not in {part.key for part in beside}


def test_a_new_part_of_a_json_session():
    """An object with a URL or path is a track, one with a chromosome a region, anything else a member."""
    beside = IGV.read(WEB).parts
    for name, content, kind in (
        ("t", b'{"url": "a.bed"}', "track"),
        ("chr1:2-3", b'{"chr": "chr1", "start": 2, "end": 3}', "region"),
        ("showSampleNames", b"false", "member"),
    ):
        made = IGV.new_part(name, content, beside)
        assert (made.name, made.kind) == (name, kind)
        after = IGV.read(IGV.write([*beside, made], WEB)).parts
        assert (made.kind, made.name, made.content) in [(part.kind, part.name, part.content) for part in after]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t", b"<Track"),
        ("t", b"chr1"),
        ("t", b'<Track name="other"/>'),
        ("t", b'{"url": "a", "name": "other"}'),
        ("t", b'<Session genome="g"/>'),
        ("t", b"<Resources/>"),
        ("t", b"\xff"),
    ],
)
def test_what_is_no_part_is_refused(name, content):
    """With a sentence that says what it is."""
    with pytest.raises(CannotHold):
        IGV.new_part(name, content, IGV.read(SESSION).parts)


def test_parts_of_xml_and_json_do_not_mix():
    """IGV has no such session."""
    for document, other in ((SESSION, DESKTOP), (DESKTOP, SESSION)):
        strangers = [part for part in IGV.read(other).parts if part.kind == "track"]
        with pytest.raises(CannotHold, match="session, and this one is"):
            IGV.write([*IGV.read(document).parts, *strangers], document)
    with pytest.raises(CannotHold):
        IGV.write([Part(key="g", name="g", kind="genome", content=b'"hg38"')], SESSION)


@pytest.mark.parametrize(
    ("name", "content", "beside"),
    [
        ("/d/new2.bam", b'<Resource path="/d/new2.bam"/>', SESSION),
        ("new2.bam", b'<Resource path="/d/new2.bam"/>', SESSION),
        ("/d/new2.bam", b'<Track id="/d/new2.bam"/>', SESSION),
        ("https://h/s.bw", b'{"url": "https://h/s.bw"}', WEB),
        ("s.bw", b'{"url": "https://h/s.bw"}', WEB),
        ("https://h/s.bw", b'{"url": "https://h/s.bw", "name": "S"}', WEB),
    ],
)
def test_a_name_that_its_path_tells_is_not_written(name, content, beside):
    """Nobody asked for it."""
    made = IGV.new_part(name, content + b"\n", IGV.read(beside).parts)
    assert made.content == content


@pytest.mark.parametrize(("name", "kind"), [("geneList", "gene-list"), ("hiddenAttributes", "attributes")])
def test_a_new_member_is_of_the_kind_of_its_name(name, kind):
    """As it will be read."""
    parts = IGV.read(WEB).parts
    made = IGV.new_part(name, b'["A"]', parts)
    assert made.kind == kind
    assert made.content in [part.content for part in IGV.read(IGV.write([*parts, made], WEB)).parts]


@pytest.mark.parametrize("name", ["x" * 400, "\ud800"])
def test_a_new_member_may_be_called_anything(name):
    """Its real name is written, whatever is shown of it."""
    parts = IGV.read(WEB).parts
    written = IGV.write([*parts, IGV.new_part(name, b"[1]", parts)], WEB)
    assert json.loads(written[b""])[name] == [1]


@pytest.mark.parametrize("document", [SESSION, GLOBAL, DESKTOP, WEB])
def test_an_identity_is_that_of_one_part(document):
    """In its document no other of the kind has it; it is that of the part and not of its place."""
    parts = IGV.read(document).parts
    marks = [(part.kind, mark) for part in parts if (mark := IGV.identity(part)) is not None]
    assert len(marks) == len(set(marks)) > 3
    moved = IGV.read(IGV.write([part for part in parts if part.kind not in ("resource", "member")], document)).parts
    assert {(part.kind, IGV.identity(part)) for part in moved} <= {(part.kind, IGV.identity(part)) for part in parts}


@pytest.mark.parametrize(
    ("kind", "one", "other", "alike"),
    [
        ("track", '<Track id="a.bed" clazz="x.B"/>', '<Track id="a.bed" clazz="y.B" name="n" color="1"/>', True),
        ("track", '<Track id="a.bed" clazz="x.B"/>', '<Track id="a.bed" clazz="x.C"/>', False),
        ("track", '{"url": "a"}', '{"url": "a", "name": "b"}', True),
        ("resource", '<Resource path="d\\a"/>', '<Resource path="d/a" name="x"/>', True),
        ("panel", '<Panel name="P"/>', '<Panel name="P" height="1"/>', True),
        ("panel", '<Panel name="P"/>', '<Panel name="Q"/>', False),
        ("region", '<Region chromosome="1" start="1" end="2"/>',
         '<Region chromosome="1" start="1" end="2" description="d"/>', True),
        ("gene-list", '<GeneList name="a"/>', '<GeneList name="b"/>', True),
    ],
)  # fmt: skip
def test_two_parts_of_one_identity_are_one(kind, one, other, alike):
    """A track is known by its file and class, a resource by its path, a panel by its name, wherever they are."""
    marks = [
        IGV.identity(Part(key=key, name="x", kind=kind, content=content.encode()))
        for key, content in (("k", one), ("P/k~2", other))
    ]
    assert None not in marks
    assert (marks[0] == marks[1]) is alike


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("track", '{"type": "sequence"}'),
        ("panel", "<Panel/>"),
        ("other", "<Note/>"),
        ("track", "<Track"),
        ("track", "1"),
    ],
)
def test_what_nothing_tells_from_others_has_no_identity(kind, content):
    """It is known by place and content alone."""
    assert IGV.identity(Part(key="k", name="x", kind=kind, content=content.encode())) is None
