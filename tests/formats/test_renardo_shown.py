"""Renardo's own reading, case by case, as its source reads (renardo.md 1.2 and 1.3)."""

import pytest

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.renardo import as_renardo_would

SEPARATOR = "#" * 80
RULE = "//" + "=" * 78


def startup(text, name="startup.py"):
    return f"{RULE}\n// STARTUP_FILE: {name}\n{RULE}\n{text}\n\n"


def buffer(name, text):
    return f"{SEPARATOR}\n######## {name}\n{SEPARATOR}\n{text}"


@pytest.mark.parametrize(
    ("text", "tabs"),
    [
        ("", [("Untitled", "")]),
        ("x = 1\n", [("Untitled 1", "x = 1")]),
        (buffer("a", "  x\n\n"), [("a", "x")]),
        (buffer("a", "\u00a0\ufeff\u2028x\u3000"), [("a", "x")]),
        (buffer("a", "\x85x\x1c"), [("a", "\x85x\x1c")]),
        (buffer("a", f"x = '{SEPARATOR}'"), [("a", "x = '"), ("Untitled 2", "'")]),
        (buffer("a", "x\n" + "#" * 85 + "\ny"), [("a", "x"), ("Untitled 2", "#####\ny")]),
        (buffer("a", "x\n" + "#" * 79 + "\ny"), [("a", "x\n" + "#" * 79 + "\ny")]),
        (buffer("a\u2028b", "x"), [("Untitled 1", "x")]),
        (buffer("", "x"), [("Untitled 1", "########"), ("Untitled 2", "x")]),
        (startup("s = 1\n") + buffer("a", "x"), [("startup.py", "s = 1"), ("a", "x")]),
        (startup(" ") + buffer("a", "x"), [("startup.py", " "), ("a", "x")]),
        (startup("s\n\nt") + buffer("a", "x"), [("startup.py", "s"), ("Untitled 1", "t"), ("a", "x")]),
        ("\ufeff" + startup("s") + buffer("a", "x"), [("startup.py", "s"), ("a", "x")]),
        (f"x\n{SEPARATOR}\n\ny", [("Untitled 1", "x"), ("Untitled 2", "y")]),
        (f"{SEPARATOR}\n######## last", []),
    ],
)
def test_fact_10_renardos_reading_case_by_case(text, tabs):
    """Fact 10: cut at any run of 80 #, trimmed as JavaScript trims, startup up to its first blank line."""
    assert list(as_renardo_would(text.encode())) == (tabs or [("Untitled", "")])


def test_fact_10_an_empty_startup_text_swallows_a_header():
    """Fact 10: Renardo reads on to the first blank line, wherever it is."""
    tabs = as_renardo_would((startup("") + buffer("a", "x\n\ny")).encode())
    assert tabs[0][0] == "startup.py"
    assert "######## a" in tabs[0][1]
    assert tabs[1:] == (("Untitled 1", "y"),)


def test_fact_10_a_late_startup_section_cuts_the_file_at_the_wrong_place():
    """Fact 10: Renardo cuts the section's length, in UTF-16 units, off the beginning."""
    fake = startup("evil = 1", "evil.py")
    text = "𝄞" + "p" * (len(fake) - 2) + "REST\n" + fake
    tabs = as_renardo_would(text.encode())
    assert tabs[0] == ("evil.py", "evil = 1")
    assert tabs[1][1].startswith("REST\n//===")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_fact_4_all_line_ends_are_one_to_renardo(line_end):
    """Fact 4: Python's universal newlines stand before Renardo's parser."""
    text = (startup("s = 1") + buffer("a", "x\ny")).replace("\n", line_end)
    assert as_renardo_would(text.encode()) == (("startup.py", "s = 1"), ("a", "x\ny"))


def test_fact_10_what_is_not_utf8_cannot_be_opened():
    """Fact 10: the server answers 500, so there is nothing to show."""
    with pytest.raises(DamagedDocument, match="byte 1"):
        as_renardo_would(b"x\xff")
