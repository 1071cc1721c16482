"""``folder suggest``: the known places of the four applications in a home, and what lies around. Nothing is adopted."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from adopted import fill, listing
from e2e_daemon import Daemon, renardo

TASK = "0b6b2c1e-6c5c-4b54-8f0e-3f5a4c9c7d11"
IGV = b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<Session genome="hg38" version="8">\n</Session>\n'


@pytest.fixture
def home(house: Path) -> Path:
    """The home that the daemon's processes have, with places of all four applications in it."""
    home = house / "user"
    user = home / ".config" / "renardo"
    fill(user / "livecoding_sessions", {"set.py": renardo("Clock.bpm = 96", kick="k1"), "two.py": renardo("", a="a1")})
    fill(user / "startup_files", {"startup.py": b"Clock.bpm = 96\n"})
    fill(home / "code" / "project" / ".aider-desk" / "sessions", {"one.json": b"{}", "two.json": b"{}"})
    fill(home / "code" / "project" / ".aider-desk" / "tasks" / TASK, {"settings.json": b'{"id": "x"}'})
    fill(home / "igv" / "autosave", {"session_autosave_1.xml": IGV})
    return home


def _suggested(daemon: Daemon, *words: str) -> dict[tuple[str, str], dict[str, Any]]:
    rows = daemon.ok("folder", "suggest", *words, "--json").rows
    return {(row["app"], row["path"]): row for row in rows}


def test_known_places_are_found(stopped: Daemon, home: Path) -> None:
    """Of Renardo and IGV by their own rules, of AiderDesk near where its user works; with what would be found there."""
    stopped.environment["HOME"] = str(home)
    stopped.start()
    found = _suggested(stopped)
    renardo_folder = found["renardo", str(home / ".config" / "renardo" / "livecoding_sessions")]
    assert (renardo_folder["sessions_count"], renardo_folder["label"]) == (2, None)
    project = found["aiderdesk", str(home / "code" / "project" / ".aider-desk")]
    assert project["sessions_count"] == 3
    assert any(app == "igv" for app, _ in found)


def test_nothing_is_adopted_and_nothing_written(stopped: Daemon, home: Path) -> None:
    """It only looks."""
    stopped.environment["HOME"] = str(home)
    stopped.start()
    before = listing(home / ".config") | listing(home / "code") | listing(home / "igv")
    stopped.ok("folder", "suggest")
    assert listing(home / ".config") | listing(home / "code") | listing(home / "igv") == before
    assert len(stopped.ok("folder", "list", "--json").rows) == 1
    assert stopped.operations() == []


def test_what_is_suggested_can_be_added(stopped: Daemon, home: Path) -> None:
    """Every one of them, as it was suggested, has the sessions that were counted; then it is said that it is there."""
    stopped.environment["HOME"] = str(home)
    stopped.start()
    for (app, path), row in _suggested(stopped).items():
        [added, *_] = stopped.ok("folder", "add", path, "--app", app, "--json").rows
        assert added["path"] == path
        assert added["sessions_count"] == row["sessions_count"]
    assert all(row["label"] for row in _suggested(stopped).values())


def test_renardos_own_variable_is_followed(stopped: Daemon, home: Path, house: Path) -> None:
    """Of the one who asks, not of the daemon."""
    fill(house / "elsewhere" / "livecoding_sessions", {"set.py": renardo("Clock.bpm = 96", kick="k1")})
    stopped.start()
    stopped.environment["RENARDO_USER_DIR"] = str(house / "elsewhere")
    assert ("renardo", str(house / "elsewhere" / "livecoding_sessions")) in _suggested(stopped)


def test_mosaic_files_are_found_by_content(stopped: Daemon, home: Path) -> None:
    """Where somebody has them, whatever they are called; a picture beside them is none."""
    data = Path(__file__).parents[1] / "data" / "mosaic"
    sample = next(path for path in sorted(data.rglob("*")) if path.suffix in (".pickle", ".mosaic"))
    fill(home / "tomograms", {"cell": sample.read_bytes(), "a picture": b"\x89PNG\r\n\x1a\n" + bytes(1000)})
    stopped.environment["HOME"] = str(home)
    stopped.start()
    assert _suggested(stopped)["mosaic", str(home / "tomograms")]["sessions_count"] == 1


def test_traps_in_a_home_catch_nobody(stopped: Daemon, home: Path) -> None:
    """Pipes where settings or sessions are looked for, links in a circle, folders that cannot be read."""
    for path in (".config/aider-desk/config.json", ".config/renardo/user_dir.toml", "prefs/prefs.properties"):
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        os.mkfifo(home / path)
    for folder in (home, home / "igv", home / ".config" / "renardo" / "livecoding_sessions"):
        os.mkfifo(folder / "pipe.py")
        (folder / "circle").symlink_to(folder, target_is_directory=True)
        (folder / "session_autosave_pipe.xml").symlink_to(folder / "pipe.py")
    stopped.environment["HOME"] = str(home)
    stopped.start()
    found = _suggested(stopped)
    assert found["renardo", str(home / ".config" / "renardo" / "livecoding_sessions")]["sessions_count"] == 2


def test_a_home_full_of_other_things_is_looked_at_for_a_moment_only(stopped: Daemon, home: Path) -> None:
    """Thousands of files and folders, a file of gigabytes: an answer within seconds, and the daemon serves on."""
    fill(home / "downloads", range(5000))
    for number in range(300):
        (home / "code" / f"folder {number}" / "below").mkdir(parents=True)
    with (home / "downloads" / "tomogram.mrc").open("wb") as target:
        target.truncate(8 << 30)
    stopped.environment["HOME"] = str(home)
    stopped.start()
    assert ("renardo", str(home / ".config" / "renardo" / "livecoding_sessions")) in _suggested(stopped)


def test_what_is_printed_adopts(stopped: Daemon, home: Path) -> None:
    """The words for people hold the command, quoted for a shell."""
    stopped.environment["HOME"] = str(home)
    stopped.start()
    text = stopped.ok("folder", "suggest").text
    assert "holdfast folder add" in text
    assert "--app renardo" in text
    assert json.dumps(text).count("\\u001b") == 0
