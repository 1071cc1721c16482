"""A session in another of IGV's languages: what is carried, and what is told to be lost (fact 13)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from holdfast_daemon.formats.base import CannotHold, Converted, DamagedDocument, Origin
from holdfast_daemon.formats.igv import IGV

ROOT = Path(__file__).resolve().parents[2]
COLLECTED = ROOT.parent / "shared" / "samples" / "igv"
SAMPLES = (ROOT / "tests" / "data" / "igv", COLLECTED)
RUNNABLE = COLLECTED / "runnable"
ORIGIN = Origin(name="s", created=0, modified=0, path="/home/ann/work/s.xml", target="/home/ann/out/")
GENERATIONS = {"xml": "XML 8", "json": "JSON 3.0", "igvjs": "igv.js"}


def converted(content: bytes | str, to: str, origin: Origin = ORIGIN) -> Converted:
    return IGV.converted({b"": content.encode() if isinstance(content, str) else content}, to, origin)


def session_of(content: bytes | str, to: str, origin: Origin = ORIGIN) -> Any:
    return json.loads(converted(content, to, origin).document[b""])


def told(done: Converted) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, sentence in done.losses:
        found.setdefault(key, []).append(sentence)
    return found


def in_xml(body: str = "", resources: str = "", root: str = 'genome="hg38" version="8"', head: str = "") -> str:
    return f"{head}<Session {root}><Resources>{resources}</Resources>{body}</Session>"


def track(attributes: str, inner: str = "", path: str = "https://h/a.bw", form: str = "bigwig") -> str:
    resource = f'<Resource path="{path}" type="{form}"/>'
    return in_xml(f'<Panel name="P"><Track {attributes}>{inner}</Track></Panel>', resource)


def in_json(*tracks: dict[str, Any], **members: Any) -> str:
    return json.dumps({"genome": "hg38", "tracks": [*tracks], **members})


def the_track(content: str, to: str) -> dict[str, Any]:
    (found,) = session_of(content, to)["tracks"]
    assert isinstance(found, dict)
    return found


DATA_TRACK = (
    'clazz="org.broad.igv.track.DataSourceTrack" id="https://h/a.bw" name="a" color="1,2,3" altColor="4,5,6" '
    'height="90" autoScale="false" renderer="LINE_PLOT" windowFunction="max" autoscaleGroup="2" '
    'featureVisibilityWindow="500"'
)
RANGE = '<DataRange type="LOG" minimum="-1.5" baseline="0" maximum="30.0" flipAxis="true" drawBaseline="false"/>'


def test_a_track_of_data_is_in_igv_3_what_it_was() -> None:
    """In its words: several numbers and truth values are text there, as IGV 3 reads them no other way (igv.md 1.7)."""
    assert the_track(track(DATA_TRACK, RANGE), "json") == {
        "type": "wig", "format": "bigwig", "url": "https://h/a.bw", "id": "https://h/a.bw", "name": "a", "order": 1,
        "color": "1,2,3", "altColor": "4,5,6", "height": 90, "autoscale": "false", "graphType": "LINE_PLOT",
        "windowFunction": "max", "autoscaleGroup": "2", "visibilityWindow": "500", "logScale": True, "min": -1.5,
        "mid": 0, "max": 30, "flipAxis": True, "drawBaseline": False,
    }  # fmt: skip


def test_a_track_of_data_is_in_igvjs_what_it_was() -> None:
    """With its colors and truth values written as there."""
    assert the_track(track(DATA_TRACK, RANGE), "igvjs") == {
        "type": "wig", "format": "bigwig", "url": "https://h/a.bw", "name": "a", "order": 1, "color": "rgb(1,2,3)",
        "altColor": "rgb(4,5,6)", "height": 90, "autoscale": False, "graphType": "line", "windowFunction": "max",
        "autoscaleGroup": "2", "visibilityWindow": 500, "logScale": True, "min": -1.5, "max": 30, "flipAxis": True,
    }  # fmt: skip


@pytest.mark.parametrize("to", ["json", "igvjs"])
def test_what_was_xml_is_the_same_in_xml_again(to: str) -> None:
    """Attribute for attribute, as far as both languages have words: IGV reads a data range only whole."""
    back = converted(converted(track(DATA_TRACK, RANGE), to).document[b""], "xml").document[b""].decode()
    for each in DATA_TRACK.split('" '):
        assert each.strip('"') in back, each
    baseline = 'baseline="0" drawBaseline="false"' if to == "json" else 'baseline="0" drawBaseline="true"'
    assert f'<DataRange {baseline} flipAxis="true" maximum="30" minimum="-1.5" type="LOG"/>' in back
    assert '<Resource path="https://h/a.bw" type="bigwig"/>' in back
    assert '<Session genome="hg38" version="8">' in back


def test_the_position_of_a_session_that_igv_2_wrote_is_counted_from_one() -> None:
    """It writes the start from 0 and reads it from 1; what others wrote is as they wrote it."""
    head, layout = '<?xml version="1.0" standalone="no"?>', '<PanelLayout dividerFractions="0.5"/>'
    root = 'genome="hg38" version="8" locus="chr1:0-20,000"'
    assert session_of(in_xml(layout, root=root, head=head), "json")["locus"] == "chr1:1-20,000"
    assert session_of(in_xml(root=root.replace(":0", ":7")), "igvjs")["locus"] == "chr1:7-20,000"
    back = converted(session_text(locus="chr1:1-20,000"), "xml").document[b""].decode()
    assert 'locus="chr1:1-20,000"' in back
    assert session_of(back, "json")["locus"] == "chr1:1-20,000"


def session_text(**members: Any) -> str:
    return in_json(**members)


def test_regions_are_carried() -> None:
    """Counted from 0 everywhere; igv.js calls the description a name."""
    region = '<Regions><Region chromosome="chr1" start="1499" end="2500" description="&quot;x&quot;"/></Regions>'
    feature = {"chr": "chr1", "start": 1499, "end": 2500, "description": '"x"'}
    assert session_of(in_xml(region), "json")["roi"] == [{"features": [feature]}]
    assert session_of(in_xml(region), "igvjs")["roi"] == [{"features": [feature | {"name": '"x"'}]}]
    for members in (feature, {**feature, "description": None, "name": '"x"'}):
        back = converted(in_json(roi=[{"features": [members]}]), "xml").document[b""].decode()
        assert '<Region chromosome="chr1" description="&quot;x&quot;" end="2500" start="1499"/>' in back


def test_several_places_side_by_side_are_carried() -> None:
    """As IGV 3 has them, and in igv.js as what each frame shows."""
    genes = (
        '<GeneList name="mine">MYC chr1:10-20\n<Frame chr="chr8" start="99.0" end="200" name="MYC"/>'
        '<Frame chr="chr1" start="9" end="20.5" name="chr1:10-20"/></GeneList>'
    )
    session = session_of(in_xml(genes), "json")
    assert session["geneList"] == {
        "name": "mine", "loci": ["MYC", "chr1:10-20"],
        "frames": [
            {"name": "MYC", "chr": "chr8", "start": 99, "end": 200},
            {"name": "chr1:10-20", "chr": "chr1", "start": 9, "end": 20.5},
        ],
    }  # fmt: skip
    assert session_of(in_xml(genes), "igvjs")["locus"] == ["chr8:100-200", "chr1:10-20"]
    back = converted(json.dumps(session), "xml").document[b""]
    assert session_of(back, "json")["geneList"] == session["geneList"]
    several = converted(in_json(locus=["MYC", "EGFR"]), "xml").document[b""].decode()
    assert '<GeneList name="Loci">MYC EGFR' in several
    assert "locus=" not in several


def test_an_overlay_is_carried_with_what_it_lays_over_each_other() -> None:
    """IGV 3 reads the files of such by ``url`` alone, also where they are local."""
    body = (
        '<Panel name="P"><Track clazz="org.broad.igv.track.MergedTracks" id="m" name="both" alpha="0.4">'
        '<Track id="in/a.wig" name="a" color="1,2,3"/><Track id="/home/ann/work/in/b.wig" name="b"/></Track></Panel>'
    )
    xml = in_xml(body, '<Resource path="in/a.wig"/><Resource path="in/b.wig"/>')
    merged = the_track(xml, "json")
    assert (merged["type"], merged["alpha"], merged["id"]) == ("merged", 0.4, "m")
    places = [(each["url"], each["id"]) for each in merged["tracks"]]
    assert places == [("../work/in/a.wig",) * 2, ("../work/in/b.wig",) * 2]
    web = the_track(xml, "igvjs")
    assert [(each["url"], each.get("color")) for each in web["tracks"]] == [
        ("../work/in/a.wig", "rgb(1,2,3)"), ("../work/in/b.wig", None),
    ]  # fmt: skip
    assert len(told(converted(xml, "igvjs"))["m"]) == 2
    back = converted(json.dumps(session_of(xml, "json")), "xml", Origin(name="s", created=0, modified=0)).document[b""]
    assert b'clazz="org.broad.igv.track.MergedTracks" id="m" name="both">' in back
    assert back.count(b"<Track ") == 3


def test_a_track_made_of_two_is_carried_to_igv_3_and_named_for_igvjs() -> None:
    """IGV 3 finds both by their ids, IGV 2 by absolute paths alone."""
    body = (
        '<Panel name="P"><Track clazz="A.DataSourceTrack" id="a.wig" name="a"/>'
        '<Track clazz="A.DataSourceTrack" id="b.wig"/>'
        '<Track clazz="A.CombinedDataTrack" id="sum" name="sum" op="ADD" '
        'track1="/home/ann/work/a.wig" track2="b.wig"/></Panel>'
    )
    xml = in_xml(body, '<Resource path="a.wig"/><Resource path="b.wig"/>')
    session = session_of(xml, "json")
    combined = session["tracks"][-1]
    assert (combined["type"], combined["op"]) == ("combined", "ADD")
    assert [combined["track1"], combined["track2"]] == [each["id"] for each in session["tracks"][:2]]
    there = Origin(name="s", created=0, modified=0, path="/home/ann/out/s.json", target="/home/ann/out/t.xml")
    back = converted(json.dumps(session), "xml", there).document[b""].decode()
    assert 'track1="/home/ann/work/a.wig" track2="/home/ann/work/b.wig"' in back
    assert told(converted(xml, "igvjs"))["sum"] == ["igv.js has no such track (combined): it is left out"]


ALIGNMENTS = (
    '<Panel name="P"><Track clazz="S.CoverageTrack" id="https://h/a.bam_coverage" name="a Coverage" height="70" '
    'autoScale="false" color="9,9,9" snpThreshold="0.3"><DataRange type="LINEAR" '
    'minimum="0" baseline="0" maximum="60"/></Track>'
    '<Track clazz="S.SpliceJunctionTrack" id="https://h/a.bam_junctions" visible="true"/>'
    '<Track clazz="S.AlignmentTrack" id="https://h/a.bam" name="a" displayMode="FULL"><RenderOptions colorOption="TAG" '
    'colorByTag="HP" groupByOption="STRAND" viewPairs="true" minInsertSizePercentile="0.5" basemodThredhold="0.2"/>'
    "</Track></Panel>"
)
BAM = '<Resource path="https://h/a.bam" index="https://h/a.bai" type="bam"/>'


def test_alignments_are_one_track_in_igvjs_with_their_coverage() -> None:
    """Which makes none of their junctions."""
    done = converted(in_xml(ALIGNMENTS, BAM), "igvjs")
    (found,) = json.loads(done.document[b""])["tracks"]
    assert found == {
        "type": "alignment", "url": "https://h/a.bam", "indexURL": "https://h/a.bai", "format": "bam", "name": "a",
        "displayMode": "FULL", "colorBy": "tag:HP", "groupBy": "strand", "viewAsPairs": True, "order": 1,
        "coverageTrackHeight": 70, "coverageColor": "rgb(9,9,9)", "autoscale": False, "min": 0, "max": 60,
        "logScale": False, "alleleFreqThreshold": 0.3, "baseModificationThreshold": 0.2,
    }  # fmt: skip
    assert told(done)["P/https://h/a.bam"] == ["minTLENPercentile: igv.js has no place for it"]
    assert told(done)["https://h/a.bam_junctions"] == [
        "igv.js makes no track of the junctions of alignments: it is left out"
    ]
    back = converted(done.document[b""], "xml").document[b""].decode()
    assert 'id="https://h/a.bam_coverage" name="a Coverage" snpThreshold="0.3"' in back
    assert '<RenderOptions basemodThreshold="0.2" colorByTag="HP" colorOption="TAG" groupByOption="STRAND"' in back


def test_what_igv_3_would_trip_over_is_written_twice_or_as_text() -> None:
    """It gives a track up where a second name, or text, is missing (its RenderOptions and CoverageTrack)."""
    coverage, _, alignments = session_of(in_xml(ALIGNMENTS, BAM), "json")["tracks"]
    assert coverage["color"] == coverage["_color"] == "9,9,9"
    assert alignments["baseModificationThreshold"] == alignments["basemodThreshold"] == 0.2
    assert alignments["minTLENPercentile"] == "0.5"
    gwas = the_track(track('clazz="G.GWASTrack" id="https://h/a.bw"', form="gwas"), "json")
    assert {"maxPointSize", "minPointSize", "useChrColors", "singleColor", "showAxis", "alternatingColors"} <= {*gwas}


def test_samples_of_copy_numbers_are_one_track_in_json() -> None:
    """With the colors of the first; XML has no names of them back, which is told."""
    body = "".join(
        f'<Track clazz="T.DataSourceTrack" id="/d/cn.seg_{each}" name="{each}" renderer="HEATMAP" '
        'colorScale="ContinuousColorScale;-0.1;-1.5;0.1;1.5;0,0,255;255,255,255;255,0,0"/>'
        for each in ("S 1", "S_2")
    )
    xml = in_xml(f'<Panel name="P">{body}</Panel>', '<Resource path="/d/cn.seg" type="seg"/>')
    found = the_track(xml, "igvjs")
    assert (found["type"], found["name"]) == ("seg", "cn.seg")
    low = {"low": -1.5, "lowColor": "rgb(0,0,255)", "high": -0.1, "highColor": "rgb(255,255,255)"}
    assert found["negColorScale"] == low
    done = converted(json.dumps(session_of(xml, "json")), "xml")
    assert b'<Resource path="/d/cn.seg" type="seg"/>' in done.document[b""]
    assert "IGV 2 makes a track of each sample" in told(done)["/d/cn.seg"][0]


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (
            "ContinuousColorScale;0.0;4.0;255,255,255;0,0,178",
            {"type": "gradient", "min": 0, "max": 4, "minColor": "rgb(255,255,255)", "maxColor": "rgb(0,0,178)"},
        ),
        ("MonocolorScale;0;1;2", None),
    ],
)
def test_the_colors_of_a_heatmap_are_told_as_igvjs_reads_them(scale: str, expected: Any) -> None:
    """For it stops at a color scale that is text."""
    xml = track(f'clazz="T.DataSourceTrack" id="https://h/a.bw" renderer="HEATMAP" colorScale="{scale}"')
    assert the_track(xml, "igvjs").get("colorScale") == expected
    if expected:
        back = converted(in_json({"type": "wig", "url": "https://h/a.bw", "colorScale": expected}), "xml")
        assert b'colorScale="ContinuousColorScale;0;4;255,255,255;0,0,178"' in back.document[b""]


@pytest.mark.parametrize(
    ("path", "form", "attributes"),
    [
        ("https://h/a.sam", "sam", ""),
        ("https://h/a.gct", "", ""),
        ("s3://h/a.bw", "bigwig", ""),
        ("C:\\d\\a.bw", "bigwig", ""),
        ("https://h/a.bw", "bigwig", 'visible="false"'),
    ],
)
def test_what_igvjs_would_stop_at_or_not_hide_is_left_out(path: str, form: str, attributes: str) -> None:
    """For one track that it cannot load is the end of the session."""
    xml = track(f'clazz="T.DataSourceTrack" id="{path}" {attributes}', path=path, form=form)
    done = converted(xml, "igvjs")
    assert json.loads(done.document[b""])["tracks"] == []
    (sentence,) = told(done)[f"P/{path}"]
    assert sentence.endswith("it is left out")


def test_a_local_file_is_relative_and_told_of_for_igvjs() -> None:
    """Also the genome's; what is special in a URL is escaped."""
    genome = 'genome="/home/ann/out/g/toy.fa" version="8"'
    xml = in_xml(resources='<Resource path="/home/ann/a#1 é.bed"/>', root=genome)
    done = converted(xml, "igvjs")
    session = json.loads(done.document[b""])
    assert session["tracks"][0]["url"] == "../a%231 é.bed"
    assert session["reference"]["fastaURL"] == "g/toy.fa"
    assert "/home/ann" not in done.document[b""].decode()
    assert "a server serves a folder that holds both" in told(done)["/home/ann/a#1 é.bed"][0]
    assert "a server serves this session with the page" in told(done)["genome"][0]
    back = converted(done.document[b""], "xml", Origin(name="s", created=0, modified=0, path="/home/ann/out/s.json"))
    assert '<Resource path="../a#1 é.bed"' in back.document[b""].decode()


@pytest.mark.parametrize(
    ("genome", "to", "expected"),
    [
        ("hg38", "json", {"genome": "hg38"}),
        ("https://h/x.2bit", "igvjs", {"reference": {"id": "x.2bit", "name": "x.2bit", "twoBitURL": "https://h/x.2bit"}}),
        ("g/x.genome", "json", {"genome": "/home/ann/work/g/x.genome"}),
    ],
)
def test_a_genome_is_named_as_the_other_program_reads_it(genome: str, to: str, expected: dict[str, Any]) -> None:
    """By its id, or its files."""
    session = session_of(in_xml(root=f'genome="{genome}" version="8"'), to)
    assert {name: session.get(name) for name in expected} == expected


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ({"id": "hg38", "fastaURL": "https://igv.org/genomes/data/hg38/hg38.fa"}, "hg38"),
        ({"id": "mine", "fastaURL": "https://h/mine.fa"}, "https://h/mine.fa"),
        ({"id": "mine", "fastaURL": "g/mine.fa"}, "../work/g/mine.fa"),
    ],
)
def test_a_reference_is_an_id_only_where_igv_2_knows_it(reference: dict[str, Any], expected: str) -> None:
    """Else its sequence: without one IGV would go on with the genome that is open (fact 12)."""
    back = converted(json.dumps({"reference": reference, "tracks": []}), "xml").document[b""].decode()
    assert f'genome="{expected}"' in back


@pytest.mark.parametrize(
    ("content", "to"),
    [
        (in_xml(root='version="8"'), "json"),
        (in_xml(root='genome="x.genome" version="8"'), "igvjs"),
        ('{"reference": {"name": "x"}, "tracks": []}', "xml"),
    ],
)
def test_without_a_genome_that_is_read_there_it_is_refused(content: str, to: str) -> None:
    """In a sentence."""
    with pytest.raises(CannotHold, match="genome"):
        converted(content, to)


def test_what_only_xml_can_say_is_told_by_part() -> None:
    """Panels and their sizes, filters, preferences, colors, what nobody knows."""
    body = (
        '<Panel name="A"/><Panel name="B"/><PanelLayout dividerFractions="0.5"/><Filter name="f"/>'
        '<Preferences/><ColorScales/><Note/><VisibleAttributes/><Regions>'
        '<Region chromosome="1" start="x" end="2"/></Regions>'
    )
    xml = in_xml(body, '<Resource path="http://h/a.bed" trackLine="x"/>', 'genome="hg38" version="8" groupTracksBy="x"')
    for to in ("json", "igvjs"):
        keys = {"A", "B", "PanelLayout", "filter", "Preferences", "ColorScales", "Note", "VisibleAttributes", "session"}
        assert keys | {"1:x-2", "http://h/a.bed"} <= {*told(converted(xml, to))}


def test_what_igv_2_has_no_word_for_is_told() -> None:
    """Of a track of igv.js by its members; what a web service gives is left out."""
    odd = {"type": "alignment", "url": "https://h/a.bam", "sort": {"chr": "1"}, "colorBy": "tag:HP", "showTags": ["HP"]}
    service = {"type": "eqtl", "sourceType": "gtex-ws", "url": "https://h/x", "name": "eqtl"}
    done = converted(in_json(odd, service, version="3.8"), "xml")
    assert told(done) == {
        "https://h/a.bam": ["sort, showTags: IGV Desktop has no place for it"],
        "https://h/x": ["it comes from a service of the web, and IGV loads files and URLs alone"],
    }


def test_features_are_as_collapsed_as_they_were() -> None:
    """IGV shows them so where nothing is said, igv.js expanded."""
    genes = track('clazz="T.FeatureTrack" id="https://h/a.bed"', path="https://h/a.bed", form="bed")
    assert the_track(genes, "igvjs")["displayMode"] == "COLLAPSED"
    web = in_json({"type": "annotation", "url": "https://h/a.bed"})
    assert b'displayMode="EXPANDED"' in converted(web, "xml").document[b""]


def test_an_index_is_named_where_a_program_does_not_find_it() -> None:
    """IGV 3 looks beside the file alone, igv.js for that of CRAM nowhere."""
    resources = '<Resource path="https://h/a.bam" index="https://h/a.bam.bai"/>'
    resources += '<Resource path="b.vcf.gz" index="i.tbi"/>'
    done = converted(in_xml(resources=resources), "json")
    assert done.losses == [("b.vcf.gz", "i.tbi: IGV 3 looks for an index beside its file alone")]
    first, second = json.loads(done.document[b""])["tracks"]
    assert (first["indexURL"], second["indexPath"]) == ("https://h/a.bam.bai", "../work/i.tbi")
    cram = in_xml(resources='<Resource path="https://h/a.cram"/>')
    assert the_track(cram, "igvjs")["indexURL"] == "https://h/a.cram.crai"


def test_what_a_page_cannot_reach_is_left_out_with_the_rest_kept() -> None:
    """An index, or a table of samples; a genome cannot be."""
    resources = '<Resource path="https://h/a.bam" index="C:\\a.bai" type="bam"/>'
    resources += '<Resource path="~/s.txt" type="sampleinfo"/>'
    done = converted(in_xml(resources=resources), "igvjs")
    session = json.loads(done.document[b""])
    assert "indexURL" not in session["tracks"][0]
    assert session["sampleinfo"] == []
    assert len(done.losses) == 2
    with pytest.raises(CannotHold, match="URLs alone"):
        converted(in_xml(root='genome="C:\\toy.fa" version="8"'), "igvjs")


def test_how_samples_are_filtered_and_regions_are_called_is_told_to_be_lost() -> None:
    """What only one of the programs has."""
    variants = {"type": "variant", "url": "https://h/a.vcf", "samples": ["a"], "groupBy": "sex", "path": "x"}
    done = converted(in_json(variants, roi=[{"name": "mine", "color": "red", "features": [{"chr": "1"}]}]), "xml")
    assert told(done)["https://h/a.vcf"] == ["samples, groupBy: XML has no place for it"]
    sentences = [sentence for key, sentence in done.losses if key != "https://h/a.vcf"]
    assert sentences == [
        "name, color of a set of regions: IGV Desktop has no place for it",
        "a region has no place that could be carried",
    ]


def test_tracks_keep_their_order() -> None:
    """That of JSON is told by number; what IGV 2 shows in its lowest panel goes there if it is last."""
    tracks = [
        {"type": "annotation", "url": "https://h/last.bed", "order": 9},
        {"type": "wig", "url": "https://h/second.bw", "order": 2},
        {"type": "annotation", "url": "https://h/first.bed", "order": 1},
        {"type": "sequence", "order": -1.7976931348623157e308},
    ]
    parts = IGV.read(converted(in_json(*tracks), "xml").document).parts
    shown = [(part.facts.get("panel"), part.name) for part in parts if part.kind == "track"]
    assert shown == [
        ("DataPanel", "Reference sequence"), ("DataPanel", "first.bed"), ("DataPanel", "second.bw"),
        ("FeaturePanel", "last.bed"),
    ]  # fmt: skip
    assert session_of(in_json(*tracks, version="3"), "igvjs")["tracks"] == tracks
    again = session_of(converted(in_json(*tracks), "xml").document[b""], "igvjs")["tracks"]
    assert [each["order"] for each in again] == [1, 2, 3, 4]


def test_a_session_in_the_language_stays_to_the_byte() -> None:
    """But for relative references, which lead on from where it will lie."""
    for content, to in ((track(DATA_TRACK, RANGE), "xml"), (in_json({"url": "https://h/a.bed"}, version="3"), "igvjs")):
        assert converted(content, to).document == {b"": content.encode()}
    assert b'path="../work/a.bed"' in converted(in_xml(resources='<Resource path="a.bed"/>'), "xml").document[b""]


def samples() -> list[Path]:
    found = [path for folder in SAMPLES for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in found if path.stat().st_size < 200_000 and IGV.recognise({b"": path.read_bytes()})]


def test_every_sample_is_a_session_of_each_language_or_refused() -> None:
    """What is made is read as such, and what is lost is told of its parts or of the whole."""
    count = 0
    for path in samples():
        try:
            reading = IGV.read({b"": path.read_bytes()})
        except DamagedDocument:
            continue
        keys = {part.key for part in reading.parts} | {""}
        language = {"X": "xml", "J": "json", "i": "igvjs"}[reading.recognition.generation[0]]
        for to in {*GENERATIONS} - {language}:
            try:
                done = converted(path.read_bytes(), to)
            except CannotHold:
                continue
            again = IGV.read(done.document)
            assert again.recognition.generation == GENERATIONS[to], (path, to)
            assert {key for key, _ in done.losses} <= keys
            count += 1
    assert count > 5


PAIRS = sorted(RUNNABLE.glob("igv219_*.xml"))
#: What IGV writes of its own state, in which the two sessions of a pair were not the same: sizes, autoscaling.
_OF_STATE = {
    *("order", "rowHeight", "height", "min", "max", "autoscale", "colorScale", "path", "id", "graphType"),
    "displayMode",
}
#: IGV 3's for the shortest decimal.
_FLOATS = {0.20000000298023224: 0.2, 0.10000000149011612: 0.1, -0.10000000149011612: -0.1}


@pytest.mark.skipif(not PAIRS, reason="no samples of real sessions beside the project")
@pytest.mark.parametrize("xml", PAIRS, ids=lambda path: path.stem)
def test_it_is_as_igv_3_writes_the_same_session(xml: Path) -> None:
    """Genome, position, regions, and of each track what its looks are called and how they are written."""
    origin = Origin(name="s", created=0, modified=0, path="/work/samples/igv/runnable/s.xml")
    ours = session_of(xml.read_bytes(), "json", origin)
    real = json.loads((RUNNABLE / xml.name.replace("igv219_", "igv30beta4_")).with_suffix(".json").read_bytes())
    assert ours["locus"] == real["locus"]
    assert ours.get("roi") == real.get("roi")
    assert ours["reference"]["fastaURL"] == real["reference"]["fastaURL"]
    assert [each["url"] for each in ours.get("sampleinfo", ())] == [each["url"] for each in real.get("sampleinfo", ())]
    theirs = {(each["type"], each["name"]): each for each in real["tracks"]}
    assert {(each["type"], each["name"]) for each in ours["tracks"]} == {*theirs}
    for each in ours["tracks"]:
        other = theirs[each["type"], each["name"]]
        for name in ({*each} & {*other}) - _OF_STATE - {"tracks"}:
            value = other[name]
            assert each[name] == (_FLOATS.get(value, value) if isinstance(value, float) else value), name
    assert {name for each in real["tracks"] for name in each} - {"autoScale", "renderer", *_OF_STATE} <= {
        name for each in ours["tracks"] for name in each
    }
