"""``holdfast doctor`` names the cause of what is broken, whichever way it was broken, and what mends it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_daemon import CLI, Daemon, Said, running_whatever_becomes_of_it, until


@pytest.fixture
def daemon(house: Path) -> Iterator[Daemon]:
    """Running; whatever becomes of it in a test, its process ends."""
    yield from running_whatever_becomes_of_it(house / "d")


def bad(said: Said) -> list[dict[str, str]]:
    """What is not as it should be, and is said so in the exit code."""
    rows = [json.loads(line) for line in said.text.splitlines()]
    found = [row for row in rows if row["state"] == "bad"]
    assert said.code == (1 if found else 0)
    return found


def asked(daemon: Daemon) -> list[dict[str, str]]:
    return bad(daemon.cli("doctor", "--json"))


def test_nothing_is_wrong_with_a_new_one(daemon: Daemon) -> None:
    """exit 0, and lines for people that name no home directory."""
    daemon.environment["HOME"] = str(daemon.home.parent)
    said = daemon.cli("doctor")
    assert said.code == 0
    assert "answers through its store" in said.text
    assert said.text.endswith("nothing is wrong\n")
    assert str(daemon.home.parent) not in said.text
    assert asked(daemon) == []


def test_what_mends_it_can_be_typed_as_it_stands(daemon: Daemon, house: Path) -> None:
    """Where the home directory is left out of a path that has a space in it, too."""
    folder = house / "a home" / "its store"
    folder.mkdir(parents=True, mode=0o755)
    daemon.stop()
    daemon.environment |= {"HOME": str(house), "HOLDFAST_STORE": str(folder)}
    (found,) = asked(daemon)
    assert str(house) not in found["mend"]
    subprocess.run(found["mend"], shell=True, check=True, env=daemon.environment)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_disk_that_takes_no_writes(daemon: Daemon) -> None:
    """It is said so, once for each place, and nobody is told to change modes there."""
    daemon.stop()
    home = str(daemon.home)
    subprocess.run(["mount", "--bind", home, home], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", home], check=True)
        found = asked(daemon)
    finally:
        subprocess.run(["umount", home], check=True)
    assert [each["what"] for each in found] == ["store", "sessions folder"]
    assert all("can only be read" in each["sentence"] and "chmod" not in each["mend"] for each in found)


def test_why_the_last_one_did_not_start(daemon: Daemon) -> None:
    """A file in the place of the store is told with what mends it; a mended configuration is not told."""
    daemon.stop()
    config, store = daemon.home / "config.toml", daemon.home / "store"
    config.write_text("nonsense = 1")
    assert subprocess.run([*CLI, "list"], env=daemon.environment).returncode != 0
    assert [each["what"] for each in asked(daemon)] == ["configuration"]
    config.unlink()
    assert asked(daemon) == []
    store.rename(daemon.home / "elsewhere")
    store.touch()
    assert subprocess.run([*CLI, "list"], env=daemon.environment).returncode != 0
    found = asked(daemon)
    assert {each["mend"] for each in found} == {f"mv {store} {store}.aside"}
    subprocess.run(found[0]["mend"], shell=True, check=True)
    daemon.start()


def test_a_daemon_that_hangs(daemon: Daemon) -> None:
    """It has its lock and its socket, and does not answer: the process is named, and how it goes on."""
    assert daemon.process is not None
    daemon.process.send_signal(signal.SIGSTOP)
    (found,) = asked(daemon)
    assert f"process {daemon.process.pid} listens" in found["sentence"]
    assert "was stopped by a signal or a debugger: it hangs" in found["sentence"]
    assert found["mend"] == f"kill -CONT {daemon.process.pid}"
    subprocess.run(found["mend"], shell=True, check=True)
    assert asked(daemon) == []


def test_a_daemon_that_was_killed(daemon: Daemon) -> None:
    """Its socket and its locks are left; nothing is broken, for the next start replaces them."""
    daemon.kill()
    said = daemon.cli("doctor")
    assert said.code == 0
    assert "a socket that one that was killed left; start one with: holdfastd" in said.text


def test_a_socket_that_was_deleted_by_hand(daemon: Daemon) -> None:
    """The daemon runs, and nobody can reach it."""
    os.unlink(daemon.socket)
    (found,) = asked(daemon)
    assert daemon.process is not None
    assert "is gone: something deleted it" in found["sentence"]
    assert found["mend"].startswith(f"kill {daemon.process.pid} ")


def test_another_daemon_has_the_store(daemon: Daemon) -> None:
    """The environment names another socket: where it listens is said."""
    daemon.environment["HOLDFAST_SOCKET"] = str(daemon.home / "other" / "holdfast.sock")
    (found,) = asked(daemon)
    assert f"listens at {daemon.socket} instead of" in found["sentence"]
    assert found["mend"] == f"holdfast --socket {daemon.socket} status"


def test_a_runtime_directory_that_is_open_to_others(daemon: Daemon) -> None:
    """Nobody connects then; the mode is said, and what closes it."""
    runtime = Path(daemon.socket).parent
    runtime.chmod(0o755)
    found = asked(daemon)
    assert "0755" in found[0]["sentence"]
    subprocess.run(found[0]["mend"], shell=True, check=True)
    assert asked(daemon) == []


def test_a_store_that_is_open_to_others_or_belongs_to_somebody_else(daemon: Daemon) -> None:
    """Each has its sentence, and its command."""
    store = daemon.home / "store"
    store.chmod(0o711)
    (found,) = asked(daemon)
    assert "is open to others (mode 0711)" in found["sentence"]
    store.chmod(0o700)
    if os.getuid() == 0:
        os.chown(store, 65534, -1)
        (found,) = asked(daemon)
        assert "belongs to uid 65534" in found["sentence"]


def test_a_configuration_that_cannot_be_understood(daemon: Daemon) -> None:
    """Before the daemon is restarted and does not come back."""
    (daemon.home / "config.toml").write_text("[autosave]\nquiet = 1\n")
    (found,) = asked(daemon)
    assert found["what"] == "configuration"
    assert "autosave.quiet; is it autosave.quiet_seconds?" in found["sentence"]


def test_a_sessions_folder_that_went_away(daemon: Daemon) -> None:
    """The daemon holds it, and says so; the doctor passes it on."""
    with daemon.client() as client:
        client.save("notes", "a", b"text\n", published=True)
    daemon.sessions.rename(daemon.home / "moved")
    until(lambda: asked(daemon))
    assert any("is held" in found["sentence"] or "sessions" in found["sentence"] for found in asked(daemon))


def test_a_unit_whose_program_is_gone(daemon: Daemon) -> None:
    """Python was upgraded, the environment deleted: systemd would start nothing."""
    config = daemon.home / "config"
    units = config / "systemd" / "user"
    units.mkdir(parents=True)
    (units / "holdfast.socket").write_text("[Socket]\n")
    (units / "holdfast.service").write_text('[Service]\nExecStart="/gone/holdfastd"\n')
    daemon.environment["XDG_CONFIG_HOME"] = str(config)
    (found,) = asked(daemon)
    assert "/gone/holdfastd, which is not there any more" in found["sentence"]
    assert found["mend"] == "holdfast service install"


@pytest.mark.parametrize(
    ("line", "is_there"),
    [(b'ExecStart="/gone/it\n', False), (b"ExecStart=/gone/\xff it's\n", False), (b"ExecStart=%s\n", True)],
)
def test_a_unit_that_was_edited_by_hand(daemon: Daemon, line: bytes, is_there: bool) -> None:
    """Whatever is written there, the doctor gets to its end; what systemd reads as one sign is one."""
    program = daemon.home / "100% mine" / "holdfastd"
    program.parent.mkdir()
    program.symlink_to("/bin/true")
    units = daemon.home / "config" / "systemd" / "user"
    units.mkdir(parents=True)
    (units / "holdfast.socket").write_text("[Socket]\n")
    if is_there:
        line %= b'"%s"' % bytes(program).replace(b"%", b"%%")
    (units / "holdfast.service").write_bytes(b"[Service]\n" + line)
    daemon.environment["XDG_CONFIG_HOME"] = str(daemon.home / "config")
    found = asked(daemon)
    assert [each["what"] for each in found] == ([] if is_there else ["service"])


def test_locks_that_a_daemon_left_before_the_machine_was_started_again(daemon: Daemon) -> None:
    """Their process has another's number by now: nobody is told to end that one."""
    daemon.kill()
    for lock in (daemon.home / "store" / "lock", Path(f"{daemon.socket}.lock")):
        said = json.loads(lock.read_text())
        lock.write_text(json.dumps({**said, "pid": os.getpid(), "boot": "another"}))
    os.unlink(daemon.socket)
    said = daemon.cli("doctor")
    assert said.code == 0
    assert "No daemon listens at" in said.text
    assert str(os.getpid()) not in said.text


def test_a_disk_without_room(house: Path) -> None:
    """Saves are refused then: it is said before."""
    if os.getuid() != 0:
        pytest.skip("only root mounts a small disk")
    disk = house / "d"
    disk.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m,mode=700", "tmpfs", str(disk)], check=True)
    daemon = Daemon(disk)
    try:
        daemon.start()
        found = asked(daemon)
        assert any("saves are refused when it is full" in each["sentence"] for each in found)
    finally:
        daemon.kill()
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_something_else_listens_there(house: Path) -> None:
    """It takes connections and is no daemon: it does not answer."""
    daemon = Daemon(house / "d")
    Path(daemon.socket).parent.mkdir(mode=0o700, parents=True)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(daemon.socket)
        other.listen()
        (found,) = asked(daemon)
    assert "holds no lock: it is no daemon" in found["sentence"]


def test_a_daemon_that_is_older_than_what_is_installed(house: Path) -> None:
    """pip has installed another version over it: it says which one it is, and the doctor how the new one comes."""
    site = house / "site"
    site.mkdir()
    daemon = Daemon(house / "d")
    daemon.environment["PYTHONPATH"] = str(site)
    daemon.start()
    try:
        known = daemon.ok("status", "--json").rows[0]["version"]
        (site / "holdfast-99.0.dist-info").mkdir()
        said = "Metadata-Version: 2.1\nName: holdfast\nVersion: 99.0\n"
        (site / "holdfast-99.0.dist-info" / "METADATA").write_text(said)
        rows = daemon.cli("doctor", "--json").rows
        assert daemon.process is not None
        (found,) = [row for row in rows if "it was installed since" in row["sentence"]]
        assert f"the daemon is {known}, this client 99.0" in found["sentence"]
        assert found["mend"] == f"kill {daemon.process.pid}"
        daemon.restart()
        assert daemon.ok("status", "--json").rows[0]["version"] == "99.0"
    finally:
        daemon.stop()


@pytest.mark.parametrize("runs", [True, False])
def test_a_pack_that_somebody_has_taken_away(daemon: Daemon, runs: bool) -> None:
    """While the daemon runs or not: nobody has to read what is in it first."""
    with daemon.client() as client:
        client.save("notes", "large", os.urandom(500_000))
    assert asked(daemon) == []
    if not runs:
        daemon.stop()
    (pack,) = (daemon.home / "store" / "packs").iterdir()
    pack.unlink()
    if not runs:
        daemon.start()
    (found,) = asked(daemon)
    assert f"A pack is gone ({pack}): holdfast check --repair" in found["sentence"]


def test_a_catalog_that_somebody_has_taken_away(daemon: Daemon) -> None:
    """Under a daemon that runs: it has all of it still, and how it is rescued is told."""
    (daemon.home / "store" / "catalog.sqlite").unlink()
    said = " ".join(found["sentence"] for found in asked(daemon))
    assert "catalog.sqlite is gone" in said
    assert "holdfast backup DIR, at once" in said


def test_a_folder_of_packs_that_somebody_has_taken_away(daemon: Daemon) -> None:
    """A save is refused with a sentence that names it, as the doctor does."""
    packs = daemon.home / "store" / "packs"
    shutil.rmtree(packs)
    assert any(f"{packs}: No such file or directory" in found["sentence"] for found in asked(daemon))
    refused = daemon.cli("save", "notes/large", "-", content=os.urandom(500_000))
    assert (refused.code, f"{packs}: No such file or directory" in refused.err) == (1, True)
