"""Which of the files that a session points to are there; nothing is opened, and no URL is followed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import Resource
from holdfast_daemon.resources import Around, is_remote, path_of
from holdfast_daemon.whereabouts import dropped, look

NEAR = Around(folder=b"/home/ada/work/.aider-desk/tasks/1", home=b"/home/ada")


def _to(reference: str, *, below: str = "", fragile: bool = False) -> Resource:
    return Resource(key="k", role="data", reference=reference, below=below, fragile=fragile)


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("/data/a.bam", b"/data/a.bam"),
        ("a.bam", NEAR.folder + b"/a.bam"),
        ("../2/a.bam", b"/home/ada/work/.aider-desk/tasks/2/a.bam"),
        ("~/a.bam", b"/home/ada/a.bam"),
        ("Größe \ud800.bed", NEAR.folder + "/Größe \ud800.bed".encode("utf-8", "surrogatepass")),
    ],
)
def test_a_path_is_what_the_application_would_open(reference: str, path: bytes) -> None:
    """Absolute, relative to the session's folder, or in the user's home."""
    assert path_of(_to(reference), NEAR) == path


def test_a_path_may_be_relative_to_a_folder_above() -> None:
    """AiderDesk's are relative to the project; a session that lies in none has no such path."""
    assert path_of(_to("src/a.py", below=".aider-desk"), NEAR) == b"/home/ada/work/src/a.py"
    assert path_of(_to("src/a.py", below=".other"), NEAR) is None
    assert [row.state for row in look([_to("src/a.py", below=".other")], NEAR)] == ["unknown"]


@pytest.mark.parametrize("reference", ["https://example.org/a", "s3://bucket/a", "htsget://x", "data:text/plain,a"])
def test_a_url_is_remote(reference: str) -> None:
    """It has no path, and its state says so."""
    assert is_remote(reference)
    assert [row.state for row in look([_to(reference)], NEAR)] == ["remote"]


@pytest.mark.parametrize("reference", [r"C:\data\a.bam", r"\\server\data\a.bam", "C:/data/a.bam"])
def test_a_path_of_another_system_is_looked_for_by_its_name(reference: str, tmp_path: Path) -> None:
    """Its last components near the session; it is not what the application would find, so it has moved."""
    near = Around(folder=os.fsencode(tmp_path / "s"), home=b"/nowhere")
    [row] = look([_to(reference)], near)
    assert (row.state, row.path, row.found) == ("missing", b"", b"")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.bam").touch()
    [row] = look([_to(reference)], near)
    assert (row.state, row.found) == ("moved", os.fsencode(tmp_path / "data" / "a.bam"))


def test_a_missing_file_is_found_beside_another_one(tmp_path: Path) -> None:
    """Where one of the session's files is, the others may be too."""
    (tmp_path / "new").mkdir()
    for name in ("a.bam", "b.bam"):
        (tmp_path / "new" / name).touch()
    near = Around(folder=os.fsencode(tmp_path / "sessions" / "igv"), home=b"/nowhere")
    rows = look([_to(f"{tmp_path}/new/a.bam"), _to("/old/b.bam"), _to("/old/c.bam")], near)
    assert [row.state for row in rows] == ["there", "moved", "missing"]
    assert rows[1].found == os.fsencode(tmp_path / "new" / "b.bam")


@pytest.mark.parametrize("reference", ["", "a\0b", "/", "..", "//", "~", "x" * 5000])
def test_no_reference_is_too_odd(reference: str) -> None:
    """Each gets a row."""
    assert len(look([_to(reference)], NEAR)) == 1


def test_dropped_are_references_that_are_gone_from_session_and_disk(tmp_path: Path) -> None:
    """Only those that the application drops by itself, and only where the file is missing."""
    (tmp_path / "there.bed").touch()
    near = Around(folder=os.fsencode(tmp_path), home=b"/nowhere")
    old = [_to(name, fragile=True) for name in ("there.bed", "gone.bed", "kept.bed", "https://x/y")] + [_to("tame.bed")]
    assert dropped(old, [_to("kept.bed", fragile=True)], near) == ["gone.bed"]


def test_a_file_url_is_a_path() -> None:
    """With its escapes; one of another machine is none here."""
    for reference in ("file:///etc/host%6eame", "file://localhost/etc/hostname", "file:/etc/hostname"):
        assert path_of(_to(reference), NEAR) == b"/etc/hostname"


def test_a_reference_with_bytes_that_are_no_text_is_looked_for_and_can_be_told(tmp_path: Path) -> None:
    """As Python gives the names of such files."""
    (tmp_path / os.fsdecode(b"caf\xe9.mrc")).touch()
    near = Around(folder=os.fsencode(tmp_path), home=b"/nowhere")
    [row] = look([_to("caf\udce9.mrc")], near)
    assert (row.state, row.reference) == ("there", "caf\\udce9.mrc")
