"""The daemon's configuration, as it is written on disk."""

from __future__ import annotations

from pathlib import Path

from e2e_daemon import Daemon, until

CONFIGURATION = """
[autosave]
quiet_seconds = 600
ceiling_seconds = 600
[app.quick.autosave]
quiet_seconds = 0.01
"""


def test_a_daemon_that_does_not_understand_it_does_not_start(house: Path) -> None:
    """exit 2 and a sentence with the option's name and the path."""
    daemon = Daemon(house / "d")
    daemon.home.mkdir()
    (daemon.home / "config.toml").write_text("[autosave]\nquiet = 1\n")
    process = daemon.spawn()
    assert process.wait(20) == 2
    assert "autosave.quiet; is it autosave.quiet_seconds?" in daemon.log.read_text()


def test_an_application_has_a_pace_of_its_own(house: Path) -> None:
    """Its autosave is there long before the two seconds that others have."""
    daemon = Daemon(house / "d")
    daemon.home.mkdir()
    (daemon.home / "config.toml").write_text(CONFIGURATION)
    daemon.start()
    try:
        with daemon.client() as client:
            quick, slow = client.workspace("quick/a", format="plain"), client.workspace("slow/a", format="plain")
            slow["text"] = quick["text"] = b"typed"
            until(lambda: [row.app for row in client.workspaces().rows if row.unsaved is not None] == ["slow"])
    finally:
        daemon.stop()
