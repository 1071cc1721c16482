"""What comes along with a few parts, what is left of an emptied session, and what a session points to."""

from pathlib import Path

import pytest

from holdfast_daemon.formats.base import Resource
from holdfast_daemon.formats.igv import IGV

DATA = Path(__file__).resolve().parents[1] / "data" / "igv"
SESSION = {b"": (DATA / "session_8.xml").read_bytes()}
GLOBAL = {b"": (DATA / "global_3.xml").read_bytes()}
DESKTOP = {b"": (DATA / "desktop_3.json").read_bytes()}
WEB = {b"": (DATA / "igvjs.json").read_bytes()}


def needed(document, *names):
    parts = IGV.read(document).parts
    return IGV.needed(parts, [part for part in parts if part.name in names])


@pytest.mark.parametrize(
    ("chosen", "along"),
    [
        ("reads", ["reads.bam", "Panel1700000000000", "reads"]),
        ("reads coverage", ["reads.bam", "Panel1700000000000", "reads coverage"]),
        ("Overlay", ["signal.wig", "DataPanel", "Overlay"]),
        ("Reference sequence", ["FeaturePanel", "Reference sequence"]),
        ("DataPanel", ["signal.wig", "DataPanel", "signal", "Overlay"]),
        ("chr2:99-900", ["chr2:99-900"]),
        ("reads.bam", ["reads.bam"]),
    ],
)
def test_a_track_brings_its_panel_and_its_resource(chosen, along):
    """By id, with a suffix, absolute or relative, nested; always the genome and the session's own attributes."""
    parts = needed(SESSION, chosen)
    assert [part.name for part in parts] == ["genome", "session", *along]
    assert [part.name for part in IGV.read(IGV.write(parts)).parts] == [part.name for part in parts]


@pytest.mark.parametrize(
    ("track", "found"),
    [
        ('<Track id="/x/a.bed"/>', [0]),
        ('<Track id="/y/a.bed"/>', [1]),
        ('<Track id="C:\\y\\a.bed"/>', [1]),
        ('<Track id="/z/a.bed_coverage"/>', [0, 1]),
        ('<Track id="http://h/b.bed?k=1_junctions"/>', [2]),
        ('<Track id="sum" track1="/x/a.bed" track2="http://h/b.bed?k=1"/>', [0, 2]),
        ('<Track id="s"><COMBINED_DATA_SOURCE source0="x/a.bed"/></Track>', [0]),
        ('<Track id="/d/cn.seg_S_1"/>', [3]),
        ('<Track id="Genes"/>', []),
    ],
)
def test_a_track_finds_its_resource(track, found):
    """The path itself, one that ends so, or all of that file name; combined tracks name two."""
    paths = ("x/a.bed", "y/a.bed", "http://h/b.bed?k=1", "d/cn.seg")
    resources = "".join(f'<Resource path="{path}"/>' for path in paths)
    text = f'<Session genome="g"><Resources>{resources}</Resources><Panel>{track}</Panel></Session>'
    parts = IGV.read({b"": text.encode()}).parts
    kept = IGV.needed(parts, parts[-1:])
    assert [part.key for part in kept if part.kind == "resource"] == [paths[index] for index in found]


def test_a_json_track_brings_the_genome():
    """It has its own path."""
    assert [part.name for part in needed(DESKTOP, "signal")] == ["genome", "signal"]


@pytest.mark.parametrize("document", [SESSION, GLOBAL, DESKTOP, WEB])
def test_clearing_leaves_what_new_does(document):
    """The genome, all of it in view; a comment stays, and clearing again changes nothing."""
    cleared = IGV.cleared(document)
    parts = {part.kind: part for part in IGV.read(cleared).parts}
    assert parts.keys() <= {"genome", "locus", "session", "member"}
    assert parts["locus"].content.strip(b'"') == b"All"
    assert b"nextAutoscaleGroup" not in cleared[b""]
    assert (b"<!-- kept by hand -->" in cleared[b""]) == (document is SESSION)
    assert IGV.cleared(cleared) == cleared


def test_what_is_kept_when_clearing_brings_what_it_needs():
    """Tracks with their panels and resources, for an application that asks."""
    parts = IGV.read(IGV.cleared(SESSION, keep=["region", "track"])).parts
    kinds = [part.kind for part in parts]
    assert (kinds.count("track"), kinds.count("panel"), kinds.count("resource"), kinds.count("region")) == (6, 3, 3, 2)
    assert "filter" not in kinds


def test_a_session_points_to_its_resources():
    """Files, their indexes, the genome; not what an id or a hyperlink says, nor data in the URL itself."""
    assert IGV.resources(IGV.read(SESSION).parts) == [
        Resource(key="genome", role="genome", reference="genomes/toy.fa"),
        Resource(key="tracks/genes.bed", role="data", reference="tracks/genes.bed", fragile=True),
        Resource(key="tracks/signal.wig", role="data", reference="tracks/signal.wig", fragile=True),
        Resource(key="tracks/reads.bam", role="data", reference="tracks/reads.bam", fragile=True),
        Resource(key="tracks/reads.bam", role="index", reference="tracks/reads.bam.bai"),
    ]
    text = b"""<Session genome="hg38"><Resources>
    <Resource path="data:text/plain,x"/><Resource path="~/s.txt" type="/x/samples" coverage="." url="http://u"/>
    <Resource path="C:\\a.bam" coverage="C:\\a.tdf" mapping="m.tab"/></Resources></Session>"""
    assert [(each.role, each.reference) for each in IGV.resources(IGV.read({b"": text}).parts)] == [
        *(("sample-info", "~/s.txt"), ("data", "C:\\a.bam"), ("coverage", "C:\\a.tdf"), ("mapping", "m.tab")),
    ]


def test_a_json_session_points_to_its_resources():
    """Those of the reference, of tracks, of tracks in tracks, of regions and samples."""
    assert [(each.role, each.reference) for each in IGV.resources(IGV.read(DESKTOP).parts)] == [
        ("genome", "/data/toy.fa"),
        ("index", "/data/toy.fa.fai"),
        ("data", "https://example.invalid/known.bed"),
        ("data", "tracks/signal.wig"),
        ("data", "tracks/a.wig"),
        ("data", "https://example.invalid/b.bw"),
        ("index", "https://example.invalid/b.idx"),
    ]
    assert [(each.key, each.role) for each in IGV.resources(IGV.read(WEB).parts)] == [
        ("https://example.invalid/s.bigwig", "data"),
        ("sampleinfo", "sample-info"),
    ]


@pytest.mark.parametrize("document", [SESSION, GLOBAL, DESKTOP, WEB])
def test_fact_7_an_emptied_session_is_suspicious(document):
    """Facts 7 and 9: after New, or after a drive was missing, nothing points to anything any more."""
    old, new = IGV.read(document), IGV.read(IGV.cleared(document))
    assert "resources is left" in IGV.suspicion(old, new)
    assert IGV.suspicion(old, old) is IGV.suspicion(new, new) is IGV.suspicion(new, old) is None


def test_fact_7_a_session_without_its_tracks_is_suspicious():
    """Fact 7: styling gone, resources still there."""
    old = IGV.read(SESSION)
    new = IGV.read(IGV.write([part for part in old.parts if part.kind != "track"], SESSION))
    assert IGV.suspicion(old, new) == "none of its 6 tracks is left"


def test_fact_3_what_igv_does_not_give_back_is_told():
    """Fact 3: preferences, color scales, what it does not know, some attributes of resources."""
    text = b"""<Session genome="g" custom="1" path="/x">
    <Resources><Resource path="a" color="1,2,3" sampleID="s"/></Resources>
    <Panel><Track id="a"/><Track clazz="x"/></Panel><Regions><Region start="1,0" end="2"/></Regions>
    <Preferences/><ColorScales/><Note/></Session>"""
    parts = IGV.read({b"": text}).parts
    told = IGV.losses(parts)
    assert [key for key, _ in told] == ["session", "a", "a~2", "track", "?:1,0-2", "Preferences", "ColorScales", "Note"]
    sentences = " ".join(sentence for _, sentence in told)
    for words in (
        "custom",
        "color, sampleID",
        "without a clazz",
        "no id",
        "no plain integer",
        "preferences",
        "color scales",
        "not know",
    ):
        assert words in sentences
    assert "path" not in told[0][1]
    assert [key for key, _ in IGV.losses(IGV.read(SESSION).parts)] == ["Preferences", "lab:Notes"]


@pytest.mark.parametrize("locus", ["null", "1", '["a", "b"]', '{"chr": "chr1"}', "true", '"chr1:1-2"'])
def test_clearing_shows_all_whatever_was_shown(locus):
    """A session of JSON may have anything for a locus."""
    text = f'{{"locus": {locus}, "genome": {{"id": "x"}}, "tracks": []}}'
    assert IGV.cleared({b"": text.encode()})[b""] == text.replace(locus, '"All"', 1).encode()
