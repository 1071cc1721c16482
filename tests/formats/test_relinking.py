"""A document that points elsewhere: the references change where they stand, and every other byte stays."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Target
from holdfast_daemon.formats.igv import IGV
from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.formats.plain import PLAIN

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = (ROOT / "tests" / "data" / "igv", ROOT.parent / "shared" / "samples" / "igv")
HOSTILE = "/new place/{}/é&<\"'>.bam"


def moved(content: bytes, targets: dict[str, Target]) -> bytes:
    return IGV.relinked({b"": content}, targets)[b""]


def absolute(new: str) -> Target:
    return Target(reference=new, path=new)


def references(content: bytes) -> list[str]:
    return [each.reference for each in IGV.resources(IGV.read({b"": content}).parts)]


def in_session(body: str, genome: str = "hg38") -> bytes:
    return f'<?xml version="1.0"?>\n<!-- a&b -->\n<Session  genome="{genome}"\tversion="8">{body}\n</Session >'.encode()


def test_a_track_goes_with_its_resource() -> None:
    """Its id and that of what is computed of the file; neither a name like the path, nor another track, nor a space."""
    body = """<Resources ><Resource path = '/old/a.bam' name="/old/a.bam" x:y=""/>
      <Resource path="/old/a.bam_b"/></Resources><Panel name="P"><Track id='/old/a.bam' clazz="A"  name="/old/a.bam"/>
      <Track  clazz="C" id="/old/a.bam_coverage"><DataRange type="LINEAR"/></Track><Track id="/old/a.bam_b"/>
      <Track id="/other/a.bam"/><Track clazz="MergedTracks" id="m"><Track id="/old/a.bam_Sample_1"/></Track></Panel>"""
    before = in_session(body)
    after = moved(before, {"/old/a.bam": absolute("/new/a.bam")})
    expected = before
    for quoted in (b"path = '%s'", b"id='%s'", b'id="%s_coverage"', b'id="%s_Sample_1"'):
        expected = expected.replace(quoted % b"/old/a.bam", quoted % b"/new/a.bam")
    assert after == expected


def test_an_absolute_id_of_a_relative_resource_gets_the_text_of_the_resource() -> None:
    """So IGV finds it again wherever the session goes (fact 5); what combines two tracks needs absolute paths."""
    before = in_session(
        '<Resources><Resource path="data/a.wig"/></Resources><Panel><Track id="/home/ann/data/a.wig_x"/>'
        '<Track clazz="CombinedDataTrack" id="both" track1="/home/ann/data/a.wig" track2="data/a.wig"/></Panel>'
    )
    after = moved(before, {"data/a.wig": Target(reference="new/a.wig", path="/home/ann/new/a.wig")})
    assert b'<Resource path="new/a.wig"/>' in after
    assert b'<Track id="new/a.wig_x"/>' in after
    assert b'id="both" track1="/home/ann/new/a.wig" track2="/home/ann/new/a.wig"/>' in after


def test_whatever_names_a_file_of_a_resource_is_a_reference() -> None:
    """Index, coverage and mapping, and the genome; a DataFile of old has its path as its name."""
    before = in_session(
        '<Files><DataFile name="/old/d.seg" label="d"/></Files><Resources><Resource path="/old/a.bam" '
        'index="/old/a.bai" coverage="/old/a.tdf" mapping="/old/a.tab"/></Resources>',
        genome="/old/toy.fa",
    )
    targets = {each: absolute(each.replace("old", "new")) for each in references(before)}
    assert len(targets) == 6
    assert moved(before, targets) == before.replace(b"/old/", b"/new/")


@pytest.mark.parametrize("codec", ["utf-16", "iso-8859-1", "utf-8-sig", "utf-8"])
def test_the_encoding_stays(codec: str) -> None:
    """And so do entities elsewhere, and a file is compressed again."""
    text = '<?xml version="1.0" encoding="{}"?>\r\n<Session genome="hg38" name="&#233;é"><Resources>'
    text = text.format(codec.removesuffix("-sig")) + '<Resource path="/old/é.bed"/></Resources></Session>'
    content, expected = text.encode(codec), text.replace("/old/", "/new/").encode(codec)
    target = {"/old/é.bed": absolute("/new/é.bed")}
    assert moved(content, target) == expected
    assert gzip.decompress(moved(gzip.compress(content), target)) == expected


def test_what_is_special_in_xml_is_escaped_where_it_must_be() -> None:
    """In the quotes that stand there."""
    before = in_session("<Resources><Resource path='/a'/><Resource path=\"/b\"/></Resources>")
    after = moved(before, {"/a": absolute("/it's \"&<"), "/b": absolute("/it's \"&<")})
    assert b"path='/it&apos;s \"&amp;&lt;'" in after
    assert b'path="/it\'s &quot;&amp;&lt;"' in after
    assert references(after) == ["/it's \"&<"] * 2


def test_json_is_changed_where_it_stands() -> None:
    """Tracks, also those in others, ids, the genome's files; the escapes of slashes stay as they were."""
    before = (
        b'{"version": "3",  "reference" : {"fastaURL":"\\/old\\/toy.fa", "id": "/old/toy.fa"},\n "tracks": [\n'
        b'  {"path": "/old/a.bam" , "indexPath":"/old/a.bai","id":"/old/a.bam_coverage", "name": "/old/a.bam"},\n'
        b'  {"type":"merged","tracks":[{"url":"/old/a.bam"}]}], "note": "{\\"path\\": \\"/old/a.bam\\"}" }'
    )
    targets = {each: absolute(each.replace("old", "new")) for each in references(before)}
    after = moved(before, targets)
    expected = before.replace(b'"fastaURL":"\\/old', b'"fastaURL":"\\/new').replace(b'"/old/a.bam"', b'"/new/a.bam"')
    expected = expected.replace(b'/old/a.bai"', b'/new/a.bai"').replace(b"/old/a.bam_c", b"/new/a.bam_c")
    assert after == expected.replace(b'"name": "/new/a.bam"', b'"name": "/old/a.bam"')


def samples() -> list[Path]:
    found = [path for folder in SAMPLES for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in found if IGV.recognise({b"": path.read_bytes()}) and _is_readable(path)]


def _is_readable(path: Path) -> bool:
    try:
        IGV.read({b"": path.read_bytes()})
    except DamagedDocument:
        return False
    return True


def test_every_sample_points_wherever_it_is_told_to() -> None:
    """And is else what it was: with its references for the new ones, ids apart, its parts are the same."""
    paths = samples()
    assert paths
    for path in paths:
        content = path.read_bytes()
        assert moved(content, {}) == content
        before = references(content)
        targets = {each: absolute(HOSTILE.format(number)) for number, each in enumerate(dict.fromkeys(before))}
        after = moved(content, targets)
        assert references(after) == [targets[each].reference for each in before], path
        kinds = [part.kind for part in IGV.read({b"": content}).parts]
        assert [part.kind for part in IGV.read({b"": after}).parts] == kinds, path


def test_a_context_file_is_changed_and_no_message() -> None:
    """Also one without a path, or of a path written with escapes, is left as it is where nothing is asked."""
    content = (
        b'\xef\xbb\xbf{ "contextFiles" : [ {"readOnly":true, "path" : "src\\/a.py"},{"path":"b.py"} , '
        b'{"x":"src/a.py"}],\r\n"contextMessages":[{"role":"user","path":"src/a.py","content":"src/a.py"}]}'
    )
    after = AIDERDESK.relinked({b"": content}, {"src/a.py": absolute("lib/ä.py")})[b""]
    assert after == content.replace(b'"src\\/a.py"', '"lib/ä.py"'.encode())
    assert AIDERDESK.relinked({b"": content}, {"else": absolute("x")}) == {b"": content}


def test_of_a_task_only_the_context_is_changed() -> None:
    """Its other files come along as they are."""
    task = {
        b"settings.json": b'{"id": "1", "name": "src/a.py"}',
        b"context.json": json.dumps({"contextFiles": [{"path": "src/a.py"}], "contextMessages": []}).encode(),
    }
    after = AIDERDESK.relinked(task, {"src/a.py": absolute("/p/a.py")})
    assert after == {**task, b"context.json": task[b"context.json"].replace(b"src/a.py", b"/p/a.py")}
    assert AIDERDESK.relinked({b"settings.json": b"{}"}, {}) == {b"settings.json": b"{}"}


def test_volumes_and_frames_of_mosaic_are_elsewhere() -> None:
    """Only the parts that point there change, beside the pickle too, and there and back again it is the same."""
    meta = b'{ "volume_paths":["/data/t.mrc", 5],\n "x" : "/data/t.mrc"}'
    for document in ({b"": made.everything()}, {b"": made.indexed(made.everything(), meta=meta)}):
        parts = MOSAIC.read(document).parts
        before = MOSAIC.resources(parts)
        assert before
        targets = {each.reference: absolute(HOSTILE.format(number)) for number, each in enumerate(before)}
        after = MOSAIC.relinked(document, targets)
        moved_parts = MOSAIC.read(after).parts
        expected = [targets[each.reference].reference for each in before]
        assert [each.reference for each in MOSAIC.resources(moved_parts)] == expected
        changed = {old.key for old, new in zip(parts, moved_parts, strict=True) if old.content != new.content}
        assert changed == {each.key for each in before}
        back = {target.reference: absolute(old) for old, target in targets.items()}
        assert MOSAIC.relinked(after, back) == document


def test_a_name_of_mosaic_that_is_a_path_stays() -> None:
    """Although the pickle has one text for both."""
    world, path = made.World(), "/data/a.mrc"
    volume = world.geometry(path, kind="VolumeGeometry", meta={"volume_path": path})
    document = {b"": world.pickled(world.session([volume]))}
    [cluster] = [
        part
        for part in MOSAIC.read(MOSAIC.relinked(document, {path: absolute("/new/a.mrc")})).parts
        if part.kind == "cluster"
    ]
    assert cluster.name == path
    assert [each.reference for each in MOSAIC.resources([cluster])] == ["/new/a.mrc"]


def test_what_is_damaged_or_points_to_nothing_is_refused() -> None:
    """With the errors of the contract."""
    with pytest.raises(DamagedDocument):
        IGV.relinked({b"": in_session("")[:-20]}, {})
    with pytest.raises(DamagedDocument):
        AIDERDESK.relinked({b"": b"{}"}, {})
    with pytest.raises(CannotHold):
        PLAIN.relinked({b"": b"/old/a.bed"}, {"/old/a.bed": absolute("/new/a.bed")})


def test_a_session_of_two_thousand_tracks_of_one_name_is_relinked() -> None:
    """Each by its own path."""
    paths = [f"/old/{number}/a.bam" for number in range(2000)]
    resources = "".join(f'<Resource path="{path}"/>' for path in paths)
    tracks = "".join(f'<Track id="{path}_coverage"/>' for path in paths)
    before = in_session(f"<Resources>{resources}</Resources><Panel>{tracks}</Panel>")
    targets = {path: absolute(path.replace("old", "new")) for path in paths}
    assert moved(before, targets) == before.replace(b"/old/", b"/new/")
