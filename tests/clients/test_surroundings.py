"""What the doctor finds around a daemon: each thing in a set-up where nothing else is wrong."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path

import pytest

from holdfast import surroundings
from holdfast.finding import BAD, NOTE, Finding
from holdfast.surroundings import around, reported
from holdfast_protocol.endpoint import Places, places
from holdfast_protocol.messages import StatusReport
from holdfast_protocol.model import OperationRow


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a user who has never used it."""
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / "config"), "PATH": "/usr/bin"}


@pytest.fixture
def where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """On a disk of this machine, with limits that are high enough."""
    monkeypatch.setattr(surroundings, "INOTIFY", tmp_path / "inotify")
    monkeypatch.setattr(surroundings, "MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    return places({"HOLDFAST_HOME": str(tmp_path / "home")})


def only(where: Places, environment: Mapping[str, str]) -> Finding:
    (found,) = around(where, environment)
    return found


def test_nothing_is_said_where_nothing_is_wrong(where: Places, environment: dict[str, str]) -> None:
    """Before the first start."""
    assert [*around(where, environment)] == []


def test_a_library_that_is_not_installed(
    where: Places, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which one it is, and how all of them come back; what only an extra needs is not missed."""
    known = metadata.version

    def version(name: str) -> str:
        if name in ("apsw", "textual"):
            raise metadata.PackageNotFoundError(name)
        return known(name)

    monkeypatch.setattr(metadata, "version", version)
    found = only(where, environment)
    assert found.state == BAD
    assert found.sentence.startswith("apsw is not installed")
    assert found.mend == f"{sys.executable} -m pip install --force-reinstall holdfast"


def test_another_installation_is_found_first(
    where: Places, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the search path; and which folder belongs before it."""
    for folder in ("own", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "holdfast").write_text("#!/bin/sh\n")
        (tmp_path / folder / "holdfast").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "own" / "python"))
    found = only(where, environment | {"PATH": f"{tmp_path / 'other'}:{tmp_path / 'own'}"})
    assert f"finds {tmp_path / 'other' / 'holdfast'} before" in found.sentence
    assert found.mend.startswith(f"export PATH={tmp_path / 'own'}:")


def test_root_by_sudo_is_not_who_typed_it(
    where: Places, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose sessions these are is said."""
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert only(where, environment | {"SUDO_USER": "ann"}).what == "user"


def test_a_variable_that_names_another_place_than_the_unit(
    where: Places, environment: dict[str, str], tmp_path: Path
) -> None:
    """The shell talks to another daemon than the one that systemd runs."""
    units = tmp_path / "config" / "systemd" / "user"
    units.mkdir(parents=True)
    (units / "holdfast.socket").touch()
    found = only(where, environment | {"HOLDFAST_STORE": "/elsewhere"})
    assert found.mend == "unset HOLDFAST_STORE"


def test_a_place_that_the_first_start_cannot_make(where: Places, environment: dict[str, str]) -> None:
    """What stands above it takes no folder."""
    found = [*around(where._replace(store="/proc/nobody/store"), environment)]
    assert [(each.state, each.what) for each in found] == [(BAD, "places")]
    assert "/proc/nobody/store cannot be made: /proc takes no new folder" in found[0].sentence


@pytest.mark.parametrize(("kind", "is_remote"), [("nfs4", True), ("fuse.sshfs", True), ("cifs", True), ("xfs", False)])
def test_a_disk_of_another_machine(where: Places, environment: dict[str, str], kind: str, is_remote: bool) -> None:
    """Is no place for a store, and a slow one for sessions."""
    with surroundings.MOUNTS.open("a") as mounts:
        mounts.write(f"23 22 0:40 / {os.path.dirname(where.store)} rw shared:1 - {kind} there:/x rw\n")
    found = [*around(where, environment)]
    assert [(each.state, each.what) for each in found] == (
        [(BAD, "store"), (NOTE, "sessions folder")] if is_remote else []
    )


def test_a_log_of_the_catalog_that_has_grown(where: Places, environment: dict[str, str]) -> None:
    """Something reads and does not end."""
    os.makedirs(where.store, mode=0o700)
    log = os.path.join(where.store, "catalog.sqlite-wal")
    Path(log).touch()
    os.truncate(log, 300 * 10**6)
    found = only(where, environment)
    assert "has grown to 300 MB" in found.sentence
    assert found.mend == f"fuser -v {where.store}/catalog.sqlite"


@pytest.mark.parametrize("name", ["max_user_instances", "max_queued_events"])
def test_limits_of_the_kernel(where: Places, environment: dict[str, str], name: str) -> None:
    """What is not told then, and which one to raise."""
    surroundings.INOTIFY.mkdir()
    (surroundings.INOTIFY / name).write_text("1\n")
    found = only(where, environment)
    assert found.what == "inotify"
    assert re.match(rf"sudo sysctl fs\.inotify\.{name}=\d+ ", found.mend)


def _report(**fields: object) -> StatusReport:
    known: dict[str, object] = {
        "version": "1", "epoch": "e", "pid": 1, "socket": "/s", "store": "/t", "sessions": "/u",
        "started": time.time_ns(), "sessions_count": 0, "deleted_count": 0, "operations_count": 0, "clients_count": 1,
        "connections_count": 1, "connections_limit": 100, "store_bytes": 0, "pending_files": 0, "watching": True,
        "problems": [],
    }  # fmt: skip
    return StatusReport(**{**known, **fields})  # type: ignore[arg-type]  # each is of its field's type


def test_a_daemon_that_is_well_has_nothing_to_say() -> None:
    """With a log or without one."""
    assert [*reported(_report(), None)] == []


def test_a_clock_that_was_set_back() -> None:
    """By what the daemon, or the newest row of its log, says was done in the future."""
    ahead = time.time_ns() + 3 * 86400 * 10**9
    row = OperationRow(
        number=1, time=ahead, type="saved", session=None, app=None, folder=None, name=None, cause=None, author="me",
        undoable=True,
    )  # fmt: skip
    for found in ([*reported(_report(started=ahead), None)], [*reported(_report(), row)]):
        assert [each.what for each in found] == ["clock"]
        assert "the clock was set back" in found[0].sentence


@pytest.mark.parametrize(
    ("fields", "said", "mend"),
    [
        ({"last_check_problems": 2}, "found 2 things damaged", "holdfast check --repair"),
        ({"last_rehearsal_problem": "the hash is another"}, "the hash is another", "holdfast check --all"),
        ({"connections_count": 95}, "95 of 100 connections are taken", "ss -xp"),
    ],
)
def test_what_the_daemon_has_found(fields: dict[str, object], said: str, mend: str) -> None:
    """Each with what is to be done."""
    (found,) = reported(_report(**fields), None)
    assert said in found.sentence
    assert mend in found.mend
