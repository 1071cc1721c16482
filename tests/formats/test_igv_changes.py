"""What changed between two sessions: in IGV's own words, noise left out, and two changes merged."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.igv import IGV
from holdfast_daemon.merge import merge

DATA = Path(__file__).resolve().parents[1] / "data" / "igv"
SESSION = (DATA / "session_8.xml").read_bytes()
JSON = (DATA / "desktop_3.json").read_bytes()

COVER = '<Track clazz="a.DataSourceTrack" id="d/cover.bedgraph" name="cover.bedgraph" {0}><DataRange {1}/></Track>'


def part(kind, content, name="x", **facts):
    return Part(key=name, name=name, kind=kind, content=content.encode(), facts=facts)


def read(content):
    return IGV.read({b"": content}).parts


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("locus", "chr1:1,000-5000", "chr1:999-5000"),
        ("resource", '<Resource path="a.bed" name="a"/>', '<Resource name="a" path="a.bed" type="bed"/>'),
        ("resource", '<Resource path="s.txt"/>', '<Resource path="s.txt" type="/abs/samples"/>'),
        ("resource", '<DataFile name="a.bed" label="a"/>', '<Resource name="a" path="a.bed"/>'),
        ("track", '<Track><DataRange minimum="0"/></Track>', '<Track>\n <DataRange minimum="0.0"/></Track>'),
        ("track", '<Track id="a" clazz="org.broad.igv.track.X"/>', '<Track clazz="org.igv.track.X" id="a"/>'),
        ("track", '<Track id="a" s="POSITIVE"/>', '<Track id="a" s="+"/>'),
        ("track", '<Track id="a" color="rgb(1, 2,3)"/>', '<Track id="a" color="1,2,3"/>'),
        ("track", '<Track id="d/a.bed"/>', '<Track id="/home/ann/d/a.bed"/>'),
        ("track", '<Track id="../d/a.bed_S1"/>', '<Track id="/home/d/a.bed_S1"/>'),
        ("track", '<Track id="a" name="n"/>', '<Track attributeKey="n" fontSize="10" id="a" name="n" visible="true"/>'),
        ("track", '<Track id="a" expand="false"/>', '<Track id="a"/>'),
        ("track", '<Track colorScale="C;0.0;1.0;0,0,1"/>', '<Track colorScale="C;0;1;0,0,1"/>'),
        ("panel", '<Panel height="1" name="P"/>', '<Panel height="2" name="P" width="3"/>'),
        ("layout", '<PanelLayout dividerFractions="0.1"/>', '<PanelLayout dividerFractions="0.2"/>'),
        ("session", '<Session version="8"/>', '<Session nextAutoscaleGroup="2" version="8"/>'),
        ("session", '<Session nextAutoscaleGroup="2"/>', '<Session nextAutoscaleGroup="86"/>'),
        ("session", '<Global version="3" path="/a" hasGeneTrack="true"/>', '<Session version="8"/>'),
        ("x", '<F><Attribute name="A"/><Attribute name="B"/></F>', '<F><Attribute name="B"/><Attribute name="A"/></F>'),
        ("track", '{"min": 0, "height": "40", "a": 1}', '{"a": 1.0, "height": 40, "min": 0.0}'),
    ],
)  # fmt: skip
def test_fact_8_a_mere_saving_is_no_change(kind, old, new):
    """Fact 8: in either direction, since who is the older is not known in a merge."""
    assert IGV.same(part(kind, old), part(kind, new))
    assert IGV.same(part(kind, new), part(kind, old))


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("locus", "chr1:1000-5000", "chr1:900-5000"),
        ("locus", "chr1:1000-5000", "chr2:999-5000"),
        ("locus", "chr1:1000-5000", "All"),
        ("resource", '<Resource path="a.txt"/>', '<Resource path="a.txt" type="bed"/>'),
        ("resource", '<Resource path="a.bed" type="bed"/>', '<Resource path="a.bed" type="bed" color="1,2,3"/>'),
        ("resource", '<Resource path="d/a.bed"/>', '<Resource path="/mnt/d/a.bed"/>'),
        ("track", '<Track id="a" name="1"/>', '<Track id="a" name="1.0"/>'),
        ("track", '<Track id="a" visible="true"/>', '<Track id="a" visible="false"/>'),
        ("track", '<Track id="/a/x.bed"/>', '<Track id="/b/x.bed"/>'),
        ("track", '<Track id="a"/>', '<Track id="a"><RenderOptions/></Track>'),
        ("track", '<Track id="a"/>', "<Track"),
        ("session", '<Session version="8"/>', '<Session groupTracksBy="A" version="8"/>'),
        ("attributes", '<H><Attribute name="A"/></H>', '<H><Attribute name="B"/></H>'),
        (
            "attributes",
            '<HiddenAttributes><A name="A"/></HiddenAttributes>',
            '<VisibleAttributes><A name="A"/></VisibleAttributes>',
        ),
        ("session", '<Session groupTracksBy="01"/>', '<Session groupTracksBy="1"/>'),
        ("track", '{"autoscale": "true"}', '{"autoscale": "false"}'),
        ("track", '{"l": []}', '{"l": {}}'),
        ("track", '{"l": ["x"]}', '{"l": {"0": "x"}}'),
        ("member", "[]", "{}"),
        ("member", "[1]", '{"0": 1}'),
        ("member", '{"": 1}', "1"),
    ],
)
def test_what_somebody_did_is_a_change(kind, old, new):
    """Nothing that a person could have meant is taken for noise."""
    assert not IGV.same(part(kind, old), part(kind, new))
    assert not IGV.same(part(kind, new), part(kind, old))


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            part("track", COVER.format('color="0,0,178" height="40"', 'minimum="0" maximum="10.0"'), "cover.bedgraph"),
            part("track", COVER.format('color="178,0,0" height="60"', 'minimum="0" maximum="60"'), "cover.bedgraph"),
            "track cover.bedgraph: color 0,0,178 → 178,0,0, height 40 → 60, range 0..10 → 0..60",
        ),
        (None, part("track", "<Track/>", "t", panel="DataPanel"), "track t added to DataPanel"),
        (part("track", "<Track/>", "t", panel="P"), None, "track t removed from P"),
        (part("resource", "<Resource/>", "reads.bam"), None, "resource reads.bam removed"),
        (None, part("region", "<Region/>", "chr1:1000-2000"), "region chr1:1000-2000 added"),
        (part("locus", "chr1:1-100", "locus"), part("locus", "chr2:5-9", "locus"), "locus chr1:1-100 → chr2:5-9"),
        (part("genome", "hg19", "genome"), part("genome", "hg38", "genome"), "genome hg19 → hg38"),
        (part("track", '<Track name="a"/>', "a"), part("track", '<Track name="b" height="9"/>', "b"),
         "track a renamed to b: height 9"),
        (part("track", "<Track><A/></Track>"), part("track", "<Track><B/></Track>"), "track x: B added, A removed"),
        (part("track", '{"min":0,"max":1}'), part("track", '{"min":0,"max":9}'), "track x: range 0..1 → 0..9"),
        (part("track", '{"l":[]}'), part("track", '{"l":{}}'), "track x: l a list → an object"),
        (part("track", '<Track a="1"/>'), part("track", '<Track a="1.0" />'), "track x: only spelled otherwise"),
        (part("locus", "chr1:9-20", "locus"), part("locus", "chr1:8-20", "locus"),
         "locus chr1:9-20 → chr1:8-20"),
        (part("track", "<Track"), part("track", "<Track/>"), "track x: +1 −1 lines"),
    ],
)  # fmt: skip
def test_fact_14_a_change_is_told_in_igvs_words(old, new, line):
    """Fact 14: one line, by resource and track and not by text."""
    assert IGV.describe_change(old, new) == line


def test_fact_14_who_is_who_is_found_where_everything_moved():
    """Fact 14: other folder, other order, other colors, Windows; each part is the one of the same file and class."""
    old = read(SESSION)
    text = SESSION.decode().replace("/home/ann/toy/", "D:\\toy\\").replace("tracks/", "tracks\\").replace("178", "9")
    new = list(read(text.encode()))[::-1]
    pairs = IGV.match(old, new)
    assert sorted(was for was, _ in pairs) == sorted(now for _, now in pairs) == list(range(len(old)))
    assert all(old[was].name == new[now].name and old[was].kind == new[now].kind for was, now in pairs)


def test_a_track_that_moved_and_was_renamed_is_known_by_its_file():
    """And one of another class is another."""
    old = [part("track", '<Track clazz="a.B" id="/a/x.bed" name="x"/>')]
    assert IGV.match(old, [part("track", '<Track clazz="a.B" id="/b/x.bed" name="y"/>')]) == [(0, 0)]
    assert IGV.match(old, [part("track", '<Track clazz="a.C" id="/b/x.bed" name="y"/>')]) == [(None, 0), (0, None)]


def test_a_region_that_moved_is_known_by_its_description():
    """And one without is gone and another there."""
    old = [part("region", '<Region chromosome="1" start="1" end="2" description="d"/>')]
    new = [part("region", '<Region chromosome="1" start="1" end="9" description="d"/>')]
    assert IGV.match(old, new) == [(0, 0)]
    bare = [part("region", '<Region chromosome="1" start="1" end="9"/>')]
    assert IGV.match(old, bare) == [(None, 0), (0, None)]


def test_changes_of_other_attributes_merge():
    """By attribute; what is within, element by element."""
    base = part("track", '<Track a="1" b="2" c="3"><DataRange x="1"/><RenderOptions/></Track>')
    ours = part("track", '<Track a="9" b="2" c="3"><DataRange x="9"/><RenderOptions/></Track>')
    theirs = part("track", '<Track a="1" c="4" d="5"><DataRange x="1"/><RenderOptions y="1"/><New/></Track>')
    merged = IGV.merge_part(base, ours, theirs)
    assert merged.content == b'<Track a="9" c="4" d="5"><DataRange x="9"/><RenderOptions y="1"/><New/></Track>'


@pytest.mark.parametrize(
    ("kind", "base", "ours", "theirs"),
    [
        ("track", '<Track a="1"/>', '<Track a="2"/>', '<Track a="3"/>'),
        ("track", '<Track a="1"/>', "<Track/>", '<Track a="3"/>'),
        ("track", "<Track><D/></Track>", '<Track><D a="1"/></Track>', "<Track/>"),
        ("gene-list", "<GeneList>A</GeneList>", "<GeneList>B</GeneList>", "<GeneList>C</GeneList>"),
        ("genome", "hg18", "hg19", "hg38"),
        ("track", "<Track/>", "<Track", '<Track a="1"/>'),
        ("track", '{"a": 1}', '{"a": 2}', '{"a": 3}'),
        ("attributes", "<HiddenAttributes/>", "<HiddenAttributes><A/></HiddenAttributes>", "<VisibleAttributes/>"),
    ],
)
def test_changes_that_touch_are_a_conflict(kind, base, ours, theirs):
    """And no text is made of it."""
    assert IGV.merge_part(part(kind, base), part(kind, ours), part(kind, theirs)) is None


def test_members_of_a_json_track_merge():
    """And what is not changed stays as it stands."""
    base, ours, theirs = ('{ "a": 1, "b": 2}', '{ "a": 9, "b": 2}', '{"b":3,"a":1}')
    assert IGV.merge_part(*(part("track", text) for text in (base, ours, theirs))).content == b'{ "a": 9, "b": 3}'


@pytest.mark.parametrize("content", [SESSION, JSON])
def test_fact_14_two_sessions_merge(content):
    """Fact 14: one side colors a track and sees something else, the other saves it, removes one and adds one."""
    base = read(content)
    ours = read(content.replace(b"0,0,178", b"178,0,0").replace(b"9000", b"9100"))
    theirs = content.replace(b'"0.0"', b'"0"').replace(b"chr1:1999", b"chr1:1998").replace(b'"400"', b'"500"')
    their_parts = [each for each in read(theirs) if each.name != "Overlay"]
    new = IGV.new_part("new", b'<Track id="n"/>' if content is SESSION else b'{"url": "n"}', their_parts)
    at = next(n for n, each in enumerate(their_parts) if each.name == "signal")
    outcome = merge(base, ours, [*their_parts[:at], new, *their_parts[at:]], IGV)
    assert outcome.conflicts == ()
    names = [each.name for each in outcome.parts]
    assert "Overlay" not in names
    written = IGV.write(outcome.parts, {b"": content})
    after = {each.name: each for each in IGV.read(written).parts}
    assert b"178,0,0" in after["signal"].content
    assert b"9100" in after["locus"].content
    assert after["new"].facts.get("panel") == after["signal"].facts.get("panel")


def test_facts_are_not_asked_when_merging():
    """An edited part has only a content."""
    parts = [replace(each, facts={}) for each in read(SESSION)]
    assert merge(parts, parts, parts, IGV).parts == tuple(parts)


def test_a_view_is_no_work():
    """Two people who look at different places are not in conflict: the one who saves last goes on there."""
    merged = IGV.merge_part(part("locus", "chr1:1-2"), part("locus", "chr2:1-2"), part("locus", "chr3:1-2"))
    assert merged.content == b"chr3:1-2"


def test_a_locus_creeps_by_more_than_one_base_over_several_savings():
    """Each of IGV's savings takes one; the end stays."""
    assert IGV.same(part("locus", "chr1:1,000-5,000"), part("locus", "chr1:990-5000"))


OVERLAY = '<Track id="m" {0}>{1}</Track>'
A, B, C = ('<Track id="a"/>', '<Track id="b"/>', '<Track id="c"/>')


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        (A + B, A + B, B + A, B + A),
        (A + B, B + A, A + B, B + A),
        (A + B, B + A, B + A, B + A),
        (A + B, A + B + C, B + A, B + C + A),
        (A + B, B + A, A + B + C, B + C + A),
        (A + B + C, A + C, C + A + B, C + A),
        (A + B + C, C + B + A, B + A + C, None),
        ("<D/>" + A, "<D/>" + A, A + "<D/>", A + "<D/>"),
    ],
)
def test_an_order_that_one_side_changed_is_kept(base, ours, theirs, merged):
    """Of what lies within a part, while the other side changed an attribute; two new orders are a conflict."""
    whole = IGV.merge_part(
        part("track", OVERLAY.format('x="1"', base)),
        part("track", OVERLAY.format('x="2"', ours)),
        part("track", OVERLAY.format('x="1"', theirs)),
    )
    assert (whole and whole.content.decode()) == (merged and OVERLAY.format('x="2"', merged))


def test_the_order_of_an_overlay_is_seen():
    """The later track lies on the earlier one."""
    old, new = (part("track", OVERLAY.format("", inner), "m") for inner in (A + B, B + A))
    assert not IGV.same(old, new)
    assert IGV.describe_change(old, new) == "track m: order of tracks a, b → b, a"
    more = part("track", OVERLAY.format("", A + B + C), "m")
    assert IGV.describe_change(old, more) == "track m: Track c added"


def test_filter_elements_in_another_order_merge():
    """They have no name; what stands where is what counts."""
    one, two = '<FilterElement item="a"/>', '<FilterElement item="b"/>'
    base, ours, theirs = (
        part("filter", f"<Filter {attributes}>{inner}</Filter>")
        for attributes, inner in (('m="all"', one + two), ('m="any"', one + two), ('m="all"', two + one))
    )
    assert IGV.merge_part(base, ours, theirs).content.decode() == f'<Filter m="any">{two}{one}</Filter>'


def test_panels_merge_into_what_a_panel_is():
    """What theirs holds beside tracks comes in without white space around it."""
    base, ours, theirs = (
        part("panel", text)
        for text in ('<Panel name="P" h="1"/>', '<Panel name="P" h="2"/>', '<Panel name="P" h="1"><Sort/></Panel>')
    )
    assert IGV.merge_part(base, ours, theirs).content == b'<Panel name="P" h="2"><Sort/></Panel>'


def test_a_resource_is_known_by_its_path_and_not_by_its_link():
    """Several may have one URL to click on."""
    one, two = (part("resource", f'<Resource path="{path}" url="http://h/$$"/>') for path in ("a", "b"))
    changed = [replace(each, content=each.content.replace(b"/>", b' color="1,2,3"/>')) for each in (two, one)]
    assert sorted(IGV.match([one, two], changed)) == [(0, 1), (1, 0)]


def test_many_elements_within_a_part_merge_in_time():
    """It grows with them and not with their square."""
    inner = "".join(f'<Track id="{n}"/>' for n in range(20_000))
    base, ours, theirs = (
        part("track", OVERLAY.format(x, text)) for x, text in (('x="1"', inner), ('x="2"', inner), ('x="1"', inner + A))
    )
    begin = time.process_time()
    assert IGV.merge_part(base, ours, theirs).content.endswith(b'<Track id="a"/></Track>')
    assert time.process_time() - begin < 4
