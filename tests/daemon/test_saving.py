"""Where two writers meet: merged by part, forked, unchanged or kept as a suspect; the head never lies."""

from __future__ import annotations

import asyncio

import pytest
from daemon_store import ME, Store
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holdfast_daemon.sessions import Caller
from holdfast_protocol.errors import Exists, NotFound

RULE, SEPARATOR = "//" + "=" * 78, "#" * 80


def _renardo(**buffers: str) -> bytes:
    head = f"{RULE}\n// STARTUP_FILE: startup.py\n{RULE}\nClock.bpm = 96\n\n\n"
    body = (f"{SEPARATOR}\n######## {name}\n{SEPARATOR}\n{text}" for name, text in buffers.items())
    return (head + "\n\n".join(body)).encode()


BASE = _renardo(kick="k1", hat="h1")


def test_a_first_save_makes_a_session(store: Store) -> None:
    """Revision 1, one snapshot, one operation, and its file is wanted."""
    saved = store.save("x", b"one")
    assert (saved.outcome, saved.operation, saved.session.revision) == ("saved", 1, 1)
    visible = store.catalog.reader.visible("sessions", store.session("x").path)
    assert visible is not None
    assert (visible.published, visible.wanted) == (None, store.session("x").head)


def test_each_save_raises_the_revision_and_names_its_parent(store: Store) -> None:
    """The operation says from what to what."""
    for number in range(3):
        store.save("x", b"%d" % number)
    newest, before, _ = store.snapshots("x")
    assert store.session("x").revision == 3
    assert newest.parents == (before.id,)
    operation = store.operations()[-1]
    assert (operation.snapshot, operation.previous, operation.revision) == (newest.id, before.id, 3)


def test_the_same_bytes_are_no_change(store: Store) -> None:
    """No operation, no snapshot, no revision."""
    store.save("x", b"one")
    again = store.save("x", b"one")
    assert (again.outcome, again.operation, again.session.revision) == ("unchanged", None, 1)
    assert store.types() == ["created"]
    assert len(store.snapshots("x")) == 1


def test_a_lost_race_in_other_parts_is_merged(store: Store) -> None:
    """Both changes are in the head; the loser's own document is in the history; it is said what was taken."""
    store.save("x", BASE, "renardo")
    store.save("x", _renardo(kick="k2", hat="h1"), "renardo", expect=1)
    late = _renardo(kick="k1", hat="h2")
    saved = store.save("x", late, "renardo", expect=1)
    assert (saved.outcome, saved.session.revision, saved.conflicts) == ("merged", 3, [])
    assert len(saved.merged) == 1
    assert "hat" in saved.merged[0]
    assert store.head("x", "renardo") == _renardo(kick="k2", hat="h2")
    assert late in [store.bytes_of(each.id) for each in store.snapshots("x", "renardo")]
    assert len(store.snapshots("x", "renardo")[0].parents) == 2


def test_a_lost_race_in_the_same_part_is_a_fork(store: Store) -> None:
    """The later save is kept under a free name; its caller is told which parts; the head is the first one's."""
    store.save("x", BASE, "renardo")
    store.save("x", _renardo(kick="k2", hat="h1"), "renardo", expect=1)
    for number, name in ((3, "x (fork)"), (4, "x (fork) (2)")):
        saved = store.save("x", _renardo(kick=f"k{number}", hat="h1"), "renardo", expect=1)
        assert (saved.outcome, saved.session.name, len(saved.conflicts)) == ("forked", name, 1)
        assert "kick" in saved.conflicts[0]
        assert saved.session.forked_from == store.session("x", "renardo").id.hex()
        assert store.head(name, "renardo") == _renardo(kick=f"k{number}", hat="h1")
    assert store.head("x", "renardo") == _renardo(kick="k2", hat="h1")


def test_a_stale_save_without_news_changes_nothing(store: Store) -> None:
    """It says again what it started from; the newer head stays."""
    store.save("x", b"one")
    store.save("x", b"two", expect=1)
    assert store.save("x", b"one", expect=1).outcome == "unchanged"
    assert store.head("x") == b"two"


def test_two_saves_at_once_lose_nothing(store: Store) -> None:
    """Twenty of the same revision on one loop: one head, the others forks, every document kept."""
    store.save("x", b"base")
    base = store.session("x").head

    async def all_at_once() -> list[str]:
        orders = [store.order("x", b"writer %d" % number, base=base) for number in range(20)]
        saved = await asyncio.gather(*(store.saving.save(order, ME) for order in orders))
        return [each.outcome for each in saved]

    outcomes = store.run(all_at_once())
    assert sorted(outcomes) == ["forked"] * 19 + ["saved"]
    heads = {store.head(row.name) for row in store.operations() if row.name}
    assert heads == {b"writer %d" % number for number in range(20)}
    assert [row.number for row in store.operations()] == list(range(1, 22))


@pytest.mark.parametrize("damaged", [b"", b"x" * 100])
def test_what_looks_like_damage_is_kept_beside_the_head(store: Store, damaged: bytes) -> None:
    """The head, its revision and the wanted file are as they were; accept makes it the head."""
    store.save("x", b"good" * 1000)
    before = store.session("x")
    saved = store.save("x", damaged)
    assert saved.outcome == "suspect"
    assert saved.reason
    after = store.session("x")
    assert (after.head, after.revision, after.suspect) == (before.head, before.revision, bytes.fromhex(saved.snapshot))
    visible = store.catalog.reader.visible("sessions", after.path)
    assert visible is not None
    assert visible.wanted == before.head
    assert store.snapshots("x")[0].suspect == saved.reason
    store.run(store.lifecycle.accept(after.id, bytes.fromhex(saved.snapshot), ME))
    assert (store.head("x"), store.session("x").suspect, store.session("x").revision) == (damaged, None, 2)


def test_a_suspect_that_is_meant_is_accepted_at_once(store: Store) -> None:
    """``accept`` with the save."""
    store.save("x", b"good" * 1000)
    assert store.save("x", b"", accept=True).outcome == "saved"
    assert store.head("x") == b""


def test_a_good_save_ends_the_suspicion(store: Store) -> None:
    """The suspect stays in the log."""
    store.save("x", b"good" * 1000)
    store.save("x", b"")
    store.save("x", b"better" * 1000)
    assert store.session("x").suspect is None
    assert [bool(each.suspect) for each in store.snapshots("x")] == [False, True, False]


def test_new_refuses_a_name_that_is_taken(store: Store) -> None:
    """And changes nothing."""
    store.save("x", b"one")
    with pytest.raises(Exists):
        store.save("x", b"two", new=True)
    assert (store.head("x"), store.types()) == (b"one", ["created"])


@pytest.mark.parametrize(("name", "revision"), [("x", 9), ("none", 1)])
def test_a_revision_that_never_was_is_refused(store: Store, name: str, revision: int) -> None:
    """Rather than taken for the head."""
    store.save("x", b"one")
    with pytest.raises(NotFound):
        store.save(name, b"two", expect=revision)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 3), st.binary(min_size=1, max_size=8)), min_size=1, max_size=8))
def test_every_saved_document_is_in_the_history(store: Store, saves: list[tuple[int, bytes]]) -> None:
    """Whatever revision each save started from, its bytes can be found again and the numbers have no gap."""
    name = f"x{len(store.operations())}"
    store.save(name, b"base document")
    snapshots = []
    for behind, content in saves:
        revision = store.session(name).revision
        saved = store.save(name, content, expect=max(1, revision - behind), caller=Caller("me"))
        if saved.outcome != "unchanged":
            snapshots.append((bytes.fromhex(saved.snapshot), content))
    for snapshot, content in snapshots:
        assert store.bytes_of(snapshot) == content
    assert [row.number for row in store.operations()] == list(range(1, len(store.operations()) + 1))
