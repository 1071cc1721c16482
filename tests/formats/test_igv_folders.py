"""Which files beside the data are sessions of IGV, and where it keeps its own."""

import gzip
from pathlib import Path

import pytest

from holdfast_daemon.formats.igv import IGV
from holdfast_daemon.layouts import enters, is_candidate

LAYOUT = IGV.layouts["sessions"]
DATA = Path(__file__).resolve().parents[1] / "data" / "igv"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"exit_session_autosave.xml", "certain"),
        (b"exit_session_autosave.json", "certain"),
        (b"session_autosave2026-11-20T21:03:20.048Z.xml", "certain"),
        (b"session_autosave2026-11-20T21:03:20.048Z.json", "certain"),
        (b"autosave/exit_session_autosave.xml", "certain"),
        (b"autosave/session_autosave1.xml", "certain"),
        (b"autosave/mine.xml", None),
        (b"study.xml", "recognised"),
        (b"study.XML", "recognised"),
        (b"study.json", "recognised"),
        (b"study.session", "recognised"),
        (b"study.xml.gz", "recognised"),
        (b"reads.bam", None),
        (b"data/study.xml", None),
    ],
)
def test_fact_11_an_autosave_is_a_session_whatever_it_holds(path, expected):
    """Fact 11: also empty or cut; any other file where its content says so."""
    assert is_candidate(LAYOUT, path, is_folder=False) == expected
    assert is_candidate(LAYOUT, path, is_folder=True) is None


def test_igvs_own_folder_is_looked_into_for_autosaves_only():
    """Not the genomes that it keeps there."""
    assert enters(LAYOUT, b"autosave")
    assert not enters(LAYOUT, b"genomes")


@pytest.mark.parametrize("path", sorted(DATA.iterdir()), ids=lambda path: path.name)
def test_a_session_is_told_by_its_beginning(path):
    """Plain, packed, and with the marks of a failed merge before it; a cut one too."""
    content = path.read_bytes()
    for each in (content, gzip.compress(content, mtime=0), b"<<<<<<< HEAD\n" + content, content[: len(content) // 2]):
        assert IGV.recognise({b"": each}) is None or IGV.begins(each[: 64 << 10])
    assert IGV.begins(content)
    assert IGV.begins(gzip.compress(content * 500, mtime=0)[: 64 << 10])


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"##fileformat=VCFv4.2\n",
        gzip.compress(b"##fileformat=VCFv4.2\n", mtime=0),
        b"<NotepadPlus><Session/></NotepadPlus>",
        b'<Global name="a server" version="1">',
        b'{"type": "FeatureCollection", "features": [',
        b"browser position chr1:1-2\n",
        b"BAM\1",
    ],
)
def test_what_begins_as_something_else_is_not_read(beginning):
    """Large data lies beside sessions."""
    assert not IGV.begins(beginning)


def test_known_places_are_the_autosaves_and_where_the_last_sessions_were():
    """Page 2: in the user's home; URLs are no places."""
    recent = "IGV.Session.recent.sessions=/a/s.xml;/b/t.json;https://example.invalid/x/s.xml;/a/u.xml"
    texts = {"/home/me/igv/prefs.properties": f"IGV.Bounds=0,0,1,1\r\n{recent}\r\n\r\n##RNA\r\n"}
    assert IGV.known_places({}, "/home/me", texts.get) == ["/home/me/igv/autosave", "/a", "/b"]


@pytest.mark.parametrize("node", ["org/broad/igv", "org/igv"])
def test_known_places_follow_igvs_folder_where_it_was_moved(node):
    """What IGV's dialog for that leaves among Java's preferences; the old place may be in use as well."""
    entry = '<map MAP_XML_VERSION="1.0">\n  <entry key="igvDir" value="/a &amp; b/igv"/>\n</map>'
    texts = {
        f"/home/me/.java/.userPrefs/{node}/prefs.xml": entry,
        "/a & b/igv/prefs.properties": "IGV.Session.recent.sessions=/c/s.xml",
    }
    found = IGV.known_places({}, "/home/me", texts.get)
    assert found == ["/a & b/igv/autosave", "/home/me/igv/autosave", "/c"]
