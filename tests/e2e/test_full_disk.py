"""A disk without room: nothing half written, nothing lost, and a code that says so."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import adopt, fill
from e2e_daemon import Daemon, until

from holdfast import Client
from holdfast_protocol.errors import NoSpace

SIZE_BYTES = 5 << 20


@pytest.fixture
def small(house: Path) -> Iterator[Daemon]:
    """A daemon whose whole home is a file system of 5 MB."""
    home = house / "d"
    home.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={SIZE_BYTES},mode=0700", "none", str(home)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    daemon = Daemon(home)
    try:
        yield daemon.start()
    finally:
        daemon.stop()
        subprocess.run(["umount", str(home)], check=True)


def _own_files(daemon: Daemon) -> list[str]:
    places = (daemon.sessions.rglob(".holdfast-*"), (daemon.home / "store" / "staging").glob("*"))
    return [file.name for place in places for file in place if file.name != ".holdfast-folder"]


def _fill(daemon: Daemon) -> Path:
    filler = daemon.home / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    return filler


def test_a_document_that_does_not_fit_is_refused(small: Daemon) -> None:
    """A save beyond the disk's room is the error no-space; what was there before is whole and saves go on."""
    small.ok("save", "notes/before", "-", content=b"before")
    with small.client() as client:
        with pytest.raises(NoSpace):
            client.save("notes", "huge", os.urandom(8 << 20))
        assert client.cat("notes/before") == b"before"
    assert set(small.rows("notes")) == {"before"}
    assert _own_files(small) == []
    assert small.file("notes", "before").read_bytes() == b"before"
    assert small.alive


def test_the_command_line_says_that_the_disk_is_full(small: Daemon) -> None:
    """exit 1 with a sentence about the full disk, not about an internal error."""
    said = small.cli("save", "notes/huge", "-", content=os.urandom(8 << 20))
    assert said.code == 1
    assert "full" in said.err.lower() or "space" in said.err.lower()


def test_a_full_disk_that_is_emptied_again_is_used_again(small: Daemon) -> None:
    """With no room at all every save is refused and nothing changes; once there is room, saves are done again."""
    small.ok("save", "notes/before", "-", content=b"before")
    filler = _fill(small)
    with small.client() as client:
        for number in range(5):
            with pytest.raises(NoSpace):
                client.save("notes", f"small {number}", os.urandom(60_000))
        assert client.cat("notes/before") == b"before"
    filler.unlink()
    small.ok("save", "notes/after", "-", content=b"after")
    assert set(small.rows("notes")) == {"before", "after"}
    assert small.file("notes", "after").read_bytes() == b"after"
    assert _own_files(small) == []
    small.restart()
    assert small.ok("cat", "notes/before").out == b"before"


def test_a_visible_file_without_room_follows_later(small: Daemon) -> None:
    """A save that the store could take but the folder could not is durable; its file appears once there is room."""
    content = os.urandom(1_500_000)
    with small.client() as client:
        client.save("notes", "one", content)
        filler = None
        try:
            client.save("notes", "two", content[:1_400_000] + b"!")
        except NoSpace:
            filler = _fill(small)
    if filler is not None:
        filler.unlink()
    for name in small.rows("notes"):
        small.ok("cat", f"notes/{name}")
    small.ok("delete", "notes/one")
    until(lambda: small.ok("status", "--json").rows[0]["pending_files"] == 0)
    assert _own_files(small) == []


def test_a_disk_too_full_for_a_save_still_takes_a_deletion(small: Daemon) -> None:
    """New content leaves room for what frees some: delete, undo and rename are done where every save is refused."""

    def fill(client: Client) -> None:
        for number in range(1000):
            client.save("notes", f"small {number}", os.urandom(20_000))

    with small.client() as client, pytest.raises(NoSpace):
        fill(client)
    small.ok("delete", "notes/small 0")
    small.ok("undo")
    small.ok("rename", "notes/small 0", "first")
    assert "first" in small.rows("notes")


def test_an_outside_change_without_room_is_taken_when_there_is_some(small: Daemon) -> None:
    """A file dropped in that the store cannot take is said by name, not forgotten."""
    small.file("notes", "").mkdir()
    small.file("notes", "dropped").write_bytes(os.urandom(2_500_000))
    until(lambda: "dropped" in "".join(small.ok("status", "--json").rows[0]["problems"]))
    remount = ["mount", "-o", f"remount,size={40 << 20}", str(small.home)]
    subprocess.run(remount, check=True)
    until(lambda: "dropped" in small.rows("notes"), seconds=30)
    until(lambda: small.ok("status", "--json").rows[0]["problems"] == [])


def test_a_folder_is_watched_on_once_there_is_room(small: Daemon, house: Path) -> None:
    """What came and what went while the store could not keep it is told without anybody asking twice."""
    fill(house / "own", range(8))
    with small.client() as client:
        place = adopt(small, client, house / "own")
        filler = _fill(small)
        (place.root / "new").write_bytes(os.urandom(100_000))
        (place.root / "3").unlink()
        until(lambda: "full" in place.problems())
        filler.unlink()
        until(lambda: place.rows().keys() == {"0", "1", "2", "4", "5", "6", "7", "new"})
        place.write("later", b"later")
        assert place.head("later") == b"later"
        until(lambda: "full" not in place.problems())


def _no_room(daemon: Daemon, client: Client) -> Path:
    """Not even for one more small save."""
    filler = _fill(daemon)
    with pytest.raises(NoSpace):
        client.save("notes", "no-room", b"")
    return filler


def test_what_an_application_hands_over_is_kept_beside_a_full_store(small: Daemon) -> None:
    """It is answered, with a warning; after a crash of both it is there; once there is room it is in a snapshot."""
    with small.client() as client:
        ws = client.workspace("notes/verse")
        ws["intro"], ws["outro"] = "one", "gone soon"
        filler = _no_room(small, client)
        ws["intro"] = "two"
        ws["solo"] = "three"
        del ws["outro"]
        ws.rename("solo", "bridge")
        assert any("kept beside" in warning for warning in ws.warnings)
        assert any("kept beside" in problem for problem in client.status().problems)
        assert client.status().unsaved is not None
        assert {**ws} == {"intro": b"two", "solo": b"three"}
        small.kill()
        small.start()
    with small.client() as client:
        again = client.workspace(id=ws.id)
        assert {**again} == {"intro": b"two", "solo": b"three"}
        assert [part.name for part in again.parts] == ["intro", "bridge"]
        filler.unlink()
        until(lambda: client.status().unsaved is None)
        assert not any("notes/verse" in problem for problem in client.status().problems)
        again["intro"] = "four"
        assert again.warnings == []
        small.kill()
        small.start()
    with small.client() as client:
        again = client.workspace(id=ws.id)
        assert {**again} == {"intro": b"four", "solo": b"three"}
        assert again.save().outcome == "saved"
        assert [part.name for part in client.show("notes/verse").parts] == ["intro", "bridge"]


def test_a_large_part_is_kept_beside_a_full_store(small: Daemon) -> None:
    """One that otherwise travels as chunks: whole where one message holds it, else what changed of it."""
    room = ["mount", "-o", f"remount,size={40 << 20}", str(small.home)]
    subprocess.run(room, check=True)
    first, large = os.urandom(2 << 20), os.urandom(9 << 20)
    with small.client() as client:
        ws = client.workspace("notes/verse")
        ws["large"] = large
        filler = _no_room(small, client)
        changed = large[: 5 << 20] + b"typed" + large[(5 << 20) + 3 :]
        ws["intro"], ws["large"] = first, changed
        assert any("is kept" in warning for warning in ws.warnings)
        with pytest.raises(NoSpace):
            ws["another"] = large[::-1]
        assert {**ws} == {"intro": first, "large": changed}
        filler.unlink()
        until(lambda: client.status().unsaved is None)
        small.kill()
        small.start()
    with small.client() as client:
        assert {**client.workspace(id=ws.id)} == {"intro": first, "large": changed}


def test_an_application_that_dies_while_the_store_is_full_leaves_its_workspace(small: Daemon) -> None:
    """It is offered once there is room."""
    with small.client() as client:
        with small.client() as dying:
            ws = dying.workspace("notes/verse")
            ws["intro"] = "one"
            filler = _no_room(small, client)
            ws["intro"] = "two"
        filler.unlink()
        until(lambda: (found := client.last(app="notes").workspace) is not None and found.left is not None)
        assert client.recover(ws.id).outcome == "saved"
        assert client.cat("notes/verse:intro") == b"two"
