"""What is decided of bytes and names before anything is shown, on whatever screen."""

from __future__ import annotations

import pytest

from holdfast.looking.languages import LINE_SIGNS, language_of, shortened
from holdfast.looking.texts import hex_rows, text_of
from holdfast.looking.tracks import Files, path_of
from holdfast_protocol.model import PartRow, ResourceRow


@pytest.mark.parametrize(
    ("data", "is_cut", "text"),
    [
        ("é".encode(), False, "é"),
        ("aé".encode()[:-1], True, "a"),
        ("a😀".encode()[:-1], True, "a"),
        ("aé".encode()[:-1], False, None),
        (b"\xef\xbb\xbfa", False, "a"),
        (b"a\0b", False, None),
        (b"\xff\xfe" * 9, True, None),
        (b"\xed\xa0\x80", False, None),  # half of a surrogate pair
        (b"", True, ""),
    ],
)
def test_bytes_are_text_or_not(data: bytes, is_cut: bool, text: str | None) -> None:
    """A letter may be cut in two only where more follows."""
    assert text_of(data, is_cut=is_cut) == text


def test_bytes_stand_in_rows_of_sixteen() -> None:
    """With their place, and letters for those that are some."""
    first, last = hex_rows(b"\x1b[31m" + b"a" * 12, 0x40)
    assert first == ("00000040", "1b 5b 33 31 6d" + " 61" * 11, "·[31m" + "a" * 11)
    assert last == ("00000050", "61", "a")


def test_a_language_is_known_by_name_or_beginning() -> None:
    """And is none where neither tells."""
    assert [language_of(*each) for each in (("a.PY", ""), ("a", ' {"b": 1}'), ("a", "<a/>"), ("a.zip", "PK"))] == [
        "py",
        "json",
        "xml",
        "",
    ]


def test_a_line_that_nobody_has_written_is_cut() -> None:
    """The others stay; U+2028 ends no line."""
    assert shortened(f"a\n{'b' * LINE_SIGNS}c\nd\u2028e") == f"a\n{'b' * LINE_SIGNS} … 1 signs more\nd\u2028e"


def _file(reference: str, state: str) -> ResourceRow:
    return ResourceRow(key=reference, role="resource", reference=reference, state=state)


@pytest.mark.parametrize(
    ("key", "panel", "reference"),
    [
        ("/d/a.bam", "", "/d/a.bam"),
        ("DataPanel/a.bam", "DataPanel", "/d/a.bam"),
        ("a.bam_coverage", "", "/d/a.bam"),
        ("C:\\d\\b.bw", "", "C:\\d\\b.bw"),
        ("b.bw~2", "", "C:\\d\\b.bw"),
        ("hg38_genes", "", None),
    ],
)
def test_a_track_s_file_is_found(key: str, panel: str, reference: str | None) -> None:
    """With or without its folder, and behind it what of the file it is."""
    track = PartRow(key=key, name="t", kind="track", size_bytes=1, facts={"panel": panel})
    found = Files([_file("/d/a.bam", "there"), _file("C:\\d\\b.bw", "missing")]).of(track)
    assert (found.reference if found else None) == reference


def test_a_track_s_path_is_told_without_its_panel() -> None:
    """As the session has it."""
    track = PartRow(key="Top/a.bam", name="t", kind="track", size_bytes=1, facts={"panel": "Top"})
    assert path_of(track) == "a.bam"
