"""Opening a catalog: made where there is none, brought over from an older version with a copy kept, refused where it is
damaged, newer, or not ours. What a crash has left is seen to here, once.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import logging
import os
import shutil
import time
from collections.abc import Callable
from typing import Any

import apsw

from holdfast_daemon.store.sqlite.checksums import (
    ANEW,
    CHECKSUM_BYTES,
    connect,
    damaged_pages,
    has_checksums,
    is_damage,
    make,
    put_in_place,
    remove,
    said,
    unverified,
)
from holdfast_daemon.store.sqlite.copying import copy_catalog
from holdfast_daemon.store.sqlite.examining import DAMAGED_LOG
from holdfast_daemon.store.sqlite.pages import sort_name
from holdfast_daemon.store.sqlite.schema import APPLICATION_ID, MIGRATIONS, TABLES, VERSION
from holdfast_daemon.store.sqlite.write_ahead_log import commits
from holdfast_protocol.errors import Damaged, HoldfastError, Internal, NoSpace, StoreNewer, Unreadable

CHECKED_BYTES = 32 * 1024 * 1024  # read whole at a start; damage in a larger one is met where it is read
VACUUMED_BYTES = 2 << 30  # up to here an old catalog is written anew, so that it can shrink and has checksums
ROOM_BYTES = 16 * 1024 * 1024  # what a copy of the catalog leaves free
#: A catalog of before an upgrade is kept so long, beside the one of now.
KEPT_SECONDS = 30 * 24 * 3600
_INCREMENTAL = 2
#: How free pages are given back is to be said before anything is written.
_BEGINNING = f"""
PRAGMA auto_vacuum = INCREMENTAL; BEGIN; {TABLES}; PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {VERSION}; COMMIT
"""
#: A file of this ending is there while a daemon has the catalog open, and after one that did not end well.
OPEN = "-open"
#: An old catalog, shrunk, on its way to checksums.
VACUUMED = "-vacuumed"
LOG_BYTES = 64 * 1024 * 1024  # a log that grew while somebody read for long gives back what is beyond
WAL_PAGES = 4000  # 16 MB; a page that changes often is copied to the catalog once in as many

_log = logging.getLogger("holdfast.catalog")


def translated(problem: BaseException, path: str = "", number: int = 0) -> HoldfastError:
    """``number``: what the system said when SQLite failed, where that is known (errno)."""
    if isinstance(problem, HoldfastError):
        return problem
    if is_damage(problem):
        return Damaged(f"The catalog {path} is damaged: {said(problem)}", path=path)
    number = (problem.errno or 0) if isinstance(problem, OSError) else number
    if isinstance(problem, apsw.FullError) or number in (errno.ENOSPC, errno.EDQUOT):
        return NoSpace("The disk of the store is full; nothing was changed")
    if isinstance(problem, apsw.BusyError):
        return Unreadable(f"Another program has locked {path}; nothing was changed", path=path)
    if isinstance(problem, apsw.CantOpenError):
        return Unreadable(f"The catalog {path} is not there, or cannot be opened", path=path)
    if isinstance(problem, OSError | apsw.IOError | apsw.ReadOnlyError):
        return Unreadable(f"The store cannot be written: {os.strerror(number) if number else problem}", path=path)
    return Internal(f"The store failed: {type(problem).__name__}: {problem}")


def prepare(connection: apsw.Connection, path: str) -> int:
    """For migrations, and for reading. Gives the version of a catalog that is there; raises Damaged, StoreNewer."""
    connection.create_scalar_function("sort_name", _sort_name, 1, deterministic=True)
    version = _number(connection, "user_version")
    if version == 0:
        raise Damaged(f"{path} is not a holdfast catalog", path=path)
    check_known(version, path)
    return version


def migrate(connection: apsw.Connection, version: int) -> None:
    """From ``version`` to ours, in one transaction."""
    with connection:
        for each in range(version, VERSION):
            connection.execute(MIGRATIONS[each])
        connection.execute(f"PRAGMA user_version = {VERSION}")


def connect_writing(path: str, *, verified: bool = True) -> apsw.Connection:
    connection = connect(path)
    if not verified:
        connection.execute("PRAGMA checksum_verification = OFF")
    connection.set_busy_timeout(10_000)
    connection.create_scalar_function("sort_name", _sort_name, 1, deterministic=True)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}").fetchall()
    return connection


def _sort_name(*values: object) -> str:
    """For the migration, which has no other way to fill the column."""
    return sort_name(str(values[0]))


def opened(path: str, upgrading: Callable[[int, int], None]) -> apsw.Connection:
    """The catalog at ``path``, made where there is none. One that is not ours, or newer, is not touched."""
    try:
        if os.path.exists(path):
            inspect(path)
            _sweep(path)
        if not os.path.exists(path) or not os.path.getsize(path):
            make(path, _BEGINNING)
        was_brought_over = _was_brought_over(path)
        ended = commits(path + "-wal")
        connection = connect_writing(path, verified=not was_brought_over)
        connection = _keep_damaged_log(connection, path, ended)
        version = _number(connection, "user_version")
        check_known(version, path)  # a newer one may have said so in its log only
        if version == 0:
            if _first(connection, "SELECT count(*) FROM sqlite_master") != "0":
                raise Damaged(f"{path} is not a holdfast catalog", path=path)
            connection.execute(_BEGINNING)
        elif os.path.getsize(path) <= CHECKED_BYTES and not _stands(connection):
            raise Damaged(f"The catalog {path} is damaged", path=path)
        elif version < VERSION:
            upgrading(version, VERSION)
            _keep_older(path, version)
            migrate(connection, version)
        if _is_to_be_written_anew(connection, path, was_brought_over=was_brought_over):
            connection = _written_anew(connection, path)
        connection.execute("PRAGMA checksum_verification = ON")
        with contextlib.suppress(OSError):
            os.close(os.open(path + OPEN, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except apsw.Error as problem:
        raise translated(problem, path) from problem
    os.chmod(path, 0o600)
    return connection


def _is_to_be_written_anew(connection: apsw.Connection, path: str, *, was_brought_over: bool) -> bool:
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    if os.path.getsize(path) > VACUUMED_BYTES or not _has_room_for_copies(path, 2):
        return False
    if _number(connection, "auto_vacuum") != _INCREMENTAL or not has_checksums(path):
        return True
    return was_brought_over and any(damaged_pages(connection, path))


def _written_anew(connection: apsw.Connection, path: str) -> apsw.Connection:
    """All pages have checksums, and the file can shrink. It is written beside, and takes the other's place when it is
    durable; the log of the other is empty."""
    beside, vacuumed = f"{path}{ANEW}", f"{path}{VACUUMED}"
    try:
        with unverified(connection):
            connection.reserve_bytes("main", CHECKSUM_BYTES)
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
            connection.execute("VACUUM INTO ?", (vacuumed,))
        copy_catalog(vacuumed, beside, lambda _: None, verified=False)  # SQLite gives only the last pages checksums
    except (apsw.FullError, NoSpace):  # tried again at the next start
        for each in (beside, vacuumed):
            remove(each)
        return connection
    remove(vacuumed)
    connection.close()
    if os.path.exists(path + "-wal"):  # another program has it open
        os.unlink(beside)
    else:
        put_in_place(beside, path)
    return connect_writing(path)


def _keep_older(path: str, version: int) -> None:
    """The catalog as it is before an upgrade; with the packs, which no upgrade changes, the whole of the store of then.
    Raises NoSpace."""
    if not _has_room_for_copies(path, 1):
        said = f"A copy of the catalog is kept before its upgrade from version {version}, and there is no room for it"
        raise NoSpace(f"{said}: make room for {os.path.getsize(path)} bytes beside {path}", path=path)
    beside = f"{path}{ANEW}"
    try:
        copy_catalog(path, beside, lambda _: None)
    except BaseException:
        remove(beside)  # what the disk has of it is room that somebody is about to look for
        raise
    put_in_place(beside, f"{path}-v{version}")


def _has_room_for_copies(path: str, count: int) -> bool:
    state = os.statvfs(os.path.dirname(path))
    return state.f_bavail * state.f_frsize >= count * os.path.getsize(path) + ROOM_BYTES


def _sweep(path: str) -> None:
    """What a crash left of a copy, and catalogs of long before."""
    for each in (f"{path}{ANEW}", f"{path}{VACUUMED}"):
        remove(each)
    for kept in glob.glob(f"{glob.escape(path)}-v[0-9]*"):
        if os.path.getmtime(kept) < time.time() - KEPT_SECONDS:
            os.unlink(kept)


def _keep_damaged_log(connection: apsw.Connection, path: str, ended: list[int]) -> apsw.Connection:
    """A log that a crash has left, with more behind a damaged frame than what the crash itself cut off, the last
    transaction: SQLite goes on without it, so it is kept for people, under another name and so without any room. The
    connection begins another."""
    if not ended:
        return connection
    rows: list[Any] = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
    if sum(number > rows[0][1] for number in ended) <= 1:
        return connection
    kept = f"{path}{DAMAGED_LOG}{time.time_ns()}"
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)  # whose end would remove the log
    try:
        os.link(path + "-wal", kept)
    except OSError as problem:  # a file system without links
        _copy_damaged_log(path + "-wal", kept, problem)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0)
    _log.error("The log of the catalog is damaged: what was committed last is lost; it is kept as %s", kept)
    connection.close()  # which removes the name that it had
    if os.path.exists(path + "-wal"):
        os.unlink(kept)
        raise NoSpace(f"The log of the catalog is damaged, and there is no room to bring over what is whole: {path}")
    return connect_writing(path)


def _copy_damaged_log(log: str, kept: str, problem: OSError) -> None:
    """Raises NoSpace where there is none for it: a start would write over what people may still want to read."""
    try:
        shutil.copyfile(log, kept)
    except OSError as other:
        with contextlib.suppress(OSError):
            os.unlink(kept)
        said = f"The log of the catalog is damaged, and there is no room to keep a copy of it ({other.strerror})"
        raise NoSpace(f"{said}: make room, or move {log} away", path=log) from problem


def _was_brought_over(path: str) -> bool:
    """Whether a daemon was killed, and its log is gone: another program's SQLite has brought it over, without checksums
    (it does so where it is only to read, and nobody else has the catalog open), and removed it. One that is empty was
    left so by the daemon itself, with nothing in it to bring over: a page with a wrong checksum is damaged then."""
    return os.path.exists(path + OPEN) and not os.path.exists(path + "-wal")


def inspect(path: str) -> None:
    """Raises StoreNewer or Damaged, by a look that changes nothing. An empty file with no tables was never begun."""
    with open(path, "rb") as source:
        header = source.read(100)
    if not header:
        if os.path.isdir(packs := os.path.join(os.path.dirname(path), "packs")) and os.listdir(packs):
            raise Damaged(f"The catalog {path} is empty, but there are packs", path=path)
        return
    if len(header) < 100 or not header.startswith(b"SQLite format 3\0"):
        raise Damaged(f"{path} is not a holdfast catalog", path=path)
    version, application = int.from_bytes(header[60:64], "big"), int.from_bytes(header[68:72], "big")
    begun = os.path.exists(f"{path}-wal")
    if application != APPLICATION_ID and not (begun and version == application == 0):
        raise Damaged(f"{path} is not a holdfast catalog", path=path)
    check_known(version, path)


def check_known(version: int, path: str) -> None:
    """Raises StoreNewer."""
    if version > VERSION:
        raise StoreNewer(
            f"The store {path} has version {version}, and this holdfast knows {VERSION}: install the holdfast that "
            "wrote it, or a newer one; nothing was changed", path=path, version=version,
        )  # fmt: skip


def _stands(connection: apsw.Connection) -> bool:
    """Whether what holds the trees together is whole. A page whose checksum is another may yet be: what is in it is
    damaged, is said so where it is read, and keeps nobody from the rest."""
    with unverified(connection):
        return _first(connection, "PRAGMA quick_check(1)") == "ok"


def _first(connection: apsw.Connection, sql: str) -> str:
    row = connection.execute(sql).fetchone()
    return str(row[0]) if row else ""


def _number(connection: apsw.Connection, pragma: str) -> int:
    row = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(row[0]) if row else 0
