"""A third party's format: a wheel of its own, found by its entry point, with nothing that ours could not do without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_daemon import Daemon

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
