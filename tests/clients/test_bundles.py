"""Bundles, between real daemons: what goes out comes back, and nothing else comes in."""

from __future__ import annotations

import asyncio
import io
import json
import os
import stat
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import pytest

from holdfast import AsyncClient, Client
from holdfast.bundles import opened_bundle
from holdfast.bundling import MANIFEST_BYTES
from holdfast.testing import PrivateDaemon, holdfast_client, holdfast_daemon
from holdfast.unbundling import write_resources
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import BadField, Damaged, Exists, HoldfastError, NotFound, TooLarge

__all__ = ["holdfast_client", "holdfast_daemon"]  # fixtures

Members = dict[str, bytes]


@pytest.fixture
def bundle(holdfast_client: Client, tmp_path: Path) -> Path:
    """Of notes/ideas with two older snapshots, which is gone from its own store then."""
    for content, message in ((b"one", "first"), (b"two" * 1000, ""), (b"three" * 600, "third")):
        holdfast_client.save("notes", "ideas", content, message=message)
    holdfast_client.tag("notes/ideas", add=["live", "Größe"])
    holdfast_client.note("notes/ideas", "played in June")
    holdfast_client.pin("notes/ideas@-1", "première")
    path = tmp_path / "ideas.zip"
    holdfast_client.export("notes/ideas", "bundle", history="all").write(path)
    holdfast_client.purge("notes/ideas")
    return path


def members_of(path: Path) -> Members:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def told(members: Members) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(members["manifest.json"])
    return found


def forge(path: Path, members: Members) -> None:
    with ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def test_a_session_comes_back_with_its_history(holdfast_client: Client, bundle: Path) -> None:
    """Tags, note, pins, and every document to the byte; what a snapshot was elsewhere is in its message, and its time,
    cause and author are those of the import. One undo takes all of it away."""
    saved = holdfast_client.import_bundle(bundle)
    shown = holdfast_client.show("notes/ideas")
    assert (shown.session.tags, shown.note, shown.session.revision) == (["Größe", "live"], "played in June", 1)
    rows = holdfast_client.log("notes/ideas").rows
    assert [row.cause for row in rows] == ["imported"] * 3
    assert [row.pins for row in rows] == [[], ["première"], []]
    assert rows[0].parents == [rows[1].snapshot]
    assert rows[0].message.endswith(": third")
    assert rows[0].message.startswith("saved 20")
    contents = [holdfast_client.load(f"notes/ideas@{row.snapshot}").files for row in rows]
    assert contents == [{b"": b"three" * 600}, {b"": b"two" * 1000}, {b"": b"one"}]
    assert holdfast_client.undo(saved.operation).count == 1
    assert holdfast_client.list().rows == []


def test_twice_importing_adds_nothing(holdfast_client: Client, bundle: Path) -> None:
    """Not even where the session has moved on since."""
    holdfast_client.import_bundle(bundle)
    holdfast_client.save("notes", "ideas", b"four")
    before = holdfast_client.operations(newest=True, limit=1).rows[0].number
    assert holdfast_client.import_bundle(bundle).outcome == "unchanged"
    assert holdfast_client.operations(newest=True, limit=1).rows[0].number == before


def test_in_its_own_store_it_is_known_by_whatever_name(holdfast_client: Client, tmp_path: Path) -> None:
    """The session that was exported is found by its id; under another name it is a new one all the same."""
    saved = holdfast_client.save("notes", "ideas", b"one")
    holdfast_client.export("notes/ideas", "bundle").write(tmp_path / "b.zip")
    holdfast_client.rename("notes/ideas", "bridges")
    assert holdfast_client.import_bundle(tmp_path / "b.zip").session.id == saved.session.id
    assert holdfast_client.import_bundle(tmp_path / "b.zip", name="copy").outcome == "saved"
    assert holdfast_client.import_bundle(tmp_path / "b.zip", name="copy").outcome == "unchanged"


def test_another_session_of_the_name_is_left_alone(holdfast_client: Client, bundle: Path) -> None:
    """It is refused as any import is."""
    holdfast_client.save("notes", "ideas", b"another")
    with pytest.raises(Exists):
        holdfast_client.import_bundle(bundle)
    assert holdfast_client.cat("notes/ideas") == b"another"


def test_a_folder_with_any_paths_comes_back(holdfast_client: Client, tmp_path: Path) -> None:
    """Bytes that are no text, names that some system cannot have, empty and equal files."""
    files = {
        b"a.py": b"1",
        b"b/\xff\xfe": b"2" * 5_000_000,
        b"b/C:?": b"",
        b"b/c:?": b"1",
        "ü/é".encode(): os.urandom(100),
    }
    holdfast_client.import_document("song", files, app="renardo")
    for number, history in enumerate((0, "all")):
        path = tmp_path / f"{number}.zip"
        holdfast_client.export("renardo/song", "bundle", history=history).write(path)
        holdfast_client.purge("renardo/song")
        assert holdfast_client.import_bundle(path).session.format == "renardo"
        assert holdfast_client.load("renardo/song").files == files


def test_what_packs_very_tightly_comes_back(holdfast_client: Client, tmp_path: Path) -> None:
    """What would look like a bomb is not packed."""
    holdfast_client.save("notes", "zeros", bytes(3_000_000))
    holdfast_client.save("notes", "zeros", bytes(20_000_000))
    holdfast_client.export("notes/zeros", "bundle", history=1).write(tmp_path / "b.zip")
    holdfast_client.purge("notes/zeros")
    holdfast_client.import_bundle(tmp_path / "b.zip")
    assert [row.size_bytes for row in holdfast_client.log("notes/zeros").rows] == [20_000_000, 3_000_000]


def test_the_history_is_chosen(holdfast_client: Client, tmp_path: Path) -> None:
    """So many before the one that is exported, or the pinned ones, and never a later one."""
    for number in range(6):
        holdfast_client.save("notes", "ideas", str(number).encode())
    holdfast_client.pin("notes/ideas@-4", "early")

    def contents(ref: str, history: int | str) -> list[str]:
        path = tmp_path / "b.zip"
        holdfast_client.export(ref, "bundle", history=history).write(path, replace=True)
        members = members_of(path)
        rows = told(members)["snapshots"]
        return [members[row["files"][0]["member"]].decode() for row in rows]

    assert contents("notes/ideas", 0) == ["5"]
    assert contents("notes/ideas", 2) == ["3", "4", "5"]
    assert contents("notes/ideas@-2", 2) == ["1", "2", "3"]
    assert contents("notes/ideas", "pins") == ["1", "5"]
    assert contents("notes/ideas@-4", "all") == ["0", "1"]
    with pytest.raises(BadField):
        contents("notes/ideas", "some")
    with pytest.raises(BadField):
        holdfast_client.export("notes/ideas", "native", history="all")


def test_the_manifest_tells_what_is_in_it(bundle: Path) -> None:
    """Application, writer, generation, and a BLAKE3 hash of every file; the document lies there as it is."""
    members = members_of(bundle)
    manifest = told(members)
    assert (manifest["application"], manifest["name"], manifest["generation"]) == ("notes", "ideas", "plain")
    assert manifest["holdfast_bundle"] == 1
    assert members["document/ideas"] == b"three" * 600
    files = [file for each in manifest["snapshots"] for file in each["files"]]
    assert [hash_of(members[file["member"]]).hex() for file in files] == [file["hash"] for file in files]
    assert {file["member"] for file in files} | {"manifest.json", "HOLDFAST.txt"} == {*members}
    assert [*members][-1] == "manifest.json"


def test_resources_come_along_and_are_written_where_one_says(holdfast_client: Client, tmp_path: Path) -> None:
    """Local files once each, by their hashes; what is not there is told."""
    (tmp_path / "genes.bed").write_bytes(b"chr1\t0\t10\n" * 1000)
    rows = "".join(
        f'<Resource path="{path}" type="bed"/>'
        for path in (tmp_path / "genes.bed", tmp_path / "missing.bed", "https://example.org/a.bed")
    )
    document = f'<?xml version="1.0"?>\n<Session genome="hg38" version="8"><Resources>{rows}</Resources></Session>'
    holdfast_client.save("igv", "genes", document.encode())
    export = holdfast_client.export("igv/genes", "bundle", resources=True)
    export.write(tmp_path / "b.zip")
    assert [remark.rpartition(" ")[2] for remark in export.remarks] == ["along", "(missing)", "(remote)"]
    resources = told(members_of(tmp_path / "b.zip"))["resources"]
    assert [row.get("member") for row in resources] == ["resources/1 genes.bed", None, None]
    assert resources[0]["hash"] == hash_of((tmp_path / "genes.bed").read_bytes()).hex()
    holdfast_client.import_bundle(tmp_path / "b.zip")


def test_indexes_go_along_and_files_keep_their_names(holdfast_client: Client, tmp_path: Path) -> None:
    """A program finds an index beside its file by its name, which the number in the bundle is not; of two that are
    called alike both keep theirs, and no file is hidden."""
    for name in ("a/reads.bam", "a/reads.bai", "b/x.fa", "b/x.fa.fai", "c/X.FA", "c/.profile"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    named = ("a/reads.bam", "c/X.FA", "c/.profile", "a/reads.bam")
    rows = "".join(f'<Resource path="{tmp_path / name}"/>' for name in named)
    genome = tmp_path / "b" / "x.fa"
    document = f'<?xml version="1.0"?>\n<Session genome="{genome}" version="8"><Resources>{rows}</Resources></Session>'
    holdfast_client.save("igv", "reads", document.encode())
    holdfast_client.export("igv/reads", "bundle", resources=True).write(tmp_path / "b.zip")
    with opened_bundle(tmp_path / "b.zip") as opened:
        assert opened is not None
        brought = {Path(each).name: Path(each).read_text() for each in write_resources(opened, str(tmp_path / "to"))}
    roles = [row["role"] for row in told(members_of(tmp_path / "b.zip"))["resources"]]
    assert roles == ["genome", "data", "data", "data", "data", "index", "index"]
    assert brought == {
        "1 x.fa": "b/x.fa", "reads.bam": "a/reads.bam", "3 X.FA": "c/X.FA", "profile": "c/.profile",
        "x.fa.fai": "b/x.fa.fai", "reads.bai": "a/reads.bai",
    }  # fmt: skip


def _with_member(name: str, **about: Any) -> Callable[[Path, Members], None]:
    def change(path: Path, members: Members) -> None:
        forge(path, members)
        with ZipFile(path, "a") as archive:
            member = ZipInfo(name)
            for field, value in about.items():
                setattr(member, field, value)
            archive.writestr(member, b"x", about.get("compress_type", ZIP_STORED))

    return change


def _with_manifest(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, Members], None]:
    def changed(path: Path, members: Members) -> None:
        manifest = told(members)
        change(manifest)
        forge(path, {**members, "manifest.json": json.dumps(manifest).encode()})

    return changed


def _with_path(said: str) -> Callable[[Path, Members], None]:
    return _with_manifest(lambda manifest: manifest["snapshots"][0]["files"][0].update(path=said))


def _twice(path: Path, members: Members) -> None:
    forge(path, members)
    with ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("document/ideas", b"three")


def _another_content(path: Path, members: Members) -> None:
    forge(path, {**members, "document/ideas": b"THREE" * 600})


def _bomb(path: Path, members: Members) -> None:
    manifest, content = told(members), bytes(50_000_000)
    manifest["snapshots"][-1]["files"][0] |= {"size_bytes": len(content), "hash": hash_of(content).hex()}
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, each in {
            **members,
            "document/ideas": content,
            "manifest.json": json.dumps(manifest).encode(),
        }.items():
            archive.writestr(name, each)


def _larger_than_said(path: Path, members: Members) -> None:
    """The directory says what the manifest does; five million bytes would come."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, each in {**members, "document/ideas": bytes(5_000_000)}.items():
            archive.writestr(name, each)
    said = len(members["document/ideas"])
    path.write_bytes(path.read_bytes().replace((5_000_000).to_bytes(4, "little"), said.to_bytes(4, "little")))


def _over_each_other(path: Path, members: Members) -> None:
    """What the directory says of its members is more than there is."""
    forge(path, members)
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"document/ideas") - 46
    assert raw[at : at + 4] == b"PK\x01\x02"
    raw[at + 20 : at + 24] = (10_000_000).to_bytes(4, "little")
    path.write_bytes(bytes(raw))


def _patched(member: bytes, at: int, value: bytes) -> Callable[[Path, Members], None]:
    """Other bytes in what the directory says of a member."""

    def change(path: Path, members: Members) -> None:
        forge(path, members)
        raw = bytearray(path.read_bytes())
        start = raw.rfind(member) - 46
        assert raw[start : start + 4] == b"PK\x01\x02"
        raw[start + at : start + at + len(value)] = value
        path.write_bytes(raw)

    return change


def _manifest_twice(path: Path, members: Members) -> None:
    forge(path, members)
    with ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("manifest.json", members["manifest.json"])


def _long_manifest(path: Path, members: Members) -> None:
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, content in {**members, "manifest.json": members["manifest.json"] + b" " * MANIFEST_BYTES}.items():
            archive.writestr(name, content)


def _cut(path: Path, members: Members) -> None:
    forge(path, members)
    path.write_bytes(path.read_bytes()[:-100])


def _lacking(path: Path, members: Members) -> None:
    forge(path, {name: content for name, content in members.items() if not name.startswith("document/")})


def _many_members(path: Path, members: Members) -> None:
    """A directory that takes more memory than a bundle's may."""
    with ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
        for number in range(3000):
            archive.writestr(f"{number:04}{'x' * 3000}", b"")


def _hidden_directory(path: Path, members: Members) -> None:
    """Its end says that the list of members is short; the larger end before that, which ``zipfile`` believes, does
    not."""
    _many_members(path, members)
    raw = path.read_bytes()
    at = raw.rfind(b"PK\x05\x06")
    count, size_bytes, offset = struct.unpack("<HLL", raw[at + 10 : at + 20])
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size_bytes, offset)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at, 1)
    path.write_bytes(raw[:at] + end64 + locator + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 100, 0, 0))


@_with_manifest
def _two_things(manifest: dict[str, Any]) -> None:
    manifest["snapshots"][0]["files"][0] |= {"member": "document/ideas", "size_bytes": 3000}


#: What is wrong, with what is said of it.
HOSTILE: dict[str, tuple[Callable[[Path, Members], None], str]] = {
    "a member above": (_with_member("../x"), "leads out"),
    "a member above, as Windows says it": (_with_member("a\\..\\..\\x"), "leads out"),
    "an absolute member": (_with_member("/etc/passwd"), "leads out"),
    "a drive": (_with_member("C:/x"), "leads out"),
    "a link": (_with_member("document/link", external_attr=(stat.S_IFLNK | 0o777) << 16), "is no file"),
    "a device": (_with_member("document/zero", external_attr=(stat.S_IFCHR | 0o666) << 16), "is no file"),
    "a member that nobody names": (_with_member("document/more"), "does not name"),
    "another way to pack": (_with_member("document/more", compress_type=ZIP_BZIP2), "packed in a way"),
    "a member twice": (_twice, "there twice"),
    "a manifest twice": (_manifest_twice, "there twice"),
    "an encrypted member": (_patched(b"document/ideas", 8, b"\1\0"), "is encrypted"),
    "an encrypted manifest": (_patched(b"manifest.json", 8, b"\1\0"), "cannot be read"),
    "a manifest that is said to have 1 GB": (_patched(b"manifest.json", 24, b"\0\0\0\x40"), "manifest cannot be read"),
    "a manifest without end": (_long_manifest, "manifest cannot be read"),
    "a wrong hash": (_another_content, "hash says; nothing was taken in"),
    "a bomb": (_bomb, "times what it is"),
    "more than was said": (_larger_than_said, "cannot be unpacked"),
    "members over each other": (_over_each_other, "lie over each other"),
    "an end that is cut off": (_cut, "cut off"),
    "a file that is not there": (_lacking, "not in it as its manifest says"),
    "a directory without end": (_many_members, "cut off, or damaged"),
    "a directory without end, hidden": (_hidden_directory, "cut off, or damaged"),
    "a name of half a letter": (_with_manifest(lambda manifest: manifest.update(name="\ud83c")), "name is missing"),
    "a tag of half a letter": (_with_manifest(lambda manifest: manifest.update(tags=["\udcff"])), "tags is missing"),
    "a path of half a letter": (_with_path("\ud83c"), "path is missing"),
    "a path above": (_with_path("../x"), "no document may have"),
    "an absolute path": (_with_path("/x"), "no document may have"),
    "a path with a NUL": (_with_path("a\0b"), "no document may have"),
    "two things of one member": (_two_things, "two things"),
    "a newer version": (_with_manifest(lambda manifest: manifest.update(holdfast_bundle=2)), "newer holdfast"),
    "no snapshot": (_with_manifest(lambda manifest: manifest.update(snapshots=[])), "no snapshot"),
    "no name": (_with_manifest(lambda manifest: manifest.pop("name")), "name is missing"),
    "tags that are none": (_with_manifest(lambda manifest: manifest.update(tags=[1])), "tags is missing"),
    "a time that is none": (
        _with_manifest(lambda manifest: manifest["snapshots"][0].update(time=-1)), "time is missing",
    ),
    "a hash that is none": (
        _with_manifest(lambda manifest: manifest["snapshots"][0]["files"][0].update(hash="0x")), "hash is missing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_bundle_that_is_not_as_it_should_be_is_refused(
    kind: str, holdfast_client: Client, bundle: Path, tmp_path: Path
) -> None:
    """With a code and a sentence; nothing is taken in, and nothing is written."""
    there = {each.name for each in tmp_path.iterdir()}
    change, said = HOSTILE[kind]
    change(bundle, members_of(bundle))
    before = holdfast_client.operations(newest=True, limit=1).rows[0].number
    with pytest.raises((Damaged, TooLarge), match=said):
        holdfast_client.import_bundle(bundle)
    assert holdfast_client.operations(newest=True, limit=1).rows[0].number == before
    assert {each.name for each in tmp_path.iterdir()} == there


@pytest.mark.parametrize(
    "change",
    [
        _with_manifest(lambda manifest: manifest.update(name="../x")),
        _with_manifest(lambda manifest: manifest.update(application="No App")),
        _with_manifest(lambda manifest: manifest.update(tags=["two\nlines"])),
        _with_manifest(lambda manifest: manifest.update(note="\x07")),
        _with_manifest(lambda manifest: manifest["snapshots"][0].update(pins=["a:b"])),
        _with_manifest(lambda manifest: [each.update(pins=["same"]) for each in manifest["snapshots"]]),
    ],
)
def test_what_the_daemon_would_not_take_is_refused_whole(
    change: Callable[[Path, Members], None], holdfast_client: Client, bundle: Path
) -> None:
    """Names, tags, notes and labels as anybody's."""
    change(bundle, members_of(bundle))
    with pytest.raises(HoldfastError) as caught:
        holdfast_client.import_bundle(bundle)
    assert caught.value.code in ("bad-name", "bad-field")
    assert holdfast_client.list().rows == []


def test_a_bundle_that_is_cut_off_anywhere_is_not_taken_in(holdfast_client: Client, bundle: Path) -> None:
    """It is damaged, or as short as to be nobody's."""
    whole = bundle.read_bytes()
    for length in range(len(whole) - 1, 0, -173):
        bundle.write_bytes(whole[:length])
        (came,) = holdfast_client.import_documents(bundle)
        assert came.outcome in ("damaged", "unrecognised"), length
    assert holdfast_client.list().rows == []


@pytest.mark.parametrize("packed", [ZIP_DEFLATED, ZIP_BZIP2])
def test_a_manifest_that_says_too_little_of_itself_costs_no_memory(packed: int, tmp_path: Path) -> None:
    """Of what it is packed into no more is unpacked than a manifest may have."""
    path = tmp_path / "b.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr("HOLDFAST.txt", b"")
        archive.writestr("manifest.json", bytes(100_000_000), packed)
    raw = bytearray(path.read_bytes())
    at = raw.rfind(b"PK\x01\x02")
    raw[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(raw)
    tracemalloc.start()
    try:
        with pytest.raises(Damaged, match="manifest cannot be read"), opened_bundle(path):
            pass
        assert tracemalloc.get_traced_memory()[1] < 30_000_000
    finally:
        tracemalloc.stop()


def test_more_than_a_bundle_holds_is_refused_beforehand(holdfast_client: Client) -> None:
    """Not when its files were read already."""
    files = {f"{number:04}{'x' * 190}".encode(): str(number).encode() for number in range(2500)}
    holdfast_client.import_document("song", files, app="notes")
    for number in range(8):
        holdfast_client.save("notes", "song", {**files, b"more": f"more {number}".encode()})
    with pytest.raises(TooLarge):
        holdfast_client.export("notes/song", "bundle", history="all")
    export = holdfast_client.export("notes/song", "bundle", history=1)
    assert len(export.files) == 2500 + 2 + len(("HOLDFAST.txt", "manifest.json"))


def test_any_other_archive_is_no_bundle(holdfast_client: Client, tmp_path: Path) -> None:
    """It is a document like any other, a damaged one too."""
    for number, members in enumerate(({"a": b"1"}, {"manifest.json": b"{}"}, {"manifest.json": b"no"}, {})):
        path = tmp_path / f"{number}.zip"
        forge(path, members)
        with pytest.raises(Damaged, match="no bundle"):
            holdfast_client.import_bundle(path)


def test_a_bundle_is_made_in_pieces(holdfast_client: Client) -> None:
    """However large it is, little of it is in memory at once."""
    holdfast_client.save("notes", "large", os.urandom(12_000_000))
    export = holdfast_client.export("notes/large", "bundle")
    sizes = [len(piece) for piece in export.read()]
    assert max(sizes) <= 1024 * 1024
    assert sum(sizes) > 12_000_000
    assert export.done_bytes >= export.size_bytes == 12_000_000


def test_parts_are_files_that_any_system_can_have(holdfast_client: Client, tmp_path: Path) -> None:
    """In their order, each once, whatever they are called; packed, they are a document that holdfast takes in."""
    parts = {"a/../b": b"1", "A/../B": b"2", "con.": b"3", "x" * 400: b"4", "\u202eevil": b"5", "…é🎵": b"6"}
    holdfast_client.save("myapp", "song", parts=parts)
    export = holdfast_client.export("myapp/song", "parts")
    export.write(tmp_path / "song")
    manifest = json.loads((tmp_path / "song" / "manifest.json").read_bytes())
    assert {row["key"]: (tmp_path / "song" / row["member"]).read_bytes() for row in manifest["parts"]} == parts
    names = [each.name for each in (tmp_path / "song" / "parts").iterdir()]
    assert len({name.lower() for name in names}) == 6
    assert not any({*name} & {*'\\/:*?"<>|\u202e'} or name.endswith((".", " ")) for name in names)
    packed = b"".join(holdfast_client.export("myapp/song", "parts").read())
    holdfast_client.import_document("again", packed, app="myapp")
    assert {part.key: part.content for part in holdfast_client.parts("myapp/again")} == parts


def test_an_export_is_there_whole_or_not_at_all(holdfast_client: Client, tmp_path: Path) -> None:
    """What is there is replaced only when that is said, and never by half of it."""
    holdfast_client.save("notes", "ideas", b"new")
    target = tmp_path / "d" / "out"
    target.parent.mkdir()
    target.write_bytes(b"old")
    with pytest.raises(Exists):
        holdfast_client.export("notes/ideas", "native").write(target)
    assert target.read_bytes() == b"old"
    export = holdfast_client.export("notes/ideas", "bundle")
    holdfast_client.purge("notes/ideas")
    with pytest.raises(NotFound):
        holdfast_client.export("notes/ideas", "native")
    export.write(target, replace=True)
    assert zipfile.is_zipfile(target)
    assert os.listdir(target.parent) == ["out"]


def test_what_breaks_off_leaves_nothing(holdfast_client: Client, tmp_path: Path) -> None:
    """An export that is called off leaves the old file, and of a folder nothing."""
    holdfast_client.save("myapp", "song", parts={"a": b"1", "b": b"2" * 3_000_000})
    target = tmp_path / "d"
    target.mkdir()
    (target / "song.zip").write_bytes(b"old")

    def stop(done_bytes: int, size_bytes: int) -> None:
        if done_bytes > 1_000_000:
            raise KeyboardInterrupt

    for form, name in (("native", "song.zip"), ("parts", "song")):
        with pytest.raises(KeyboardInterrupt):
            holdfast_client.export("myapp/song", form).write(target / name, replace=True, progress=stop)
    assert (target / "song.zip").read_bytes() == b"old"
    assert os.listdir(target) == ["song.zip"]


def test_the_asynchronous_client_exports_and_imports(holdfast_daemon: PrivateDaemon, tmp_path: Path) -> None:
    """The same plans."""

    async def there_and_back() -> None:
        async with AsyncClient(holdfast_daemon.socket) as client:
            await client.save("notes", "ideas", b"a bridge")
            await (await client.export("notes/ideas", "bundle")).write(tmp_path / "b.zip")
            native = await client.export("notes/ideas", "native")
            assert b"".join([piece async for piece in native.read()]) == b"a bridge"
            await client.purge("notes/ideas")
            assert (await client.import_bundle(tmp_path / "b.zip")).outcome == "saved"
            assert (await client.show("notes/ideas")).session.size_bytes == 8

    asyncio.run(there_and_back())


def test_an_archive_in_memory_is_one_that_any_tool_reads(holdfast_client: Client) -> None:
    """Whole, with every checksum right."""
    holdfast_client.import_document("song", {b"a.py": b"x = 1\n" * 5000, b"b.py": os.urandom(9000)}, app="renardo")
    with ZipFile(io.BytesIO(b"".join(holdfast_client.export("renardo/song", "bundle").read()))) as archive:
        assert archive.testzip() is None
        assert {info.compress_type for info in archive.infolist()} == {ZIP_STORED, ZIP_DEFLATED}
