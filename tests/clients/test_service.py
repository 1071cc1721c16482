"""What ``holdfast service`` would put in place, looked at without anything that runs it."""

from __future__ import annotations

import os
import plistlib
import stat
from pathlib import Path

import pytest

from holdfast import starting
from holdfast.cli import main
from holdfast.service import files, launchd, shared
from holdfast_daemon import configuration
from holdfast_protocol import endpoint
from holdfast_protocol.errors import BadField, BadName, NotAllowed, Unreachable


def test_launchd_holds_the_socket_and_starts_what_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On macOS: a description that its own parser reads, of the program and the socket that clients look for, closed to
    others; taken away again, and never for another place than the user's own."""
    said: list[list[str]] = []
    monkeypatch.setattr(launchd, "_launchctl", lambda *words, fails=False: said.append([*words]) or "")
    monkeypatch.setattr(launchd, "program", lambda path: "/opt/holdfast/bin/holdfastd")
    environment = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    service = launchd.LaunchdService(environment)
    service.install()
    file = tmp_path / "Library" / "LaunchAgents" / "org.holdfast.holdfastd.plist"
    found = plistlib.loads(file.read_bytes())
    assert found["ProgramArguments"] == ["/opt/holdfast/bin/holdfastd"]
    listens = found["Sockets"]["Listener"]
    assert (listens["SockPathName"], listens["SockPathMode"]) == (endpoint.places(environment).socket, 0o600)
    assert found["KeepAlive"] == {"SuccessfulExit": False}
    assert stat.S_IMODE((tmp_path / "holdfast").stat().st_mode) == 0o700
    assert said == [["bootstrap", f"gui/{os.getuid()}", str(file)]]
    service.uninstall()
    assert not service.is_installed
    with pytest.raises(BadField, match="HOLDFAST_HOME"):
        launchd.LaunchdService({**environment, "HOLDFAST_HOME": "/x"}).install()


def test_a_program_in_a_home_is_no_service_of_the_machine() -> None:
    """It would not be seen there, and says where to install it."""
    with pytest.raises(NotAllowed, match="/opt/holdfast"):
        shared._check_seen("/home/anna/.venv/bin/holdfastd")
    shared._check_seen("/opt/holdfast/bin/holdfastd")


@pytest.mark.parametrize("name", ["", "a/b", "-a", "a b", "a%i", "x" * 40])
def test_a_shared_store_has_a_plain_name(name: str) -> None:
    """It is a part of units, paths and a socket."""
    with pytest.raises(BadName):
        shared.SharedService(name)


@pytest.mark.parametrize("path", ["/", "/nowhere-at-all"])
def test_what_is_no_folder_is_not_named_to_a_sandbox(path: str) -> None:
    """A unit with a mistake in it would not start at all."""
    with pytest.raises(BadField):
        shared._checked(path)


def test_a_folder_is_written_as_systemd_reads_it(tmp_path: Path) -> None:
    """With spaces and percent signs; what it could not be told is refused."""
    (tmp_path / "my 100% songs").mkdir()
    assert shared._checked(f"{tmp_path}/my 100% songs") == f'"-{tmp_path}/my 100%% songs"'
    (tmp_path / "a:b").mkdir()
    with pytest.raises(BadField):
        shared._checked(f"{tmp_path}/a:b")


def test_the_first_configuration_of_a_shared_store_is_understood() -> None:
    """Its group may write, and root is its administrator."""
    access = configuration.parse(files.text("shared.toml", "")).access
    assert (access.read, access.write, access.admin) == ((), ("@holdfast",), ("root",))


def test_folders_are_named_for_a_shared_store_only() -> None:
    """The user's own service sees them anyway."""
    assert main(["service", "install", "--folder", "/srv"]) == 2


def test_only_roots_folder_is_trusted_beside_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where shared stores listen nobody but root may write; no other folder that is open to others is taken."""
    monkeypatch.setattr(endpoint, "SHARED_SOCKETS", str(tmp_path))
    monkeypatch.setattr(endpoint.os, "getuid", lambda: 1)
    owner = {"uid": 0}
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        found = [*real(path)]
        found[4] = owner["uid"]
        return os.stat_result(found)

    monkeypatch.setattr(endpoint.os, "lstat", lstat)
    tmp_path.chmod(0o755)
    endpoint.check_trusted(f"{tmp_path}/music.sock")
    for mode in (0o775, 0o757, 0o1777):
        tmp_path.chmod(mode)
        with pytest.raises(NotAllowed):
            endpoint.check_trusted(f"{tmp_path}/music.sock")
    tmp_path.chmod(0o755)
    owner["uid"] = 54321
    with pytest.raises(NotAllowed):
        endpoint.check_trusted(f"{tmp_path}/music.sock")


def test_no_client_starts_the_daemon_of_a_shared_store() -> None:
    """It would be one of its own; the machine's systemd does, and the command is said."""
    with pytest.raises(Unreachable, match=r"sudo systemctl start holdfast@music\.service"):
        starting.start_daemon("/run/holdfast/music.sock", {}, named=True)
