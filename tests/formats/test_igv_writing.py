"""Parts back into XML: what changed changes where it stands, everything else stays to the byte."""

from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.igv import IGV

DATA = Path(__file__).resolve().parents[1] / "data" / "igv"
SESSION = (DATA / "session_8.xml").read_bytes()
GLOBAL = (DATA / "global_3.xml").read_bytes()
ENTITIES = (
    b'<!DOCTYPE Session [<!ENTITY d "/data">]>\n<Session genome="&d;/toy.fa" version="8">'
    b'<Resources><Resource path="&d;/a.bed"/><Resource path="&d;/b.bed"/></Resources></Session>'
)


def read(content):
    return list(IGV.read({b"": content}).parts)


def named(parts, name, kind="track"):
    return next(part for part in parts if (part.kind, part.name) == (kind, name))


def swapped(parts, old, content):
    return [
        Part(key=part.key, name=part.name, kind=part.kind, content=content) if part is old else part for part in parts
    ]


def substance(parts):
    return sorted((part.kind, part.name, part.content) for part in parts)


def edited(content, parts):
    written = IGV.write(parts, {b"": content})
    assert substance(IGV.read(written).parts) == substance(parts)
    return written[b""]


@pytest.mark.parametrize("content", [SESSION, GLOBAL, ENTITIES])
def test_fact_3_parts_that_nobody_changed_give_the_same_bytes(content):
    """Fact 3: also where only keys, names and facts are others."""
    parts = [Part(key=str(n), name="?", kind=part.kind, content=part.content) for n, part in enumerate(read(content))]
    assert IGV.write(parts, {b"": content}) == {b"": content}


@pytest.mark.parametrize(
    ("kind", "name", "old", "new"),
    [
        ("track", "signal", b'color="0,0,178"', b'color="178,0,0"'),
        ("track", "Overlay", b'maximum="9.0"', b'maximum="19.0"'),
        ("panel", "DataPanel", b'height="390"', b'height="400"'),
        ("resource", "reads.bam", b'type="bam"', b'type="cram"'),
        ("region", "chr1:1499-2500", b"first", b"&quot;first&quot;"),
        ("other", "lab:Notes", b'"yes"', b'"no"'),
        ("genome", "genome", b"genomes/toy.fa", b"hg38"),
        ("locus", "locus", b"chr1:1999-9000", b"MYC"),
    ],
)
def test_fact_3_a_changed_part_changes_there_only(kind, name, old, new):
    """Fact 3: comments, order, attributes that IGV does not know and white space stay."""
    parts = read(SESSION)
    part = named(parts, name, kind)
    changed = part.content.replace(old, new)
    wanted = SESSION.replace(part.content.removesuffix(b"/>"), changed.removesuffix(b"/>"), 1)
    assert edited(SESSION, swapped(parts, part, changed)) == wanted


def test_the_session_s_own_attributes_change():
    """Its root is written anew with the genome and locus that it has."""
    parts = read(SESSION)
    old = named(parts, "session", "session")
    written = edited(SESSION, swapped(parts, old, b'<Session version="8" groupTracksBy="DATA TYPE"/>'))
    root = b'<Session genome="genomes/toy.fa" locus="chr1:1999-9000" version="8" groupTracksBy="DATA TYPE">'
    assert root in written
    assert written.partition(root)[2] == SESSION.partition(b'version="8">')[2]


def test_a_root_becomes_another():
    """Parts of a Session put into a Global make it one."""
    parts = read(GLOBAL)
    written = edited(GLOBAL, swapped(parts, named(parts, "session", "session"), b'<Session version="8"/>'))
    assert written.rstrip().endswith(b"</Session>")


def test_removed_parts_take_their_lines_with_them():
    """A comment beside them stays."""
    parts = [part for part in read(SESSION) if part.kind not in ("resource", "region", "layout")]
    written = edited(SESSION, parts)
    assert b"<Resources>\n        <!-- from the second run -->\n    </Resources>" in written
    assert b"<Regions>\n    </Regions>" in written
    assert b"    </Panel>\n    <Regions>" in written


def test_a_new_part_stands_as_its_neighbours_do():
    """A resource behind the resources, a track in the panel that it is listed under."""
    parts = read(SESSION)
    resource = Part(key="r", name="new.bed", kind="resource", content=b'<Resource path="new.bed"/>')
    track = Part(key="t", name="new.bed", kind="track", content=b'<Track clazz="a.FeatureTrack" id="new.bed"/>')
    at = parts.index(named(parts, "DataPanel", "panel")) + 1
    written = edited(SESSION, [*parts[:at], track, *parts[at:], resource])
    assert b'type="bam"/>\n        <Resource path="new.bed"/>\n    </Resources>' in written
    assert b'width="1131">\n        <Track clazz="a.FeatureTrack" id="new.bed"/>\n        <Track attr' in written


def test_a_new_resource_goes_where_the_one_before_it_is():
    """A session may have several Resources."""
    content = SESSION.replace(b"    <PanelLayout", b'    <Files><Resource path="more.bed"/></Files>\n    <PanelLayout')
    parts = read(content)
    at = parts.index(named(parts, "more.bed", "resource")) + 1
    resource = Part(key="r", name="new.bed", kind="resource", content=b'<Resource path="new.bed"/>')
    written = edited(content, [*parts[:at], resource, *parts[at:]])
    assert written == content.replace(b"</Files>", b'<Resource path="new.bed"/></Files>')


def test_panels_and_tracks_move():
    """Their order is what is looked at; a track under another panel moves there."""
    parts = read(SESSION)
    data, features = parts.index(named(parts, "DataPanel", "panel")), parts.index(named(parts, "FeaturePanel", "panel"))
    moved = [*parts[:data], *parts[features : features + 3], *parts[data:features], *parts[features + 3 :]]
    panels = [part for part in moved if part.kind in ("panel", "track")]
    read_back = IGV.read({b"": edited(SESSION, moved)}).parts
    assert [part.name for part in read_back if part.kind in ("panel", "track")] == [part.name for part in panels]
    signal = named(parts, "signal")
    rest = [part for part in parts if part is not signal]
    at = rest.index(named(rest, "FeaturePanel", "panel")) + 1
    read_back = IGV.read({b"": edited(SESSION, [*rest[:at], signal, *rest[at:]])}).parts
    assert named(read_back, "signal").facts["panel"] == "FeaturePanel"


def test_fact_4_a_new_session_is_written_as_igv_does():
    """Fact 4: version 8, UTF-8, the genome, and the order of its elements, whatever that of the parts."""
    parts = read(SESSION)
    parts = [part for part in parts if part.kind not in ("panel", "track")][::-1] + [
        part for part in parts if part.kind in ("panel", "track")
    ]
    written = IGV.write(parts)
    text = written[b""].decode()
    assert text.startswith('<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<Session ')
    assert 'version="8"' in text
    names = ("<Resources", "<Panel ", "<PanelLayout", "<Regions", "<Filter", "<HiddenAttributes", "<Preferences")
    assert [text.index(name) for name in names] == sorted(text.index(name) for name in names)
    assert substance(IGV.read(written).parts) == substance(parts)


def test_fact_4_a_session_of_a_genome_alone_has_a_version():
    """Fact 4: what nobody gave is as IGV writes it."""
    genome = Part(key="genome", name="genome", kind="genome", content=b'a & <b>\'s "c".fa')
    written = IGV.write([genome])
    assert b'version="8"' in written[b""]
    assert named(IGV.read(written).parts, "genome", "genome").content == genome.content


def test_a_part_of_a_document_with_entities_stands_alone():
    """In its own document they stay; in another they are what they stood for."""
    parts = read(ENTITIES)
    assert named(parts, "a.bed", "resource").content == b'<Resource path="/data/a.bed"/>'
    less = edited(ENTITIES, [part for part in parts if part.name != "b.bed"])
    assert less == ENTITIES.replace(b'<Resource path="&d;/b.bed"/>', b"")
    other = edited(SESSION, [*read(SESSION), named(parts, "a.bed", "resource")])
    assert b'<Resource path="/data/a.bed"/>' in other


def test_parts_of_two_documents_may_have_the_same_key():
    """A merge gives both; who is who is told by the content."""
    parts = read(SESSION)
    other = replace(named(parts, "signal"), name="other", content=b'<Track clazz="a.B" id="other.wig" name="other"/>')
    at = parts.index(named(parts, "signal"))
    written = edited(SESSION, [*parts[:at], other, *parts[at:]])
    assert written == SESSION.replace(b"<Track attributeKey", other.content + b"\n        <Track attributeKey", 1)


NEW = Part(key="n", name="n", kind="track", content=b"")


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([replace(NEW, content=b"<Track")], "not one XML element"),
        ([replace(NEW, content=b"<Track/><Track/>")], "not one XML element"),
        ([replace(NEW, content=b"<Track>&x;</Track>")], "not one XML element"),
        ([replace(NEW, content=b"<Track a='\xff'/>")], "not one XML element"),
        ([replace(NEW, content=b"")], "not one XML element"),
        ([replace(NEW, content=b"<Panel/>")], "no track"),
        ([replace(NEW, content=b'{"url": "a.bed"}')], "JSON session"),
        ([replace(NEW, kind="panel", content=b"<Panel><Track/></Panel>")], "start tag"),
        ([replace(NEW, kind="session", content=b'<Session genome="x"/>')], "two"),
        ([replace(NEW, kind="genome", content=b"hg38")], "two"),
        ([replace(NEW, kind="other", content=b"<Resources/>")], "no other"),
        ([replace(NEW, kind="member", content=b"true")], "not one XML element"),
    ],
)
def test_what_it_cannot_hold_is_refused(parts, words):
    """With a sentence, and nothing is written."""
    with pytest.raises(CannotHold, match=words):
        IGV.write([*read(SESSION), *parts], {b"": SESSION})


@pytest.mark.parametrize(
    ("kept", "words"),
    [(("track", "session"), "genome"), (("genome", "track"), "panel")],
)
def test_a_session_that_igv_would_not_open_is_not_made(kept, words):
    """Without a genome it goes into the session on screen; a track lies in a panel."""
    with pytest.raises(CannotHold, match=words):
        IGV.write([part for part in read(SESSION) if part.kind in kept])


def test_a_session_without_a_genome_can_be_edited():
    """What it lacked already is no reason to refuse a change elsewhere."""
    content = b'<Session version="8"><Resources><Resource path="a"/></Resources></Session>'
    assert edited(content, read(content)[:1]) == b'<Session version="8"><Resources></Resources></Session>'


def test_a_damaged_template_is_refused():
    """As what it is, before anything is written."""
    with pytest.raises(CannotHold, match="damaged"):
        IGV.write(read(SESSION), {b"": SESSION[:500]})
    with pytest.raises(CannotHold, match="damaged"):
        IGV.write(read(SESSION), {b"": b"\x1f\x8b"})


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        ("track", "signal", b'<Track id="x" name="signal"/>'),
        ("panel", "DataPanel", b'<Panel name="DataPanel"/>'),
        ("genome", "genome", b"hg38"),
        ("locus", "locus", b"chr1:1-2 chr2:3-4"),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b" \n\n"])
def test_an_editor_s_last_newline_is_no_part_of_a_content(kind, name, content, end):
    """White space around what was edited is left out."""
    parts = read(SESSION)
    part = named(parts, name, kind)
    written = IGV.write(swapped(parts, part, b"\n" + content + end), {b"": SESSION})
    assert written == IGV.write(swapped(parts, part, content), {b"": SESSION})
    assert IGV.write(swapped(parts, part, part.content + end), {b"": SESSION}) == {b"": SESSION}
    assert named(read(written[b""]), name, kind).content == content


@pytest.mark.parametrize("content", [b"hg38\nhg19", b"hg38\thg19", b"hg38\x1b", "hg\x85".encode(), "hg\u2028".encode()])
@pytest.mark.parametrize("kind", ["genome", "locus"])
def test_a_genome_is_one_line_of_text(kind, content):
    """What IGV could never find is not written; what stood there already does not hinder an edit elsewhere."""
    parts = read(SESSION)
    with pytest.raises(CannotHold, match="line break or control character"):
        IGV.write(swapped(parts, named(parts, kind, kind), b"a" + content + b"b"), {b"": SESSION})
    odd = SESSION.replace(b"chr1:1999-9000", b" chr1&#10; ")
    assert edited(odd, [part for part in read(odd) if part.kind != "region"])


def test_what_was_unfit_already_hinders_no_edit_elsewhere():
    """A panel within Resources is nothing that could be written, and stays."""
    content = SESSION.replace(b"<!-- from the second run -->", b'<Panel name="lost"><Track id="t"/></Panel>')
    parts = read(content)
    signal = named(parts, "signal")
    changed = signal.content.replace(b"178", b"9")
    assert edited(content, swapped(parts, signal, changed)) == content.replace(b"0,0,178", b"0,0,9")


def test_a_reference_within_cdata_is_plain_text():
    """Nor is one in a comment: neither is an entity of the document."""
    text = b"""<!DOCTYPE Session [<!ENTITY p "X">]>
    <Session genome="g"><GeneList name="&p;"><![CDATA[&p; <!-- &p;]]> &p;<!-- &p; --><?x &p;?></GeneList></Session>"""
    genes = named(read(text), "X", "gene-list")
    assert genes.content == (b'<GeneList name="X"><![CDATA[&p; <!-- &p;]]> X<!-- &p; --><?x &p;?></GeneList>')
    assert genes.content in IGV.write([*read(SESSION), genes], {b"": SESSION})[b""]
