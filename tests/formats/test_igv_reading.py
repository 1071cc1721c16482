"""A session taken apart: every part once, with what it says of itself."""

from pathlib import Path

import pytest

from holdfast_daemon.formats.igv import IGV

DATA = Path(__file__).resolve().parents[1] / "data" / "igv"


def read(name):
    return IGV.read({b"": (DATA / name).read_bytes()})


def test_parts_are_flat_and_in_document_order():
    """A panel's tracks follow it; what IGV does not know is a part too."""
    reading = read("session_8.xml")
    assert [(part.kind, part.name) for part in reading.parts] == [
        ("genome", "genome"),
        ("locus", "locus"),
        ("session", "session"),
        ("resource", "genes"),
        ("resource", "signal.wig"),
        ("resource", "reads.bam"),
        ("panel", "DataPanel"),
        ("track", "signal"),
        ("track", "Overlay"),
        ("panel", "Panel1700000000000"),
        ("track", "reads coverage"),
        ("track", "reads"),
        ("panel", "FeaturePanel"),
        ("track", "Reference sequence"),
        ("track", "genes"),
        ("layout", "PanelLayout"),
        ("region", "chr1:1499-2500"),
        ("region", "chr2:99-900"),
        ("filter", "f"),
        ("attributes", "HiddenAttributes"),
        ("preferences", "Preferences"),
        ("other", "lab:Notes"),
    ]
    assert reading.facts == {
        "genome": "genomes/toy.fa", "locus": "chr1:1999-9000", "version": "8",
        "resources": 3, "panels": 3, "tracks": 6, "regions": 2,
    }  # fmt: skip
    assert reading.warnings == ()


def test_contents_are_what_the_document_says():
    """Elements verbatim with what is in them, a panel and the session as their start tags, genome and locus as text."""
    parts = {part.key: part.content for part in read("session_8.xml").parts}
    text = (DATA / "session_8.xml").read_bytes()
    assert parts["genome"] == b"genomes/toy.fa"
    assert parts["session"] == b'<Session nextAutoscaleGroup="2" version="8"/>'
    assert parts["DataPanel"] == b'<Panel height="390" name="DataPanel" width="1131"/>'
    assert parts["merged-1"].startswith(b'<Track alpha="0.4"')
    assert parts["merged-1"].endswith(b"</Track>")
    for key in ("merged-1", "tracks/reads.bam", "chr2:99-900", "HiddenAttributes"):
        assert parts[key] in text


def test_a_track_tells_of_itself():
    """Facts for people: class, panel, color, height, range."""
    signal = next(part for part in read("session_8.xml").parts if part.name == "signal")
    assert signal.key == "/home/ann/toy/tracks/signal.wig"
    assert signal.facts == {
        "class": "DataSourceTrack", "panel": "DataPanel", "color": "0,0,178", "height": "40", "visible": "true",
        "range": "0..10", "renderer": "BAR_CHART",
    }  # fmt: skip


def test_fact_2_the_oldest_names_are_read():
    """Fact 2: Global, Files, DataFile with its path as name, DataTracks, FeatureTracks, DataTrack and more."""
    parts = read("global_3.xml").parts
    assert [(part.kind, part.name) for part in parts] == [
        ("genome", "genome"),
        ("locus", "locus"),
        ("session", "session"),
        ("resource", "RNA Genes"),
        ("panel", "DataPanel"),
        ("track", "RNA Genes"),
        ("panel", "panel"),
        ("track", "Genes"),
        ("attributes", "VisibleAttributes"),
    ]
    assert parts[3].facts == {"path": "http://example.invalid/rna_genes.bed"}


@pytest.mark.parametrize(
    ("version", "generation"),
    [("1", "XML 1"), ("8", "XML 8"), (None, "XML"), ("eight", "XML"), ("99", "XML 99"), (" 4 ", "XML 4")],
)
def test_fact_2_any_version_is_read(version, generation):
    """Fact 2: IGV takes any value, and none."""
    attribute = "" if version is None else f' version="{version}"'
    reading = IGV.read({b"": f'<Session genome="hg38"{attribute}/>'.encode()})
    assert reading.recognition.generation == generation


def test_keys_are_there_once_and_ids_may_repeat():
    """A track that is in two panels is known by the second; more by a number."""
    tracks = '<Track id="a"/><Track id="a"/>'
    text = f'<Session genome="g"><Panel name="P">{tracks}</Panel><Panel name="Q">{tracks}</Panel></Session>'
    keys = [part.key for part in IGV.read({b"": text.encode()}).parts if part.kind == "track"]
    assert keys == ["a", "P/a", "Q/a", "a~2"]


def test_strays_are_parts_where_igv_reads_them():
    """A Resource or Region beside its holder counts, a Track outside of a panel does not, and is kept."""
    text = b'<Session genome="g"><Resource path="a.bed"/><Region chromosome="1" end="3"/><Track id="t"/></Session>'
    document = {b"": text}
    parts = IGV.read(document).parts
    assert [part.kind for part in parts] == ["genome", "session", "resource", "region", "other"]
    assert IGV.write(parts[:2] + parts[3:], document)[b""] == text.replace(b'<Resource path="a.bed"/>', b"")


def test_fact_12_what_igv_would_trip_over_is_warned_of():
    """Fact 12: genome, numbers of regions, filters, ids, the order of Resources and Panel, ranges, file: URLs."""
    text = """<Session version="8"><Panel name="P"><Track clazz="x"/><Track id="n.wig"/>
    <Track id="d" clazz="a.B"/><Track id="d" clazz="c.B"/><Track id="d" clazz="a.B"><DataRange minimum="1"/></Track>
    </Panel>
    <Resources><Resource path="file:///a"/><Resource name="x"/></Resources>
    <Regions><Region chromosome="1" start="1,000" end="2"/></Regions>
    <Filter name="f"><FilterElement item="NAME"/></Filter></Session>"""
    warnings = IGV.read({b"": text.encode()}).warnings
    for words in (
        *("no genome", "Panel stands before", "has no id", "n.wig has no clazz", "2 tracks of class B have the id d"),
        *("lacks type and baseline and maximum", "file: URLs", "'1,000'", "filter lacks operator and value"),
    ):
        assert any(words in warning for warning in warnings), words
    assert IGV.warns


def test_warnings_end_somewhere():
    """A session that is wrong everywhere warns a hundred times."""
    text = f'<Session genome="g"><Regions>{"<Region/>" * 200}</Regions></Session>'
    assert len(IGV.read({b"": text.encode()}).warnings) == 100
