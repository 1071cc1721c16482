"""An export in a program's hands: read as one file, or written to the disk, there whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

from holdfast.destinations import mode_of, new_beside, put_in_place, sync_folder
from holdfast.entries import Entry, Source
from holdfast.exporting import Planned
from holdfast.plans import Plan
from holdfast.zipping import Zipped
from holdfast_protocol.errors import Exists, NoSpace, Unreadable

if TYPE_CHECKING:
    from holdfast.async_client import AsyncClient
    from holdfast.client import Client
    from holdfast.screening.leaks import Leaks

#: Is told how many bytes were read so far, and of how many.
Progress = Callable[[int, int], None]


class _Held:
    """What both have: ``session`` and ``snapshot`` (its id), ``files`` (their paths; the empty one: it is one file),
    ``size_bytes`` of what it is made of and ``done_bytes`` of that so far; ``length_bytes`` of the one file, where that
    is known before; ``remarks``, and ``losses`` (what the form cannot hold), for people."""

    def __init__(self, planned: Planned) -> None:
        self.session, self.snapshot = planned.session, planned.snapshot
        self.size_bytes, self.remarks, self.losses = planned.size_bytes, planned.remarks, planned.losses
        self._counted_bytes = 0
        self._leaks: Leaks | None = None
        self._take(planned)

    def _take(self, planned: Planned) -> None:
        self._planned = planned
        self.files = tuple(entry.path for entry in planned.entries)
        self.file_name = planned.name + planned.suffix
        self.folder_name = None if planned.is_archive or planned.is_file else planned.name
        self.length_bytes = self.size_bytes if planned.is_file and planned.drawn is None else None

    @property
    def done_bytes(self) -> int:
        drawn = self._planned.drawn
        return drawn.tally.size_bytes if drawn is not None else self._counted_bytes

    def _looked_through(self, progress: Progress | None) -> Plan[Leaks]:
        if self._leaks is None:
            from holdfast.screening.screened import screened

            planned, self._leaks = yield from screened(self._planned, progress)
            self._take(planned)
        return self._leaks

    def _ready(self) -> Plan[None]:
        """What is to be taken out of it is known."""
        if self._planned.redaction is not None:
            yield from self._looked_through(None)

    def _source(self) -> Source:
        """As one file."""
        (entry, *_) = self._planned.entries
        if self._planned.is_file:
            return self._counted(entry).begin()
        return Zipped(self._counted(entry) for entry in self._planned.entries)

    def _counted(self, entry: Entry) -> Entry:
        def count(size_bytes: int) -> None:
            self._counted_bytes += size_bytes

        return entry._replace(begin=lambda: _Counted(entry.begin(), count))

    def _written(self, path: str | os.PathLike[str], progress: Progress | None, *, replace: bool) -> Plan[None]:
        name = os.fspath(path)
        target = os.fsencode(name)
        with _said(name):
            mode = mode_of(target)
            is_folder = mode is not None and stat.S_ISDIR(mode)
            if not replace and (os.listdir(target) if is_folder else mode is not None and stat.S_ISREG(mode)):
                raise Exists(f"{name} is there already; nothing was written", path=name)
            yield from self._ready()
            if self.folder_name is not None:
                yield from self._write_folder(target, progress, is_there=bool(is_folder and os.listdir(target)))
            elif mode is not None and not stat.S_ISREG(mode) and not is_folder:
                with open(target, "wb") as pipe:
                    yield from self._pour(self._source(), pipe, progress)
            else:
                yield from self._write_file(self._source(), os.path.realpath(target), mode, progress)

    def _write_file(self, source: Source, target: bytes, mode: int | None, progress: Progress | None) -> Plan[None]:
        with put_in_place(target, mode, new_beside(target)) as file:
            yield from self._pour(source, file, progress)

    def _write_folder(self, target: bytes, progress: Progress | None, *, is_there: bool) -> Plan[None]:
        """A new one is there whole or not at all; into one that is there, file by file, and its other files stay."""
        if is_there:
            yield from self._write_below(target, progress)
            return
        target = os.path.realpath(target)
        beside = os.path.join(os.path.dirname(target), b".holdfast-" + secrets.token_hex(8).encode() + b".tmp")
        try:
            os.mkdir(beside)
            yield from self._write_below(beside, progress)
            os.rename(beside, target)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        sync_folder(os.path.dirname(target))

    def _write_below(self, folder: bytes, progress: Progress | None) -> Plan[None]:
        for entry in self._planned.entries:
            place = os.path.join(folder, entry.path.encode(errors="surrogateescape"))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            yield from self._write_file(self._counted(entry).begin(), place, mode_of(place), progress)

    def _pour(self, source: Source, file: BinaryIO, progress: Progress | None) -> Plan[None]:
        while pieces := (yield from source.next()):
            file.writelines(pieces)
            if progress is not None:
                progress(self.done_bytes, self.size_bytes)


class Export(_Held):
    """A session in a form that leaves the house, read in pieces, so that its size costs no memory: ``session``,
    ``snapshot`` (its id), ``files`` (their paths; the empty one: it is a single file), ``file_name`` (what one file may
    be called), ``folder_name`` (None where it is never a folder), ``size_bytes`` of what it is made of, ``done_bytes``
    of that so far, and ``remarks`` and ``losses`` (what the form cannot hold), for people. To be read or written
    once."""

    def __init__(self, planned: Planned, client: Client) -> None:
        super().__init__(planned)
        self._client = client

    def leaks(self, progress: Progress | None = None) -> Leaks:
        """What of it had better stay at home: keys and tokens (with the extra ``secrets``), passwords and signatures in
        URLs, home directories' names. All of it is read for that, once. ``rows`` are the first 1000, each with
        ``file``, ``place`` (line and column, or the byte), ``kind``, ``shown`` (which gives nothing away) and
        ``is_home``; ``secrets_count`` and ``homes_count`` are of all; ``kept_count`` of those that ``redact`` cannot
        take out; ``remarks`` tells what was not looked into. Raises Damaged, Unreadable.

        >>> client.export("renardo/verse", "bundle").leaks().secrets_count
        0
        """
        return self._client.run(self._looked_through(progress))

    def read(self) -> Iterator[bytes]:
        """As one file, several as a ZIP archive. Raises Damaged, at the end where content is not what its hash says,
        and Unreadable (a resource): use nothing of it before the end.

        >>> b"".join(client.export("renardo/verse", "markdown").read()).splitlines()[0]
        b'# verse'
        """
        self._client.run(self._ready())
        source = self._source()
        while pieces := self._client.run(source.next()):
            yield from pieces

    def write(self, path: str | os.PathLike[str], *, replace: bool = False, progress: Progress | None = None) -> None:
        """It is at ``path``, durably, or ``path`` is what it was: a folder of files where it has a ``folder_name``, one
        file otherwise. ``replace``: what is there may go; of a folder only files of the same path. ``progress`` is told
        how many bytes were read, and of how many. Raises Exists (something is there), NoSpace, Unreadable (it cannot be
        written, or a resource read), Damaged.

        >>> export = client.export("renardo/verse", "parts")
        >>> export.write(f"{folder}/verse")
        >>> export.files
        ('manifest.json', 'parts/1 startup.py', 'parts/2 drums.py', 'parts/3 bass.py')
        """
        self._client.run(self._written(path, progress, replace=replace))


class AsyncExport(_Held):
    """The same for ``AsyncClient``."""

    def __init__(self, planned: Planned, client: AsyncClient) -> None:
        super().__init__(planned)
        self._client = client

    async def leaks(self, progress: Progress | None = None) -> Leaks:
        """What of it had better stay at home, as ``Export.leaks`` has it."""
        return await self._client.run(self._looked_through(progress), large=True)

    async def read(self) -> AsyncIterator[bytes]:
        """As one file, several as a ZIP archive, as ``Export.read`` has it."""
        await self._client.run(self._ready(), large=True)
        source = self._source()
        while pieces := await self._client.run(source.next(), large=True):
            for piece in pieces:
                yield piece

    async def write(
        self, path: str | os.PathLike[str], *, replace: bool = False, progress: Progress | None = None
    ) -> None:
        """It is at ``path``, as ``Export.write`` has it."""
        await self._client.run(self._written(path, progress, replace=replace), large=True)


class _Counted:
    """A source of which is counted what came."""

    def __init__(self, source: Source, count: Callable[[int], None]) -> None:
        self._source = source
        self._count = count

    def next(self) -> Plan[list[bytes]]:
        pieces = yield from self._source.next()
        self._count(sum(map(len, pieces)))
        return pieces


@contextmanager
def _said(name: str) -> Iterator[None]:
    """The system's refusal as one of ours."""
    try:
        yield
    except OSError as problem:
        kind = NoSpace if problem.errno in (errno.ENOSPC, errno.EDQUOT) else Unreadable
        raise kind(f"{name} cannot be written: {problem.strerror or problem}", path=name) from problem
