"""``check`` and ``status`` of a running daemon: damage is found, named, put right; nobody waits for it meanwhile."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from e2e_daemon import Daemon, until

from holdfast_protocol.errors import Damaged

LARGE_BYTES = 400_000


@pytest.fixture
def kept(daemon: Daemon) -> bytes:
    """The content of ``notes/large``, which is in a pack; an older one is there too."""
    chance = random.Random(3)
    older, newer = chance.randbytes(LARGE_BYTES), chance.randbytes(LARGE_BYTES)
    with daemon.client() as client:
        client.save("notes", "large", older)
        client.save("notes", "large", newer, published=True)
        client.save("notes", "small", b"small", published=True)
    return newer


def rot(daemon: Daemon, content: bytes) -> Path:
    """A bit of a pack flips, in the middle of this content."""
    (pack,) = (daemon.home / "store" / "packs").iterdir()
    with pack.open("r+b") as file:
        at = file.read().index(content[1000:1200])
        file.seek(at)
        file.write(bytes([content[1000] ^ 4]))
    return pack


def test_a_whole_store_is_said_to_be_whole(daemon: Daemon, kept: bytes) -> None:
    """Exit 0, and status says when that was; after a restart too."""
    assert "nothing is damaged" in daemon.ok("check", "--all").text
    daemon.restart()
    with daemon.client() as client:
        status = client.status()
    assert status.last_check is not None
    assert (status.last_check_problems, status.checking) == (0, False)


def test_a_pack_that_was_only_begun_is_no_damage(daemon: Daemon, kept: bytes) -> None:
    """The daemon was killed before it had written a byte of it, and goes on in the next one."""
    daemon.kill()
    (daemon.home / "store" / "packs" / "000002.pack").touch()
    daemon.start()
    assert "nothing is damaged" in daemon.ok("check", "--all").text


def test_damage_is_named_and_exits_8(daemon: Daemon, kept: bytes) -> None:
    """With the pack, the offset and the head that cannot be read; whoever reads that is told, and never other bytes."""
    pack = rot(daemon, kept)
    (daemon.sessions / "notes" / "large").unlink()  # nothing has those bytes now
    with daemon.client() as client:
        said = daemon.cli("check", "--all", "--json")
        assert said.code == 8
        (row,) = said.rows[0]["rows"]
        assert (row["what"], row["path"], row["pack"]) == ("chunk", str(pack), 1)
        assert [(each["name"], each["head"]) for each in row["concerns"]] == [("large", True)]
        plain = daemon.cli("check", "--all")
        assert plain.code == 8
        assert "cannot be read: notes/large@" in plain.text
        with pytest.raises(Damaged):
            client.cat(f"notes/large@{row['concerns'][0]['snapshot'][:12]}")
        assert client.status().last_check_problems == 1


def test_damage_is_put_right_from_the_visible_file(daemon: Daemon, kept: bytes) -> None:
    """The log says so, the file stays as it is, and what was unreadable is read."""
    rot(daemon, kept)
    assert daemon.cli("check", "--all").code == 8
    said = daemon.ok("check", "--all", "--repair")
    assert "repaired: Chunk" in said.text
    with daemon.client() as client:
        assert client.cat("notes/large") == kept
        assert client.operations(newest=True, limit=1).rows[0].type == "repaired"
        assert client.status().last_check_problems == 0
    assert (daemon.sessions / "notes" / "large").read_bytes() == kept


def test_others_are_served_while_a_check_runs_and_it_can_be_stopped(daemon: Daemon, kept: bytes) -> None:
    """Whoever asks meanwhile sees the same check; what ended it is said."""
    with daemon.client() as client, daemon.client() as other:
        for number in range(30):
            client.save("notes", f"more{number}", os.urandom(LARGE_BYTES))
        begun = client.check(all=True)
        assert begun.running
        under_way = until(lambda: (found := other.check(begin=False)) and found.total_bytes and found)
        assert under_way.total_bytes > 30 * LARGE_BYTES
        assert other.status().checking
        other.save("notes", "meanwhile", b"x")
        other.check(begin=False, stop=True)
        ended = until(lambda: (found := other.check(begin=False, wait_ms=1000)) and not found.running and found)
        assert ended.failed == "It was stopped"
        assert other.cat("notes/meanwhile") == b"x"


def test_status_says_what_is_unsaved_and_how_long_that_took(daemon: Daemon) -> None:
    """Each workspace by its name; how long what was handed over was not durable, and in no snapshot."""
    with daemon.client() as client, client.workspace("verse", app="notes") as workspace:
        workspace["intro"] = b"d1 >> play()"
        status = client.status()
        assert [(row.app, row.name) for row in status.unsaved_workspaces] == [("notes", "verse")]
        assert status.unsaved_bound_ms == 30_000
        assert status.loss_window_ms > 0
        until(lambda: not client.status().unsaved_workspaces)
        assert client.status().unsaved_window_ms >= 1000
    assert "last_check: never" in daemon.ok("status").text
