"""A third party's format: a wheel of its own, found by its entry point, with nothing that ours could not do without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_daemon import Daemon, until

EXAMPLE = Path(__file__).parents[2] / "examples" / "m3u"
LIST = b"#EXTM3U\n#EXTINF:1,Tide\ntide.ogg\n#EXTINF:2,Ebb\nhttps://example.org/ebb.ogg\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the built wheel is installed, as pip does it and without a network."""
    built, site = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)]
    subprocess.run(command, cwd=EXAMPLE, check=True, capture_output=True, timeout=60)
    (wheel,) = built.glob("*.whl")
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site)]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True, timeout=60)
    return site


@pytest.fixture(scope="module")
def m3u(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    made = Daemon(tmp_path_factory.mktemp("m") / "d")
    made.environment["PYTHONPATH"] = os.fspath(site)
    yield made.start()
    made.stop()


def test_its_documents_are_recognised_and_taken_apart(m3u: Daemon, tmp_path: Path) -> None:
    """Import by content, parts by their names, and no problem in the status."""
    (tmp_path / "evening.txt").write_bytes(LIST)
    m3u.ok("import", str(tmp_path / "evening.txt"))
    shown = m3u.show("m3u/evening")
    assert [part["name"] for part in shown["parts"]] == ["tide.ogg", "https://example.org/ebb.ogg"]
    assert (shown["format"], shown["facts"]) == ("m3u", {"songs": 2})
    assert m3u.ok("status", "--json").rows[0]["problems"] == []


def test_its_sessions_are_merged_by_part(m3u: Daemon) -> None:
    """Two writers that changed different songs end in one head."""
    m3u.ok("save", "m3u/two", "-", content=LIST)
    m3u.ok("save", "m3u/two", "-", "--expect", "1", content=LIST.replace(b"Tide", b"High tide"))
    m3u.ok("save", "m3u/two", "-", "--expect", "1", content=LIST.replace(b"Ebb", b"Low tide"))
    assert m3u.ok("cat", "m3u/two").out == LIST.replace(b"Tide", b"High tide").replace(b"Ebb", b"Low tide")


def test_what_it_inherits_and_what_it_says_itself_both_work(m3u: Daemon) -> None:
    """A part of it is loaded, its files are checked, and a new one is begun from it."""
    m3u.ok("save", "m3u/whole", "-", content=LIST)
    (m3u.sessions / "m3u" / "tide.ogg").write_bytes(b"")
    assert m3u.ok("load", "m3u/whole:song-1").out == b"#EXTM3U\n#EXTINF:1,Tide\ntide.ogg\n"
    rows = m3u.ok("check-resources", "m3u/whole", "--json").rows
    assert [(row["role"], row["state"]) for row in rows] == [("song", "there"), ("song", "remote")]
    m3u.ok("new", "m3u/next", "--clear", "m3u/whole")
    assert m3u.ok("cat", "m3u/next").out == b"#EXTM3U\n"


def test_it_is_exported_in_its_other_form(m3u: Daemon, tmp_path: Path) -> None:
    """What that cannot hold is said beforehand; with --strict nothing is written."""
    m3u.ok("save", "m3u/given", "-", content=LIST)
    assert [form["to"] for form in m3u.show("m3u/given")["conversions"]] == ["list"]
    said = m3u.cli("export", "m3u/given", "--to", "list", "-o", str(tmp_path / "strict"), "--strict")
    assert (said.code, [*tmp_path.iterdir()]) == (8, [])
    assert "holdfast: song tide.ogg: its title" in said.err
    said = m3u.ok("export", "m3u/given", "--to", "list", "-o", f"{tmp_path}/")
    assert (tmp_path / "given.m3u").read_bytes() == b"tide.ogg\nhttps://example.org/ebb.ogg\n"
    assert "holdfast: song tide.ogg: its title" in said.err
    said = m3u.cli("export", "m3u/given", "--to", "lists", "-o", f"{tmp_path}/")
    assert said.code == 2
    assert "There is no form 'lists'" in said.err
    assert said.err.endswith(", list\n")


def test_what_is_no_part_stays(m3u: Daemon, tmp_path: Path) -> None:
    """The first line's attributes, line ends, and a last comment."""
    whole = b'#EXTM3U x-tvg-url="u"\r\n#EXTINF:1,A\r\na.mp3\r\nb.mp3\r\n# end\r\n'
    (tmp_path / "b").write_bytes(b"c.mp3\r\n")
    m3u.ok("save", "m3u/odd", "-", content=whole)
    m3u.ok("save", "m3u/odd", "--part", f"song-2={tmp_path / 'b'}")
    assert m3u.ok("cat", "m3u/odd").out == whole.replace(b"b.mp3", b"c.mp3")


NASTY = """
from holdfast_daemon.formats.plain import Plain

class Nasty(Plain):
    app, suffix, warns = "nasty", ".n", True

    def recognise(self, document):
        if b"RECOGNISE" in document.get(b"", b""):
            raise RuntimeError("\\ud800")
        return super().recognise(document)

    def read(self, document):
        if b"EXIT" in document[b""]:
            raise SystemExit(1)
        return super().read(document)

    def suspicion(self, old, new):
        return True

    def resources(self, parts):
        raise RuntimeError

    def match(self, old, new):
        return None

    def losses(self, parts):
        return [1]

NASTY = Nasty()
"""


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon with a format that fails in nearly everything."""
    site = tmp_path_factory.mktemp("nasty")
    (site / "nasty_format.py").write_text(NASTY)
    folder = site / "nasty-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: nasty\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text("[holdfast.formats]\nnasty = nasty_format:NASTY\n")
    made = Daemon(tmp_path_factory.mktemp("n") / "d")
    made.environment["PYTHONPATH"] = os.fspath(site)
    yield made.start()
    made.stop()


def test_what_a_failing_format_is_given_is_kept(nasty: Daemon) -> None:
    """Each save is answered and its bytes are there, whichever method fails; so are those of two writers."""
    for name, content in (("r", b"RECOGNISE"), ("e", b"EXIT"), ("f", b"fine")):
        nasty.ok("save", f"nasty/{name}", "-", content=content)
        nasty.ok("save", f"nasty/{name}", "-", "--expect", "1", content=content + b" ours")
        nasty.cli("save", f"nasty/{name}", "-", "--expect", "1", content=content + b" theirs")
        kept = [nasty.ok("cat", f"nasty/{row['name']}").out for row in nasty.ok("list", "--json").rows]
        assert {content + b" ours", content + b" theirs"} <= {*kept}
    assert nasty.alive


def test_what_was_on_disk_is_kept_whatever_the_format_does(nasty: Daemon) -> None:
    """The outside bytes of a file whose format fails go into the history before they are overwritten."""
    for name, content in (("or", b"RECOGNISE"), ("oe", b"EXIT")):
        nasty.ok("save", f"nasty/{name}", "-", content=content)
        [file] = (nasty.sessions / "nasty").glob(f"{name}*")
        file.write_bytes(content + b" outside")
        nasty.ok("save", f"nasty/{name}", "-", content=content + b" client")

        def sizes(name: str = name) -> set[int]:
            rows = [row for row in nasty.ok("list", "--json").rows if row["name"].startswith(name)]
            return {each["size_bytes"] for row in rows for each in nasty.log_of(f"nasty/{row['name']}")}

        until(lambda content=content, sizes=sizes: len(content + b" outside") in sizes())
    assert nasty.alive


def test_other_applications_do_not_notice_a_failing_format(nasty: Daemon, tmp_path: Path) -> None:
    """Imports are recognised, and the status can be asked."""
    (tmp_path / "a.json").write_bytes(b'{"contextMessages": [], "contextFiles": []}')
    nasty.ok("import", str(tmp_path / "a.json"))
    assert nasty.show("aiderdesk/a")["format"] == "aiderdesk"
    nasty.ok("status")
