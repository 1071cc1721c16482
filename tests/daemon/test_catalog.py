"""The catalog on a real file: jobs share commits, numbers have no gaps, and what is not ours is refused."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from daemon_store import ME, Store

from holdfast_daemon.fault import Faults
from holdfast_daemon.sessions import Caller
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Operation
from holdfast_daemon.store.sqlite import checksums
from holdfast_daemon.store.sqlite.catalog import SqliteCatalog
from holdfast_daemon.store.sqlite.checksums import connect, damaged_pages
from holdfast_daemon.store.sqlite.schema import VERSION
from holdfast_protocol import codec
from holdfast_protocol.errors import Damaged, NoSpace, ShuttingDown, StoreNewer, Unreadable
from holdfast_protocol.messages import List

ROW = Operation(
    number=0, time=1, type="saved", session=None, app=None, folder=None, name=None, cause=None, author="me",
    undoable=False, revision=None, snapshot=None, previous=None, undone_by=None, note="",
)  # fmt: skip


class Counting:
    """A catalog whose first commit waits for ``go``, so that the jobs behind it wait together."""

    def __init__(self, folder: Path) -> None:
        self.commits = 0
        self.go = threading.Event()
        self.catalog = SqliteCatalog(str(folder / "counted.sqlite"), Faults({}), self._before)

    def _before(self) -> None:
        self.commits += 1
        if self.commits == 1:
            assert self.go.wait(10)


def _add(tx: Transaction) -> int:
    return tx.add_operation(ROW)


def _add_and_fail(tx: Transaction) -> int:
    tx.add_operation(ROW)
    raise ValueError("after it wrote")


def test_jobs_that_wait_share_a_commit(tmp_path: Path) -> None:
    """64 jobs behind one commit take one more, and each gets its own number."""
    counting = Counting(tmp_path)
    first = counting.catalog.submit(_add)
    waiting: list[Future[int]] = [counting.catalog.submit(_add) for _ in range(64)]
    counting.go.set()
    assert [first.result(10), *(job.result(10) for job in waiting)] == list(range(1, 66))
    assert counting.commits <= 3
    counting.catalog.close()


def test_a_job_that_fails_takes_nothing_with_it(tmp_path: Path) -> None:
    """Its error is its own; what it wrote is gone; the numbers have no gap."""
    counting = Counting(tmp_path)
    counting.catalog.submit(_add)
    jobs = [counting.catalog.submit(_add_and_fail if number % 3 == 0 else _add) for number in range(9)]
    counting.go.set()
    assert [type(job.exception(10)) for job in jobs[::3]] == [ValueError] * 3
    numbers = [job.result(10) for number, job in enumerate(jobs) if number % 3]
    assert numbers == [2, 3, 4, 5, 6, 7]
    rows = counting.catalog.reader.operations_after(0, 100)
    assert [row.number for row in rows] == [1, *numbers]
    counting.catalog.close()


def test_a_full_disk_fails_the_whole_commit_and_changes_nothing(tmp_path: Path) -> None:
    """Every job of it is told so; the next one is served."""
    full = [OSError(28, "No space left on device")]

    def before() -> None:
        if full:
            raise full.pop()

    catalog = SqliteCatalog(str(tmp_path / "full.sqlite"), Faults({}), before)
    with pytest.raises(NoSpace):
        catalog.submit(_add).result(10)
    assert catalog.submit(_add).result(10) == 1
    catalog.close()


def test_a_closed_catalog_takes_no_jobs(tmp_path: Path) -> None:
    """Those that waited were done."""
    catalog = SqliteCatalog(str(tmp_path / "c.sqlite"), Faults({}), lambda: None)
    jobs = [catalog.submit(_add) for _ in range(20)]
    catalog.close()
    assert [job.result(0) for job in jobs] == list(range(1, 21))
    with pytest.raises(ShuttingDown):
        catalog.submit(_add)


def test_a_newer_store_is_refused_and_untouched(tmp_path: Path) -> None:
    """Its version is named."""
    path = tmp_path / "c.sqlite"
    SqliteCatalog(str(path), Faults({}), lambda: None).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreNewer) as caught:
        SqliteCatalog(str(path), Faults({}), lambda: None)
    assert caught.value.details["version"] == VERSION + 1


@pytest.mark.parametrize("version", [0, VERSION])
def test_a_database_of_somebody_else_is_refused(tmp_path: Path, version: int) -> None:
    """By its application id, whatever its version; nothing is written into it."""
    path = tmp_path / "c.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs(x)")
        other.execute("PRAGMA application_id = 7")
        other.execute(f"PRAGMA user_version = {version}")
        other.commit()
    with pytest.raises(Damaged):
        SqliteCatalog(str(path), Faults({}), lambda: None)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_first_start_that_was_cut_off_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is at the catalog's place before it is whole, and what is left beside it is in nobody's way."""
    path = tmp_path / "c.sqlite"
    with monkeypatch.context() as cut_off:
        cut_off.setattr(checksums, "put_in_place", _killed)
        with pytest.raises(KeyboardInterrupt):
            SqliteCatalog(str(path), Faults({}), lambda: None)
    assert not path.exists()
    beside = path.with_name(f"{path.name}{checksums.ANEW}")
    beside.write_bytes(beside.read_bytes()[:5000])
    SqliteCatalog(str(path), Faults({}), lambda: None).close()
    assert not beside.exists()


class _Full(apsw.Connection):
    """On a disk that has no room for the page that says how the file is written."""

    def execute(self, statements: str, *values: Any) -> apsw.Cursor:  # type: ignore[override]
        return super().execute("PRAGMA journal_mode" if statements.endswith("= WAL") else statements, *values)


def test_a_first_start_without_room_for_its_last_page_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite raises nothing there; a catalog whose first page is half written would be taken by no later start."""
    path = tmp_path / "c.sqlite"
    with monkeypatch.context() as full:
        full.setattr(checksums, "connect", lambda beside, fresh: _Full(beside))
        with pytest.raises(Unreadable):
            SqliteCatalog(str(path), Faults({}), lambda: None)
    assert not path.exists()


def _killed(beside: str, path: str) -> None:
    raise KeyboardInterrupt


def test_a_database_of_somebody_else_without_an_id_is_refused(tmp_path: Path) -> None:
    """Most programs set neither id nor version: tables that are not ours say it too."""
    path = tmp_path / "c.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs(x)")
        other.commit()
    with pytest.raises(Damaged):
        SqliteCatalog(str(path), Faults({}), lambda: None)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """And stays as it is."""
    path = tmp_path / "c.sqlite"
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(Damaged):
        SqliteCatalog(str(path), Faults({}), lambda: None)
    assert path.read_bytes().startswith(b"not a database")


def test_a_repeated_request_is_answered_again(store: Store) -> None:
    """The first answer, one effect."""
    caller = Caller("me", b"r" * 16)
    first = store.save("x", b"once", caller=caller)
    assert store.save("x", b"something else by now", caller=caller) == first
    assert (store.types(), store.head("x")) == (["created"], b"once")


def test_a_repeated_request_does_not_meet_its_own_effect(store: Store) -> None:
    """A new session is there by now, and it is the one that was asked for."""
    caller = Caller("me", b"r" * 16)
    assert store.save("x", b"once", caller=caller, new=True) == store.save("x", b"once", caller=caller, new=True)


def test_an_answer_that_was_kept_without_a_hash_is_given(store: Store) -> None:
    """By a daemon of before, which compared the verb only."""
    first = store.save("x", b"once")
    kept = codec.encode({"verb": "save", "body": codec.to_plain(first)})
    store.catalog.submit(lambda tx: tx.keep_answer(b"r" * 16, store.now, kept)).result(10)
    assert store.save("x", b"again", caller=Caller("me", b"r" * 16, "save", digest=b"hash")) == first


def test_answers_are_forgotten_by_age(store: Store) -> None:
    """Only the older ones."""
    for request in (b"a" * 16, b"b" * 16):
        store.save(request.decode(), b"", caller=Caller("me", request))
        store.now += 10
    store.catalog.submit(lambda tx: tx.forget_answers(store.now - 10)).result(10)
    assert store.catalog.reader.answer(b"a" * 16) is None
    assert store.catalog.reader.answer(b"b" * 16) is not None


def test_a_refused_request_keeps_no_answer(store: Store) -> None:
    """It may be repeated and done later."""
    store.save("x", b"1")
    with pytest.raises(Exception, match="exists"):
        store.save("x", b"2", new=True, caller=Caller("me", b"r" * 16))
    assert store.catalog.reader.answer(b"r" * 16) is None
    assert store.run(store.lifecycle.delete(store.session("x").id, ME)).operation == 2


def test_damage_that_a_start_did_not_read_is_met_where_it_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large catalog is not read whole at a start: a question that meets a damaged page is Damaged, not a crash."""
    monkeypatch.setattr("holdfast_daemon.store.sqlite.opening.CHECKED_BYTES", 0)
    for number in range(300):
        store.save(f"n{number}", b"%d" % number)
    store.close()
    path = store.folder / "catalog.sqlite"
    with path.open("r+b") as catalog:
        pages = path.stat().st_size // 4096
        for page in range(pages * 2 // 3, pages):
            catalog.seek(page * 4096)
            catalog.write(b"\xff" * 2000)
    again = Store(store.folder)
    try:
        with pytest.raises(Damaged):
            again.catalog.reader.operations_after(0, 1000)
    finally:
        store.catalog, store.chunks = again.catalog, again.chunks  # the fixture closes those


def test_a_store_of_version_1_is_brought_to_this_one(tmp_path: Path) -> None:
    """Golden data, made by the code of then: heads, revisions, history and undo are as they were."""
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as catalog:
        catalog.executescript((Path(__file__).parents[1] / "data" / "store" / "v1.sql").read_text("utf-8"))
    store = Store(tmp_path)
    try:
        session = store.session("x")
        assert (session.revision, store.head("x")) == (2, b"second")
        assert [*store.catalog.reader.heads(session.id)][-1] == (1, store.catalog.reader.head_at(session.id, 1))
        assert [store.bytes_of(each.id) for each in store.snapshots("x")] == [b"second", b"first"]
        store.run(store.lifecycle.undo(None, ME))
        assert store.head("gone") == b"gone"
        assert store.save("x", b"third", caller=Caller("me", b"r" * 16)).outcome == "saved"
        assert [row.session.name for row in store.catalog.reader.sessions_page(List(sort="name"), 9)] == ["gone", "x"]
    finally:
        store.close()
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as catalog:
        assert catalog.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    Store(fresh).close()
    assert _tables(tmp_path / "catalog.sqlite") == _tables(fresh / "catalog.sqlite")


def test_names_are_found_in_a_catalog_that_was_written_anew(store: Store) -> None:
    """VACUUM, as a start does it for an old one: the rows keep the numbers that ``names`` has of them."""
    for name in ("first", "second", "third"):
        store.save(name, name.encode())
    gone = store.session("first").id
    store.catalog.submit(lambda tx: tx.remove_session(gone)).result(10)
    with closing(connect(str(store.folder / "catalog.sqlite"))) as catalog:
        catalog.execute("VACUUM")
    for name, found in (("first", []), ("second", ["second"]), ("thi", ["third"])):
        page = store.catalog.reader.sessions_page(List(text=name), 9)
        assert [row.session.name for row in page] == found
    assert store.catalog.reader._count("SELECT count(*) FROM names") == 2


def test_a_store_of_version_5_is_brought_to_this_one(tmp_path: Path) -> None:
    """Golden data, made by the code of then: lists of tags, folders and templates are as they were."""
    with closing(sqlite3.connect(tmp_path / "catalog.sqlite")) as catalog:
        catalog.executescript((Path(__file__).parents[1] / "data" / "store" / "v5.sql").read_text("utf-8"))
    store = Store(tmp_path)
    asked = {
        "alpha beta": List(tag="live"), "alpha": List(tag="take 2"), "gone": List(tag="live", deleted=True),
        "beta": List(tag="live", app="other"), "plain": List(templates=True),
        "plain alpha beta": List(folder="sessions"),
    }  # fmt: skip
    try:
        pages = {names: store.catalog.reader.sessions_page(each, 9) for names, each in asked.items()}
        assert [" ".join(row.session.name for row in page) for page in pages.values()] == [*asked]
        assert store.session("alpha").tags == ("live", "take 2")
        assert [row.session.name for row in store.catalog.reader.sessions_page(List(text="LPH"), 9)] == ["alpha"]
    finally:
        store.close()
    (tmp_path / "fresh").mkdir()
    Store(tmp_path / "fresh").close()
    assert _tables(tmp_path / "catalog.sqlite") == _tables(tmp_path / "fresh" / "catalog.sqlite")


def test_a_store_of_version_6_is_brought_to_this_one(tmp_path: Path) -> None:
    """Golden data, made by the code of then: its operations are of no batch, and undone one at a time."""
    path = tmp_path / "catalog.sqlite"
    with closing(apsw.Connection(str(path))) as catalog:  # Python's own SQLite may not know the index of names
        catalog.execute((Path(__file__).parents[1] / "data" / "store" / "v6.sql").read_text("utf-8"))
    store = Store(tmp_path)
    try:
        assert [each.batch for each in store.operations()] == [None] * 6
        assert store.run(store.lifecycle.undo(None, ME)).count == 1
        assert (store.head("gone"), store.head("beta")) == (b"gone", b"second")
    finally:
        store.close()
    (tmp_path / "fresh").mkdir()
    Store(tmp_path / "fresh").close()
    assert _tables(path) == _tables(tmp_path / "fresh" / "catalog.sqlite")


def test_a_store_of_version_7_is_brought_to_this_one(tmp_path: Path) -> None:
    """Golden data, made by the code of then: all is as it was, and a bit that flips in it is noticed from now on."""
    path = tmp_path / "catalog.sqlite"
    with closing(apsw.Connection(str(path))) as catalog:
        catalog.execute((Path(__file__).parents[1] / "data" / "store" / "v7.sql").read_text("utf-8"))
    store = Store(tmp_path)
    try:
        assert [store.bytes_of(each.id) for each in store.snapshots("alpha")] == [b"second", b"first"]
        store.run(store.lifecycle.undo(None, ME))
        assert store.head("gone") == b"gone"
    finally:
        store.close()
    (tmp_path / "fresh").mkdir()
    Store(tmp_path / "fresh").close()
    assert _tables(path) == _tables(tmp_path / "fresh" / "catalog.sqlite")
    with closing(connect(str(path))) as catalog:
        ((page,),) = catalog.execute("SELECT pageno FROM dbstat WHERE name = 'operations'").fetchall()
    with path.open("r+b") as file:
        file.seek(page * 4096 - 100)  # in the first row that was written
        flipped = bytes([file.read(1)[0] ^ 1])
        file.seek(page * 4096 - 100)
        file.write(flipped)
    again = Store(tmp_path)
    with pytest.raises(Damaged):
        again.operations()
    again.close()


def test_a_catalog_that_another_programs_sqlite_has_read_after_a_crash_is_whole(store: Store, tmp_path: Path) -> None:
    """That program has brought over the log without checksums; the next start writes them."""
    store.save("x", b"content")
    crashed = tmp_path / "crashed"
    shutil.copytree(store.folder, crashed, ignore=shutil.ignore_patterns("*-shm"))
    with closing(sqlite3.connect(crashed / "catalog.sqlite")) as other:
        other.execute("SELECT count(*) FROM chunks").fetchall()
    assert not (crashed / "catalog.sqlite-wal").exists()
    again = Store(crashed)
    assert again.head("x") == b"content"
    again.close()
    with closing(connect(str(crashed / "catalog.sqlite"))) as catalog:
        assert [*damaged_pages(catalog, str(crashed / "catalog.sqlite"))] == []


def _tables(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as catalog:
        rows = catalog.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {(name, " ".join(sql.split())) for name, sql in rows}
