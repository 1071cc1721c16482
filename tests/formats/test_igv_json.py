"""The JSON of IGV 3 and igv.js: taken apart, put together, and edited where it is edited."""

from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.igv import IGV

DATA = Path(__file__).resolve().parents[1] / "data" / "igv"
DESKTOP = (DATA / "desktop_3.json").read_bytes()
WEB = (DATA / "igvjs.json").read_bytes()
DOCUMENTS = [DESKTOP, WEB]


def read(content):
    return list(IGV.read({b"": content}).parts)


def substance(parts):
    return sorted((part.kind, part.name, part.content) for part in parts)


def test_every_member_is_a_part():
    """Tracks and features each one of its own; a roi with a color stays whole."""
    parts = read(DESKTOP)
    assert [(part.kind, part.key) for part in parts] == [
        ("genome", "genome"),
        ("locus", "locus"),
        ("member", "nextAutoscaleGroup"),
        ("region", "chr1:1499-2500"),
        ("region", "chr2:99-900"),
        ("region", "known"),
        ("track", "Reference sequence"),
        ("track", "tracks/signal.wig"),
        ("track", "Overlay"),
        ("attributes", "hiddenAttributes"),
    ]
    assert parts[7].facts == {"class": "wig", "color": "0,0,178", "range": "0..10"}
    assert all(part.content.decode() in DESKTOP.decode() for part in parts)
    assert [part.key for part in read(WEB)] == [
        *("version", "genome", "locus", "sequence", "https://example.invalid/s.bigwig", "sampleinfo"),
    ]


@pytest.mark.parametrize("content", DOCUMENTS)
def test_a_part_can_be_changed_taken_out_and_put_in(content):
    """And only its own text differs."""
    document, parts = {b"": content}, read(content)
    for index, part in enumerate(parts):
        if part.kind != "genome":
            rest = parts[:index] + parts[index + 1 :]
            less = IGV.write(rest, document)
            assert substance(IGV.read(less).parts) == substance(rest)
            assert substance(IGV.read(IGV.write(parts, less)).parts) == substance(parts)
    track = next(part for part in parts if part.kind == "track" and b"color" in part.content)
    changed = replace(track, content=track.content.replace(b'"color"', b'"colour"'), facts={})
    edited = IGV.write([changed if part is track else part for part in parts], document)
    assert edited[b""] == content.replace(track.content, changed.content)


@pytest.mark.parametrize("content", DOCUMENTS)
def test_a_new_document_holds_the_same_parts(content):
    """Built from nothing, indented, with tracks even where there are none."""
    parts = read(content)
    assert substance(IGV.read(IGV.write(parts)).parts) == substance(parts)
    bare = [part for part in parts if part.kind == "genome"]
    assert substance(IGV.read(IGV.write(bare)).parts) == substance(bare)


def test_a_new_feature_goes_where_its_neighbours_are():
    """Into the roi that has features; where there is none, into a new one."""
    feature = Part(key="n", name="n", kind="region", content=b'{"chr": "chr9", "start": 1, "end": 2}')
    parts = read(DESKTOP)
    edited = IGV.write([*parts, feature], {b"": DESKTOP})[b""]
    assert edited.index(b"chr9") < edited.index(b'"known"')
    made = IGV.write([*read(WEB), feature], {b"": WEB})
    assert b'"roi":[\n    {"features": [\n' in made[b""]
    assert [part.content for part in IGV.read(made).parts if part.kind == "region"] == [feature.content]


def test_a_genome_told_whole_takes_the_place_of_a_name():
    """A text is the member genome, an object the member reference."""
    parts = read(WEB)
    told = [replace(part, content=b'{"id": "toy"}') if part.kind == "genome" else part for part in parts]
    edited = IGV.write(told, {b"": WEB})[b""]
    assert b'"reference":{"id": "toy"}' in edited
    assert b'"genome"' not in edited


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Part(key="a", name="a", kind="track", content=b"<Track/>"), "XML session"),
        (Part(key="a", name="a", kind="panel", content=b"{}"), "XML session"),
        (Part(key="a", name="a", kind="track", content=b"[]"), "JSON object"),
        (Part(key="a", name="a", kind="member", content=b"{,}"), "not readable"),
        (Part(key="a", name="tracks", kind="member", content=b"[]"), "read back"),
        (Part(key="a", name="locus", kind="locus", content=b'"b"'), "one locus"),
        (Part(key="a", name="a", kind="member", content=b"[" * 100_000), "deep"),
    ],
)
def test_what_it_cannot_hold_is_refused(part, words):
    """With a sentence, and nothing is written."""
    with pytest.raises(CannotHold, match=words):
        IGV.write([*read(DESKTOP), part], {b"": DESKTOP})


def test_a_json_session_needs_a_genome():
    """Else it would be none."""
    with pytest.raises(CannotHold, match="genome"):
        IGV.write(read(WEB)[4:5])


def test_odd_values_are_kept():
    """Tracks that are none, a roi that is no list, a genome that is a number, half a character, a member twice."""
    text = b'{"version": 1, "genome": 2, "roi": 3, "tracks": [1, null, {"url": [], "name": "\\ud800"}], "x": 1, "x": 2}'
    document = {b"": text}
    parts = IGV.read(document).parts
    assert IGV.write(parts, document) == document
    assert "".join(part.name for part in parts).encode()
    assert [part.content for part in parts if part.name == "x"] == [b"2"]


def test_what_is_wrong_with_a_json_session_is_told():
    """What IGV 3 does not open again, too many parts for the size, values nested too deeply."""
    warnings = IGV.read({b"": DESKTOP}).warnings
    assert len(warnings) == 1
    assert "overlay" in warnings[0]
    for text in (b'{"genome":"g","tracks":[' + b"{}," * 50_000 + b"{}]}", b'{"genome":"g","tracks":' + b"[" * 100_000):
        with pytest.raises(DamagedDocument):
            IGV.read({b"": text})


def without_tracks(text):
    document = {b"": text.encode()}
    return IGV.write([part for part in IGV.read(document).parts if part.kind != "track"], document)[b""].decode()


@pytest.mark.parametrize(
    "members",
    [
        '"genome": {"id": "x"}',
        '"reference": "hg19"',
        '"reference": "hg19", "genome": "hg38"',
        '"reference": {"id": "x"}, "genome": "hg38"',
        '"genome": null',
        '"genome": "hg38", "gene-list": 5',
        '"genome": "hg38", "": 5',
        '"genome": "hg38", "member": 4, "": 5',
        '"genome": "hg38", "\\ud800": 1',
        '"genome": "hg38", "\\ud800": 1, "\\\\ud800": 2',
        '"genome": "hg38", "\\ud800" : "a: b"',
        f'"genome": "hg38", "{"a" * 305}": {{"x": 1}}, "{"a" * 306}": 2',
        '"genome": "hg38", "locus": "a"',
    ],
)
def test_editing_tracks_leaves_the_other_members_alone(members):
    """Their names, their places and their values, whatever they are called."""
    assert without_tracks(f'{{{members}, "tracks": [{{"url": "a"}}]}}') == f'{{{members}, "tracks": []}}'


@pytest.mark.parametrize("key", ["a" * 305, "\\ud800", ""])
def test_a_member_has_its_whole_name_in_another_session(key):
    """The name that is shown may be cut or escaped; the content tells the real one, and can be edited."""
    text = f'{{"genome": "hg38", "{key}": {{"x": 1}}, "tracks": []}}'
    parts = read(text.encode())
    member = next(part for part in parts if part.kind == "member")
    assert f'"{key}":{{"x": 1}}'.encode() in IGV.write([*read(WEB), member], {b"": WEB})[b""]
    changed = replace(member, content=member.content.replace(b"1", b"2"))
    edited = IGV.write([changed if part is member else part for part in parts], {b"": text.encode()})[b""]
    assert edited == text.replace("1", "2").encode()
    IGV.resources(parts)
    assert IGV.describe_change(member, changed)
    assert not IGV.same(member, changed)
    assert IGV.merge_part(member, changed, changed) is None


@pytest.mark.parametrize("name", ["genome", "locus", "signal"])
def test_an_editor_s_last_newline_is_no_part_of_a_value(name):
    """White space around what was edited is left out."""
    parts = read(DESKTOP)
    part = next(part for part in parts if part.name == name)
    changed = replace(part, content=b"\n" + part.content + b"\r\n", facts={})
    assert IGV.write([changed if each is part else each for each in parts], {b"": DESKTOP}) == {b"": DESKTOP}


def test_a_track_that_is_no_object_hinders_no_edit_elsewhere():
    """It was there already; a new one is refused."""
    text = b'{"genome": "hg38", "tracks": [1, {"url": "a", "color": "red"}, null]}'
    parts = read(text)
    changed = [replace(part, content=part.content.replace(b"red", b"blue")) for part in parts]
    assert IGV.write(changed, {b"": text})[b""] == text.replace(b"red", b"blue")
    with pytest.raises(CannotHold, match="JSON object"):
        IGV.write([*parts, replace(parts[1], content=b"2")], {b"": text})


def test_tracks_are_read_back_in_the_order_asked():
    """It is that in which they are shown."""
    parts = read(DESKTOP)
    tracks = [part for part in parts if part.kind == "track"]
    wanted = [*(part for part in parts if part.kind != "track"), *tracks[::-1], tracks[0]]
    written = IGV.write(wanted, {b"": DESKTOP})[b""]
    assert [part.content for part in read(written) if part.kind == "track"] == [
        part.content for part in [*tracks[::-1], tracks[0]]
    ]


def test_a_genome_of_a_json_session_is_a_json_value():
    """The sentence says how it is written."""
    parts = [replace(part, content=b"hg19") if part.kind == "genome" else part for part in read(WEB)]
    with pytest.raises(CannotHold, match='such as "hg38"'):
        IGV.write(parts, {b"": WEB})
