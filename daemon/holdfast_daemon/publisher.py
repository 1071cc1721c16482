"""Putting documents where people see them. Publishing never destroys: it exchanges, then looks at what was displaced.

A new file is written under a name of ours (``.holdfast-new-…``, never anybody else's bytes), synced with its whole
batch, renamed to ``.holdfast-old-…`` and exchanged with the target. From then on that second name may hold the bytes
of somebody else; they are removed only when the history has them. A start after a crash sweeps both kinds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from holdfast_daemon import visible_files as files
from holdfast_daemon.content import Content, named
from holdfast_daemon.fault import Faults
from holdfast_daemon.formats.base import Document
from holdfast_daemon.store.catalog import Catalog
from holdfast_daemon.store.nouns import StoredDocument, Visible, new_id
from holdfast_daemon.store.transaction import Transaction
from holdfast_protocol.chunking import hash_of

NOBODY = "0" * 32

#: What a visible file leaves free on the disk: the store beside it must be able to take a deletion or an undo.
ROOM_BYTES = 256 * 1024

#: (visible row at that moment, what was displaced, as a whole document): keep it in the history.
Displaced = Callable[[Visible, Document], None]


@dataclass(slots=True)
class _Step:
    """One file of one publication."""

    row: Visible
    document: StoredDocument
    name: bytes
    target: bytes
    temporary: bytes


class Publisher:
    """For the one thread that touches the sessions folder."""

    def __init__(self, root: bytes, catalog: Catalog, content: Content, faults: Faults, displaced: Displaced) -> None:
        self._root = root
        self._catalog = catalog
        self._content = content
        self._faults = faults
        self._displaced = displaced
        self.problems: dict[bytes, str] = {}

    def publish(self, rows: list[Visible]) -> list[Visible]:
        """Make each of these paths show what is wanted; gives the rows that now do. One sync for all of them."""
        steps: list[_Step] = []
        ready: list[Visible] = []
        for row in rows:
            try:
                if row.wanted is not None:
                    steps += self._write(row)
                ready.append(row)
                self.problems.pop(row.path, None)
            except OSError as problem:
                self._failed(row, problem)
        if steps:
            self._faults.at("temporary-written")
            files.sync_file_system(self._root)
            self._faults.at("temporary-synced")
        done = []
        for row in ready:
            try:
                self._place(row, [step for step in steps if step.row is row])
                done.append(row)
            except OSError as problem:
                self._failed(row, problem)
        for folder in {os.path.dirname(os.path.join(self._root, row.path)) for row in done}:
            files.sync_folder(folder)
        return done

    def _failed(self, row: Visible, problem: OSError) -> None:
        self.problems[row.path] = f"{os.fsdecode(row.path)!r} cannot be written: {problem.strerror}"

    def _write(self, row: Visible) -> list[_Step]:
        assert row.wanted is not None
        document = self._catalog.reader.document_of(row.wanted)
        target = os.path.join(self._root, row.path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        files.check_room(self._root, document.size_bytes + ROOM_BYTES)
        steps: list[_Step] = []
        try:
            for file in document.files:
                place = os.path.join(target, file.path) if file.path else target
                temporary = files.NEW_PREFIX.join(self._name(row, file.path))
                files.write_new(temporary, b"".join(self._content.contents(file)), files.kept_of(place))
                steps.append(_Step(row, document, file.path, place, temporary))
        except BaseException:
            for step in steps:
                os.unlink(step.temporary)
            raise
        return steps

    def _name(self, row: Visible, name: bytes) -> tuple[bytes, bytes]:
        """Folder and tail of a temporary name: whose it is, what its base was, which file, and chance."""
        base = row.published.hex() if row.published else NOBODY
        tail = f"{row.session.hex()}-{base}-{hash_of(name)[:4].hex()}-{new_id()[:4].hex()}"
        return os.path.join(self._root, os.path.dirname(row.path), b""), tail.encode()

    def _place(self, row: Visible, steps: list[_Step]) -> None:
        target = os.path.join(self._root, row.path)
        if row.wanted is None:
            self._remove(row, target)
            self._confirm(row)
            return
        tree = any(step.name for step in steps)
        if os.path.isdir(target) != tree and os.path.lexists(target):
            self._remove(row, target)
        displaced: list[tuple[_Step, bytes]] = []
        for step in steps:
            old = step.temporary.replace(files.NEW_PREFIX, files.OLD_PREFIX)
            os.makedirs(os.path.dirname(step.target), exist_ok=True)
            os.rename(step.temporary, old)
            self._faults.at("before-exchange")
            if files.put_in_place(old, step.target):
                displaced.append((step, old))
            self._faults.at("exchanged")
        if tree:
            self._remove_dropped(row, target, {step.name for step in steps})
        self._faults.at("before-confirm")
        self._confirm(row)
        self._faults.at("confirmed")
        for step, old in displaced:
            self._settle(row, step.name, old)

    def _remove_dropped(self, row: Visible, target: bytes, names: set[bytes]) -> None:
        """Files of the document that was there which the new one no longer has."""
        if row.published is None:
            return
        for file in self._catalog.reader.document_of(row.published).files:
            if file.path not in names:
                aside = files.OLD_PREFIX.join(self._name(row, file.path))
                if files.move_aside(os.path.join(target, file.path), aside):
                    self._settle(row, file.path, aside)

    def _remove(self, row: Visible, target: bytes) -> None:
        aside = files.OLD_PREFIX.join(self._name(row, b""))
        if files.move_aside(target, aside):
            self._faults.at("removed-aside")
            self._settle(row, b"", aside)

    def _settle(self, row: Visible, name: bytes, aside: bytes, *, known_anywhere: bool = False) -> None:
        """What stands aside is in the history, or goes there; then it is removed. ``known_anywhere``: after a crash, it
        may have gone there already, as somebody else's snapshot."""
        document = files.read_document(aside)
        if document is not None:
            whole = self._whole(row, name, document)
            known = whole is not None and known_anywhere and self._catalog.reader.has_document(named(whole))
            if whole is not None and not known:
                self._displaced(row, whole)
                self._faults.at("displaced-kept")
        files.remove_known(aside, sorted(document or ()))

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

    def _confirm(self, row: Visible) -> None:
        def work(tx: Transaction) -> None:
            current = tx.visible(row.path)
            if current is None:
                return
            if row.wanted is None and current.wanted is None:
                tx.drop_visible(row.path)
            else:
                tx.put_visible(
                    Visible(
                        path=row.path, session=current.session, published=row.wanted, wanted=current.wanted,
                        boot=current.boot,
                    )
                )  # fmt: skip

        self._catalog.submit(work).result()

    def sweep(self) -> None:
        """What a crash left under our own names: ours is removed, somebody else's goes into the history first."""
        for app in filter(lambda entry: entry.is_dir(follow_symlinks=False), os.scandir(self._root)):
            for entry in list(os.scandir(app.path)):
                if entry.name.startswith(files.NEW_PREFIX):
                    os.unlink(entry.path)
                elif entry.name.startswith(files.OLD_PREFIX):
                    try:
                        self._sweep_old(entry.path)
                    except ValueError:
                        self.problems[entry.path] = f"{os.fsdecode(entry.path)!r} is not ours, though called so"

    def _sweep_old(self, aside: bytes) -> None:
        session, base, digest, _ = os.path.basename(aside)[len(files.OLD_PREFIX) :].decode().split("-")
        reader = self._catalog.reader
        owner = reader.session(bytes.fromhex(session))
        if owner is None:
            return
        published = None if base == NOBODY else bytes.fromhex(base)
        row = Visible(path=owner.path, session=owner.id, published=published, wanted=owner.head, boot="")
        names = [file.path for file in reader.document_of(published or owner.head).files]
        name = next((each for each in names if hash_of(each)[:4].hex() == digest), b"")
        self._settle(row, name, aside, known_anywhere=True)
