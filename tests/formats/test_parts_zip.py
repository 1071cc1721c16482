"""The zip of parts: any tool opens it, the same parts give the same bytes, and strangers' zips do no harm."""

import io
import json
import struct
import zipfile
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.archive import read_archive
from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.parts import PARTS


def part(key, content=b"x", name=None, kind="track"):
    return Part(key=key, name=name or key, kind=kind, content=content)


TWO = [part("drums", b"boom\n" * 3), part("bass", b"\x00\xff", "Bass & co")]


def substance(parts):
    return [(each.key, each.name, each.kind, each.content) for each in parts]


def manifest(rows, version=1):
    return json.dumps({"holdfast_parts": version, "parts": rows}).encode()


def zipped(members, method=zipfile.ZIP_STORED):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return {b"": target.getvalue()}


def test_what_is_written_reads_back_in_order():
    """Keys, names, kinds, contents and order come back."""
    reading = PARTS.read(PARTS.write(TWO))
    assert substance(reading.parts) == substance(TWO)
    assert PARTS.recognise(PARTS.write(TWO)) == reading.recognition


def test_the_same_parts_give_the_same_bytes():
    """No date, order of a set or system shows in the bytes."""
    assert PARTS.write(TWO) == PARTS.write(list(TWO))


def test_any_zip_tool_opens_it():
    """Members are stored under their keys beside a readable manifest."""
    with zipfile.ZipFile(io.BytesIO(PARTS.write(TWO)[b""])) as archive:
        assert archive.namelist() == ["manifest.json", "parts/drums", "parts/bass"]
        assert archive.testzip() is None
        assert json.loads(archive.read("manifest.json"))["holdfast_parts"] == 1


def test_a_member_that_a_person_added_is_a_part():
    """What the manifest does not list follows in the archive's order."""
    row = {"key": "a", "name": "A", "kind": "track", "member": "parts/a"}
    document = zipped([("notes.txt", b"mine"), ("manifest.json", manifest([row])), ("parts/a", b"1"), ("d/", b"")])
    assert substance(PARTS.read(document).parts) == [
        ("a", "A", "track", b"1"),
        ("notes.txt", "notes.txt", "file", b"mine"),
    ]


def test_unchanged_parts_give_the_templates_own_bytes():
    """A zip repacked by a person stays as it is while its parts do."""
    row = {"key": "a", "name": "A", "kind": "track", "member": "a"}
    document = zipped([("manifest.json", manifest([row])), ("a", b"1" * 99)], zipfile.ZIP_DEFLATED)
    parts = PARTS.read(document).parts
    assert PARTS.write(parts, document) == document
    assert substance(PARTS.read(PARTS.write([replace(parts[0], content=b"2")], document)).parts)[0][3] == b"2"


KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=150)


@given(st.lists(st.tuples(KEYS, KEYS, st.binary(max_size=30)), max_size=6, unique_by=lambda row: row[0]))
def test_any_keys_and_names_are_held(rows):
    """Keys that are no file names, or alike on some system, are held too, and members stay inside."""
    parts = [part(key, content, name or "n") for key, name, content in rows]
    document = PARTS.write(parts)
    assert substance(PARTS.read(document).parts) == substance(parts)
    with zipfile.ZipFile(io.BytesIO(document[b""])) as archive:
        assert all(".." not in name.split("/") and not name.startswith("/") for name in archive.namelist())


@pytest.mark.parametrize("parts", [[part("a"), part("a")], [part("\ud800")], [part("a", name="\udfff")]])
def test_what_no_zip_holds_is_refused(parts):
    """Two parts of one key and text that is no Unicode are refused by key."""
    with pytest.raises(CannotHold):
        PARTS.write(parts)


@pytest.mark.parametrize("document", [{b"": b""}, {b"": b"PK nonsense"}, {b"a": b""}, zipped([("a", b"")])])
def test_other_files_are_not_recognised(document):
    """Only a zip with our manifest is ours."""
    assert PARTS.recognise(document) is None


def flipped(document, needle):
    content = bytearray(document[b""])
    content[content.index(needle)] ^= 0xFF
    return {b"": bytes(content)}


def encrypted(document):
    content = bytearray(document[b""])
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    return {b"": bytes(content)}


def declaring(document, size_bytes):
    content = bytearray(document[b""])
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = struct.pack("<I", size_bytes)
    return {b"": bytes(content)}


ROW = {"key": "a", "name": "A", "kind": "track", "member": "m/a"}
GOOD = zipped([("manifest.json", manifest([ROW])), ("m/a", b"content of a")])


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: flipped(GOOD, b"content of a"), "'m/a' is damaged"),
        (lambda: encrypted(GOOD), "'m/a' is encrypted"),
        (lambda: declaring(GOOD, 300 * 2**20), "'m/a': unpacked, more than"),
        (lambda: zipped([("manifest.json", manifest([ROW]))]), "'m/a' is listed in the manifest but missing"),
        (lambda: zipped([("a", b"")]), "'manifest.json' is missing"),
        (lambda: zipped([("a", b"1"), ("a", b"2")]), "'a' is there twice"),
        (lambda: zipped([("../a", b"")]), "'../a': its name leads out"),
        (lambda: zipped([("/a", b"")]), "'/a': its name leads out"),
        (lambda: zipped([("C:/a", b"")]), "'C:/a': its name leads out"),
        (lambda: zipped([("a\\..\\b", b"")]), "leads out"),
        (lambda: zipped([("a", b"x")], zipfile.ZIP_LZMA), "'a' is compressed in a way"),
        (lambda: zipped([("manifest.json", b"{")]), "'manifest.json' is no readable manifest"),
        (lambda: zipped([("manifest.json", b"[" * 100_000)]), "'manifest.json' is no readable manifest"),
        (lambda: zipped([("manifest.json", manifest([ROW], 2))]), "version 2"),
        (lambda: zipped([("manifest.json", manifest([ROW, ROW]))]), "lists a part twice"),
        (lambda: zipped([("manifest.json", manifest([{**ROW, "key": 1}]))]), "not text"),
        (lambda: {b"": GOOD[b""][:-30]}, "not a readable zip"),
        (lambda: {b"": b""}, "not a readable zip"),
        (lambda: {b"a": b""}, "one zip file"),
    ],
)
def test_a_damaged_zip_is_refused_by_the_member_at_fault(make, words):
    """Damage, bombs, escapes and locks are said in words, and nothing is unpacked."""
    with pytest.raises(DamagedDocument) as damaged:
        PARTS.read(make())
    assert words in str(damaged.value)


def test_a_bomb_is_refused_before_it_is_unpacked():
    """A megabyte of nothing in a kilobyte is too much where the limit is lower."""
    bomb = zipped([("a", b"\0" * 2**20)], zipfile.ZIP_DEFLATED)[b""]
    assert len(bomb) < 2**12
    with pytest.raises(DamagedDocument, match="more than 65536 bytes"):
        read_archive(bomb, largest_total_bytes=2**16)


def test_a_member_that_unpacks_to_more_than_it_declares_is_damaged():
    """The declared size is a limit, not a hint."""
    bomb = declaring(zipped([("a", b"\0" * 2**20)], zipfile.ZIP_DEFLATED), 10)
    with pytest.raises(DamagedDocument, match="'a' is damaged"):
        read_archive(bomb[b""])


def test_a_damaged_zip_of_ours_is_still_ours():
    """So that its history tells of damage instead of taking it for some other file."""
    recognition = PARTS.recognise(flipped(GOOD, b"content of a"))
    assert recognition is not None
    assert recognition.generation == "damaged"


@given(st.data())
def test_no_damage_raises_anything_else(data):
    """Any one byte changed in a good zip: it reads, or it is said to be damaged."""
    content = bytearray(GOOD[b""])
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    document = {b"": bytes(content)}
    PARTS.recognise(document)
    with suppress(DamagedDocument):
        PARTS.read(document)


def test_parts_are_matched_by_key_then_by_content():
    """A key that the application gave stays; a renamed one is known by its content."""
    assert set(PARTS.match(TWO, [part("b2", TWO[1].content), part("drums", b"new")])) == {(1, 0), (0, 1)}


def test_changes_are_told_in_lines_or_bytes():
    """Text by lines, everything else by size."""
    assert PARTS.describe_change(part("a", b"x\n"), part("a", b"x\ny\n")) == "track a: +1 −0 lines"
    assert PARTS.describe_change(part("a", b"\0"), part("a", b"\0\0")) == "track a: 1 bytes → 2 bytes"


def test_losing_every_part_is_suspicious():
    """An empty archive after a full one looks like damage; one part less does not."""
    old, new = PARTS.read(PARTS.write(TWO)), PARTS.read(PARTS.write([]))
    assert "gone or empty" in PARTS.suspicion(old, new)
    assert PARTS.suspicion(old, PARTS.read(PARTS.write(TWO[:1]))) is None
