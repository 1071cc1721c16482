"""A session with its references for another place: what is asked of them, and every other byte as it was."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import Converted, DamagedDocument, Origin
from holdfast_daemon.formats.igv import IGV

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = (ROOT / "tests" / "data" / "igv", ROOT.parent / "shared" / "samples" / "igv")
ORIGIN = Origin(name="s", created=0, modified=0, path="/home/ann/work/s.xml", target="/home/ann/out/")


def converted(content: bytes | str, to: str, origin: Origin = ORIGIN) -> Converted:
    return IGV.converted({b"": content.encode() if isinstance(content, str) else content}, to, origin)


def text_of(content: bytes | str, to: str, origin: Origin = ORIGIN) -> str:
    return converted(content, to, origin).document[b""].decode()


def references(content: bytes) -> list[str]:
    return [each.reference for each in IGV.resources(IGV.read({b"": content}).parts)]


def in_session(body: str, genome: str = "hg38") -> str:
    return f'<?xml version="1.0"?>\n<!-- a&b -->\n<Session  genome="{genome}"\tversion="8">{body}\n</Session >'


TRACKS = """<Resources ><Resource path = '/home/ann/data/a.bam' name="/home/ann/data/a.bam" x:y=""/>
  <Resource path="in/b.wig" mapping="in/b.tab"/><Resource path="https://h/c.bw"/><Resource path="~/d.bed"/>
  </Resources><Panel name="P"><Track id='/home/ann/data/a.bam_coverage' clazz="A"  name="/home/ann/data/a.bam"/>
  <Track  clazz="C" id="/home/ann/data/a.bam_junctions"/><Track id="/home/ann/work/in/b.wig"/>
  <Track clazz="MergedTracks" id="m"><Track id="in/b.wig_Sample_1"/><Track id="https://h/c.bw"/></Track></Panel>"""


def test_relative_references_begin_where_the_session_will_lie() -> None:
    """The genome, resources and the ids of their tracks, with what is behind these; no URL, nothing else (fact 5)."""
    before = in_session(TRACKS, genome="/home/ann/genomes/toy.fa")
    expected = before.replace('"/home/ann/genomes/', '"../genomes/')
    for quoted in ("path = '{}'", "id='{}_coverage'", 'id="{}_junctions"'):
        expected = expected.replace(quoted.format("/home/ann/data/a.bam"), quoted.format("../data/a.bam"))
    for old in ('path="in/b.wig"', 'id="/home/ann/work/in/b.wig"', 'id="in/b.wig_Sample_1"', 'mapping="in/b.tab"'):
        expected = expected.replace(old, old.replace("/home/ann/work/", "").replace("in/", "../work/in/"))
    done = converted(before, "relative")
    assert done.document[b""].decode() == expected
    assert (done.suffix, done.losses) == (
        ".xml",
        [("~/d.bed", "~/d.bed begins at the home folder of whoever opens it: it stays as it is written")],
    )


def test_absolute_references_are_those_that_were_meant() -> None:
    """And relative again from the same place they are as they were."""
    absolute = text_of(in_session(TRACKS, genome="../genomes/toy.fa"), "absolute")
    assert 'genome="/home/ann/genomes/toy.fa"' in absolute
    assert 'path="/home/ann/work/in/b.wig" mapping="/home/ann/work/in/b.tab"' in absolute
    assert 'id="/home/ann/work/in/b.wig_Sample_1"' in absolute
    again = text_of(absolute, "relative")
    assert again == text_of(in_session(TRACKS, genome="/home/ann/genomes/toy.fa"), "relative")


def test_a_session_that_is_relative_to_its_place_already_is_the_same() -> None:
    """To the byte; but ids that are still absolute get the text of their resource, with which IGV finds them."""
    here = Origin(name="s", created=0, modified=0, path="/home/ann/work/s.xml", target="/home/ann/work/t.xml")
    body = '<Resources><Resource path="in/b.wig"/></Resources><Panel><Track id="{}"/></Panel>'
    before = in_session(body, genome="in/toy.fa")
    assert text_of(before.format("in/b.wig"), "relative", here) == before.format("in/b.wig")
    assert text_of(before.format("/home/ann/work/in/b.wig"), "relative", here) == before.format("in/b.wig")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("a.bam", "index='/home/ann/work/a.bam.bai'"),
        ("a.bam", "index='a.bai'"),
        ("a.vcf.gz", 'index="/home/ann/work/a.vcf.gz.tbi"'),
        ("a.bed", 'index="a.bed.idx"'),
        ("a.bam", 'coverage="/home/ann/work/a.bam.tdf"'),
    ],
)
def test_an_index_that_igv_finds_by_itself_is_named_no_more(path: str, told: str) -> None:
    """For IGV opens it as it is written, wherever the session lies (igv.md 1.6)."""
    before = in_session(f'<Resources><Resource path="{path}" {told} type="x"/></Resources>')
    done = converted(before, "relative")
    assert done.document[b""].decode() == before.replace(f' {told}', "").replace(path, f"../work/{path}")
    assert done.losses == []
    assert told.split("=")[0] in text_of(before, "absolute")


def test_an_index_of_another_name_is_absolute_and_told_of() -> None:
    """A coverage that is none (``.``) is no file."""
    before = in_session('<Resources><Resource path="a.bam" index="x.bai" coverage="."/></Resources>')
    done = converted(before, "relative")
    assert b'path="../work/a.bam" index="/home/ann/work/x.bai" coverage="."' in done.document[b""]
    sentence = "x.bai: IGV does not look for its index from the session's folder, so it is absolute"
    assert done.losses == [("a.bam", sentence)]


def test_the_tracks_that_one_is_made_of_are_absolute_and_told_of() -> None:
    """With a relative one 2.19 opens the session and cannot save it (igv.md 1.5)."""
    before = in_session(
        '<Resources><Resource path="a.wig"/><Resource path="http://h/b.wig"/></Resources><Panel>'
        '<Track clazz="CombinedDataTrack" id="sum" track1="a.wig" track2="http://h/b.wig"/></Panel>'
    )
    done = converted(before, "relative")
    assert b'track1="/home/ann/work/a.wig" track2="http://h/b.wig"' in done.document[b""]
    assert done.losses == [
        ("sum", "IGV finds the tracks that it is made of by absolute paths alone: these stay absolute")
    ]


@pytest.mark.parametrize(
    ("told", "relative", "absolute"),
    [
        ("..\\x\\a.bed", "../x/a.bed", "/home/ann/x/a.bed"),
        ("file:///home/ann/x%20y/a.bed", "../x y/a.bed", "/home/ann/x y/a.bed"),
        ("C:\\x\\a.bed", "C:\\x\\a.bed", "C:\\x\\a.bed"),
        ("/a.bed", "../../../a.bed", "/a.bed"),
        ("data:text/plain,x", "data:text/plain,x", "data:text/plain,x"),
        ("s3://x/a.bed", "s3://x/a.bed", "s3://x/a.bed"),
    ],
)
def test_paths_of_other_systems_and_odd_ones(told: str, relative: str, absolute: str) -> None:
    """With slashes, and no ``file:``, which IGV does not understand (fact 6); what cannot be changed is told."""
    before = in_session(f'<Resources><Resource path="{told}"/></Resources>')
    for to, expected in (("relative", relative), ("absolute", absolute)):
        done = converted(before, to)
        assert f'path="{expected}"' in done.document[b""].decode()
        assert len(done.losses) == (told.startswith("C:"))


def test_where_nobody_knows_where_it_lies_it_stays_as_it_is() -> None:
    """What is relative is relative; it cannot be made absolute, which is told."""
    nowhere = Origin(name="s", created=0, modified=0)
    before = in_session('<Resources><Resource path="a.bed"/></Resources>')
    assert text_of(before, "relative", nowhere) == before
    assert converted(before, "relative", nowhere).losses == []
    assert converted(before, "absolute", nowhere).losses == [
        ("a.bed", "a.bed is relative to where nobody knows: it stays as it is written")
    ]


@pytest.mark.parametrize("codec", ["utf-16", "iso-8859-1", "utf-8-sig", "utf-8"])
def test_the_encoding_stays(codec: str) -> None:
    """And a file is compressed again."""
    text = '<?xml version="1.0" encoding="{}"?>\r\n<Session genome="hg38" name="&#233;é"><Resources>'
    text = text.format(codec.removesuffix("-sig")) + '<Resource path="/home/ann/é.bed"/></Resources></Session>'
    content, expected = text.encode(codec), text.replace("/home/ann/", "../").encode(codec)
    assert converted(content, "relative").document == {b"": expected}
    assert gzip.decompress(converted(gzip.compress(content), "relative").document[b""]) == expected


DESKTOP = """{"reference": {"id": "toy",  "fastaURL": "\\/home\\/ann\\/toy.fa"}, "sampleinfo": [{"url": "s.txt"}],
 "tracks" : [{"path":"\\/home\\/ann\\/a.bam", "id": "/home/ann/a.bam_coverage","name":"/home/ann/a.bam"},
  {"type":"merged", "tracks":[{"url":"b.wig"}]}, {"url": "https://h/c.bw"}]}"""


def test_json_of_igv_3_is_relative_but_for_what_it_opens_as_it_is_written() -> None:
    """The genome and what tells of samples (igv.md 1.7), which is told."""
    done = converted(DESKTOP, "relative")
    expected = DESKTOP.replace('"path":"\\/home\\/ann\\/', '"path":"..\\/').replace('"id": "/home/ann/', '"id": "../')
    expected = expected.replace('"b.wig"', '"../work/b.wig"').replace('"s.txt"', '"/home/ann/work/s.txt"')
    assert done.document[b""].decode() == expected
    assert done.suffix == ".json"
    assert {key for key, _ in done.losses} == {"genome", "sampleinfo"}


def test_json_of_igv_js_is_relative_throughout() -> None:
    """Its page resolves every URL."""
    before = '{"version": "3.8", "reference": {"fastaURL": "/home/ann/toy.fa"}, "tracks": [{"url": "a.bed"}]}'
    done = converted(before, "relative")
    assert json.loads(done.document[b""]) == {
        "version": "3.8", "reference": {"fastaURL": "../toy.fa"}, "tracks": [{"url": "../work/a.bed"}],
    }  # fmt: skip
    assert done.losses == []


def samples() -> list[Path]:
    found = [path for folder in SAMPLES for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in found if IGV.recognise({b"": path.read_bytes()})]


def test_every_sample_means_the_same_files_from_its_new_place() -> None:
    """Made relative for another folder, and absolute again there; a damaged one is refused."""
    there = Origin(name="s", created=0, modified=0, path="/home/ann/out/s.xml", target="/home/ann/out/")
    count = 0
    for path in samples():
        content = path.read_bytes()
        try:
            absolute = converted(content, "absolute").document[b""]
        except DamagedDocument:
            continue
        again = converted(converted(content, "relative").document[b""], "absolute", there).document[b""]
        left, right = ([each for each in references(one) if not _is_found_alone(each)] for one in (absolute, again))
        assert left == right, path
        count += 1
    assert count > 3


def _is_found_alone(reference: str) -> bool:
    return reference.endswith((".bai", ".crai", ".tbi", ".idx", ".tdf"))
