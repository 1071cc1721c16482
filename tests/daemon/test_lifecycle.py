"""Rename, copy, delete, restore and the undo of each: a row more, a revision up, or a reason why not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from daemon_store import ME, Store

from holdfast_daemon.sessions import Caller
from holdfast_protocol.errors import CannotUndo, Exists, NotFound
from holdfast_protocol.messages import Undone

SOMEBODY = Caller("somebody else")


def _undo(store: Store, number: int | None = None, caller: Caller = ME) -> Undone:
    return store.run(store.lifecycle.undo(number, caller))


def _delete(store: Store, name: str = "x") -> int:
    return store.run(store.lifecycle.delete(store.session(name).id, ME)).operation


def _rename(store: Store, name: str, to: str) -> int:
    return store.run(store.lifecycle.rename(store.session(name).id, to, ME)).operation


def _wanted(store: Store, path: bytes) -> bytes | None:
    row = store.catalog.reader.visible("sessions", path)
    return row.wanted if row else None


def test_undo_of_a_save_brings_the_head_back_and_the_revision_up(store: Store) -> None:
    """One row more; the undone one says by which."""
    store.save("x", b"one")
    store.save("x", b"two")
    undone = _undo(store)
    assert (undone.undone.number, undone.operation, undone.session.revision) == (2, 3, 3)
    assert undone.undone.undone_by == 3
    assert store.head("x") == b"one"
    assert store.types() == ["created", "saved", "undone"]
    assert _wanted(store, store.session("x").path) == store.session("x").head


def test_undo_goes_further_back_each_time(store: Store) -> None:
    """It never undoes an undo."""
    for content in (b"one", b"two", b"three"):
        store.save("x", content)
    assert [_undo(store).undone.number, _undo(store).undone.number] == [3, 2]
    assert (store.head("x"), store.session("x").revision) == (b"one", 5)


def test_undo_reverses_a_creation_whose_later_changes_are_undone(store: Store) -> None:
    """Nothing stands on it any longer; afterwards nothing is left to undo."""
    store.save("x", b"one")
    store.save("x", b"two")
    assert [_undo(store).undone.number, _undo(store).undone.number] == [2, 1]
    assert store.catalog.reader.session_named("notes", "x", "sessions") is None
    with pytest.raises(NotFound):
        _undo(store)


def test_undo_takes_this_callers_newest_or_the_outsides(store: Store) -> None:
    """Another user's is left alone, unless it is named."""
    store.save("mine", b"one")
    store.save("theirs", b"two", caller=SOMEBODY)
    assert _undo(store).undone.name == "mine"
    store.save("dropped", b"in", caller=Caller("outside"))
    assert _undo(store).undone.name == "dropped"
    assert _undo(store, 2).undone.name == "theirs"


@pytest.mark.parametrize("number", [1, 2])
def test_undo_refuses_where_a_later_change_stands_on_it(store: Store, number: int) -> None:
    """And says what to do; nothing is changed."""
    for content in (b"one", b"two", b"three"):
        store.save("x", content)
    with pytest.raises(CannotUndo, match=r"holdfast (restore|delete)"):
        _undo(store, number)
    assert len(store.operations()) == 3


def test_what_was_undone_or_never_was_cannot_be_undone(store: Store) -> None:
    """Each with its own reason."""
    store.save("x", b"one")
    store.save("x", b"two")
    _undo(store, 2)
    with pytest.raises(CannotUndo, match="was undone by 3"):
        _undo(store, 2)
    _undo(store, 3)
    with pytest.raises(CannotUndo, match="operation 2 is in effect again"):
        _undo(store, 4)
    with pytest.raises(NotFound):
        _undo(store, 99)


def test_a_deleted_session_leaves_the_list_and_comes_back(store: Store) -> None:
    """Its file is unwanted, then wanted again; its history was there all the time."""
    store.save("x", b"one")
    path, identity = store.session("x").path, store.session("x").id
    number = _delete(store)
    assert _wanted(store, path) is None
    assert store.catalog.reader.session_named("notes", "x", "sessions") is None
    assert len(store.catalog.reader.snapshots(identity, 10)) == 1
    with pytest.raises(NotFound):
        store.run(store.lifecycle.delete(identity, ME))
    _undo(store, number)
    assert store.session("x").id == identity
    assert _wanted(store, path) == store.session("x").head


def test_undo_of_a_delete_refuses_where_the_name_is_taken(store: Store) -> None:
    """Both stay as they are."""
    store.save("x", b"one")
    number = _delete(store)
    store.save("x", b"another")
    with pytest.raises(CannotUndo, match="rename"):
        _undo(store, number)
    assert store.head("x") == b"another"


def test_a_renamed_session_keeps_its_id_and_history(store: Store) -> None:
    """The old path is unwanted, the new one wanted; undo turns it round."""
    store.save("x", b"one")
    before = store.session("x")
    number = _rename(store, "x", "y")
    after = store.session("y")
    assert (after.id, after.head) == (before.id, before.head)
    assert (_wanted(store, before.path), _wanted(store, after.path)) == (None, after.head)
    _undo(store, number)
    assert store.session("x").id == before.id
    assert _wanted(store, store.session("x").path) == before.head


def test_a_name_that_is_taken_is_refused(store: Store) -> None:
    """To rename, to copy and to undo a renaming."""
    store.save("x", b"one")
    store.save("y", b"two")
    snapshot = store.snapshots("x")[0]
    with pytest.raises(Exists):
        _rename(store, "x", "y")
    with pytest.raises(Exists):
        store.run(store.lifecycle.copy(snapshot, "notes", "y", ME))
    number = _rename(store, "x", "z")
    store.save("x", b"three")
    with pytest.raises(CannotUndo, match="taken"):
        _undo(store, number)


def test_a_copy_begins_with_the_snapshot(store: Store) -> None:
    """A session of its own; undo removes it and leaves the original."""
    store.save("x", b"one")
    changed = store.run(store.lifecycle.copy(store.snapshots("x")[0], "notes", "y", ME))
    assert (store.head("y"), store.session("y").revision) == (b"one", 1)
    _undo(store, changed.operation)
    assert store.head("x") == b"one"
    assert store.catalog.reader.session_named("notes", "y", "sessions") is None


def test_restore_adds_a_snapshot_and_raises_the_revision(store: Store) -> None:
    """The newer head stays in the history; undo brings it back."""
    store.save("x", b"one")
    store.save("x", b"two")
    saved = store.run(store.lifecycle.restore(store.snapshots("x")[-1], None, ME))
    assert (saved.session.revision, store.head("x"), len(store.snapshots("x"))) == (3, b"one", 3)
    _undo(store)
    assert (store.head("x"), store.session("x").revision) == (b"two", 4)


def test_restore_from_another_revision_than_the_head_is_refused(store: Store) -> None:
    """It names the revision that it is at."""
    store.save("x", b"one")
    store.save("x", b"two")
    with pytest.raises(Exists) as caught:
        store.run(store.lifecycle.restore(store.snapshots("x")[-1], 1, ME))
    assert caught.value.details["revision"] == 2


def test_a_file_deleted_outside_is_a_deletion_that_undo_reverses(store: Store) -> None:
    """Its row says outside."""
    store.save("x", b"one")
    path = store.session("x").path
    store.gone(path)
    assert store.operations()[-1].type == "deleted-outside"
    assert store.operations()[-1].author == "outside"
    assert store.catalog.reader.visible("sessions", path) is None
    _undo(store)
    assert store.head("x") == b"one"
    assert _wanted(store, path) == store.session("x").head


def test_what_came_back_elsewhere_leaves_its_old_place_to_another(store: Store) -> None:
    """A file was taken out, another session got its name, and then the file turns up under another one."""
    store.save("x", b"one")
    first, head, path = store.session("x").id, store.session("x").head, store.session("x").path
    store.gone(path)
    store.save("x", b"two")
    store.run(store.lifecycle.moved(first, "y", "sessions", b"notes/y", head, None))
    assert _wanted(store, path) == store.session("x").head
    assert store.session("y").id == first


def test_a_file_that_is_moved_while_a_save_is_on_its_way_gets_it_where_it_is(store: Store) -> None:
    """What lies at the new path is the former state, and the saved one is to be put there."""
    store.save("x", b"one")
    session = store.session("x")
    store.catalog.submit(lambda tx: tx.confirm("sessions", session.path, session.head)).result()
    store.save("x", b"two")
    store.run(store.lifecycle.moved(session.id, "y", "sessions", b"notes/y", session.head, b"looks"))
    row = store.catalog.reader.visible("sessions", b"notes/y")
    assert row is not None
    assert (row.published, row.wanted, row.seen) == (session.head, store.session("y").head, None)
    assert store.head("y") == b"two"
    assert store.catalog.reader.visible("sessions", session.path) is None


def _diverged(store: Store) -> bytes:
    """A session whose file is damage, seen outside; gives its path."""
    store.save("x", b"good " * 1000)
    path = store.session("x").path
    head = store.session("x").head
    store.catalog.submit(lambda tx: tx.confirm("sessions", path, head)).result()
    store.save("x", b"", cause="outside", base=head, seen=path)
    assert store.session("x").diverged
    return path


def test_a_diverged_session_is_deleted_with_what_lies_on_disk(store: Store) -> None:
    """Its damaged file goes like any other, and the history keeps it."""
    path = _diverged(store)
    store.run(store.lifecycle.delete(store.session("x").id, ME))
    assert _wanted(store, path) is None


def test_a_diverged_session_is_renamed_with_what_lies_on_disk(store: Store) -> None:
    """The damage moves along; which of the two counts is still to be said."""
    path = _diverged(store)
    shown = _wanted(store, path)
    store.run(store.lifecycle.rename(store.session("x").id, "y", ME))
    session = store.session("y")
    assert session.diverged
    assert (_wanted(store, path), _wanted(store, session.path)) == (None, shown)


CHANGES: dict[str, Callable[[Store], object]] = {
    "save": lambda store: store.save("x", b"later"),
    "restore": lambda store: store.run(store.lifecycle.restore(store.snapshots("x")[-1], None, ME)),
    "undo": lambda store: _undo(store, 2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_move_of_the_head_raises_the_revision_by_one(store: Store, change: str) -> None:
    """An undo included; every revision's head can be asked for."""
    store.save("x", b"one")
    store.save("x", b"two")
    CHANGES[change](store)
    session = store.session("x")
    assert session.revision == 3
    heads = dict(store.catalog.reader.heads(session.id))
    assert sorted(heads) == [1, 2, 3]
    assert heads[3] == session.head
