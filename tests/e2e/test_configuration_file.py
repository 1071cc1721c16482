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


def test_config_show_and_check_need_no_daemon(house: Path) -> None:
    """What is set and what is left out are shown; what is wrong is named, and the exit code is that of a wrong word."""
    daemon = Daemon(house / "d")
    daemon.home.mkdir()
    (daemon.home / "config.toml").write_text("[autosave]\nquiet_seconds = 7.5\n")
    shown = daemon.cli("config", "show")
    assert (shown.code, "quiet_seconds = 7.5\nceiling_seconds = 30.0\n" in shown.text) == (0, True)
    assert daemon.cli("config", "show", "--json").rows[0]["autosave"] == {"quiet_seconds": 7.5, "ceiling_seconds": 30.0}
    assert daemon.cli("config", "check").code == 0
    (house / "other.toml").write_text("[autosave]\nquiet = 1\n")
    checked = daemon.cli("config", "check", str(house / "other.toml"))
    assert checked.code == 2
    assert "autosave.quiet; is it autosave.quiet_seconds?" in checked.err
    assert not (daemon.home / "store").exists()
