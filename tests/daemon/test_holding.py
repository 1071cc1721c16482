"""Deletions made outside, and when a folder is held for them (holding.py, breaker.py)."""

from __future__ import annotations

import pytest
from daemon_store import SECOND, Store

from holdfast_daemon.breaker import reason_to_hold
from holdfast_daemon.holding import Gone
from holdfast_daemon.layouts import SESSIONS
from holdfast_daemon.sites import SESSIONS_FOLDER, Site


@pytest.mark.parametrize(
    ("gone", "before", "held"),
    [
        (0, 0, False), (4, 4, False), (4, 5, False), (5, 5, True), (5, 14, True), (5, 15, False), (6, 15, True),
        (33, 100, False), (34, 100, True), (10_000, 40_000, False),
    ],
)  # fmt: skip
def test_more_than_a_third_and_at_least_five_are_too_many(gone: int, before: int, held: bool) -> None:
    """Fewer are a person's hand."""
    assert (reason_to_hold(gone, before) is not None) is held


def _saved(store: Store, count: int) -> list[bytes]:
    return [store.save(f"n{number}", b"text %d" % number).session.path for number in range(count)]


def _held(store: Store) -> str | None:
    folder = store.catalog.reader.folder(SESSIONS_FOLDER)
    assert folder is not None
    return folder.held


def _names(store: Store, *, deleted: bool = False) -> int:
    return store.catalog.reader.sessions_count(deleted)


def _back(store: Store, path: bytes) -> None:
    """The file of a missing session is there again."""
    session = store.catalog.reader.session_at(SESSIONS_FOLDER, path)
    assert session is not None
    store.catalog.submit(
        lambda tx: store.sessions.is_visible(tx, session.folder, path, session.id, session.head)
    ).result()


def test_a_few_deletions_stand(store: Store) -> None:
    """Each is a row of its own, and nothing is held."""
    paths = _saved(store, 12)
    store.gone(*paths[:4])
    assert (_names(store), _names(store, deleted=True), _held(store)) == (8, 4, None)
    assert store.types()[-4:] == ["deleted-outside"] * 4


def test_a_burst_is_reversed_and_the_folder_held(store: Store) -> None:
    """One by one or all at once: the sessions live on without files, and everybody is told why."""
    paths = _saved(store, 12)
    for path in paths[:4]:
        store.gone(path)
    store.gone(paths[4])
    assert (_names(store), _names(store, deleted=True)) == (12, 0)
    assert "5 of its 12 sessions" in (_held(store) or "")
    assert store.types()[-5:] == ["undone"] * 4 + ["folder-held"]
    assert {each.path for each in store.catalog.reader.missing(SESSIONS_FOLDER)} == set(paths[:5])
    rows = store.operations()
    assert [row.undone_by is not None for row in rows if row.type == "deleted-outside"] == [True] * 4


def test_old_deletions_are_no_part_of_a_burst(store: Store) -> None:
    """What went eleven seconds ago was deleted by somebody."""
    paths = _saved(store, 12)
    store.gone(*paths[:4])
    store.now += 11 * SECOND
    store.gone(*paths[4:6])
    assert (_names(store, deleted=True), _held(store)) == (6, None)


def test_while_held_nothing_is_deleted(store: Store) -> None:
    """What goes then is missing; what is back is a live session as before."""
    paths = _saved(store, 12)
    store.gone(*paths[:6])
    store.gone(paths[6])
    assert (_names(store), store.catalog.reader.missing_count(SESSIONS_FOLDER)) == (12, 7)
    for path in paths[:7]:
        store.holding.release(SESSIONS_FOLDER)
        assert _held(store) is not None
        _back(store, path)
    store.holding.release(SESSIONS_FOLDER)
    assert (_held(store), _names(store), store.types()[-1]) == (None, 12, "folder-released")


def test_an_accepted_loss_is_the_deletion_of_what_is_missing(store: Store) -> None:
    """By whoever accepts it, once for each; it can be undone, and is no burst itself."""
    paths = _saved(store, 12)
    store.gone(*paths[:6])
    store.holding.accept(SESSIONS_FOLDER, "ann")
    assert (_names(store), _names(store, deleted=True), _held(store)) == (6, 6, None)
    assert store.types()[-7:] == ["deleted-outside"] * 6 + ["folder-released"]
    assert {row.author for row in store.operations()[-7:]} == {"ann"}
    store.holding.hold(SESSIONS_FOLDER, "the folder is gone")
    assert _names(store, deleted=True) == 6


def test_what_goes_before_the_folder_is_gone_was_not_deleted(store: Store) -> None:
    """``rm -rf`` unlinks the files first: those of the last seconds are reversed when the folder itself is away."""
    paths = _saved(store, 3)
    store.gone(*paths)
    store.holding.hold(SESSIONS_FOLDER, "the folder is gone")
    assert (_names(store), _names(store, deleted=True)) == (3, 0)


def test_a_save_on_its_way_answers_the_loss(store: Store) -> None:
    """In a held folder a missing file that a client has saved since is written, not missing."""
    paths = _saved(store, 12)
    store.gone(*paths[:6])
    row = store.catalog.reader.visible(SESSIONS_FOLDER, paths[8])
    assert row is not None
    store.catalog.submit(lambda tx: tx.confirm(SESSIONS_FOLDER, row.path, row.wanted)).result()
    store.save("n8", b"newer")
    store.holding.gone(SESSIONS_FOLDER, [Gone(paths[8], row.wanted)])
    found = store.catalog.reader.visible(SESSIONS_FOLDER, paths[8])
    assert found is not None
    assert (found.published, found.wanted) == (None, store.session("n8").head)


def test_a_deletion_that_was_seen_too_late_is_none(store: Store) -> None:
    """Something else was published there since it was seen that nothing is: it is looked at again."""
    (path,) = _saved(store, 1)
    store.holding.gone(SESSIONS_FOLDER, [Gone(path, b"another snapshot")])
    assert _names(store) == 1
    assert store.catalog.reader.visible(SESSIONS_FOLDER, path) is not None


def test_a_name_that_was_taken_meanwhile_is_numbered(store: Store) -> None:
    """A burst is reversed although somebody made a session of that name in between."""
    paths = _saved(store, 12)
    store.gone(*paths[:4])
    store.save("n0", b"another")
    store.gone(paths[5])
    assert _held(store) is not None
    names = {each.name for each in store.catalog.reader.missing(SESSIONS_FOLDER)}
    assert names == {"n1", "n2", "n3", "n5"}
    assert store.head("n0") == b"another"


def test_only_what_stands_is_reversed(store: Store) -> None:
    """A session that came back elsewhere, and was deleted there, is no part of this folder's burst."""
    paths = _saved(store, 12)
    store.put_folder("other", None)
    store.sessions.sites.put(Site(label="other", root=b"/elsewhere", app=None, layout=SESSIONS))
    strayed, head = store.session("n0").id, store.session("n0").head
    store.gone(*paths[:4])
    store.now += SECOND
    store.run(store.lifecycle.moved(strayed, "n0", "other", b"notes/n0", head, None))
    store.gone(b"notes/n0", folder="other")
    store.gone(paths[5])
    assert _held(store) is None
    store.gone(paths[6])
    assert _held(store) is not None
    session = store.catalog.reader.session(strayed)
    assert session is not None
    assert (session.folder, session.deleted) == ("other", True)


def test_what_is_missing_without_a_reason_is_deleted(store: Store) -> None:
    """A live session without a file in a folder that is not held would never be spoken of again."""
    (path,) = _saved(store, 1)
    store.catalog.submit(lambda tx: tx.drop_visible(SESSIONS_FOLDER, path)).result()
    store.holding.conclude(SESSIONS_FOLDER)
    assert (_names(store), store.types()[-1]) == (0, "deleted-outside")
