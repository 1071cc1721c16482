"""Putting documents where people see them. Publishing never destroys: it exchanges, then looks at what was displaced.

A new file is written in the staging folder, synced with its whole batch and exchanged with the target. What was
displaced stands in the staging folder until the history has it; a start after a crash looks there first.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from holdfast_daemon import visible_files as files
from holdfast_daemon.background import LARGE_BYTES, Background, Underway
from holdfast_daemon.content import Content
from holdfast_daemon.fault import Faults
from holdfast_daemon.found import Found
from holdfast_daemon.known import known_snapshots
from holdfast_daemon.sites import Site
from holdfast_daemon.staging import Staging, digest_of, read_name
from holdfast_daemon.store.base import Catalog, Transaction
from holdfast_daemon.store.nouns import Visible
from holdfast_protocol.errors import Damaged, Unreadable
from holdfast_protocol.messages import LIMITS

#: What a visible file leaves free on the disk: the store beside it must be able to take a deletion or an undo.
ROOM_BYTES = 512 * 1024

#: A file that was displaced is quiet when nobody has written to it for so long.
QUIET_SECONDS = 0.05

#: (visible row at that moment, the whole document that was displaced, the fork that has its former states): keep it in
#: the history; gives the fork that has it.
Displaced = Callable[[Visible, Found, bytes | None], bytes | None]


class _Step(NamedTuple):
    """One file of one publication."""

    row: Visible
    file: bytes
    target: bytes
    temporary: bytes
    identity: files.Identity


class _Aside(NamedTuple):
    """What a file of a publication displaced."""

    row: Visible
    file: bytes
    path: bytes
    known_anywhere: bool = False  # after a crash, it may be in the history already, as somebody else's snapshot


class _Written(NamedTuple):
    """What a program has written to a file that was displaced while it had it open: how that looked when it was kept
    last, and the fork that has it."""

    looks: bytes | None
    fork: bytes | None


class _Writing(NamedTuple):
    """Names the background's work for a path."""

    path: bytes


class Publisher:
    """For the one thread that touches the folder."""

    def __init__(
        self, site: Site, staging: Staging, catalog: Catalog, content: Content, faults: Faults, displaced: Displaced,
        ready: Callable[[], None],
    ) -> None:  # fmt: skip
        """``ready`` is called, from any thread, when it is time to ``publish`` again what was under way."""
        self._site = site
        self._root = site.root
        self._staging = staging
        self._catalog = catalog
        self._content = content
        self._faults = faults
        self._displaced = displaced
        self._background: Background[_Writing | _Aside] = Background(f"writing in {site.label}")
        self._ready = ready
        self._own: dict[bytes, files.Identity] = {}
        self._asides: list[_Aside] = []
        self._open: dict[bytes, _Written] = {}
        self.problems: dict[bytes, str] = {}
        self._failed: set[bytes] = set()  # those of them that are paths in the folder
        self._known: tuple[Visible | None, set[tuple[bytes, bytes]]] = (None, set())

    def publish(self, rows: list[Visible], *, wait: bool = False) -> None:
        """Make each of these paths show what is wanted. One sync and one commit for all of them. What is large is
        ``writing`` until a later call, unless there will be none: then it is to ``wait`` for."""
        written: list[tuple[Visible, list[_Step]]] = []
        for row in rows:
            try:
                written.append(self._written(row, wait))
                self.problems.pop(row.path, None)
            except Underway:
                continue
            except (OSError, Damaged, Unreadable) as problem:
                self.failed(row, problem)
        if any(steps for _, steps in written):
            self._faults.at("temporary-written")
            try:
                files.sync_file_system(self._root)
            except OSError:
                _unlink(step.temporary for _, steps in written for step in steps)
                raise
            self._faults.at("temporary-synced")
        done: list[Visible] = []
        for row, steps in written:
            try:
                self._place(row, steps)
                done.append(row)
            except (OSError, Damaged, Unreadable) as problem:
                self.failed(row, problem)
                _unlink(step.temporary for step in steps)
        for folder in {os.path.dirname(self._site.whole(row.path)) for row in done}:
            files.sync_folder(folder)
        if done:
            self._faults.at("before-confirm")
            self._confirm(done)
            self._faults.at("confirmed")
        self.settle()
        if written and not self.waits and not self.writing:
            self._staging.tidy()

    def settle(self) -> None:
        """Keep what was displaced. What a full disk cannot take waits for the next time; what a program still writes is
        kept each time that it is quiet."""
        waiting, self._asides, self._known = self._asides, [], (None, set())
        for aside in waiting:
            try:
                settled = self._settle(aside)
                self._say_of_writer(aside, settled)
            except Exception as problem:  # one that cannot be kept now must not cost the others
                settled = False
                self.problems[aside.path] = f"What stood at {os.fsdecode(aside.row.path)!r} is not kept yet: {problem}"
            if not settled:
                self._asides.append(aside)

    @property
    def writing(self) -> set[bytes]:
        """Paths whose documents are large, and being written."""
        return {key.path for key in self._background.keys if isinstance(key, _Writing)}

    @property
    def keeping(self) -> bool:
        """Whether something large that was displaced is being read."""
        return any(isinstance(key, _Aside) for key in self._background.keys)

    @property
    def is_open(self) -> bool:
        """Whether a program still has open what was displaced."""
        return bool(self._open)

    @property
    def waits(self) -> bool:
        """Whether something that was displaced is still to be kept."""
        return bool(self._asides)

    def is_own(self, path: bytes) -> bool:
        """Whether the file there is, by inode, size and time, the one that was published last and not looked at since.
        Good enough to postpone a look, never to leave it out."""
        own = self._own.get(path)
        with contextlib.suppress(OSError):
            return own is not None and files.identity_of(self._site.whole(path)) == own
        return False

    def looked_at(self, path: bytes) -> None:
        """What stands there has been read since."""
        self._own.pop(path, None)

    def only_pending(self, paths: set[bytes]) -> None:
        """Nothing is wanted elsewhere: what was being written there, and what went wrong with it, is forgotten."""
        for path in self.writing - paths:
            self._background.forget(_Writing(path))
        for path in self._failed - paths:
            self._failed.discard(path)
            self.problems.pop(path, None)

    def failed(self, row: Visible, problem: OSError | Damaged | Unreadable) -> None:
        """It is said among the problems, until the path is published."""
        reason = problem.sentence if isinstance(problem, Damaged | Unreadable) else problem.strerror or str(problem)
        self._failed.add(row.path)
        self.problems[row.path] = f"{os.fsdecode(row.path)!r} cannot be written: {reason}"

    def _written(self, row: Visible, wait: bool) -> tuple[Visible, list[_Step]]:
        """The document's files in the staging folder; of a large one perhaps those that were wanted when it was begun,
        or somebody who saves again and again would never see any. Raises Underway."""
        key = _Writing(row.path)
        if row.wanted is None or self._catalog.reader.document_of(row.wanted).size_bytes <= LARGE_BYTES:
            self._background.forget(key)
            return row, self._write(row)

        def work() -> tuple[Visible, list[_Step]]:
            steps = self._write(row)
            files.sync_file_system(self._root)  # so that the sync which others wait for has little left to do
            return row, steps

        then, steps = self._background.of(key, work, self._ready, _discard, wait=wait)
        if (then.session, then.published) == (row.session, row.published):
            return then, steps
        _discard((then, steps))
        return self._written(row, wait)

    def _write(self, row: Visible) -> list[_Step]:
        """The document's files in the staging folder; none where nothing is wanted."""
        steps: list[_Step] = []
        if row.wanted is None:
            return steps
        document = self._catalog.reader.document_of(row.wanted)
        target = self._site.whole(row.path)
        files.check_room(self._root, document.size_bytes + ROOM_BYTES)
        try:
            for file in document.files:
                if not self._site.belongs(row.path, file.path):
                    continue  # such as a task's worktree, which an older snapshot may hold: it is not the session's
                place = os.path.join(target, file.path) if file.path else target
                files.check_way(self._root, os.path.relpath(place, self._root))
                temporary = self._staging.new(row, file.path)
                identity = files.write_new(temporary, self._content.contents(file), files.kept_of(place))
                steps.append(_Step(row, file.path, place, temporary, identity))
        except BaseException:
            _unlink(step.temporary for step in steps)
            raise
        return steps

    def _place(self, row: Visible, steps: list[_Step]) -> None:
        """Puts the files in place; what stands in the staging folder then is among the asides."""
        target = self._site.whole(row.path)
        if row.wanted is None:
            self._remove(row, target)
            return
        tree = any(step.file for step in steps)
        if files.is_there(target) and os.path.isdir(target) != tree:
            self._remove(row, target)
            if files.is_there(target):
                raise files.NotAFile(errno.ENOTEMPTY, "what stays there is no document", os.fsdecode(target))
        for step in steps:
            relative = os.path.relpath(step.target, self._root)
            files.check_way(self._root, relative)
            os.makedirs(os.path.dirname(step.target), exist_ok=True)
            with files.way(self._root, relative) as place:
                if place is None:
                    raise FileNotFoundError(errno.ENOENT, "its folder went meanwhile", os.fsdecode(step.target))
                files.check_replaceable(place)
                old = self._staging.as_old(step.temporary)
                os.rename(step.temporary, old)
                self._asides.append(_Aside(row, step.file, old))
                self._faults.at("before-exchange")
                if not tree:
                    self._own[row.path] = step.identity
                if not files.put_in_place(old, place):
                    self._asides.pop()
                self._faults.at("exchanged")
        if tree:
            self._remove_dropped(row, target, {step.file for step in steps})

    def _remove_dropped(self, row: Visible, target: bytes, names: set[bytes]) -> None:
        """Files of the document that was there which the new one no longer has."""
        if row.published is not None:
            dropped = {file.path for file in self._catalog.reader.document_of(row.published).files} - names
            for name in sorted(dropped):
                self._move_aside(row, name, os.path.join(target, name))
                files.prune(os.path.dirname(os.path.join(target, name)))

    def _remove(self, row: Visible, target: bytes) -> None:
        """A file, or the regular files of a folder; links and what else no document holds stay where they are."""
        files.check_way(self._root, row.path)
        files.check_replaceable(target)
        if not os.path.isdir(target):
            self._move_aside(row, b"", target)
            return
        for name in files.regular_files(target):
            self._move_aside(row, name, os.path.join(target, name))
        files.prune(target)

    def _move_aside(self, row: Visible, name: bytes, path: bytes) -> None:
        aside = self._staging.old(row, name)
        with files.way(self._root, os.path.relpath(path, self._root)) as place:
            moved = place is not None and files.move_aside(place, aside)
        if moved:
            self._asides.append(_Aside(row, name, aside))
            self._faults.at("removed-aside")

    def _settle(self, aside: _Aside) -> bool:
        """What stands aside is in the history, or goes there; then it is removed. False: somebody still writes it, or
        it is being read."""
        if not files.is_there(aside.path):
            return True
        is_open = files.has_writer(aside.path)
        known = self._open.get(aside.path, _Written(None, None))
        if is_open:
            self._open[aside.path] = known
            if not files.is_quiet(aside.path, QUIET_SECONDS) or known.looks == files.signature(aside.path, lately=True):
                return False
        work = partial(self._foreign, aside, self._known_files(aside.row))
        try:
            is_large = files.size_of(aside.path) > LARGE_BYTES
            looks, found = self._background.of(aside, work, self._ready) if is_large else work()
        except Underway:
            return False
        fork = known.fork
        if found is not None and not (aside.known_anywhere and self._is_kept(found)):
            fork = self._displaced(aside.row, found, fork)
            self._faults.at("displaced-kept")
        if is_open:
            self._open[aside.path] = _Written(looks, fork)
            return False
        os.unlink(aside.path)
        return True

    def _say_of_writer(self, aside: _Aside, settled: bool) -> None:
        if settled or aside.path not in self._open:
            self._open.pop(aside.path, None)
            self.problems.pop(aside.path, None)
        else:
            self.problems[aside.path] = (
                f"{os.fsdecode(aside.row.path)!r} was replaced while a program has the former file open; what that "
                "still writes is kept as a fork until it closes it"
            )

    def _is_kept(self, found: Found) -> bool:
        return self._catalog.reader.has_document(found.placed.document.id)

    def _foreign(self, aside: _Aside, known: set[tuple[bytes, bytes]]) -> tuple[bytes | None, Found | None]:
        """How the displaced bytes look, and the document that they make; None where our own hand put them there. In any
        thread."""
        looks = files.signature(aside.path, lately=True)
        shown = files.hash_document(aside.path, patient=False) or {}
        if all((aside.file or path, content_hash) in known for path, content_hash in shown.items()):
            return looks, None
        placed = files.take_document(aside.path, self._content.place_stream, patient=False) or {}
        published = aside.row.published if aside.file else None
        whole = self._content.joined(
            {aside.file or path: each for path, each in placed.items()},
            self._catalog.reader.document_of(published) if published is not None else None,
        )
        is_readable = whole.document.size_bytes <= LIMITS["format_bytes"]
        return looks, Found(self._content, self._content.bytes_placed(whole) if is_readable else None, whole)

    def _known_files(self, row: Visible) -> set[tuple[bytes, bytes]]:
        """Path and hash of whatever our own hand may have put there; kept while a row's files are settled."""
        if self._known[0] != row:
            reader = self._catalog.reader
            known: set[tuple[bytes, bytes]] = set()
            for snapshot in known_snapshots(reader, row):
                known |= {(file.path, file.hash) for file in reader.document_of(snapshot).files}
            self._known = (row, known)
        return self._known[1]

    def _confirm(self, rows: list[Visible]) -> None:
        def work(tx: Transaction) -> None:
            for row in rows:
                tx.confirm(row.folder, row.path, row.wanted)

        self._catalog.submit(work).result()

    def sweep(self) -> None:
        """What a crash left in the staging folder: ours is removed, somebody else's goes into the history first."""
        self.only_pending(set())
        waiting = {aside.path for aside in self._asides}
        for left in self._staging.left():
            if left in waiting:
                continue
            try:
                self._sweep(left)
            except Exception as problem:  # as above
                self.problems[left] = f"{os.fsdecode(left)!r} among the temporary files is left alone: {problem}"

    def _sweep(self, path: bytes) -> None:
        left = read_name(path)
        reader = self._catalog.reader
        owner = reader.session(left.session)
        if owner is None:
            if not reader.is_pruned(left.session):
                raise ValueError("it belongs to no session")
            os.unlink(path)  # a power cut brought it back: what it held went for good, with its session
            return
        row = Visible(
            folder=owner.folder, path=owner.path, session=owner.id, published=left.published, wanted=owner.head, boot=""
        )
        names = [file.path for file in reader.document_of(left.published or owner.head).files]
        name = next((each for each in names if digest_of(each) == left.digest), b"")
        if files.put_back(path, os.path.join(self._site.whole(row.path), name) if name else self._site.whole(row.path)):
            return
        aside = _Aside(row, name, path, known_anywhere=True)
        if not self._settle(aside):
            self._asides.append(aside)


def _discard(written: tuple[Visible, list[_Step]]) -> None:
    """Nobody wants these files any more."""
    _unlink(step.temporary for step in written[1])


def _unlink(paths: Iterable[bytes]) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
