"""What every catalog promises (store/base.py): one test for each sentence, over each engine."""

from __future__ import annotations

import asyncio
import inspect
import threading
from concurrent.futures import Future
from typing import TypeVar

import msgspec
import pytest
from store_engines import (
    CATALOGS,
    HEAD,
    ID,
    NEXT,
    OTHER_ID,
    OpenCatalog,
    document,
    operation,
    session,
    snapshot,
)

from holdfast_daemon.store import base
from holdfast_daemon.store.base import Catalog, Moved, Transaction
from holdfast_daemon.store.nouns import ChunkPlace, Folder, Session, Visible, Wanted, Workspace, WorkspaceContent
from holdfast_protocol.errors import Damaged, NotFound, ShuttingDown
from holdfast_protocol.messages import List

Value = TypeVar("Value")


def _do(catalog: Catalog, *works: object) -> None:
    """Each in a transaction of its own."""
    for work in works:
        catalog.submit(work).result(10)  # type: ignore[arg-type]  # any callable that takes a transaction


def _with_session(tx: Transaction) -> None:
    tx.put_session(session(), None)
    tx.add_snapshot(snapshot())
    tx.add_operation(operation())


def test_the_suite_knows_every_word_of_the_contract(catalog: Catalog) -> None:
    """An engine has what the contract names and, beside it, nothing public that others could come to rely on."""
    for contract, engine in ((base.Catalog, catalog), (base.Reader, catalog.reader)):
        words = {name for name in dir(contract) if not name.startswith("_")} | {*contract.__annotations__}
        theirs = {name for name in dir(engine) if not name.startswith("_")}
        assert theirs == words
    seen: list[set[str]] = []
    _do(catalog, lambda tx: seen.append({name for name in dir(tx) if not name.startswith("_")}))
    assert seen == [{name for name in dir(base.Transaction) if not name.startswith("_")}]
    assert CATALOGS


def test_the_reader_within_a_work_is_its_transaction(catalog: Catalog) -> None:
    """What is asked there sees what was put there; every other thread sees it when it is committed."""
    seen: list[bool] = []

    def work(tx: Transaction) -> None:
        _with_session(tx)
        seen.append(catalog.reader.session(ID) is not None)
        other = threading.Thread(target=lambda: seen.append(catalog.reader.session(ID) is not None))
        other.start()
        other.join()

    _do(catalog, work)
    assert seen == [True, False]


def test_a_row_comes_back_as_it_was_put(opened: OpenCatalog) -> None:
    """Session, snapshot, operation, document and chunk, after another opening too."""
    place = ChunkPlace(b"c" * 32, 3, None, None, b"abc")
    tagged = session(tags=("a", "b"), forked_from=OTHER_ID, suspect=NEXT, diverged=True)

    def work(tx: Transaction) -> None:
        tx.put_session(tagged, None)
        tx.add_snapshot(snapshot(document=document().id, suspect="why"))
        tx.add_operation(operation())
        tx.add_document(document())
        tx.add_chunks([place])

    _do(opened.catalog, work)
    for catalog in (opened.catalog, opened.reopen()):
        reader = catalog.reader
        assert reader.session(ID) == tagged
        assert reader.snapshot(HEAD) == snapshot(document=document().id, suspect="why")
        assert reader.operation(1) == operation(number=1)
        assert reader.document_of(HEAD) == document()
        assert reader.has_document(document().id)
        assert reader.chunk(b"c" * 32) == place
        assert reader.known_chunks([b"c" * 32, b"e" * 32]) == {b"c" * 32}


def test_what_is_not_there_is_none_or_damage(catalog: Catalog) -> None:
    """A question is None; a row that the catalog itself names is damage when it is missing."""
    reader = catalog.reader
    found = [
        reader.session(ID),
        reader.snapshot(HEAD),
        reader.chunk(b"c" * 32),
        reader.operation(1),
        reader.visible("f", b"x"),
        reader.folder("f"),
    ]
    assert found == [None] * 6
    assert (reader.newest_operation(), reader.answer(b"r" * 16), reader.pending_count()) == (0, None, 0)
    for need in (lambda: reader.need_snapshot(HEAD), lambda: reader.document(b"d" * 32)):
        with pytest.raises(Damaged):
            need()


def test_a_session_changes_only_from_the_revision_that_was_seen(catalog: Catalog) -> None:
    """The compare-and-swap: the second of two that saw revision 1 is told that it moved, and changes nothing."""
    before = session()
    _do(catalog, _with_session, lambda tx: tx.put_session(before.but(revision=2, head=NEXT), before))
    late = catalog.submit(lambda tx: tx.put_session(before.but(revision=2, size_bytes=9), before))
    with pytest.raises(Moved):
        late.result(10)
    assert catalog.reader.session(ID) == before.but(revision=2, head=NEXT)


def test_a_job_that_fails_changes_nothing(catalog: Catalog) -> None:
    """Neither its own rows nor the number of the next operation, whatever waits with it."""

    def fails(tx: Transaction) -> None:
        tx.add_operation(operation())
        tx.put_session(session(), None)
        raise ValueError("in its middle")

    jobs: list[Future[object]] = []
    for number in range(30):
        jobs.append(catalog.submit(fails if number % 3 == 0 else lambda tx: tx.add_operation(operation())))
    assert [type(job.exception(10)) for job in jobs[::3]] == [ValueError] * 10
    assert [job.result(10) for number, job in enumerate(jobs) if number % 3] == [*range(1, 21)]
    assert catalog.reader.session(ID) is None
    assert catalog.reader.newest_operation() == 20


def test_a_job_that_is_refused_before_it_writes_leaves_the_others_alone(catalog: Catalog) -> None:
    """Its error is its own."""

    def refuses(tx: Transaction) -> None:
        raise Moved

    jobs: list[Future[object]] = [catalog.submit(refuses), catalog.submit(lambda tx: tx.add_operation(operation()))]
    assert type(jobs[0].exception(10)) is Moved
    assert jobs[1].result(10) == 1


def test_the_chunks_are_sealed_before_every_commit(opened: OpenCatalog) -> None:
    """A row never names bytes that are not durable."""
    _do(opened.catalog, _with_session)
    assert opened.seals == 1


def test_an_answer_is_seen_by_every_reader(catalog: Catalog) -> None:
    """Once a caller is answered, another thread sees the change, and the count of commits is up."""
    before = catalog.commits
    _do(catalog, _with_session)
    seen: list[object] = []
    thread = threading.Thread(target=lambda: seen.append(catalog.reader.session(ID)))
    thread.start()
    thread.join(10)
    assert seen == [session()]
    assert catalog.commits > before


def test_committed_is_called_after_each_commit(catalog: Catalog) -> None:
    """For whoever waits for operations."""
    called = threading.Event()
    catalog.committed = called.set
    _do(catalog, _with_session)
    assert called.wait(10)


def test_a_loop_waits_without_blocking(catalog: Catalog) -> None:
    """``commit`` gives the job's result, or raises its error."""

    async def work() -> tuple[int, int]:
        with pytest.raises(Moved):
            await catalog.commit(_raise_moved)
        one, two = await asyncio.gather(*(catalog.commit(lambda tx: tx.add_operation(operation())) for _ in range(2)))
        return one, two

    assert sorted(asyncio.run(work())) == [1, 2]


def _raise_moved(tx: Transaction) -> None:
    raise Moved


def test_what_was_submitted_is_done_before_the_end(opened: OpenCatalog) -> None:
    """And nothing is taken after it."""
    catalog = opened.catalog
    jobs = [catalog.submit(lambda tx: tx.add_operation(operation())) for _ in range(20)]
    catalog.close()
    assert [job.result(0) for job in jobs] == [*range(1, 21)]
    with pytest.raises(ShuttingDown):
        catalog.submit(_with_session)


def test_a_view_stands_still(catalog: Catalog) -> None:
    """What is committed meanwhile is seen after it, not within."""
    reader = catalog.reader
    with reader.one_view():
        assert reader.session(ID) is None
        _do(catalog, _with_session)
        assert reader.session(ID) is None
    assert reader.session(ID) == session()
    reader.begin_view()
    reader.begin_view()  # a second beginning is none
    reader.end_view()
    reader.end_view()


def test_a_transaction_is_one_view(catalog: Catalog) -> None:
    """Whoever ends a view within it commits nothing."""

    def work(tx: Transaction) -> None:
        tx.add_operation(operation())
        tx.end_view()
        raise Moved

    with pytest.raises(Moved):
        catalog.submit(work).result(10)
    assert catalog.reader.newest_operation() == 0


def test_names_and_paths_are_unique_among_the_living(catalog: Catalog) -> None:
    """A deleted one frees both; a live one is found before deleted ones."""
    gone = session().but(deleted=True)
    _do(catalog, _with_session, lambda tx: tx.put_session(gone, session()))
    reader = catalog.reader
    assert reader.session_named("notes", "x", "sessions") is None
    assert reader.sessions_fitting("x", None, None) == [gone]
    _do(catalog, lambda tx: tx.put_session(session(OTHER_ID), None))
    assert reader.sessions_fitting("x", "notes", "sessions") == [session(OTHER_ID)]
    assert reader.session_at("sessions", b"notes/x") == session(OTHER_ID)
    assert (reader.sessions_count(False), reader.sessions_count(True)) == (1, 1)


@pytest.mark.parametrize("sort", base.SORTS)
def test_pages_are_sorted_and_cut(catalog: Catalog, sort: str) -> None:
    """By time and size downwards, by name and application upwards, or the other way round; ``offset`` skips."""
    rows = [session(bytes([n]) * 16, f"n{n}", modified=10 + n, created=10 + n, size_bytes=10 + n) for n in range(4)]
    _do(catalog, *(lambda tx, row=row: tx.put_session(row, None) for row in rows))
    wanted = rows if sort in ("name", "app") else rows[::-1]
    assert _page(catalog, List(sort=sort, offset=1), 2) == wanted[1:3]
    assert _page(catalog, List(sort=sort, reverse=True), 9) == wanted[::-1]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sort", base.SORTS)
def test_a_page_begins_behind_the_one_before(catalog: Catalog, sort: str, reverse: bool) -> None:
    """All pages together are the list, also where many are equal in what it goes by; and of one application."""
    rows = [
        session(bytes([n]) * 16, f"n{n % 3}", app=f"a{n // 3}", folder="f", path=b"%d" % n, modified=n % 2)
        for n in range(9)
    ]
    _do(catalog, *(lambda tx, row=row: tx.put_session(row, None) for row in rows))
    for asked in (List(sort=sort, reverse=reverse), List(sort=sort, reverse=reverse, app="a1")):
        whole, found, after = _page(catalog, asked, 9), [], None
        while page := catalog.reader.sessions_page(asked, 2, after):
            found += [each.session for each in page]
            after = page[-1].position
        assert found == whole
        assert len(found) == (9 if asked.app is None else 3)


def test_names_are_sorted_as_people_do(catalog: Catalog) -> None:
    """Capitals and accents make no difference, a number counts by its value; a new name has a new place."""
    names = ["Äpfel", "birne", "track 2", "Track 10", "track 010b"]
    rows = [session(bytes([n]) * 16, name) for n, name in enumerate(names)]
    _do(catalog, *(lambda tx, row=row: tx.put_session(row, None) for row in rows[::-1]))
    assert [each.name for each in _page(catalog, List(sort="name"), 9)] == names
    _do(catalog, lambda tx: tx.put_session(rows[0].but(name="zebra"), rows[0]))
    assert [each.name for each in _page(catalog, List(sort="name"), 9)] == [*names[1:], "zebra"]


def test_a_note_is_kept_beside_its_session(catalog: Catalog) -> None:
    """Another one takes its place, an empty one is none; of the operations that wrote one the newest is found."""
    _do(catalog, _with_session, lambda tx: tx.put_note(ID, "one"), lambda tx: tx.put_note(ID, "two"))
    assert (catalog.reader.note(ID), catalog.reader.note(OTHER_ID)) == ("two", "")
    _do(catalog, lambda tx: tx.put_note(ID, ""))
    assert catalog.reader.note(ID) == ""
    _do(catalog, *(lambda tx: tx.add_operation(operation(type="noted")) for _ in range(2)))
    newest = catalog.reader.newest_operation()
    _do(catalog, lambda tx: tx.mark_undone(newest, newest + 1))
    found = catalog.reader.newest_of(ID, "noted")
    assert found is not None
    assert found.number == newest - 1


def test_pages_hold_what_was_asked_for(catalog: Catalog) -> None:
    """Application, tag, text, deleted, archived and template."""
    rows = {
        "app": session(b"1" * 16, "one", app="other"),
        "tag": session(b"2" * 16, "two", tags=("t",)),
        "text": session(b"3" * 16, "Needle"),
        "deleted": session(b"4" * 16, "four", deleted=True),
        "archived": session(b"5" * 16, "five", archived=True),
        "templates": session(b"6" * 16, "six", template=True),
    }
    _do(catalog, *(lambda tx, row=row: tx.put_session(row, None) for row in rows.values()))
    asked = {
        "app": List(app="other"), "tag": List(tag="t"), "text": List(text="needle"), "deleted": List(deleted=True),
        "archived": List(archived=True), "templates": List(templates=True),
    }  # fmt: skip
    assert {what: _page(catalog, each, 9) for what, each in asked.items()} == {
        what: [row] for what, row in rows.items()
    }


def test_heads_follow_the_revisions(catalog: Catalog) -> None:
    """Newest first, each revision once; any of them can be asked for."""

    def work(tx: Transaction) -> None:
        tx.add_operation(operation())
        tx.add_operation(operation(revision=2, snapshot=NEXT))
        tx.add_operation(operation(type="renamed", revision=2, snapshot=NEXT))

    _do(catalog, work)
    assert [*catalog.reader.heads(ID)] == [(2, NEXT), (1, HEAD)]
    assert (catalog.reader.head_at(ID, 1), catalog.reader.head_at(ID, 3)) == (HEAD, None)


def test_snapshots_are_found_in_many_ways(catalog: Catalog) -> None:
    """Newest first, by the beginning of an id, and the newest good one."""

    def work(tx: Transaction) -> None:
        tx.add_snapshot(snapshot())
        tx.add_snapshot(snapshot(NEXT, suspect="cut"))

    _do(catalog, work)
    reader = catalog.reader
    assert [each.id for each in reader.snapshots(ID, 9)] == [NEXT, HEAD]
    assert [each.id for each in reader.snapshots(ID, 1, 1)] == [HEAD]
    assert [each.id for each in reader.snapshot_by_prefix(ID, HEAD.hex()[:6].upper())] == [HEAD]
    newest = reader.newest_good(ID)
    assert newest is not None
    assert newest.id == HEAD
    _do(catalog, lambda tx: tx.put_suspicion(NEXT, None))
    assert reader.newest_good(ID) == snapshot(NEXT)


def test_wanted_and_published_go_their_own_ways(catalog: Catalog) -> None:
    """``want`` leaves what is published, ``confirm`` leaves what is wanted; nothing and nothing is no row."""
    reader = catalog.reader
    _do(catalog, lambda tx: tx.want("f", b"p", ID, HEAD, "boot"))
    assert reader.pending("f") == [Visible("f", b"p", ID, None, HEAD, "boot")]
    _do(catalog, lambda tx: tx.confirm("f", b"p", HEAD))
    assert (reader.pending("f"), reader.pending_count(), reader.visible_seen("f")) == ([], 0, {b"p": None})
    _do(catalog, lambda tx: tx.want("f", b"p", ID, NEXT, "later"))
    assert reader.visible("f", b"p") == Visible("f", b"p", ID, HEAD, NEXT, "later")
    _do(catalog, lambda tx: tx.confirm("f", b"p", None))
    assert reader.visible("f", b"p") == Visible("f", b"p", ID, None, NEXT, "later")
    _do(catalog, lambda tx: tx.want("f", b"p", ID, None, "later"), lambda tx: tx.confirm("f", b"p", None))
    assert reader.visible("f", b"p") is None
    row = Visible("f", b"q", ID, HEAD, HEAD, "boot")
    _do(catalog, lambda tx: tx.put_visible(row), lambda tx: tx.drop_visible("f", b"q"))
    assert reader.visible_seen("f") == {}


def test_a_path_is_one_of_its_folder(catalog: Catalog) -> None:
    """Two folders may have the same path, each with its own state; how it looks is forgotten with what it shows."""
    reader = catalog.reader
    here, there = Visible("f", b"p", ID, HEAD, HEAD, "boot"), Visible("g", b"p", OTHER_ID, NEXT, NEXT, "boot")
    _do(catalog, lambda tx: tx.put_visible(here), lambda tx: tx.put_visible(there))
    _do(catalog, lambda tx: tx.put_seen("f", [(b"p", b"looks"), (b"unknown", b"looks")]))
    assert (reader.visible_seen("f"), reader.visible_seen("g")) == ({b"p": b"looks"}, {b"p": None})
    _do(catalog, lambda tx: tx.want("f", b"p", ID, NEXT, "boot"), lambda tx: tx.put_seen("f", [(b"p", b"other")]))
    found = reader.visible("f", b"p")
    assert found is not None
    assert found.seen == b"looks"  # what it is to show is not what was seen
    _do(catalog, lambda tx: tx.confirm("f", b"p", NEXT))
    assert reader.visible_seen("f") == {b"p": None}
    assert reader.visible("g", b"p") == there


def test_folders_are_kept_with_their_sessions(opened: OpenCatalog) -> None:
    """A folder's row comes back as it was put; its sessions leave all lists with it, and are back with it."""
    folder = Folder("f", b"/root", "notes", "folder", True, 5, 7, "why")
    mine = session().but(folder="f")
    _do(opened.catalog, lambda tx: tx.put_folder(folder), lambda tx: tx.put_session(mine, None))
    catalog = opened.reopen()
    reader = catalog.reader
    assert (reader.folder("f"), reader.folders()) == (folder, [folder])
    assert (reader.sessions_in("f"), reader.missing("f"), reader.missing_count("f")) == (1, [mine], 1)
    _do(catalog, lambda tx: tx.want("f", mine.path, ID, HEAD, "boot"))
    assert (reader.missing("f"), reader.missing_count("f")) == ([], 0)
    _do(catalog, lambda tx: tx.put_folder(folder.but(removed=True)), lambda tx: tx.leave("f"))
    lists = [_page(catalog, List(deleted=deleted), 9) for deleted in (False, True)]
    assert (lists, reader.sessions_in("f"), reader.session_named("notes", "x", "f")) == ([[], []], 0, None)
    _do(catalog, lambda tx: tx.join("f"))
    assert reader.session_named("notes", "x", "f") == mine


def test_deletions_that_stand_are_counted(catalog: Catalog) -> None:
    """By folder and time; one that was undone is none, nor is one that somebody accepted. A session that is there again
    does not count, nor one that somebody has deleted since, and one that went twice counts once."""

    def work(tx: Transaction) -> None:
        tx.put_session(session().but(deleted=True, modified=20), None)
        tx.put_session(session(b"u" * 16, "z").but(deleted=True, modified=40), None)
        tx.add_operation(operation(b"u" * 16, type="deleted-outside", time=30, folder="h", author="outside"))
        tx.put_session(session(OTHER_ID, "y"), None)
        tx.add_operation(operation(OTHER_ID, type="deleted-outside", time=30, folder="h", author="outside"))
        for time, folder in ((10, "f"), (20, "f"), (30, "f"), (20, "g")):
            tx.add_operation(operation(type="deleted-outside", time=time, folder=folder, author="outside"))
        tx.add_operation(operation(type="deleted-outside", time=30, folder="f", author="me"))
        tx.mark_undone(5, 9)

    _do(catalog, work)
    reader = catalog.reader
    assert [each.number for each in reader.deletions_since(15, "f")] == [4]
    assert [each.number for each in reader.deletions_since(5, "f")] == [3, 4]
    assert [reader.deletions_count(5, folder) for folder in "fgh"] == [1, 1, 0]


def test_what_was_deleted_outside_is_found_again(catalog: Catalog) -> None:
    """By its path or its bytes, while it is fresh; a live session by its head's document."""
    gone = session().but(deleted=True, modified=50)

    def work(tx: Transaction) -> None:
        tx.put_session(gone, None)
        tx.put_session(session(OTHER_ID, "y", head=NEXT), None)
        tx.add_snapshot(snapshot(document=document().id))
        tx.add_snapshot(snapshot(NEXT, OTHER_ID, document(b"other").id))
        tx.add_operation(operation(type="deleted-outside", time=50))

    _do(catalog, work)
    reader = catalog.reader
    folder = gone.folder
    assert reader.gone_since(40, document().id, folder, b"elsewhere") == gone
    assert reader.gone_since(40, None, folder, b"notes/x") == gone
    assert reader.gone_since(40, None, "another", b"notes/x") is None
    assert reader.gone_since(60, document().id, folder, b"notes/x") is None
    assert reader.sessions_with_head(document(b"other").id, 9) == [session(OTHER_ID, "y", head=NEXT)]
    assert reader.sessions_with_head(document(b"other").id, 0) == []


def test_who_has_a_document_is_found(catalog: Catalog) -> None:
    """In its history, autosaves left out; live sessions of the application, those first whose head it is, each with its
    newest snapshot of it."""
    wanted, older, newer = document().id, b"1" * 16, b"2" * 16
    ours, theirs = session(), session(OTHER_ID, "y", head=NEXT, modified=99)

    def work(tx: Transaction) -> None:
        tx.put_session(ours, None)
        tx.put_session(theirs, None)
        tx.add_snapshot(snapshot(older, OTHER_ID, wanted))
        tx.add_snapshot(snapshot(newer, OTHER_ID, wanted))
        tx.add_snapshot(snapshot(NEXT, OTHER_ID, document(b"other").id))
        tx.add_snapshot(snapshot(document=wanted))
        tx.add_snapshot(snapshot(b"3" * 16, document=document(b"third").id, cause="autosaved"))

    _do(catalog, work)
    reader = catalog.reader
    assert reader.sessions_having(wanted, ours.app, None) == [(ours, HEAD), (theirs, newer)]
    assert reader.sessions_having(wanted, ours.app, "y") == [(theirs, newer)]
    assert reader.sessions_having(wanted, "another", None) == []
    assert reader.sessions_having(document(b"third").id, ours.app, None) == []
    _do(catalog, lambda tx: tx.put_session(theirs.but(deleted=True), theirs))
    assert reader.sessions_having(wanted, ours.app, None) == [(ours, HEAD)]


def test_the_newest_that_can_be_undone(catalog: Catalog) -> None:
    """By these authors, not undone yet, no autosave."""

    def work(tx: Transaction) -> None:
        for more in ({}, {"author": "you"}, {"cause": "autosaved"}, {"undoable": False}):
            tx.add_operation(operation(**more))

    _do(catalog, work)
    newest = catalog.reader.newest_undoable(("me", "outside"))
    assert newest == operation(number=1)
    _do(catalog, lambda tx: tx.mark_undone(1, 4))
    assert catalog.reader.newest_undoable(("me",)) is None
    row = catalog.reader.operation(1)
    assert row is not None
    assert row.undone_by == 4
    assert [each.number for each in catalog.reader.operations_after(1, 2)] == [2, 3]


def test_operations_are_narrowed_between_two_numbers(catalog: Catalog) -> None:
    """By application, session and types, together; oldest first, up to a limit."""

    def work(tx: Transaction) -> None:
        for number in range(12):
            more: dict[str, object] = {"session": OTHER_ID} if number % 2 else {}
            more |= {"app": "igv"} if number % 3 == 0 else {}
            tx.add_operation(operation(**more, type=("saved", "tagged", "deleted")[number % 3]))

    _do(catalog, work)

    def numbers(wanted: Wanted, after: int = 0, up_to: int = 12, limit: int = 99) -> list[int]:
        return [each.number for each in catalog.reader.operations_fitting(wanted, after, up_to, limit)]

    assert numbers(Wanted()) == [*range(1, 13)]
    assert numbers(Wanted(), 3, 6) == [4, 5, 6]
    assert numbers(Wanted(), 3, 9, 2) == [4, 5]
    assert numbers(Wanted(app="igv")) == [1, 4, 7, 10]
    assert numbers(Wanted(session=OTHER_ID.hex())) == [2, 4, 6, 8, 10, 12]
    assert numbers(Wanted(session="no id")) == []
    assert numbers(Wanted(types=("tagged", "deleted", "never")), 0, 6) == [2, 3, 5, 6]
    assert numbers(Wanted("igv", OTHER_ID.hex(), ("saved",)), 4) == [10]


def test_answers_are_kept_until_they_are_forgotten(opened: OpenCatalog) -> None:
    """By request, across openings; ``forget_answers`` takes the older ones."""
    for number in range(3):
        _do(opened.catalog, lambda tx, n=number: tx.keep_answer(bytes([n]) * 16, 10 + n, b"answer %d" % n))
    catalog = opened.reopen()
    _do(catalog, lambda tx: tx.forget_answers(12))
    assert [catalog.reader.answer(bytes([n]) * 16) for n in range(3)] == [None, None, b"answer 2"]
    _do(catalog, lambda tx: tx.forget_answers(99))
    assert catalog.reader.answer(bytes([2]) * 16) is None


def test_facts_of_the_store_are_kept(opened: OpenCatalog) -> None:
    """The newest value of each, across openings."""
    _do(opened.catalog, lambda tx: tx.put_fact("k", b"1"), lambda tx: tx.put_fact("k", b"2"))
    reader = opened.reopen().reader
    assert (reader.fact("k"), reader.fact("other")) == (b"2", None)


def test_the_contract_says_what_each_word_means() -> None:
    """Every method whose name does not say it all has a sentence; the page stays a page."""
    plain = {"close", "session", "snapshot", "chunk", "visible", "pending_count", "operation"}
    plain |= {"missing_count", "folder", "deletions_count"}
    plain |= {"operations_after", "sessions_count", "add_snapshot", "put_suspicion", "put_visible", "drop_visible"}
    plain |= {"mark_undone", "keep_answer", "put_fact"}
    for contract in (base.Chunks, base.Reader, base.Transaction, base.Catalog):
        for name, member in vars(contract).items():
            if not name.startswith("_") and name not in plain and callable(member):
                assert inspect.getdoc(member), name


def test_a_workspace_and_what_was_put_come_back(catalog: Catalog) -> None:
    """Changed last first, and the one of a session; what is put again takes its place; dropped, all of it is gone."""
    first, second = (
        Workspace(identity, "notes", "sessions", "x", "plain", ID, 1, HEAD, "me", 1, changed, b"listing")
        for identity, changed in ((b"w" * 16, 10), (b"v" * 16, 20))
    )
    small = WorkspaceContent(first.id, "a", 3, b"h" * 32, b"abc", None, b"r" * 16)
    _do(
        catalog,
        lambda tx: (tx.put_workspace(first), tx.put_workspace(second.but(left=5))),
        lambda tx: (tx.put_workspace_content(small), tx.put_workspace_content(_with_key(small, "b"))),
    )
    reader = catalog.reader
    assert reader.workspace(first.id) == first
    assert [each.id for each in reader.workspaces()] == [second.id, first.id]
    assert reader.workspaces("other") == []
    assert reader.workspace_of(ID) == second.but(left=5)
    assert reader.workspace_content(first.id, "a") == small
    assert reader.workspace_sizes(first.id) == {"a": 3, "b": 3}
    _do(catalog, lambda tx: tx.touch_workspace(second.id, 30, 25))
    assert reader.workspace(second.id) == second.but(changed=30, unsaved=25, left=None)
    _do(catalog, lambda tx: tx.drop_workspace_contents(first.id, ["a"]))
    assert reader.workspace_sizes(first.id) == {"b": 3}
    _do(catalog, lambda tx: tx.drop_workspace(first.id))
    assert (reader.workspace(first.id), reader.workspace_sizes(first.id)) == (None, {})


def _with_key(content: WorkspaceContent, key: str) -> WorkspaceContent:
    return WorkspaceContent(
        content.workspace, key, content.size_bytes, content.hash, content.content, content.chunks, content.request
    )


def test_an_autosave_is_found_and_is_no_good_one(catalog: Catalog) -> None:
    """The newest of each kind."""
    _do(
        catalog, _with_session,
        lambda tx: tx.add_snapshot(msgspec.structs.replace(snapshot(), id=NEXT, cause="autosaved")),
    )  # fmt: skip
    found, good = catalog.reader.newest_autosave(ID), catalog.reader.newest_good(ID)
    assert found is not None
    assert good is not None
    assert (found.id, good.id) == (NEXT, HEAD)
    assert catalog.reader.newest_autosave(OTHER_ID) is None


def _page(catalog: Catalog, asked: List, limit: int) -> list[Session]:
    return [each.session for each in catalog.reader.sessions_page(asked, limit)]


def test_pins_come_and_go(catalog: Catalog) -> None:
    """By label; a session that is removed takes them along."""
    _do(catalog, _with_session, lambda tx: tx.put_pin(ID, "b", HEAD), lambda tx: tx.put_pin(ID, "a", NEXT))
    assert [*catalog.reader.pins(ID).items()] == [("a", NEXT), ("b", HEAD)]
    _do(catalog, lambda tx: tx.put_pin(ID, "b", NEXT), lambda tx: tx.drop_pin(ID, "a"))
    assert catalog.reader.pins(ID) == {"b": NEXT}
    _do(catalog, lambda tx: tx.remove_session(ID))
    assert (catalog.reader.pins(ID), catalog.reader.session(ID), catalog.reader.is_pruned(ID)) == ({}, None, True)
    assert [row.id for _, row in catalog.reader.history(ID)] == [HEAD]


def test_what_is_removed_is_remembered_as_pruned(catalog: Catalog) -> None:
    """Its document goes with the last snapshot that names it, and the chunks of that are loose."""
    kept, gone = document(b"kept"), document(b"gone")

    def work(tx: Transaction) -> None:
        for number, each in enumerate((kept, gone, gone, kept)):
            tx.add_document(each)
            tx.add_snapshot(snapshot(bytes([number]) * 16, document=each.id))

    _do(catalog, work)
    reader = catalog.reader
    assert [(number, each.id[0]) for number, each in reader.history(ID)] == [(4, 3), (3, 2), (2, 1), (1, 0)]
    assert reader.snapshots_with(gone.id) == [b"\1" * 16, b"\2" * 16]
    _do(catalog, lambda tx: tx.remove_snapshots([b"\1" * 16, b"\3" * 16, b"?" * 16]))
    assert (reader.document(gone.id), reader.loose_chunks(0, 9)) == (gone, [])
    assert reader.is_pruned(b"\1" * 16)
    assert not reader.is_pruned(b"?" * 16)
    with pytest.raises(NotFound):
        reader.need_snapshot(b"\1" * 16)
    _do(catalog, lambda tx: tx.remove_snapshots([b"\2" * 16]))
    assert [each.id for each in reader.manifests(b"", 9)] == [kept.id]
    assert [name for _, name in reader.loose_chunks(0, 9)] == [gone.files[0].chunks[0]]
    with pytest.raises(Damaged):
        reader.document(gone.id)


def test_a_chunk_that_came_loose_again_is_looked_at_again(catalog: Catalog) -> None:
    """What was looked at is a row, not a chunk."""
    _do(catalog, lambda tx: tx.loosen([b"c" * 32]))
    ((number, _),) = catalog.reader.loose_chunks(0, 9)
    _do(catalog, lambda tx: tx.loosen([b"c" * 32]), lambda tx: tx.fasten([number]))
    assert [name for _, name in catalog.reader.loose_chunks(0, 9)] == [b"c" * 32]
    assert catalog.reader.loose_chunks(9, 9) == []


def test_chunks_move_between_packs_and_go(catalog: Catalog) -> None:
    """The catalog says how much of each pack it names."""
    places = [ChunkPlace(bytes([n]) * 32, 100, n % 2, n, None) for n in range(3)]
    _do(catalog, lambda tx: tx.add_chunks([*places, ChunkPlace(b"s" * 32, 3, None, None, b"abc")]))
    reader = catalog.reader
    assert reader.pack_sizes() == {0: 272, 1: 136}
    assert reader.chunks_in(1, 9) == [places[1]]
    assert len(reader.chunks_in(0, 1)) == 1
    moved = [ChunkPlace(each.hash, 100, 7, 9, None) for each in places[:2]]
    _do(catalog, lambda tx: tx.remove_chunks([places[0].hash]), lambda tx: tx.move_chunks(moved))
    assert reader.pack_sizes() == {0: 136, 7: 136}
    assert reader.chunk_sizes([b"s" * 32, places[0].hash, places[1].hash]) == {b"s" * 32: 3, places[1].hash: 100}


def test_what_a_workspace_had_comes_loose(catalog: Catalog) -> None:
    """When it is put again, dropped, or the workspace ends."""
    one, two = b"1" * 32, b"2" * 32

    def put(chunks: bytes | None) -> None:
        content = WorkspaceContent(b"w" * 16, "a", 3, b"h" * 32, None, chunks, None)
        _do(catalog, lambda tx: tx.put_workspace_content(content))

    put(one + two)
    assert (catalog.reader.workspace_chunks(), catalog.reader.loose_chunks(0, 9)) == ({one, two}, [])
    put(two)
    assert [name for _, name in catalog.reader.loose_chunks(0, 9)] == [one, two]
    _do(catalog, lambda tx: tx.drop_workspace(b"w" * 16))
    assert [name for _, name in catalog.reader.loose_chunks(0, 9)] == [one, two, two]
    assert catalog.reader.workspace_chunks() == set()


def test_what_retention_asks_of_sessions(catalog: Catalog) -> None:
    """Which there are, whose they are, what paths show, and how far the log had come."""

    def work(tx: Transaction) -> None:
        tx.put_session(session(), None)
        tx.add_snapshot(snapshot())
        tx.add_snapshot(snapshot(NEXT, OTHER_ID))
        for time, of in ((50, ID), (10, OTHER_ID), (90, ID)):
            tx.add_operation(operation(of, time=time, app="other" if of == OTHER_ID else "notes"))
        tx.put_visible(Visible("sessions", b"notes/x", ID, HEAD, HEAD, ""))
        tx.put_visible(Visible("sessions", b"notes/y", ID, NEXT, HEAD, ""))

    _do(catalog, work)
    reader = catalog.reader
    assert (reader.remembered(b"", 9), reader.remembered(ID, 9)) == ([ID, OTHER_ID], [OTHER_ID])
    assert [reader.application(each) for each in (ID, OTHER_ID, b"?" * 16)] == ["notes", "other", None]
    assert reader.shown_otherwise() == {NEXT, HEAD}
    assert (reader.is_pending(ID), reader.is_pending(OTHER_ID)) == (True, False)
    assert [reader.reached(OTHER_ID, now) for now in (99, 40, 5)] == [50, 10, 0]
    assert not reader.has_left(ID)
    _do(catalog, lambda tx: tx.leave("sessions"))
    assert reader.has_left(ID)


def test_a_catalog_gives_free_pages_back(catalog: Catalog) -> None:
    """A few at a time, until none is left."""
    places = [ChunkPlace(bytes([n]) * 32, 30_000, None, None, bytes(30_000)) for n in range(40)]
    _do(catalog, lambda tx: tx.add_chunks(places), lambda tx: tx.remove_chunks(each.hash for each in places))
    left = [catalog.submit(lambda tx: tx.shrink(100)).result(10) for _ in range(5)]
    assert left[0] > left[1] > left[-1] == 0


def _kept(tx: Transaction) -> None:
    """A session whose document and chunk are there."""
    content = b"abc"
    of = document(content)
    tx.add_chunks([ChunkPlace(of.files[0].chunks[0], len(content), None, None, content)])
    tx.add_document(of)
    tx.put_session(session(), None)
    tx.add_snapshot(snapshot(document=of.id, parents=()))
    tx.add_operation(operation())


def test_what_was_committed_is_found_whole(catalog: Catalog) -> None:
    """And what was looked at is told."""
    looked: list[int] = []
    _do(catalog, _kept)
    assert [*catalog.examine(looked.append, contents=True)] == []
    catalog.bring_over()
    assert [*catalog.examine(looked.append, contents=True)] == []
    assert sum(looked) > 0


def test_what_a_row_names_and_is_not_there_is_found(catalog: Catalog) -> None:
    """The snapshot of a document that is not, with a parent that is not; the session of a head that is not."""
    _do(catalog, _with_session, lambda tx: tx.put_session(session(OTHER_ID, "y", head=NEXT), None))
    found = [*catalog.examine(lambda size_bytes: None, contents=False)]
    assert {each.snapshot for each in found if each.what == "snapshot"} == {HEAD}
    assert len([each for each in found if each.what == "snapshot"]) == 2
    assert [each.session for each in found if each.what == "session"] == [OTHER_ID]


def test_a_look_ends_where_its_rest_raises(catalog: Catalog) -> None:
    """Whoever looks need not see the end."""

    def stop(size_bytes: int) -> None:
        raise TimeoutError

    _do(catalog, _kept)
    catalog.bring_over()
    with pytest.raises(TimeoutError):
        [*catalog.examine(stop, contents=True)]


def test_content_that_is_not_its_hash_is_found_and_put_back(catalog: Catalog) -> None:
    """In the place of what the row had."""
    of = document(b"abc")
    name = of.files[0].chunks[0]
    _do(catalog, _kept, lambda tx: tx.put_back(ChunkPlace(name, 3, None, None, b"abd")))
    (damage,) = catalog.examine(lambda size_bytes: None, contents=True)
    assert (damage.what, damage.chunk) == ("chunk", name)
    _do(catalog, lambda tx: tx.put_back(ChunkPlace(name, 3, 1, 52, None)))
    place = catalog.reader.chunk(name)
    assert place is not None
    assert (place.pack, place.offset_bytes, place.content) == (1, 52, None)


def test_what_a_document_concerns_is_told(catalog: Catalog) -> None:
    """Its snapshots with their sessions, those that are purged without; and some snapshot, whatever the chance."""
    assert catalog.reader.some_snapshot(0.5) is None
    _do(catalog, _kept, lambda tx: tx.add_snapshot(snapshot(NEXT, OTHER_ID, document(b"abc").id)))
    concerned = catalog.reader.concerned(document(b"abc").id)
    assert [(each.id, of.id if of else None) for each, of in concerned] == [(HEAD, ID), (NEXT, None)]
    found = {each.id for chance in (0.0, 0.6, 0.99) if (each := catalog.reader.some_snapshot(chance)) is not None}
    assert found <= {HEAD, NEXT}
    assert catalog.queued == 0
