"""Files that move between watched folders, and folders that lie in one another or belong to two applications."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from adopted import Place, adopt, fill, own
from e2e_daemon import Daemon

STILL = range(8)


@pytest.fixture
def two(daemon: Daemon, house: Path) -> Iterator[tuple[Place, Place]]:
    """Two adopted folders of one application, with eight sessions each that nothing happens to."""
    with daemon.client() as client:
        for name in ("first", "second"):
            fill(house / name, [f"{name} {number}" for number in STILL])
        yield adopt(daemon, client, house / "first"), adopt(daemon, client, house / "second")


def _settle(*places: Place) -> None:
    places[0].client.settle(timeout_seconds=60)


def test_a_file_moved_to_another_adopted_folder_is_the_same_session(two: tuple[Place, Place]) -> None:
    """Its id and its history go along, and there and back again."""
    first, second = two
    file = first.write("x", b"one")
    first.write("x", b"two")
    identity = first.row("x").id
    file.rename(second.root / "x")
    _settle(*two)
    assert "x" not in first.rows()
    assert second.row("x").id == identity
    (second.root / "x").rename(first.root / "again")
    _settle(*two)
    assert "x" not in second.rows()
    assert first.row("again").id == identity
    assert first.history(identity) == [b"two", b"one"]


def test_a_name_that_is_taken_there_gets_a_number(two: tuple[Place, Place]) -> None:
    """A file of the same name cannot be there, but a session of the same name can."""
    first, second = two
    second.write("old", b"of the second")
    second.client.rename(second.ref("old"), "x", published=True)
    (second.root / "x").rename(second.root / "elsewhere")
    _settle(*two)
    second.client.rename(second.ref("elsewhere"), "x", published=True)
    first.write("x", b"of the first").rename(second.root / "y")
    _settle(*two)
    assert second.head("y") == b"of the first"
    assert len({row.name for row in second.rows().values()}) == len(second.rows())


def test_one_of_very_many_equal_files_renamed_is_the_same_session(two: tuple[Place, Place]) -> None:
    """A template that was copied a hundred times: which of them moved is seen by who is gone."""
    place = two[0]
    fill(place.root, {f"copy {number:03}": b"the template" for number in range(100)})
    place.settle()
    before = {name: row.id for name, row in place.rows().items()}
    for number in (3, 50, 98):
        (place.root / f"copy {number:03}").rename(place.root / f"renamed {number:03}")
    place.settle()
    after = {name: row.id for name, row in place.rows().items()}
    assert set(after.values()) == set(before.values())
    assert {after[f"renamed {number:03}"] for number in (3, 50, 98)} == {
        before[f"copy {number:03}"] for number in (3, 50, 98)
    }


def test_very_many_equal_files_renamed_while_nobody_watched_are_the_same_sessions(daemon: Daemon, house: Path) -> None:
    """A long scan remembers to its end what had left."""
    fill(house / "notes", {f"copy {number:03}": b"the template" for number in range(400)})
    with daemon.client() as client:
        place = adopt(daemon, client, house / "notes")
        before = {row.id for row in place.rows().values()}
        daemon.stop()
        for file in place.root.iterdir():
            file.rename(file.with_name(file.name.replace("copy", "renamed")))
        daemon.start()
        place.settle()
        assert {row.id for row in place.rows().values()} == before
        assert place.state().held is None


def test_a_file_on_its_way_is_the_same_session_though_its_name_is_taken_there(
    two: tuple[Place, Place], house: Path
) -> None:  # fmt: skip
    """It was seen gone before it was seen again, and where it is now another session has the name that it had."""
    first, second = two
    second.write("x", b"of the second")
    file = first.write("x", b"of the first")
    identity = first.row("x").id
    away = file.rename(house / "on its way")
    _settle(*two)
    assert "x" not in first.rows()
    away.rename(second.root / "y")
    _settle(*two)
    assert second.row("y").id == identity


def test_a_file_moved_between_adopted_and_sessions_folder_is_the_same_session(
    two: tuple[Place, Place], daemon: Daemon
) -> None:
    """There and back."""
    first, _ = two
    below = own(daemon, first.client)
    file = first.write("x", b"one")
    identity = first.row("x").id
    file.rename(below.root / "x")
    _settle(first)
    assert below.row("x").id == identity
    (below.root / "x").rename(file)
    _settle(first)
    assert first.row("x").id == identity
    assert "x" not in below.rows()


def test_a_file_moved_to_another_application_is_another_session(
    two: tuple[Place, Place], daemon: Daemon, house: Path
) -> None:
    """The one is deleted, and can be undone; the other is new."""
    first, _ = two
    other = adopt(daemon, first.client, house / "third", "drafts")
    file = first.write("x", b"one")
    identity, since = first.row("x").id, first.newest()
    file.rename(other.root / "x")
    _settle(first)
    assert other.row("x").id != identity
    assert other.head("x") == b"one"
    [row] = first.operations(since)
    assert row.type == "deleted-outside"
    first.client.undo(row.number, published=True)
    assert file.read_bytes() == b"one"


@pytest.mark.parametrize("_", range(5))
def test_a_file_moved_while_nobody_watched_is_the_same_session(
    two: tuple[Place, Place], daemon: Daemon, _: int
) -> None:
    """Each of two folders is scanned by itself, whichever is first, and both at the start."""
    first, second = two
    for place, name in ((first, "to the second"), (second, "to the first")):
        place.write(name, name.encode())
    there, back = first.row("to the second").id, second.row("to the first").id
    daemon.stop()
    (first.root / "to the second").rename(second.root / "to the second")
    (second.root / "to the first").rename(first.root / "to the first")
    daemon.start()
    first.client.folder_scan()
    first.client.folder_scan()
    assert second.row("to the second").id == there
    assert first.row("to the first").id == back
    assert not {"to the first"} & second.rows().keys()
    assert not {"to the second"} & first.rows().keys()


def test_all_files_moved_to_another_folder_are_the_same_sessions(two: tuple[Place, Place]) -> None:
    """Neither lost nor doubled, and the folder that is empty now is not held for long."""
    first, second = two
    before = {name: row.id for name, row in first.rows().items()}
    for name in before:
        (first.root / name).rename(second.root / name)
    _settle(*two)
    assert {name: row.id for name, row in second.rows().items() if name in before} == before
    assert first.rows() == {}
    first.released()


def test_a_folder_in_an_adopted_one_is_adopted_too(daemon: Daemon, house: Path) -> None:
    """The outer one has it as a session of several files, the inner one has its files; a change is seen by both."""
    with daemon.client() as client:
        fill(house / "outer" / "inner", {"x": b"one"})
        outer, inner = adopt(daemon, client, house / "outer"), adopt(daemon, client, house / "outer" / "inner")
        (inner.root / "x").write_bytes(b"two")
        client.settle()
        assert inner.head("x") == b"two"
        assert outer.content(outer.row("inner").id, path=b"x") == b"two"
        client.folder_remove(inner.folder)
        (inner.root / "x").write_bytes(b"three")
        client.settle()
        assert outer.content(outer.row("inner").id, path=b"x") == b"three"


def test_the_outer_folder_may_go_first(daemon: Daemon, house: Path) -> None:
    """The inner one hears as before: what one watch of a directory gives up, another may still need."""
    with daemon.client() as client:
        fill(house / "outer" / "inner", {"x": b"one"})
        outer, inner = adopt(daemon, client, house / "outer"), adopt(daemon, client, house / "outer" / "inner")
        client.folder_remove(outer.folder)
        (inner.root / "x").write_bytes(b"two")
        inner.settle()
        assert inner.head("x") == b"two"
        assert inner.state().watching == "events"


def test_two_applications_may_adopt_one_folder(daemon: Daemon, house: Path) -> None:
    """Each has its sessions and its history of it; a save of the one is an outside change to the other."""
    with daemon.client() as client:
        notes, drafts = adopt(daemon, client, house / "both"), adopt(daemon, client, house / "both", "drafts")
        assert notes.folder != drafts.folder
        notes.write("x", b"one")
        client.settle()
        assert notes.row("x").id != drafts.row("x").id
        client.save("notes", "x", b"two", folder=notes.folder, published=True)
        client.settle()
        assert drafts.head("x") == b"two"
        assert (notes.root / "x").read_bytes() == b"two"
        (notes.root / "x").unlink()
        client.settle()
        assert (notes.rows(), drafts.rows()) == ({}, {})
        client.undo(published=True)
        client.settle()
        assert (notes.root / "x").read_bytes() == b"two"
        assert (notes.rows().keys(), drafts.rows().keys()) == ({"x"}, {"x"})


def test_a_move_to_another_folder_is_told_as_one(two: tuple[Place, Place]) -> None:
    """Not as a deletion first, which somebody might act upon."""
    first, second = two
    for number in range(12):
        first.write(f"x{number}", b"x%d" % number)
    since = first.newest()
    for number in range(12):
        (first.root / f"x{number}").rename(second.root / f"x{number}")
        _settle(*two)
    told = [row.type for row in first.client.events(since, follow=False)]
    assert told == ["renamed"] * 12


@pytest.mark.parametrize("content", ["each its own", "all the same"])
@pytest.mark.parametrize("down", [False, True], ids=["while it runs", "while it is down"])
def test_a_whole_folder_moved_into_another_is_no_loss(daemon: Daemon, house: Path, content: str, down: bool) -> None:
    """Every file of it, equal ones too: each is the same session, and the folder that they left is not held."""
    with daemon.client() as client:
        fill(house / "first", {f"{n}": b"same" if content == "all the same" else b"%d" % n for n in range(120)})
        fill(house / "second", ["still"])
        first, second = adopt(daemon, client, house / "first"), adopt(daemon, client, house / "second")
        before, since = {name: row.id for name, row in first.rows().items()}, first.newest()
        if down:
            daemon.stop()
        for path in [*first.root.iterdir()]:
            path.rename(second.root / path.name)
        if down:
            daemon.start()
            client.folder_scan(timeout_seconds=60)
        _settle(first, second)
        after = {name: row.id for name, row in second.rows().items() if name != "still"}
        if content == "each its own":
            assert after == before
        else:
            assert set(after.values()) == set(before.values())
        assert {row.type for row in client.events(since, follow=False)} == {"renamed"}
