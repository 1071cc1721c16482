"""The plain pickle, the container with an index, and the one that was never released."""

import json
import struct
import sys
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.mosaic import MOSAIC

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

THUMBNAIL = b"\x89PNG\r\n\x1a\nnot really"
META = b'{"volume_paths":["/data/tomo_001.mrc"]}'
STATE = made.session()
INDEXED = made.indexed(STATE, thumbnail=THUMBNAIL, meta=META)


def with_index(index, behind=b""):
    header = json.dumps(index).encode()
    return struct.pack(">I", len(header)) + header + behind


def sections(content):
    length = int.from_bytes(content[:4], "big")
    rows = json.loads(content[4 : 4 + length])["sections"]
    return {name: content[row["offset"] : row["offset"] + row["size"]] for name, row in rows.items()}


def test_fact_1_containers_are_told_apart_by_content():
    """Fact 1: by the first bytes; the suffix says nothing."""
    wanted = {"plain 1.3.2": STATE, "indexed 1.3.2": INDEXED, "unreleased 1.3.2": made.unreleased(STATE)}
    for generation, content in wanted.items():
        assert MOSAIC.recognise({b"": content}).generation == generation


def test_fact_17_the_index_says_who_wrote_it():
    """Fact 17: not inferred where the file names the version."""
    recognition = MOSAIC.recognise({b"": made.indexed(STATE, version="1.3.9")})
    assert (recognition.writer, recognition.inferred) == ("1.3.9", False)
    assert MOSAIC.recognise({b"": STATE}).inferred


@pytest.mark.parametrize(("version", "writer"), [("1.3.\ud800", "1.3.\\ud800"), ("9" * 300_000, "9" * 200 + "…")])
def test_a_strange_version_is_told_in_valid_short_text(version, writer):
    """JSON can hold lone surrogates and anything of any length; the document keeps them."""
    content = made.indexed(STATE, version=version)
    assert MOSAIC.recognise({b"": content}).writer == MOSAIC.read({b"": content}).recognition.writer == writer
    assert MOSAIC.write(MOSAIC.read({b"": content}).parts, {b"": content}) == {b"": content}


@pytest.mark.parametrize("name", ["\ud800", "n" * 201])
def test_a_section_of_a_strange_name_is_damage(name):
    """It would be a part's name; the message is valid, short text too."""
    with pytest.raises(DamagedDocument) as raised:
        MOSAIC.read({b"": made.indexed(STATE, **{name: b"x"})})
    assert len(str(raised.value).encode()) < 300


def test_sections_are_parts():
    """The picture and the paths of the viewer's volumes, as they are."""
    parts = {part.key: part.content for part in MOSAIC.read({b"": INDEXED}).parts if part.kind == "section"}
    assert parts == {"section-thumbnail": THUMBNAIL, "section-meta": META}


def test_fact_6_an_indexed_session_comes_back_to_the_byte():
    """Fact 6: both containers."""
    for content in (INDEXED, made.unreleased(STATE)):
        assert MOSAIC.write(MOSAIC.read({b"": content}).parts, {b"": content}) == {b"": content}


def test_fact_13_sections_survive_an_edit():
    """Fact 13: an unknown section and an unknown field of the index stay, and every offset fits again."""
    content = made.indexed(STATE, thumbnail=THUMBNAIL, unheard_of=b"kept")
    content = content.replace(b'{"format_version":1,', b'{"format_version":1,"by":"me",')
    length = int.from_bytes(content[:4], "big") + len('"by":"me",')
    header = json.loads(content[4 : 4 + length])
    for row in header["sections"].values():
        row["offset"] += len('"by":"me",')
    content = struct.pack(">I", length) + json.dumps(header, separators=(",", ":")).encode() + content[4 + length :]
    parts = [part for part in MOSAIC.read({b"": content}).parts if part.name != "picks"]
    edited = MOSAIC.write(parts, {b"": content})[b""]
    assert sections(edited).keys() == {"state", "thumbnail", "unheard_of"}
    assert sections(edited)["unheard_of"] == b"kept"
    assert b'"by":"me"' in edited
    assert MOSAIC.read({b"": edited}).facts["clusters"] == 2


def test_what_lies_between_sections_survives_an_edit():
    """A stretch that the index does not name is not ours to drop."""
    length = 4 + int.from_bytes(INDEXED[:4], "big")
    index = json.loads(INDEXED[4:length])
    index["sections"] = {"state": index["sections"]["state"]}
    index["sections"]["state"]["offset"] = 1000
    header = json.dumps(index, separators=(",", ":")).encode()
    gap = b"between".ljust(1000 - 4 - len(header), b".")
    content = struct.pack(">I", len(header)) + header + gap + STATE + b"behind"
    edited = MOSAIC.write(MOSAIC.read({b"": content}).parts[:-1], {b"": content})[b""]
    assert gap in edited
    assert edited.endswith(b"behind")


def test_a_section_can_be_taken_out_and_put_in():
    """Parts are what there is of sections."""
    parts = [part for part in MOSAIC.read({b"": INDEXED}).parts if part.key != "section-thumbnail"]
    parts.append(Part(key="section-new", name="new", kind="section", content=b'{"a":1}'))
    edited = MOSAIC.write(parts, {b"": INDEXED})[b""]
    assert sections(edited) == {"state": sections(edited)["state"], "meta": META, "new": b'{"a":1}'}


def test_fact_15_plain_and_indexed_become_each_other():
    """Fact 15: without sections a new session is a plain pickle, with some it has an index."""
    parts = MOSAIC.read({b"": INDEXED}).parts
    plain = MOSAIC.write([part for part in parts if part.kind != "section"])
    assert MOSAIC.recognise(plain).generation == "plain 1.3.2"
    whole = MOSAIC.write(parts)
    assert [(p.key, p.content) for p in MOSAIC.read(whole).parts] == [(p.key, p.content) for p in parts]
    assert MOSAIC.recognise(whole).generation == "indexed 1.3.2"


def test_a_plain_pickle_holds_no_section():
    """It says so, and drops nothing."""
    with pytest.raises(CannotHold, match="plain pickle has no sections"):
        MOSAIC.write(MOSAIC.read({b"": INDEXED}).parts, {b"": STATE})


def test_the_unreleased_container_warns():
    """Today's Mosaic reads no such file."""
    assert "Mosaic cannot open it" in MOSAIC.read({b"": made.unreleased(STATE)}).warnings[0]


def test_what_stands_behind_the_end_is_told_and_kept():
    """Mosaic ignores it; it may still be somebody's."""
    document = {b"": STATE + b"behind"}
    reading = MOSAIC.read(document)
    assert "6 bytes behind" in reading.warnings[0]
    assert MOSAIC.write(reading.parts[:-1], document)[b""].endswith(b".behind")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"\xff\xff\xff\xff{}", "neither as a pickle nor", id="index bomb"),
        pytest.param(b"\x00\x01\x00\x00{}", "cut off", id="index cut off"),
        pytest.param(b"\x00\x00\x00\x02{]", "no JSON", id="no JSON"),
        pytest.param(b"\x00\x00\x9c\x40" + b'{"a":' + b"[" * 39_995, "no JSON", id="deep JSON"),
        pytest.param(with_index({}), "no section", id="no sections"),
        pytest.param(with_index({"sections": {"state": {"offset": 0, "size": 10}}}), "lies over", id="over the index"),
        pytest.param(
            with_index({"sections": {"state": {"offset": 90, "size": 1 << 60}}}), "ends behind", id="too long"
        ),
        pytest.param(with_index({"sections": {"state": {"offset": -1, "size": 1}}}), "does not say", id="before"),
        pytest.param(with_index({"sections": {"state": {"offset": True, "size": 1}}}), "does not say", id="no number"),
        pytest.param(with_index({"sections": {"state": []}}), "does not say", id="no row"),
    ],
)
def test_an_index_that_does_not_fit_is_damage(content, reason):
    """Bombs, offsets beyond the end and sections over each other."""
    with pytest.raises(DamagedDocument, match=reason):
        MOSAIC.read({b"": content})


def test_sections_over_each_other_are_damage():
    """Two sections never share bytes."""
    index = {"sections": {"state": {"offset": 200, "size": 100}, "meta": {"offset": 250, "size": 100}}}
    content = with_index(index).ljust(400, b"x")
    with pytest.raises(DamagedDocument, match="lies over"):
        MOSAIC.read({b"": content})
