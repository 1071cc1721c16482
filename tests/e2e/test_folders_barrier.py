"""Settle is a true barrier, and the daemon serves on while much happens in its folders."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, fill, own
from e2e_daemon import Daemon, until

import holdfast

ROUNDS = 50
QUEUED_EVENTS = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())


@pytest.fixture(params=["adopted", "sessions"])
def place(request: pytest.FixtureRequest, daemon: Daemon, house: Path) -> Iterator[Place]:
    """A folder that is empty yet."""
    with daemon.client(60) as client:
        yield adopt(daemon, client, house / "notes") if request.param == "adopted" else own(daemon, client)


def test_what_was_written_before_is_there_after(place: Place) -> None:
    """Fifty times in a row: new files, a changed one, a replaced one; each is in the list, with its content."""
    for turn in range(ROUNDS):
        fill(place.root, [f"{turn}-{number}" for number in range(8)])
        (place.root / "changed").write_bytes(b"in turn %d" % turn)
        (place.root / ".new").write_bytes(b"replaced in turn %d" % turn)
        (place.root / ".new").replace(place.root / "replaced")
        place.settle()
        rows = place.rows()
        assert len(rows) == 8 * (turn + 1) + 2
        assert place.content(rows["changed"].id) == b"in turn %d" % turn
        assert place.content(rows["replaced"].id) == b"replaced in turn %d" % turn


def test_what_was_deleted_before_is_gone_after(place: Place) -> None:
    """Fifty deletions, few enough of the folder, and renames between them."""
    fill(place.root, range(200))
    place.settle()
    for turn in range(ROUNDS):
        (place.root / str(turn)).unlink()
        (place.root / str(turn + 100)).rename(place.root / f"renamed {turn}")
        place.settle()
        rows = place.rows()
        assert str(turn) not in rows
        assert f"renamed {turn}" in rows
        assert len(rows) == 200 - turn - 1
    assert place.state().held is None


@pytest.mark.parametrize("place", ["adopted"], indirect=True)
def test_a_deletion_hides_no_change_from_the_barrier(place: Place) -> None:
    """Many known files change, one goes: whoever settles while it is made sure of that sees all of them."""
    fill(place.root, range(640))
    place.settle()
    for turn in range(1, 6):
        for number in range(40, 640):
            (place.root / str(number)).write_bytes(b"x" * turn)
        (place.root / str(turn)).unlink()
        place.settle()
        rows = place.rows()
        assert str(turn) not in rows
        stale = [number for number in range(40, 640) if rows[str(number)].size_bytes != turn]
        assert stale == []


def test_many_ask_at_once(place: Place) -> None:
    """Each is answered, and each finds what it wrote."""
    missing: list[str] = []

    def work(number: int) -> None:
        with place.daemon.client(60) as client:
            for turn in range(10):
                name = f"{number} {turn}"
                (place.root / name).write_bytes(name.encode())
                client.settle()
                path = place.prefix + name.encode()
                if path not in {row.path for row in client.list(app=place.app, limit=1000).rows}:
                    missing.append(name)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert missing == []


def test_what_is_half_written_is_in_the_store_too(place: Place) -> None:
    """It was on disk when it was asked; its writer goes on later."""
    with (place.root / "long").open("wb", buffering=0) as writer:
        for number in range(5):
            writer.write(b"piece %d\n" % number)
            place.settle()
            assert place.head("long").endswith(b"piece %d\n" % number)


def test_events_up_to_now(place: Place) -> None:
    """``events --settled`` prints what was on disk before, and ends."""
    since = place.newest()
    fill(place.root, range(30))
    said = place.daemon.ok("events", "--since", str(since), "--settled", "--json")
    assert [row["type"] for row in said.rows] == ["created"] * 30


def test_the_barrier_outlives_its_folder_of_cookies(place: Place) -> None:
    """Somebody tidies up in the store: the next one who asks is answered, and quickly."""
    cookies = place.daemon.home / "store" / "cookies"
    cookies.rename(cookies.with_name("elsewhere"))
    for number in range(3):
        began = time.monotonic()
        place.write("x", b"state %d" % number)
        assert place.head("x") == b"state %d" % number
        assert time.monotonic() - began < 10


def test_a_folder_of_three_thousand_files_while_saves_go_on(daemon: Daemon, house: Path) -> None:
    """The first scan takes nobody's time: saves are answered in moments, and nothing of both is lost."""
    files = fill(house / "many", range(3000))
    with daemon.client(60) as client:
        client.folder_add(str(house / "many"), "notes")
        slowest, saved = 0.0, 0
        while client.list(app="notes", limit=1).rows == [] or client.folder_list().rows[1].scanning:
            began = time.monotonic()
            client.save("drafts", f"draft {saved}", b"draft %d" % saved)
            slowest, saved = max(slowest, time.monotonic() - began), saved + 1
        place = Place(daemon, client, "notes", house / "many", "many")
        place.settle()
        assert place.rows().keys() == files.keys()
        assert len(client.list(app="drafts", limit=1000).rows) == saved > 0
        assert slowest < 3.0


def test_events_that_the_kernel_dropped_are_made_up_for(place: Place) -> None:
    """The daemon does not get to run while more happens than the kernel keeps for it: it is told so, and looks."""
    fill(place.root, range(100))
    place.settle()
    pid = place.client.status().pid
    os.kill(pid, signal.SIGSTOP)
    try:
        fill(place.root, [f"new {number}" for number in range(QUEUED_EVENTS // 3 + 500)])
        (place.root / "0").unlink()
        (place.root / "1").write_bytes(b"changed")
        (place.root / "2").rename(place.root / "renamed")
    finally:
        os.kill(pid, signal.SIGCONT)
    place.settle()
    rows = place.rows()
    assert len(rows) == 100 + QUEUED_EVENTS // 3 + 500 - 1
    assert {"0", "2"}.isdisjoint(rows)
    assert place.content(rows["1"].id) == b"changed"
    assert "renamed" in rows


def test_an_application_that_holds_a_lock_does_not_wait(place: Place) -> None:
    """Locks of both kinds, exclusive, on a session's file and on one beside it: it is read and scanned all the same."""
    code = (
        "import fcntl, sys\n"
        "files = [open(name, 'r+b') for name in sys.argv[1:]]\n"
        "fcntl.flock(files[0], fcntl.LOCK_EX); fcntl.lockf(files[1], fcntl.LOCK_EX)\n"
        "print('locked', flush=True); sys.stdin.readline()\n"
        "files[1].write(b'written under a lock'); files[1].flush()\n"
        "print('written', flush=True); sys.stdin.readline()\n"
    )
    names = [place.root / "first", place.root / "second"]
    for name in names:
        name.write_bytes(b"before")
    command = [sys.executable, "-c", code, *map(str, names)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as application:
        assert application.stdin is not None
        assert application.stdout is not None
        assert application.stdout.readline() == b"locked\n"
        place.settle()
        assert place.head("first") == b"before"
        application.stdin.write(b"\n")
        application.stdin.flush()
        assert application.stdout.readline() == b"written\n"
        place.client.folder_scan(place.folder, verify=True)
        assert place.head("second") == b"written under a lock"
        application.stdin.close()


def test_a_file_that_is_opened_again_and_again_does_no_harm(place: Place) -> None:
    """Somebody opens it for writing, and closes it, as fast as can be, while the daemon reads it: both go on."""
    fill(place.root, range(40))
    place.settle()
    code = (
        "import os, sys\n"
        "while os.getppid() == int(sys.argv[1]):\n"
        "    for name in sys.argv[2:]:\n"
        "        os.close(os.open(name, os.O_WRONLY))\n"
    )
    names = [str(place.root / str(number)) for number in range(40)]
    with subprocess.Popen([sys.executable, "-c", code, str(os.getpid()), *names]) as opener:
        try:
            for _ in range(20):
                place.client.folder_scan(place.folder, verify=True, timeout_seconds=60)
        finally:
            opener.kill()
    assert place.daemon.alive
    assert len(place.rows()) == 40


def test_a_scan_that_is_asked_while_its_folder_is_removed_ends(daemon: Daemon, house: Path) -> None:
    """With what there is, or with not found: never with an internal error, never with none."""
    fill(house / "many", range(1500))
    answers: list[str] = []

    def ask(verb: str) -> None:
        with daemon.client(30) as other:
            try:
                getattr(other, verb)("many", timeout_seconds=30)
                answers.append("done")
            except holdfast.HoldfastError as problem:
                answers.append(problem.code)

    with daemon.client(60) as client:
        for _ in range(5):
            client.folder_add(str(house / "many"), "notes")
            threads = [threading.Thread(target=ask, args=(verb,)) for verb in ("folder_scan", "settle") * 2]
            for thread in threads:
                thread.start()
            until(lambda: client.folder_list().rows[1].sessions_count or answers)
            client.folder_remove("many")
            for thread in threads:
                thread.join()
    assert {*answers} <= {"done", "not-found"}
