"""What goes, what never goes, and what becomes of whoever still names what went."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from daemon_pruning import DAY, LAST, NONE, PrunedStore
from daemon_store import ME

from holdfast_daemon import naming
from holdfast_daemon.retention import Rules
from holdfast_daemon.sessions import Caller
from holdfast_protocol.errors import CannotUndo, NotFound

DATA = Path(__file__).parents[1] / "data"
TAKE_AUTOSAVES = Rules(autosaves=NONE)
TAKE_ALL = Rules(autosaves=NONE, saves=NONE)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[PrunedStore]:
    made = PrunedStore(tmp_path)
    made.now = 400 * DAY
    yield made
    made.close()


def _saved(store: PrunedStore, *contents: bytes, name: str = "x") -> list[bytes]:
    """A snapshot for each, visible in the end."""
    made = [bytes.fromhex(store.save(name, content).snapshot) for content in contents]
    store.confirm(name)
    return made


def test_autosaves_thin_out_and_saves_stay(store: PrunedStore) -> None:
    """By the rules; the log says how many went."""
    _saved(store, b"one", b"two")
    for number in range(5):
        store.autosave("x", b"auto %d" % number)
    assert store.prune(Rules(autosaves=LAST)).snapshots_count == 4
    assert store.contents("x") == [b"auto 4", b"two", b"one"]
    assert [(row.type, row.note) for row in store.operations()][-1] == ("pruned", "4 snapshots")
    assert store.prune(Rules(autosaves=LAST)).snapshots_count == 0


def test_what_something_needs_is_never_taken(store: PrunedStore) -> None:
    """Head and what it came from, pins, the good one, a suspect, what a file shows, workspaces: each says why."""
    one, two, shown, pinned, base, auto, _, parent, head = _saved(store, *(b"%d" % n for n in range(9)))
    suspect = store.save("x", b"")
    assert suspect.outcome == "suspect"
    session = store.session("x")
    store.workspace(session, base=base, autosave=auto)

    def work(tx: object) -> None:
        tx.put_pin(session.id, "p", pinned)  # type: ignore[attr-defined]  # a transaction
        tx.confirm(session.folder, session.path, shown)  # type: ignore[attr-defined]  # a transaction
        tx.want(session.folder, session.path, session.id, shown, "")  # type: ignore[attr-defined]  # a transaction

    store.catalog.submit(work).result()
    rows = {row.snapshot: row for row in store.prune(TAKE_ALL, dry_run=True).rows}
    kept = {bytes.fromhex(row.snapshot) for row in rows.values() if row.keep}
    assert kept == {head, parent, shown, pinned, base, auto, bytes.fromhex(suspect.snapshot)}
    assert rows[pinned.hex()].reasons == ["pinned as p"]
    assert rows[head.hex()].reasons == ["the head", "the newest good one"]
    assert store.prune(TAKE_ALL).snapshots_count == 3
    assert {each.id for each in store.snapshots("x")} == kept
    assert store.catalog.reader.is_pruned(one)
    assert store.catalog.reader.is_pruned(two)


def test_what_is_on_its_way_to_the_disk_is_left_alone(store: PrunedStore) -> None:
    """Heads between what a file shows and what it should are still known then."""
    for content in (b"one", b"two", b"three", b"four"):
        store.save("x", content)
    assert store.prune(TAKE_ALL).snapshots_count == 0
    store.confirm("x")
    assert store.prune(TAKE_ALL).snapshots_count == 2


def test_the_last_one_before_an_upgrade_stays(store: PrunedStore) -> None:
    """The application's older generation can still be gone back to."""
    old, new = ((DATA / "renardo" / name).read_bytes() for name in ("f1.py", "f3.py"))
    for number, content in enumerate((old, old, old, new, new, new, new)):
        store.save("x", content + b"# %d\n" % number, app="renardo")
    row = store.session("x", "renardo")
    store.catalog.submit(lambda tx: tx.confirm(row.folder, row.path, row.head)).result()
    rows = store.prune(TAKE_ALL, dry_run=True).rows
    assert [row.reasons for row in rows if "the last one before an upgrade" in row.reasons] == [
        ["the last one before an upgrade"]
    ]
    assert [row.keep for row in reversed(rows)] == [False, False, True, False, False, True, True]


def test_an_undo_of_what_was_pruned_is_refused(store: PrunedStore) -> None:
    """And says why; what a person may name instead is not touched by it."""
    _saved(store, b"one", b"two", b"three")
    store.run(store.lifecycle.restore(store.catalog.reader.need_snapshot(store.snapshots("x")[0].id), None, ME))
    first, *_ = store.snapshots("x")[::-1]
    store.save("x", b"four")
    store.confirm("x")
    store.prune(TAKE_ALL)
    assert store.catalog.reader.snapshot(first.id) is None
    head = store.operations()[-1]
    undoable = [each.number for each in store.operations() if each.previous == first.id and each.undoable]
    with pytest.raises(CannotUndo):
        store.run(store.lifecycle.undo(undoable[-1], ME))
    assert head.type == "pruned"
    with pytest.raises(NotFound, match="pruned"):
        store.catalog.reader.need_snapshot(first.id)


def test_heads_are_counted_without_those_that_were_pruned(store: PrunedStore) -> None:
    """``@-1`` and ``@{2 days ago}`` mean what is kept."""
    for content in (b"one", b"two", b"three", b"four"):
        _saved(store, content)
        store.now += DAY
    store.prune(TAKE_ALL)
    session, reader = store.session("x"), store.catalog.reader
    assert store.contents("x") == [b"four", b"three"]
    assert store.bytes_of(naming.find_snapshot(reader, session, "-1", store.now).id) == b"three"
    with pytest.raises(NotFound):
        naming.find_snapshot(reader, session, "-2", store.now)


def test_a_save_from_a_pruned_base_is_a_fork(store: PrunedStore) -> None:
    """Nothing is left to merge it with, and nothing is overwritten."""
    _saved(store, b"one", b"two", b"three", b"four")
    store.prune(TAKE_ALL)
    late = store.save("x", b"one, changed", expect=1)
    assert (late.outcome, store.head("x")) == ("forked", b"four")
    assert store.head(late.session.name) == b"one, changed"


def test_a_deleted_session_has_its_term(store: PrunedStore) -> None:
    """Thirty days; then it is gone with its history, and what was done to it cannot be undone."""
    _saved(store, b"one")
    store.run(store.lifecycle.delete(store.session("x").id, ME))
    number = store.operations()[-1].number
    store.catalog.submit(lambda tx: tx.confirm("sessions", b"notes/x", None)).result()
    store.now += 30 * DAY
    assert store.prune(Rules()).sessions_count == 0
    store.now += DAY
    store.save("y", b"")
    assert store.prune(Rules(), dry_run=True).rows[0].reasons == ["deleted for more than 30 days"]
    assert store.prune(Rules()).sessions_count == 1
    assert store.types()[-1] == "purged"
    assert store.whole() == 1
    with pytest.raises(NotFound):
        store.run(store.lifecycle.undo(number, ME))
    assert store.run(store.lifecycle.undo(None, ME)).undone.type == "created"


def test_a_clock_that_jumps_back_a_year_ends_nothing_early(store: PrunedStore) -> None:
    """What is deleted meanwhile has its whole term when the clock is right again."""
    _saved(store, b"one")
    store.now -= 365 * DAY
    store.run(store.lifecycle.delete(store.session("x").id, ME))
    store.catalog.submit(lambda tx: tx.confirm("sessions", b"notes/x", None)).result()
    assert store.prune(Rules()).sessions_count == 0
    store.now += 366 * DAY
    assert store.prune(Rules()).sessions_count == 0
    store.now += 30 * DAY
    assert store.prune(Rules()).sessions_count == 1


def test_a_session_that_left_with_its_folder_has_no_term(store: PrunedStore) -> None:
    """It may be adopted again."""
    _saved(store, b"one")
    store.catalog.submit(lambda tx: tx.leave("sessions")).result()
    store.now += 99 * DAY
    assert store.prune(Rules()).sessions_count == 0


def test_a_deleted_session_stays_while_something_needs_it(store: PrunedStore) -> None:
    """A pin, or a workspace that began from it."""
    for name in ("pinned", "lived"):
        _saved(store, b"one", name=name)
    pinned, lived = store.session("pinned"), store.session("lived")
    store.catalog.submit(lambda tx: tx.put_pin(pinned.id, "p", pinned.head)).result()
    store.workspace(lived)
    for row in (pinned, lived):
        store.run(store.lifecycle.delete(row.id, ME))
        store.catalog.submit(lambda tx, row=row: tx.confirm(row.folder, row.path, None)).result()  # type: ignore[misc]  # a lambda with a default
    store.now += 99 * DAY
    assert store.prune(Rules()).sessions_count == 0


def test_what_was_discarded_unsaved_has_the_same_term(store: PrunedStore) -> None:
    """The autosaves of a session that never came to be; while its workspace is there, they stay."""
    _saved(store, b"one")
    never = store.session("x").but(id=b"n" * 16)
    auto = store.autosave("x", b"auto", never)
    workspace = store.workspace(never, base=None, autosave=auto)
    store.catalog.submit(lambda tx: store.sessions.tell_of(tx, workspace, "autosaved", "", auto)).result()
    store.now += 31 * DAY
    assert store.prune(Rules()).snapshots_count == 0
    store.catalog.submit(lambda tx: tx.drop_workspace(workspace.id)).result()
    rows = store.prune(Rules(), dry_run=True).rows
    assert [(row.snapshot, row.reasons) for row in rows] == [(auto.hex(), ["discarded for more than 30 days"])]
    assert store.prune(Rules()).snapshots_count == 1


def test_a_damaged_session_is_left_and_the_others_are_not(store: PrunedStore) -> None:
    """Nothing of it is taken, for nobody knows what it needs."""
    for name in ("x", "y"):
        _saved(store, b"one", name=name)
        store.autosave(name, b"auto")
    head = store.session("x").head
    store.catalog.submit(lambda tx: tx._connection.execute("DELETE FROM snapshots WHERE id = ?", (head,))).result()  # type: ignore[attr-defined]  # the engine's own
    assert store.prune(TAKE_AUTOSAVES).snapshots_count == 1
    assert [row.cause for row in store.snapshots("x")] == ["autosaved"]


def test_the_budget_is_an_applications(store: PrunedStore) -> None:
    """All its sessions share it; the oldest autosaves go, whosesoever they are."""
    for name in ("x", "y"):
        _saved(store, name.encode(), name=name)
    for number in range(4):
        store.autosave("xy"[number % 2], os.urandom(1000))
    store.prune(Rules(budget_bytes=2500))
    assert [len(store.snapshots(name)) for name in "xy"] == [2, 2]


def test_a_dry_run_says_what_is_freed(store: PrunedStore) -> None:
    """Only content that nothing else names: to the byte what then goes."""
    shared, own = os.urandom(300_000), os.urandom(200_000)
    _saved(store, b"one")
    _saved(store, shared, name="y")
    store.autosave("x", shared)
    store.autosave("x", own)
    said = store.prune(TAKE_AUTOSAVES, dry_run=True)
    assert (said.snapshots_count, said.freed_bytes) == (2, len(own))
    done = store.prune(TAKE_AUTOSAVES)
    assert (done.snapshots_count, done.freed_bytes) == (2, len(own))
    assert store.whole() == 2


def test_answers_are_forgotten_while_the_daemon_runs(store: PrunedStore) -> None:
    """Those of more than seven days; a later one is given again."""
    old, new = (Caller("me", letter * 16) for letter in (b"o", b"n"))
    store.save("x", b"1", caller=old)
    store.now += 7 * DAY
    first = store.save("y", b"1", caller=new)
    store.now += DAY // 2
    reader = store.catalog.reader

    async def work() -> None:
        pruning = store.pruning(Rules())
        pruning.start(first_seconds=0.0)
        async with asyncio.timeout(10):
            while reader.answer(b"o" * 16) is not None:
                await asyncio.sleep(0.01)
        await pruning.stop()

    store.run(work())
    assert store.save("y", b"2", caller=new) == first
