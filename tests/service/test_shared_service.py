"""``holdfast service install --system`` below a machine's real systemd: one store, several users, and a stranger."""

from __future__ import annotations

import json

from service_machine import PROGRAM, Machine
from service_units import until

STORE = "/var/lib/holdfast/music"
CONFIGURATION = "/etc/holdfast/music/config.toml"


def test_a_shared_store_serves_those_whom_its_configuration_names(machine: Machine) -> None:
    """Whoever is of its group may write, root may all, a stranger is told that it is not let in; what is done has its
    user's name, undo takes back one's own, and what is served are files of the service's user that only the group
    reads."""
    installed = machine.runs("root", PROGRAM, "service", "install", "--system", "music")
    assert "export HOLDFAST_SOCKET=/run/holdfast/music.sock" in installed
    assert "does not let this user in" in machine.holdfast("anna", "list", expect=5)
    for name in ("anna", "ben"):
        machine.runs("root", "usermod", "--append", "--groups", "holdfast", name)
    for name in ("anna", "ben"):
        machine.holdfast(name, "save", f"notes/{name}", "/etc/passwd")
    assert "does not let this user in" in machine.holdfast("clara", "list", expect=5)
    rows = [json.loads(line) for line in machine.holdfast("root", "operations", "--json").splitlines()]
    assert [(row["name"], row["author"]) for row in rows] == [("anna", "anna"), ("ben", "ben")]

    assert "notes/anna" in machine.holdfast("anna", "undo")  # the newest is ben's
    assert "admin" in machine.holdfast("anna", "folder", "add", "/srv", "--app", "x", expect=5)
    assert "admin" in machine.holdfast("anna", "purge", "--yes", "notes/ben", expect=5)
    machine.holdfast("root", "purge", "--yes", "notes/ben")

    machine.holdfast("ben", "save", "notes/kept", "/etc/hostname")
    kept = f"{STORE}/sessions/notes/kept"
    assert machine.runs("root", "stat", "--format=%U %G %a", kept).strip() == "holdfast holdfast 640"
    machine.runs("ben", "cat", kept)
    machine.runs("ben", "ls", f"{STORE}/store", expect=2)
    machine.runs("clara", "cat", kept, expect=1)


def test_who_is_taken_out_of_the_configuration_is_cut_off_at_the_reload(machine: Machine) -> None:
    """A live connection too, and the process is the same; what is nobody's name is a problem that status tells."""
    machine.writes(CONFIGURATION, '[access]\nwrite = ["anna"]\nread = ["@54322", "nobody-here"]\nadmin = ["root"]\n')
    machine.runs("root", PROGRAM, "service", "install", "--system", "music")
    machine.holdfast("anna", "save", "notes/a", "/etc/hostname")
    machine.holdfast("ben", "list")
    assert "write" in machine.holdfast("ben", "save", "notes/b", "/etc/hostname", expect=5)
    before = machine.systemctl("show", "--property=MainPID", "holdfast@music.service")
    assert "access.read names nobody-here, whom this machine does not know" in machine.holdfast("anna", "status")

    with machine.begins("anna", PROGRAM, "events", "--since", "1", "--follow") as following:
        machine.holdfast("anna", "save", "notes/seen", "/etc/hostname")
        assert following.stdout is not None
        assert "seen" in following.stdout.readline()
        machine.writes(CONFIGURATION, '[access]\nread = ["ben"]\nadmin = ["root"]\n')
        machine.systemctl("reload", "holdfast@music.service")
        assert following.wait(60) == 5
    machine.holdfast("anna", "list", expect=5)
    machine.holdfast("ben", "list")
    assert machine.systemctl("show", "--property=MainPID", "holdfast@music.service") == before


def test_a_folder_outside_is_refused_with_the_command_that_opens_the_sandbox(machine: Machine) -> None:
    """Of an application's own: in a home, which the service does not see, and elsewhere, which it only reads. After the
    command it is watched and, where its files let the service, written to."""
    machine.runs("root", PROGRAM, "service", "install", "--system", "music")
    for folder in ("/srv/songs", "/home/anna/songs"):
        machine.runs("root", "sh", "-c", f"mkdir -p {folder} && echo 1 > {folder}/one && chown -R holdfast: {folder}")
        label = folder.split("/")[1]
        said = machine.holdfast("root", "folder", "add", folder, "--app", "songs", expect=5 if label == "srv" else 1)
        command = f"holdfast service install --system music --folder {folder}"
        assert command in said
        machine.runs("root", *command.replace("holdfast", PROGRAM, 1).split())
        machine.holdfast("root", "folder", "add", folder, "--app", "songs", "--label", label)
        machine.writes(f"{folder}/one", "2")
        until(lambda label=label: "outside" in machine.holdfast("root", "log", "songs/one", "--folder", label))
        machine.holdfast("root", "restore", "songs/one@-1", "--folder", label)
        until(lambda path=f"{folder}/one": machine.runs("root", "cat", path) == "1\n")


def test_it_starts_with_the_first_client_and_is_taken_away_without_what_it_keeps(machine: Machine) -> None:
    """Stopped, it is started by who connects. Two stores are two services; the last takes the units with it."""
    machine.runs("root", PROGRAM, "service", "install", "--system", "music")
    machine.runs("root", PROGRAM, "service", "install", "--system", "other")
    machine.holdfast("root", "save", "notes/a", "/etc/hostname")
    machine.systemctl("stop", "holdfast@music.service")
    assert "notes/a" in machine.holdfast("root", "list")
    assert machine.holdfast("root", "list", store="other") == ""
    assert "active" in machine.holdfast("root", "service", "status", "--system", "music")

    machine.runs("root", PROGRAM, "service", "uninstall", "--system", "music")
    machine.runs("root", PROGRAM, "service", "status", "--system", "music", expect=3)
    assert "systemctl start holdfast@music.service" in machine.holdfast("root", "list", expect=6)
    assert machine.holdfast("root", "list", store="other") == ""
    machine.runs("root", PROGRAM, "service", "uninstall", "--system", "other")
    machine.runs("root", "sh", "-c", "! ls /etc/systemd/system/holdfast* /etc/*.d/holdfast.conf")
    machine.runs("root", "cat", f"{STORE}/sessions/notes/a", CONFIGURATION)


def test_a_shared_store_may_listen_on_the_network_too(machine: Machine) -> None:
    """From within its sandbox, with keys that are its user's, which root allows: who has one comes from anywhere."""
    listens = '[access]\nadmin = ["root"]\n[network]\nlisten = "tcp://127.0.0.1:0"\n'
    machine.writes(CONFIGURATION, listens)
    machine.runs("root", PROGRAM, "service", "install", "--system", "music")
    status = json.loads(machine.holdfast("root", "status", "--json"))
    key = machine.runs("anna", PROGRAM, "--quiet", "key", "generate").strip()
    keys = {"HOLDFAST_CONFIG": "/var/lib/holdfast/music/config.toml"}
    machine.runs("root", PROGRAM, "key", "allow", "anna", key, "--role", "read", **keys)
    assert machine.runs("root", "stat", "--format=%U %a", f"{STORE}/allowed_keys").strip() == "holdfast 600"
    machine.runs("anna", PROGRAM, "key", "trust", status["listening"], status["network_key"])
    machine.runs("anna", PROGRAM, "--socket", status["listening"], "list")


def test_whoever_is_not_root_is_told_what_to_type(machine: Machine) -> None:
    """And nothing is put in place."""
    said = machine.runs("anna", PROGRAM, "service", "install", "--system", "music", expect=5)
    assert "sudo holdfast service install --system" in said
    machine.runs("root", "sh", "-c", "! ls /etc/systemd/system/holdfast* /etc/holdfast")


def test_an_administrator_whose_files_are_closed_by_default_installs_it_too(machine: Machine) -> None:
    """What the service's user must read is open to it, whatever the umask of who installs."""
    machine.runs("root", "sh", "-c", f"umask 077 && {PROGRAM} service install --system music")
    assert machine.holdfast("root", "list") == ""
    machine.holdfast("root", "save", "notes/a", "/etc/hostname")


def test_the_administrator_of_one_store_does_not_reach_another_through_its_daemon(machine: Machine) -> None:
    """Both are of the same user: what lies in the other is as absent there as what never was."""
    machine.writes(CONFIGURATION, '[access]\nadmin = ["anna"]\n')
    for name in ("other", "music"):
        machine.runs("root", PROGRAM, "service", "install", "--system", name)
    machine.holdfast("root", "save", "notes/secret", "/etc/hostname", store="other")
    adopts = ("folder", "add", "--app", "notes")
    there = machine.holdfast("anna", *adopts, STORE.replace("music", "other") + "/sessions/notes", expect=1)
    absent = machine.holdfast("anna", *adopts, STORE.replace("music", "nobody") + "/sessions/notes", expect=1)
    assert there.replace("other", "nobody") == absent
    machine.holdfast("anna", "save", "notes/own", "/etc/hostname")
    machine.runs("root", "cat", f"{STORE}/sessions/notes/own")
