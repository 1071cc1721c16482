"""A daemon with watched folders, and what must be true of them whatever happens: the model of
``test_random_operations.py``, whose rules only act.

Between two checks the model remembers what anybody *meant*: paths that others touched, sessions that clients asked for.
Of all else nothing may be told, and nothing in an adopted folder may change that nobody meant.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e_daemon import Daemon, until
from folder_machine_disk import Link, Watched, document
from folder_machine_told import Told

import holdfast
from holdfast_protocol.errors import BadField, CannotUndo, Exists, NotFound, TooLate, Unreachable
from holdfast_protocol.messages import Changed, Saved, Undone
from holdfast_protocol.model import FolderRow, OperationRow, Ref, SessionRow

#: In which the breaker sees deletions as one burst, and what a look and a commit may take on a busy machine.
BURST_SECONDS = 10.0 + 5.0
FEWEST = 5
PUBLISHED_SECONDS = 8.0
CUT_OFF_SECONDS = 1.0
LIMIT = 1000
#: What a client may be told; nothing is changed then.
REFUSALS = (NotFound, Exists, CannotUndo, BadField)

Reply = Saved | Changed | Undone
Verb = Callable[[holdfast.Client], Reply]


class Model:
    """Two adopted folders, ``one`` and ``two``, and the application's folder in the sessions folder."""

    def __init__(self, home: Path, app: str, *, drops: bool) -> None:
        """``drops``: every third hint of the watch is lost, so that only a scan knows all."""
        self.home = home
        self.app = app
        self.drops = drops
        self.daemon = Daemon(home / "d")
        self.up = False
        user = home / "user"
        self.one, self.two = (Watched(label, user / label, app) for label in ("one", "two"))
        self.own = Watched("sessions", self.daemon.sessions / app, app, prefix=os.fsencode(app) + b"/")
        self.folders = (self.one, self.two, self.own)
        self.trash = os.fsencode(user / "trash")
        os.mkdir(self.trash)
        self.told = Told()
        self.rows: dict[tuple[str, bytes], SessionRow] = {}
        self.meant: set[tuple[str, bytes] | str] = set()
        self.departed: dict[tuple[str, bytes], tuple[str, bytes]] = {}
        self.must_keep: set[bytes] = set()
        self.earlier: list[bytes] = []
        self._journal: list[str] = []
        self._removals: list[tuple[float, str]] = []
        self._count = 0
        self.did(f"{app}, drops={drops}")

    # The daemon.

    def start(self) -> None:
        self.did("start")
        self.daemon.environment["HOLDFAST_FAULT"] = "hint#3=drop" if self.drops else ""
        self.daemon.start()
        self.client = self.daemon.client(60.0)
        self.up = True

    def be_up(self) -> None:
        if not self.up:
            self.start()

    def stop(self) -> None:
        self.did("stop")
        self.client.close()
        assert self.daemon.stop() == 0
        self.up = False

    def kill(self) -> None:
        self.did("kill -9")
        self.client.close()
        self.daemon.kill()
        self.up = False

    def end(self) -> None:
        """A last look, and all history once more; then nothing of it is left."""
        try:
            self.be_up()
            self.check("scan")
            with self.explained():
                self.told.read(self.client, (row.id for row in [*self.client.list(limit=LIMIT).rows, *self.deleted()]))
                assert self.must_keep <= self.told.history, "history was lost"
        finally:
            if self.up:
                self.client.close()
            if self.daemon.alive:
                self.daemon.stop()
            shutil.rmtree(self.home, ignore_errors=True)

    # What others do.

    @contextmanager
    def outside(self, folder: Watched, said: str, *leaves: bytes) -> Iterator[None]:
        """Somebody does what is ``said`` to these files. In the sessions folder the daemon may have been quicker."""
        self.did(f"{folder.label}: {said}")
        for leaf in leaves:
            self.mean(folder, leaf)
        before = {*folder.sessions()}
        try:
            yield
        except FileNotFoundError:
            if folder.adopted:
                raise
            self.synchronise(folder)
        self._removals += [(time.monotonic(), folder.label) for _ in before - {*folder.sessions()}]

    def mean(self, folder: Watched, leaf: bytes) -> None:
        """Whatever is told of this path, and of the session that was there, was meant."""
        key = folder.label, leaf
        for each in (key, self.departed.pop(key, key)):
            row = self.rows.get(each)
            self.meant |= {each, *([row.id] if row is not None else [])}

    def in_trash(self) -> bytes:
        """A new place that nobody watches."""
        return os.path.join(self.trash, b"%d" % self.number())

    def new(self) -> bytes:
        """The content of a session file that no other has."""
        content = document(self.app, self.number())
        self.earlier.append(content)
        return content

    def number(self) -> int:
        self._count += 1
        return self._count

    # What clients ask for.

    def ask(self, said: str, row: SessionRow | None, verb: Verb) -> None:
        """A request by name: it changes that session's file, to its head, and nothing else."""
        for folder in self.folders:
            self.synchronise(folder)
        calm = self.is_calm
        self.did(f"{said} (calm={calm})")
        with self.explained():
            try:
                with self.daemon.client() as client:
                    reply = verb(client)
            except REFUSALS as problem:
                self.did(f"  refused: {problem.sentence}")
                for folder in (self.one, self.two):
                    self.synchronise(folder)
                return
            now = reply.session
            if calm and isinstance(reply, Saved) and reply.outcome not in ("saved", "unchanged"):
                self.synchronise(self.one)
                self.synchronise(self.two)
            self.did(f"  {getattr(reply, 'outcome', 'done')}: {now.folder}/{now.path!r} revision {now.revision}")
            self._take_over([each for each in (row, now) if each is not None], now.id)
            if calm and not now.diverged and (row is None or row.id == now.id):
                self._shows_its_head(now)
            self._is_at(now)

    def ask_and_crash(self, said: str, row: SessionRow, verb: Verb, fault: str, change: bytes | None) -> None:
        """The same on a settled folder, with the daemon gone at some step of it (``fault``; or at its answer), and the
        file changed by somebody else while it is (``change``)."""
        folder, leaf = self.folder_of(row), self.leaf_of(row)
        before = folder.content(leaf)
        if fault:
            self.stop()
            self.daemon.environment["HOLDFAST_FAULT"] = fault
            self.daemon.process = self.daemon.spawn()
        self.did(f"{said}, and the daemon is gone {fault}")
        answered = self._answer(verb)
        self.kill()
        with self.explained():
            if change is not None:
                folder.files = folder.on_disk()
                with self.outside(folder, f"change {leaf!r} meanwhile", leaf):
                    folder.put(leaf, change)
            self.start()
            self.client.folder_scan()
            until(self._has_published, PUBLISHED_SECONDS)
            self._take_over([row, self.client.show(named(row), parts=False).session], row.id)
            if answered is not None and isinstance(answered, Saved):
                kept = self.told.content(self.client, row.id, answered.snapshot)
                self.must_keep |= {kept, before, *([change] if change is not None else [])}
        self.check("scan")

    def _answer(self, verb: Verb) -> Reply | None:
        """None where the daemon is gone before it can answer, perhaps before it serves."""
        until(lambda: not self.daemon.alive or self._serves())
        try:
            with self.daemon.client(CUT_OFF_SECONDS) as client:
                return verb(client)
        except (Unreachable, TooLate, *REFUSALS) as problem:
            self.did(f"  not answered: {problem.sentence}")
            return None

    def _serves(self) -> bool:
        try:
            self.daemon.client(CUT_OFF_SECONDS).close()
        except holdfast.HoldfastError:
            return False
        return True

    def _take_over(self, rows: list[SessionRow], asked: str) -> None:
        """What the daemon wrote into the adopted folders is what one of the asked session's snapshots has, or nothing,
        at a path of that session."""
        self.told.read(self.client, [asked])
        for folder in (self.one, self.two):
            found = folder.on_disk()
            paths = {row.path for row in rows if row.folder == folder.label}
            for leaf in paths:
                self.mean(folder, leaf)
            for leaf in {*found, *folder.files}:
                before, after = folder.files.get(leaf), found.get(leaf)
                if before == after:
                    continue
                assert (folder.label, leaf) in self.meant, f"nobody asked for {leaf!r}: {before!r} → {after!r}"
                assert after is None or self.told.has_beside(asked, after), f"{leaf!r} is no snapshot: {after!r}"
                if isinstance(before, bytes) and folder.is_session(leaf):
                    self.must_keep.add(before)
                self.mean(folder, leaf)
            folder.files = found

    def _shows_its_head(self, row: SessionRow) -> None:
        folder, leaf = self.folder_of(row), self.leaf_of(row)
        if folder.adopted:
            assert row.head is not None
            wanted = None if row.deleted else self.told.content(self.client, row.id, row.head)
            shown = folder.files.get(leaf)
            assert shown == wanted, f"{leaf!r} shows {shown!r}"

    def _is_at(self, now: SessionRow) -> None:
        """From now on, says an answer."""
        self.rows = {key: row for key, row in self.rows.items() if row.id != now.id}
        if not now.deleted:
            self.rows[now.folder, self.leaf_of(now)] = now
        self.meant.add(now.id)

    # What must be true.

    def check(self, how: str) -> list[OperationRow]:
        """After a look at everything (``scan``, ``verify``, or the barrier ``settle``): store and folders agree, and
        nothing that was there is lost. What was told since the last time."""
        with self.explained():
            self.did(how)
            for folder in self.folders:
                self.synchronise(folder)
                self.must_keep |= folder.contents()
            if how == "settle" and not self.drops:
                self.client.settle()
            else:
                self.client.folder_scan(verify=how == "verify")
            new = self.told.listen(self.client)
            assert self.one.contents() | self.two.contents() <= self.told.history, "what lies there is not kept"
            for folder in (self.one, self.two):
                new += self._accept_a_hold(folder)
            rows = {**self._agreement(self.one), **self._agreement(self.two)}
            self._check_left_alone(new, rows)
            until(self._has_published, PUBLISHED_SECONDS)
            new += self._accept_a_hold(self.own) + self.told.listen(self.client)
            self.rows = {**rows, **self._agreement(self.own)}
            assert self.must_keep <= self.told.history, "what somebody wrote is not in the history"
            assert {row.id for row in self.rows.values()} == self.told.alive, "the list is not what was told"
            self.meant.clear()
        return new

    def _agreement(self, folder: Watched) -> dict[tuple[str, bytes], SessionRow]:
        """Each file is that of one session, whose head it is unless it is diverged; each session has its file."""
        self.synchronise(folder)
        label, rows = folder.label, self.rows_of(folder)
        by_leaf = {self.leaf_of(row): row for row in rows}
        assert len(by_leaf) == len(rows) == len({row.id for row in rows}), "a session appears twice"
        files = {*folder.sessions()}
        assert files <= by_leaf.keys(), f"{label}: no session: {files - by_leaf.keys()}"
        left = by_leaf.keys() - files - {*folder.links()}
        assert not left, f"{label}: no file: {left}"
        for leaf in files:
            row, content = by_leaf[leaf], folder.content(leaf)
            if self.told.head(row) == content:
                assert not row.diverged, f"{label}: {leaf!r} is as its head, and said to be diverged"
            else:
                assert row.diverged, f"{label}: {leaf!r} is not as its head, and not diverged"
                assert self.told.has_beside(row.id, content), f"{label}: nothing is known of what {leaf!r} shows"
        return {(label, leaf): row for leaf, row in by_leaf.items()}

    def _check_left_alone(self, new: list[OperationRow], rows: dict[tuple[str, bytes], SessionRow]) -> None:
        """Of what nobody meant, nothing is told."""
        if any(each.type == "folder-held" for each in new):
            return
        for key, row in self.rows.items():
            if key[0] != self.own.label and key not in self.meant and row.id not in self.meant:
                told = [each.type for each in new if each.session == row.id]
                assert told == [], f"{key} was left alone: {told}"
                assert rows[key].id == row.id, f"{key} is another session"

    def _accept_a_hold(self, folder: Watched) -> list[OperationRow]:
        """Where so much went that it may be held, the loss is accepted. Elsewhere it must not be held."""
        held = self.folder_row(folder).held
        if held is None:
            return []
        since = time.monotonic() - BURST_SECONDS
        count = sum(label == folder.label and when > since for when, label in self._removals)
        may_be = count >= FEWEST and 3 * (count + 2) > len(folder.sessions()) + count
        assert may_be, f"{folder.label} is held, {count} went: {held}"
        self.accept_loss(folder)
        return self.told.listen(self.client)

    def accept_loss(self, folder: Watched) -> None:
        """What went is no part of the next burst."""
        self.did(f"{folder.label}: the loss is accepted")
        self.client.folder_scan(folder.label, accept=True)
        self._removals = [each for each in self._removals if each[1] != folder.label]

    def went_lately(self, folder: Watched) -> bool:
        """Whether a burst that begins now may have begun before."""
        return any(label == folder.label and when > time.monotonic() - BURST_SECONDS for when, label in self._removals)

    def synchronise(self, folder: Watched) -> None:
        """What is on disk is what should be there. In the sessions folder the daemon writes too, over nothing that it
        does not keep."""
        found = folder.on_disk()
        if found != folder.files:
            changed = {leaf for leaf in {*found, *folder.files} if found.get(leaf) != folder.files.get(leaf)}
            assert not folder.adopted, f"nobody asked for it: {[(leaf, found.get(leaf)) for leaf in changed]}"
            self.must_keep |= {folder.content(leaf) for leaf in changed & {*folder.sessions()}}
            folder.files = found
        assert folder.folders <= folder.folders_on_disk(), "a folder is gone"

    # What is asked of the daemon, and of the last check.

    @property
    def is_calm(self) -> bool:
        """Nothing has happened since the last check."""
        return not self.meant

    def rows_of(self, folder: Watched) -> list[SessionRow]:
        return self.client.list(folder=folder.label, app=self.app, limit=LIMIT).rows

    def ids(self, folder: Watched) -> dict[bytes, str]:
        """File → session, of those that live now."""
        return {self.leaf_of(row): row.id for row in self.rows_of(folder)}

    def deleted(self) -> list[SessionRow]:
        return sorted(self.client.list(deleted=True, limit=LIMIT).rows, key=lambda row: (row.path, row.created))

    def folder_row(self, folder: Watched) -> FolderRow:
        return next(row for row in self.client.folder_list().rows if row.label == folder.label)

    def folder_of(self, row: SessionRow) -> Watched:
        return next(folder for folder in self.folders if folder.label == row.folder)

    def leaf_of(self, row: SessionRow) -> bytes:
        return row.path.removeprefix(self.folder_of(row).prefix)

    def is_behind_a_link(self, row: SessionRow) -> bool:
        """What stands there is not displaced: a request would wait until the link is gone."""
        return isinstance(self.folder_of(row).on_disk().get(self.leaf_of(row)), Link)

    def _has_published(self) -> bool:
        return self.client.status().pending_files == 0

    # What a failure says.

    def did(self, step: str) -> None:
        self._journal.append(step)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """A failure has the steps with it: what depends on the moment may not come again."""
        try:
            yield
        except (AssertionError, holdfast.HoldfastError) as problem:
            steps = "\n".join(f"  {number:3} {step}" for number, step in enumerate(self._journal))
            told = "\n".join(f"  {_line(each)}" for each in self.told.operations[-12:])
            if not getattr(problem, "__notes__", None):
                problem.add_note(f"After these steps:\n{steps}\nLast told:\n{told}")
            raise


def named(row: SessionRow, snapshot: str = "latest") -> Ref:
    return Ref(id=row.id, snapshot=snapshot)


def _line(row: OperationRow) -> str:
    return f"{row.number} {row.type} {row.folder}/{row.name} {row.session and row.session[:6]} {row.note}"
