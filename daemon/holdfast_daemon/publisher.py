"""Putting documents where people see them. Publishing never destroys: it exchanges, then looks at what was displaced.

A new file is written in the staging folder, synced with its whole batch and exchanged with the target. What was
displaced stands in the staging folder until the history has it; a start after a crash looks there first.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from typing import NamedTuple

from holdfast_daemon import visible_files as files
from holdfast_daemon.content import Content, named
from holdfast_daemon.fault import Faults
from holdfast_daemon.formats.base import Document
from holdfast_daemon.staging import Left, Staging, digest_of
from holdfast_daemon.store.base import Catalog, Transaction
from holdfast_daemon.store.nouns import Visible
from holdfast_protocol.chunking import hash_of

#: What a visible file leaves free on the disk: the store beside it must be able to take a deletion or an undo.
ROOM_BYTES = 256 * 1024

#: (visible row at that moment, what was displaced, as a whole document): keep it in the history.
Displaced = Callable[[Visible, Document], None]


Identity = tuple[int, int, int]  # inode, size and time of change of the content


class _Step(NamedTuple):
    """One file of one publication."""

    row: Visible
    file: bytes
    target: bytes
    temporary: bytes
    identity: Identity


class _Aside(NamedTuple):
    """What a file of a publication displaced."""

    row: Visible
    file: bytes
    path: bytes


class Publisher:
    """For the one thread that touches the sessions folder."""

    def __init__(
        self, root: bytes, staging: Staging, catalog: Catalog, content: Content, faults: Faults, displaced: Displaced
    ) -> None:
        self._root = root
        self._staging = staging
        self._catalog = catalog
        self._content = content
        self._faults = faults
        self._displaced = displaced
        self._own: dict[bytes, Identity] = {}
        self.problems: dict[bytes, str] = {}

    def publish(self, rows: list[Visible]) -> None:
        """Make each of these paths show what is wanted. One sync and one commit for all of them."""
        written: list[tuple[Visible, list[_Step]]] = []
        for row in rows:
            try:
                written.append((row, self._write(row)))
                self.problems.pop(row.path, None)
            except OSError as problem:
                self._failed(row, problem)
        if any(steps for _, steps in written):
            self._faults.at("temporary-written")
            files.sync_file_system(self._root)
            self._faults.at("temporary-synced")
        done: list[Visible] = []
        displaced: list[_Aside] = []
        for row, steps in written:
            try:
                self._place(row, steps, displaced)
                done.append(row)
            except OSError as problem:
                self._failed(row, problem)
                _unlink(step.temporary for step in steps)
        for folder in {os.path.dirname(os.path.join(self._root, row.path)) for row in done}:
            files.sync_folder(folder)
        if done:
            self._faults.at("before-confirm")
            self._confirm(done)
            self._faults.at("confirmed")
        for aside in displaced:
            self._settle(aside)

    def is_own(self, path: bytes) -> bool:
        """Whether the file there is, by inode, size and time, the one that was published last and not looked at since.
        Good enough to postpone a look, never to leave it out."""
        own = self._own.get(path)
        return own is not None and files.identity_of(os.path.join(self._root, path)) == own

    def looked_at(self, path: bytes) -> None:
        """What stands there has been read since."""
        self._own.pop(path, None)

    def _failed(self, row: Visible, problem: OSError) -> None:
        self.problems[row.path] = f"{os.fsdecode(row.path)!r} cannot be written: {problem.strerror}"

    def _write(self, row: Visible) -> list[_Step]:
        """The document's files in the staging folder; none where nothing is wanted."""
        steps: list[_Step] = []
        if row.wanted is None:
            return steps
        document = self._catalog.reader.document_of(row.wanted)
        target = os.path.join(self._root, row.path)
        files.check_room(self._root, document.size_bytes + ROOM_BYTES)
        try:
            for file in document.files:
                place = os.path.join(target, file.path) if file.path else target
                temporary = self._staging.new(row, file.path)
                identity = files.write_new(temporary, b"".join(self._content.contents(file)), files.kept_of(place))
                steps.append(_Step(row, file.path, place, temporary, identity))
        except BaseException:
            _unlink(step.temporary for step in steps)
            raise
        return steps

    def _place(self, row: Visible, steps: list[_Step], asides: list[_Aside]) -> None:
        """Puts the files in place; ``asides`` grows by what stands in the staging folder then."""
        target = os.path.join(self._root, row.path)
        if row.wanted is None:
            self._remove(row, target)
            return
        tree = any(step.file for step in steps)
        if os.path.isdir(target) != tree and os.path.lexists(target):
            self._remove(row, target)
        for step in steps:
            old = self._staging.as_old(step.temporary)
            os.makedirs(os.path.dirname(step.target), exist_ok=True)
            os.rename(step.temporary, old)
            asides.append(_Aside(row, step.file, old))
            self._faults.at("before-exchange")
            if not tree:
                self._own[row.path] = step.identity
            if not files.put_in_place(old, step.target):
                asides.pop()
            self._faults.at("exchanged")
        if tree:
            self._remove_dropped(row, target, {step.file for step in steps})

    def _remove_dropped(self, row: Visible, target: bytes, names: set[bytes]) -> None:
        """Files of the document that was there which the new one no longer has."""
        if row.published is None:
            return
        for file in self._catalog.reader.document_of(row.published).files:
            if file.path not in names:
                aside = self._staging.old(row, file.path)
                if files.move_aside(os.path.join(target, file.path), aside):
                    self._settle(_Aside(row, file.path, aside))

    def _remove(self, row: Visible, target: bytes) -> None:
        aside = self._staging.old(row, b"")
        if files.move_aside(target, aside):
            self._faults.at("removed-aside")
            self._settle(_Aside(row, b"", aside))

    def _settle(self, aside: _Aside, *, known_anywhere: bool = False) -> None:
        """What stands aside is in the history, or goes there; then it is removed. ``known_anywhere``: after a crash, it
        may have gone there already, as somebody else's snapshot."""
        document = files.read_document(aside.path)
        if document is not None:
            whole = self._whole(aside.row, aside.file, document)
            known = whole is not None and known_anywhere and self._catalog.reader.has_document(named(whole))
            if whole is not None and not known:
                self._displaced(aside.row, whole)
                self._faults.at("displaced-kept")
        files.remove_known(aside.path, sorted(document or ()))

    def _whole(self, row: Visible, name: bytes, aside: Document) -> Document | None:
        """The document that the displaced bytes make, or None where the history has them."""
        reader = self._catalog.reader
        known: set[tuple[bytes, bytes]] = set()
        for snapshot in self.known_snapshots(row):
            known |= {(file.path, file.hash) for file in reader.document_of(snapshot).files}
        found = {name or path: content for path, content in aside.items()}
        if all((path, hash_of(content)) in known for path, content in found.items()):
            return None
        if not name or row.published is None:
            return found
        return {**self._content.bytes_of(reader.document_of(row.published)), **found}

    def known_snapshots(self, row: Visible) -> list[bytes]:
        """What may stand on disk by our own hand: published, wanted, and the heads between them."""
        known = [each for each in (row.published, row.wanted) if each is not None]
        for _, snapshot in self._catalog.reader.heads(row.session):
            known.append(snapshot)
            if snapshot == row.published:
                break
        return known

    def is_own_mix(self, row: Visible, document: Document) -> bool:
        """Whether the disk shows a publication of several files that was cut off between two of them."""
        if row.published is None or row.wanted is None or row.published == row.wanted:
            return False
        reader = self._catalog.reader
        shown = {path: hash_of(content) for path, content in document.items()}
        sets = [{(f.path, f.hash) for f in reader.document_of(each).files} for each in self.known_snapshots(row)]
        lasting = set.intersection(*({path for path, _ in each} for each in sets))
        return lasting <= set(shown) and set(shown.items()) <= set.union(*sets)

    def _confirm(self, rows: list[Visible]) -> None:
        def work(tx: Transaction) -> None:
            for row in rows:
                tx.confirm(row.path, row.wanted)

        self._catalog.submit(work).result()

    def sweep(self) -> None:
        """What a crash left in the staging folder: ours is removed, somebody else's goes into the history first."""
        try:
            for left in self._staging.left():
                self._sweep(left)
        except ValueError as problem:
            self.problems[b"staging"] = f"Temporary files: {problem}"

    def _sweep(self, left: Left) -> None:
        reader = self._catalog.reader
        owner = reader.session(left.session)
        if owner is None:
            return
        row = Visible(path=owner.path, session=owner.id, published=left.published, wanted=owner.head, boot="")
        names = [file.path for file in reader.document_of(left.published or owner.head).files]
        name = next((each for each in names if digest_of(each) == left.digest), b"")
        self._settle(_Aside(row, name, left.path), known_anywhere=True)


def _unlink(paths: Iterable[bytes]) -> None:
    for path in paths:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
