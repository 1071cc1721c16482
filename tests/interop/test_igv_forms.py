"""What we make of a session is opened by the program that it is made for, and shows what the session showed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from programs import igvjs, tiny_genome
from programs.igv import Igv
from programs.igv_view import View, difference, view
from programs.presence import there

from holdfast_daemon.formats.base import Converted, Origin
from holdfast_daemon.formats.igv import IGV

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "igv" / "runnable"
STYLED = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<Session genome="data/tiny.fa" locus="chr1:999-5000" version="8">
    <Resources>
        <Resource name="genes" path="data/genes.bed" type="bed"/>
        <Resource path="data/other genes é.bed" type="bed"/>
        <Resource path="data/signal.wig" type="wig"/>
        <Resource path="data/cover.bedgraph" type="bedgraph"/>
        <Resource path="data/variants.vcf" type="vcf"/>
    </Resources>
    <Panel height="300" name="DataPanel" width="1131">
        <Track autoScale="false" clazz="org.broad.igv.track.DataSourceTrack" color="10,120,30" fontSize="10" height="90"
               id="data/signal.wig" name="the signal" renderer="LINE_PLOT" visible="true" windowFunction="max">
            <DataRange baseline="0.0" drawBaseline="true" flipAxis="false" maximum="30.0" minimum="2.0" type="LOG"/>
        </Track>
        <Track altColor="1,2,3" autoScale="true" clazz="org.broad.igv.track.DataSourceTrack" color="200,0,100"
               fontSize="10" id="data/cover.bedgraph" name="cover" renderer="BAR_CHART" visible="true"
               windowFunction="mean"/>
        <Track clazz="org.broad.igv.variant.VariantTrack" displayMode="EXPANDED" fontSize="10" groupByStrand="false"
               id="data/variants.vcf" name="variants" visible="true"/>
    </Panel>
    <Panel height="190" name="FeaturePanel" width="1131">
        <Track clazz="org.broad.igv.track.SequenceTrack" fontSize="10" id="Reference sequence" name="Reference sequence"
               shouldShowTranslation="true" visible="true"/>
        <Track clazz="org.broad.igv.track.FeatureTrack" color="200,30,30" displayMode="SQUISHED" fontSize="10"
               groupByStrand="false" id="data/genes.bed" name="genes" visible="true"/>
        <Track clazz="org.broad.igv.track.FeatureTrack" color="0,90,200" fontSize="10" groupByStrand="false"
               id="data/other genes é.bed" name="others" visible="true"/>
    </Panel>
    <PanelLayout dividerFractions="0.5"/>
    <Regions>
        <Region chromosome="chr1" description="first" end="2200" start="1200"/>
    </Regions>
</Session>
"""
#: What a file of ours leaves to IGV, and IGV writes itself.
_OF_IGV = ("attributeKey", "fontSize", "groupByStrand", "colorScale", "showGenotypes")


class Desk:
    """A folder with a genome and tracks below ``data``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tiny_genome.make(folder / "data")
        self._igv = Igv(folder / "data" / "tiny.fa", folder.parent / f"home of {folder.name}")

    def converted(self, document: bytes, to: str, name: str, origin: Path | None = None) -> Converted:
        """The session, which lies in this folder, in another form; ``name``: where that will lie."""
        path = str(origin or self.folder / "s.xml")
        origin_ = Origin(name="s", created=0, modified=0, path=path, target=str(self.folder / name))
        return IGV.converted({b"": document}, to, origin_)

    def seen(self, document: bytes, folder: Path | None = None) -> View:
        """What IGV has after loading ``document`` from this folder, or another. It must not complain."""
        lies = folder or self.folder
        (lies / "ours.xml").write_bytes(document)
        saved = self._igv.saved_again(lies / "ours.xml", lies / "igvs.xml")
        assert not saved.complaints, saved.complaints
        return view(saved.xml, lies)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    there("igv")
    return Desk(tmp_path_factory.mktemp("igv") / "work")


@pytest.fixture(scope="module")
def plain(desk: Desk) -> View:
    """What IGV has of the session as it is."""
    return desk.seen(STYLED.encode())


def looks(seen: View) -> View:
    """Of tracks and regions, without where they lie and what IGV says of its own accord."""
    kept = {where: text for where, text in seen.items() if where[0] in ("Track", "Region")}
    return {where: text for where, text in kept.items() if where[2] not in ("id", "is", *_OF_IGV)}


def test_a_relative_session_opens_where_its_folder_was_moved(desk: Desk, plain: View):
    """Facts 5 and 6: made from one with absolute paths that lay elsewhere; names, colors, ranges are as they were."""
    absolute = desk.converted(STYLED.encode(), "absolute", "s.xml").document[b""]
    relative = desk.converted(absolute, "relative", "s.xml", Path("/home/ann/s.xml"))
    assert relative.losses == []
    assert str(desk.folder).encode() not in relative.document[b""]
    moved = Desk(desk.folder.parent / "moved")
    seen = moved.seen(relative.document[b""])
    assert looks(seen) == looks(plain)
    assert seen["Session", "genome"] == str(moved.folder / "data" / "tiny.fa")


def test_an_absolute_session_opens_in_any_folder(desk: Desk, plain: View):
    """Fact 5: its files stayed where they were."""
    absolute = desk.converted(STYLED.encode(), "absolute", "s.xml").document[b""]
    elsewhere = desk.folder.parent / "elsewhere"
    elsewhere.mkdir()
    assert difference(plain, desk.seen(absolute, elsewhere)) == {}


@pytest.mark.parametrize("to", ["json", "igvjs"])
def test_xml_made_of_json_shows_the_same_tracks(desk: Desk, plain: View, to: str):
    """Fact 13: there and back again, what both languages can say is as it was."""
    made = desk.converted(STYLED.encode(), to, "s.json").document[b""]
    back = desk.converted(made, "xml", "s.xml")
    seen = desk.seen(back.document[b""])
    assert looks(seen) == looks(plain)


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples of real sessions beside the project")
def test_alignments_with_an_index_open_where_their_folder_was_moved(tmp_path: Path):
    """Facts 5 and 6: their coverage and junctions too. An absolute index would be looked for where it was."""
    there("igv")
    desk = Desk(tmp_path / "work")
    moved = Desk(tmp_path / "moved")
    for each in (desk, moved):
        shutil.copytree(SAMPLES / "data", each.folder / "data", copy_function=shutil.copyfile, dirs_exist_ok=True)
    session = (SAMPLES / "igv219_alignments.xml").read_bytes()
    index = f'index="{desk.folder}/data/reads.sam.sai" path='.encode()
    session = session.replace(b'path="data/reads.sam"', index + b'"data/reads.sam"')
    absolute = desk.converted(session, "absolute", "s.xml").document[b""]
    relative = desk.converted(absolute, "relative", "s.xml")
    assert relative.losses == []
    shutil.rmtree(desk.folder / "data")
    seen = moved.seen(relative.document[b""])
    assert seen["Track", "reads.sam", "RenderOptions", "colorOption"] == "READ_STRAND"
    assert seen["Track", "reads.sam Coverage", "snpThreshold"] == "0.2"
    assert ("Track", "reads.sam Junctions", "is") in seen


RUNNABLE = sorted(SAMPLES.glob("igv30beta4_*.json"))


@pytest.mark.skipif(not RUNNABLE, reason="no samples of real sessions beside the project")
@pytest.mark.parametrize("sample", RUNNABLE, ids=lambda path: path.stem)
def test_a_real_session_of_igv_3_is_opened_by_igv_2(tmp_path: Path, sample: Path):
    """Fact 13: every track of a file or of the genome is there, by its name and in its color."""
    there("igv")
    desk = Desk(tmp_path / "work")
    shutil.copytree(SAMPLES / "data", desk.folder / "data", copy_function=shutil.copyfile, dirs_exist_ok=True)
    session = sample.read_text().replace("\\/work\\/samples\\/igv\\/runnable", str(desk.folder))
    seen = desk.seen(desk.converted(session.encode(), "xml", "s.xml").document[b""])
    for track in json.loads(session)["tracks"]:
        if track["type"] != "seg":  # a track for each sample, which 2.16 shows by the name of each (FORMATS.md)
            assert any(where[:2] == ("Track", track["name"]) for where in seen), track["name"]
            color = track.get("color")
            assert color is None or seen["Track", track["name"], "color"] == color


def in_igvjs(folder: Path, session: bytes, name: str = "s.json") -> dict[str, Any]:
    (folder / name).write_bytes(session)
    return igvjs.shown(there("igv.js"), folder / name, folder.parent / "home of chromium")


def track_of(shown: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [track for track in shown["tracks"] if track.get("name") == name]
    return found


def test_igvjs_shows_what_the_session_shows(tmp_path: Path):
    """Fact 13: tracks in their order with colors, ranges and drawing, the position, and the region."""
    desk = Desk(tmp_path / "work")
    shown = in_igvjs(desk.folder, desk.converted(STYLED.encode(), "igvjs", "s.json").document[b""])
    assert [track["name"] for track in shown["tracks"] if track["type"] not in ("ideogram", "ruler")] == [
        "the signal", "cover", "variants", "Reference sequence", "genes", "others",
    ]  # fmt: skip
    assert shown["loci"].startswith("chr1:1000-")  # as far as the width of the page lets it
    (roi,) = shown["session"]["roi"]
    assert [(each["chr"], each["start"], each["end"], each["name"]) for each in roi["features"]] == [
        ("chr1", 1200, 2200, "first")
    ]
    signal = track_of(shown, "the signal")
    expected = {"type": "wig", "color": "rgb(10,120,30)", "height": 90, "graphType": "line", "logScale": True}
    assert {name: signal[name] for name in expected} == expected
    assert signal["dataRange"] == {"min": 2, "max": 30}
    assert track_of(shown, "cover")["autoscale"] is True
    assert track_of(shown, "cover")["altColor"] == "rgb(1,2,3)"
    assert track_of(shown, "Reference sequence")["frameTranslate"] is True
    assert track_of(shown, "genes")["displayMode"] == "SQUISHED"
    assert track_of(shown, "others")["displayMode"] == "COLLAPSED"
    assert track_of(shown, "variants")["type"] == "variant"


@pytest.mark.skipif(not RUNNABLE, reason="no samples of real sessions beside the project")
@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("igv2*.xml")) + RUNNABLE, ids=lambda path: path.stem)
def test_a_real_session_opens_in_igvjs(tmp_path: Path, sample: Path):
    """Fact 13: with every track that was not told to be left out."""
    folder = tmp_path / "work"
    shutil.copytree(SAMPLES / "data", folder / "data", copy_function=shutil.copyfile)
    session = sample.read_text().replace("\\/work\\/samples\\/igv\\/runnable", str(folder))
    origin = Origin(name="s", created=0, modified=0, path=str(folder / "s.xml"), target=str(folder / "s.json"))
    done = IGV.converted({b"": session.encode()}, "igvjs", origin)
    asked = json.loads(done.document[b""])["tracks"]
    shown = in_igvjs(folder, done.document[b""])
    assert names_of(shown["tracks"]) == names_of(asked)
    colors = {track.get("name"): track["color"] for track in asked if "color" in track}
    assert {name: track_of(shown, name)["color"] for name in colors} == colors


def names_of(tracks: Sequence[dict[str, Any]]) -> list[str]:
    """What is overlaid behind what it lies in."""
    return [
        name
        for track in tracks
        if track["type"] not in ("ideogram", "ruler")
        for name in (track.get("name"), *names_of(track.get("tracks") or ()))
    ]


def test_a_relative_session_of_ours_opens_in_igvjs_too(tmp_path: Path):
    """It reads XML where a track's id is the text of its resource's path (igv.md 1.5)."""
    desk = Desk(tmp_path / "work")
    absolute = desk.converted(STYLED.encode(), "absolute", "s.xml").document[b""]
    relative = desk.converted(absolute, "relative", "s.xml").document[b""]
    shown = in_igvjs(desk.folder, relative, "s.xml")
    assert track_of(shown, "the signal")["color"] == "rgb(10,120,30)"
