"""Store and folders always agree: whatever others do in watched folders, clients ask for, and befalls the daemon.

Random steps on a real daemon; what must be true after each look is in ``folder_machine.py``. Long, by hand:
``HOLDFAST_MACHINE_EXAMPLES=400 HOLDFAST_MACHINE_STEPS=40 HOLDFAST_MACHINE_SEED=3 make machine``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from e2e_daemon import until
from folder_machine import Model, Verb, named
from folder_machine_disk import HIDDEN, SUFFIXES, Link, Watched, edited
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

import holdfast
from holdfast_daemon.fault import STEPS as FAULTS
from holdfast_protocol.messages import Saved
from holdfast_protocol.model import Ref, SessionRow

EXAMPLES = int(os.environ.get("HOLDFAST_MACHINE_EXAMPLES", "10"))
STEPS = int(os.environ.get("HOLDFAST_MACHINE_STEPS", "30"))
#: Another one finds other runs; 0 is the same run every time.
SEED = int(os.environ.get("HOLDFAST_MACHINE_SEED", "0"))
FILES_COUNT = 20
#: Of a folder with fewer a loss is a person's hand sooner than a loss.
MANY = 14
REAPPEARS_SECONDS = 20.0

picks = st.integers(0, 999)
#: The first folder most often, so that it has enough to meet.
places = st.sampled_from((0, 0, 0, 1, 2))
adopted = st.sampled_from((0, 0, 1))
kinds = st.sampled_from(("new", "edited", "edited", "of another", "earlier"))
pauses = st.sampled_from((0.0, 0.0, 0.0, 0.02, 0.06, 0.12))
is_up = precondition(lambda self: self.model.up)


class Folders(RuleBasedStateMachine):
    """What is drawn never depends on what the daemon did: a number picks among whatever is there."""

    model: Model

    def __init__(self, new_home: Callable[[], Path]) -> None:
        super().__init__()
        self.new_home = new_home
        self.taken: list[tuple[Watched, bytes, bytes]] = []

    @initialize(app=st.sampled_from(sorted(SUFFIXES)), drops=st.booleans())
    def begin(self, app: str, drops: bool) -> None:
        model = self.model = Model(self.new_home(), app, drops=drops)
        for number in range(FILES_COUNT):
            model.one.create(model.one.name(2 * number), model.new())
        for number in range(4):
            model.two.create(model.two.name(number + 7), model.new())
        model.start()
        for folder in (model.one, model.two):
            self._adopt(folder)
        for number in range(4):
            model.client.save(app, f"own {number}", model.new(), published=True)
        model.check("scan")

    def teardown(self) -> None:
        if hasattr(self, "model"):
            self.model.end()

    # What others do, at any moment.

    @rule(place=places, name=picks, kind=kinds, pick=picks)
    def creates(self, place: int, name: int, kind: str, pick: int) -> None:
        folder = self._folder(place)
        leaf, content = folder.free(name), self._content(kind, folder, None, pick)
        with self.model.outside(folder, f"create {leaf!r} {kind}", leaf):
            folder.create(leaf, content)

    @rule(place=places, pick=picks, other=picks, kind=kinds, beside=st.sampled_from((b"", b"", b"%s~", HIDDEN)))
    def changes(self, place: int, pick: int, other: int, kind: str, beside: bytes) -> None:
        """In place, or by renaming a file over it that may look like a session itself for a moment."""
        folder, leaf = self._picked(place, pick)
        if leaf is not None:
            content = self._content(kind, folder, leaf, other)
            with self.model.outside(folder, f"change {leaf!r} {kind} {beside!r}", leaf):
                if beside:
                    folder.replace(leaf, content, beside % leaf)
                else:
                    folder.overwrite(leaf, content)

    @rule(place=places, pick=picks, how=st.sampled_from(("append", "empty", "cut", "same looks", "touch")))
    def changes_a_little(self, place: int, pick: int, how: str) -> None:
        folder, leaf = self._picked(place, pick)
        if leaf is not None:
            work = {
                "append": partial(folder.append, leaf, b"and more %d\n" % self.model.number()),
                "empty": partial(folder.cut, leaf, 0),
                "cut": partial(folder.cut, leaf, len(folder.content(leaf)) // 20),
                "same looks": partial(folder.same_looks, leaf, self.model.new()),
                "touch": partial(folder.touch, leaf),
            }[how]
            with self.model.outside(folder, f"{how} {leaf!r}", *([leaf] if how != "touch" else [])):
                work()

    @rule(place=places, pick=picks, name=picks)
    def copies(self, place: int, pick: int, name: int) -> None:
        folder, leaf = self._picked(place, pick)
        if leaf is not None:
            to = folder.free(name)
            with self.model.outside(folder, f"copy {leaf!r} to {to!r}", to):
                folder.copy(leaf, to)

    @rule(place=places, pick=picks)
    def deletes(self, place: int, pick: int) -> None:
        folder, leaf = self._picked(place, pick)
        if leaf is not None:
            with self.model.outside(folder, f"unlink {leaf!r}", leaf):
                folder.delete(leaf)

    @rule(place=places, to=places, pick=picks, name=picks, onto=st.sampled_from(("free", "free", "other", "hidden")))
    def moves(self, place: int, to: int, pick: int, name: int, onto: str) -> None:
        folder, leaf = self._picked(place, pick)
        other = self._folder(to)
        if leaf is not None:
            aim = other.free(name)
            if onto == "other":
                aim = other.pick(name) or aim
            elif onto == "hidden" and HIDDEN % aim not in other.files:
                aim = HIDDEN % aim
            self._moves(folder, leaf, other, aim)

    @rule(place=places, pick=picks)
    def changes_the_case(self, place: int, pick: int) -> None:
        folder, leaf = self._picked(place, pick)
        if leaf is not None:
            other = leaf.removesuffix(folder.suffix).swapcase() + folder.suffix
            if other not in folder.files:
                self._moves(folder, leaf, folder, other)

    @rule(place=places, pick=picks)
    def takes_out(self, place: int, pick: int) -> None:
        folder, leaf = self._picked(place, pick)
        if leaf is not None:
            trash = self.model.in_trash()
            with self.model.outside(folder, f"take out {leaf!r}", leaf):
                folder.take_out(leaf, trash)
                self.taken.append((folder, leaf, trash))

    @rule(pick=picks)
    def puts_back(self, pick: int) -> None:
        if self.taken:
            folder, leaf, trash = self.taken.pop(pick % len(self.taken))
            self.model.synchronise(folder)
            if leaf not in folder.files:
                with self.model.outside(folder, f"put back {leaf!r}", leaf):
                    folder.put_back(leaf, trash)

    @rule(place=adopted, pick=picks)
    def links(self, place: int, pick: int) -> None:
        folder, leaf = self._picked(place, pick)
        if leaf is not None:
            target = self.model.in_trash()
            with open(target, "wb") as file:
                file.write(self.model.new())
            with self.model.outside(folder, f"link in place of {leaf!r}", leaf):
                folder.link(leaf, target)

    @rule(place=adopted, pick=picks, kind=kinds)
    def replaces_a_link(self, place: int, pick: int, kind: str) -> None:
        folder = self._folder(place)
        if links := folder.links():
            leaf, content = links[pick % len(links)], self._content(kind, folder, None, pick)
            with self.model.outside(folder, f"file in place of the link {leaf!r}", leaf):
                folder.delete(leaf)
                folder.create(leaf, content)

    @rule(place=adopted)
    def makes_or_removes_a_folder(self, place: int) -> None:
        self._folder(place).toggle_folder(b"a folder" + (b".py" if place else b""))

    @rule(pause=pauses)
    def passes(self, pause: float) -> None:
        """What comes next meets the daemon at another step of what it is about; nothing is waited for."""
        time.sleep(pause)

    # What clients ask for.

    @is_up
    @rule(
        place=places, pick=picks, other=picks, kind=kinds, accept=st.booleans(),
        expect=st.sampled_from(("", "", "revision", "earlier")),
    )  # fmt: skip
    def saves(self, place: int, pick: int, other: int, kind: str, accept: bool, expect: str) -> None:
        folder, row = self._listed(place, pick)
        if row is not None:
            content = self._content(kind, folder, self.model.leaf_of(row), other)
            revision = {"": None, "revision": row.revision, "earlier": max(1, row.revision - 1)}[expect]
            self.model.ask(f"save {row.name!r} {kind} {expect}", row, _saving(row, content, revision, accept=accept))

    @is_up
    @rule(place=places, name=picks)
    def saves_a_new_one(self, place: int, name: int) -> None:
        folder = self._folder(place)
        said, content = self._free_name(folder, name), self.model.new()
        self.model.ask(
            f"save a new {said!r} in {folder.label}", None,
            lambda client: client.save(self.model.app, said, content, folder=folder.label, published=True),
        )  # fmt: skip

    @is_up
    @rule(place=places, pick=picks, verb=st.sampled_from(("delete", "rename")), name=picks)
    def asks(self, place: int, pick: int, verb: str, name: int) -> None:
        _, row = self._listed(place, pick)
        if row is not None:
            self.model.ask(f"{verb} {row.name!r}", row, self._asking(verb, row, name))

    @is_up
    @rule(place=places, pick=picks, which=st.sampled_from(("latest", "good", "earlier", "earlier")), gone=st.booleans())
    def restores(self, place: int, pick: int, which: str, gone: bool) -> None:
        _, row = self._listed(place, pick)
        if gone:
            deleted = [each for each in self.model.deleted() if not self.model.is_behind_a_link(each)]
            row = deleted[pick % len(deleted)] if deleted else row
        if row is not None:
            log = self.model.told.logs[row.id]
            snapshot = log[pick % len(log)].snapshot if which == "earlier" else which
            verb = partial(_restored, ref=named(row, snapshot))
            self.model.ask(f"restore {row.name!r}@{snapshot} (deleted={row.deleted})", row, verb)

    @is_up
    @rule(pick=picks)
    def accepts(self, pick: int) -> None:
        rows = [row for _, row in sorted(self.model.rows.items()) if row.diverged or row.suspect]
        rows = [row for row in rows if not self.model.is_behind_a_link(row)]
        if rows:
            row = rows[pick % len(rows)]
            self.model.ask(f"accept {row.name!r}", row, self._asking("accept", row, 0))

    @is_up
    @rule(back=st.integers(0, 9))
    def undoes(self, back: int) -> None:
        model = self.model
        undoable = [row for row in model.told.operations if row.undoable]
        operation = undoable[-1 - back]
        rows = [row for row in [*model.rows.values(), *model.deleted()] if row.id == operation.session]
        if not any(map(model.is_behind_a_link, rows)):
            model.ask(
                f"undo {operation.number} {operation.type} {operation.name!r}", rows[0] if rows else None,
                lambda client: client.undo(operation.number, published=True),
            )  # fmt: skip

    # What befalls the daemon.

    @is_up
    @rule(how=st.sampled_from(("kill", "kill", "stop")), pause=pauses)
    def ends(self, how: str, pause: float) -> None:
        time.sleep(pause)
        if how == "kill":
            self.model.kill()
        else:
            self.model.stop()

    @precondition(lambda self: not self.model.up)
    @rule()
    def starts(self) -> None:
        self.model.start()

    @is_up
    @rule(how=st.sampled_from(("settle", "settle", "scan", "verify")))
    def looks(self, how: str) -> None:
        self.model.check(how)

    @rule(how=st.sampled_from(("settle", "scan")))
    def is_up_and_looks(self, how: str) -> None:
        self.model.be_up()
        self.model.check(how)

    @is_up
    @rule(
        place=places, pick=picks, verb=st.sampled_from(("save", "save", "delete", "rename", "restore")), name=picks,
        fault=st.sampled_from(("", *FAULTS)), kind=st.sampled_from(("", "new", "edited", "earlier")),
    )  # fmt: skip
    def crashes(self, place: int, pick: int, verb: str, name: int, fault: str, kind: str) -> None:
        """What was answered is in the history, and on disk once the daemon is back, however little was done of it."""
        self.model.check("settle")
        folder, row = self._listed(place, pick)
        if row is not None and isinstance(folder.files.get(self.model.leaf_of(row)), bytes) and self.model.is_calm:
            change = self._content(kind, folder, self.model.leaf_of(row), pick) if kind else None
            asking = self._asking(verb, row, name)
            self.model.ask_and_crash(f"{verb} {row.name!r}", row, asking, f"{fault}=kill" if fault else "", change)

    # One thing, seen before and after.

    @rule(place=adopted, to=adopted, pick=picks, name=picks, down=st.integers(0, 5))
    def is_renamed_one_by_one(self, place: int, to: int, pick: int, name: int, down: int) -> None:
        """A session's id stays, over a rename and over a move to another folder, seen or found later."""
        folder, leaf, row = self._calm_one(place, pick)
        if leaf is None or row is None:
            return
        other = self._folder(to)
        aim = other.free(name)
        if other is not folder or self.model.drops:  # a name that nothing had: what just left it may come back there
            aim = b"moved-%d" % self.model.number() + other.suffix
        if down == 0:
            self.model.stop()
        self._moves(folder, leaf, other, aim)
        self.model.be_up()
        new = self.model.check("settle")
        with self.model.explained():
            now = self.model.rows.get((other.label, aim))
            assert now is not None, f"{aim!r} is no session"
            # One that is diverged is not known by what it shows: with its file moved it is gone, and another begins.
            assert now.id == row.id or row.diverged, f"{leaf!r} is another session: {[each.type for each in new]}"

    @rule(place=adopted, pick=picks, how=st.sampled_from(("gone", "out and back", "new", "changed")))
    def is_changed_one_by_one(self, place: int, pick: int, how: str) -> None:
        """Every change outside is told once; what is put back is the same session."""
        folder, leaf, row = self._calm_one(place, pick)
        if leaf is None or row is None or (row.diverged and how == "changed"):
            return
        aim = b"new-%d" % self.model.number() + folder.suffix if how == "new" else leaf
        trash = self.model.in_trash()
        with self.model.outside(folder, f"{how} {aim!r}", aim):
            if how == "new":
                folder.create(aim, self.model.new())
            elif how == "changed":
                folder.overwrite(leaf, edited(folder.content(leaf), self.model.number()))
            else:
                folder.take_out(leaf, trash)
        new = self.model.check("settle")
        told = [each.type for each in new if each.folder == folder.label]
        if "folder-held" in told:
            return
        expected = {"new": "created", "changed": "changed-outside"}.get(how, "deleted-outside")
        with self.model.explained():
            assert told == [expected]
        if how == "out and back":
            began = time.monotonic()
            with self.model.outside(folder, f"put back {leaf!r}", leaf):
                folder.put_back(leaf, trash)
            self.model.check("settle")
            with self.model.explained():
                same = self.model.ids(folder)[leaf] == row.id
                assert same or time.monotonic() > began + REAPPEARS_SECONDS, "it came back as another session"

    @rule(
        place=adopted, pick=picks, how=st.sampled_from(("empty", "cut")), name=picks,
        answer=st.sampled_from(("restore", "good", "accept", "save", "delete", "rename", "")),
    )  # fmt: skip
    def is_damaged(self, place: int, pick: int, how: str, name: int, answer: str) -> None:
        """Then somebody answers, or nobody does."""
        folder, leaf, row = self._calm_one(place, pick)
        if leaf is not None and row is not None:
            with self.model.outside(folder, f"{how} {leaf!r}", leaf):
                folder.cut(leaf, 0 if how == "empty" else len(folder.content(leaf)) // 20)
            self.model.check("settle")
            now = self.model.rows[folder.label, leaf]
            if answer:
                self.model.ask(f"{answer} {row.name!r}", now, self._asking(answer, now, name))
                self.model.check("settle")

    @rule(place=places, pick=picks, first=st.sampled_from(("outside", "client")), both=st.booleans())
    def two_write(self, place: int, pick: int, first: str, both: bool) -> None:
        """From one state: they are merged where they changed different lines, or the later one is a fork."""
        folder, leaf, row = self._calm_one(place, pick)
        if leaf is None or row is None:
            return
        number, before = self.model.number(), folder.content(leaf)
        mine, theirs = edited(before, number), edited(before, number + (0 if both else 1)) + b"\n" * both
        if first == "outside":
            with self.model.outside(folder, f"edit {leaf!r}", leaf):
                folder.overwrite(leaf, theirs)
        else:
            self.model.ask(f"save an edit of {row.name!r}", row, _saving(row, theirs, row.revision))
        if number % 3:
            self.model.check("settle")
        now = self.model.rows.get((folder.label, leaf), row)
        self.model.ask(f"save another edit of {row.name!r}", now, _saving(row, mine, row.revision))

    # The folder as a whole.

    @rule(pick=picks, ending=st.sampled_from(("put back", "accept", "restore")), down=st.booleans())
    def loses_half(self, pick: int, ending: str, down: bool) -> None:
        """The folder is held and nothing is gone; what is missing comes back as it was, or its loss is accepted."""
        model, folder = self.model, self.model.one
        self._be_calm()
        leaves = folder.sessions()
        if len(leaves) < MANY or folder.links() or not model.is_calm:
            return
        before = model.ids(folder)
        lost = {leaf: model.in_trash() for leaf in (*leaves[pick % 2 :: 2], leaves[-1])}
        with model.outside(folder, f"half is lost: {[*lost]}", *lost):
            for leaf, trash in lost.items():
                folder.take_out(leaf, trash)
        with model.explained():
            [row] = model.client.folder_scan(folder.label).rows
            assert row.held is not None, "half of the folder went, and it is not held"
            assert row.missing_count >= len(lost)
            assert [each.type for each in model.told.listen(model.client)].count("folder-held") == 1
            assert {leaf: model.ids(folder).get(leaf) for leaf in leaves} == before
        if down:
            model.kill()
            model.start()
        self._end_of_loss(folder, ending, lost)
        model.check("scan")
        with model.explained():
            assert model.folder_row(folder).held is None
            kept = {leaf: each for leaf, each in before.items() if ending != "accept" or leaf not in lost}
            assert {leaf: each for leaf, each in model.ids(folder).items() if leaf in before} == kept

    def _end_of_loss(self, folder: Watched, ending: str, lost: dict[bytes, bytes]) -> None:
        """Of what is missing, some may have gone before, in the same burst."""
        if ending == "accept":
            self.model.accept_loss(folder)
            return
        for row in self.model.rows_of(folder):
            if row.path in folder.files:
                continue
            if ending == "restore":
                self.model.ask(f"restore {row.name!r}", row, partial(_restored, ref=named(row)))
            else:
                with self.model.outside(folder, f"put back {row.path!r}", row.path):
                    if row.path in lost:
                        folder.put_back(row.path, lost[row.path])
                    else:
                        folder.create(row.path, self.model.told.head(row))
                self.model.meant.add(row.id)

    @rule(place=adopted, instead=st.booleans(), down=st.booleans())
    def loses_its_root(self, place: int, instead: bool, down: bool) -> None:
        """A folder that is gone, or another one in its place, is held with all its sessions, until it is back."""
        model = self.model
        self._be_calm()
        folder = self._folder(place)
        if model.went_lately(folder) or not model.is_calm:
            return
        before, away = model.ids(folder), folder.root + b" away"
        model.did(f"{folder.label}: the root goes (another={instead}, down={down})")
        if down:
            model.kill()
        os.rename(folder.root, away)
        if instead:
            os.mkdir(folder.root)
        model.be_up()
        with model.explained():
            model.client.folder_scan(folder.label)
            held = model.folder_row(folder).held
            assert held is not None or not before, "the root is gone, and the folder is not held"
            assert model.ids(folder) == before
        if instead:
            os.rmdir(folder.root)
        os.rename(away, folder.root)
        model.did(f"{folder.label}: the root is back")
        until(lambda: model.client.folder_scan(folder.label).rows[0].watching)
        new = model.check("scan")
        with model.explained():
            assert model.ids(folder) == before
            assert not {each.type for each in new} - {"folder-held", "folder-released"}

    @is_up
    @rule(change=st.sampled_from(("", "changed", "gone")), pick=picks)
    def is_left_and_adopted_again(self, change: str, pick: int) -> None:
        """Its sessions leave the list, and are there again with their history."""
        model, folder = self.model, self.model.two
        self._be_calm()
        leaf = folder.pick(pick)
        if not model.is_calm or leaf is None:
            return
        before = model.ids(folder)
        model.did("two: removed")
        model.client.folder_remove(folder.label)
        with model.explained():
            assert model.rows_of(folder) == []
        with model.outside(folder, f"{change or 'nothing'} {leaf!r}", *([leaf] if change else [])):
            if change == "changed":
                folder.overwrite(leaf, edited(folder.content(leaf), model.number()))
            elif change == "gone":
                folder.delete(leaf)
        self._adopt(folder)
        model.check("scan")
        with model.explained():
            expected = {each: known for each, known in before.items() if each in folder.files}
            assert model.ids(folder) == expected

    # What the rules are made of.

    def _adopt(self, folder: Watched) -> None:
        app = self.model.app
        layout = "startup" if app == "renardo" else None
        self.model.client.folder_add(folder.root, app, label=folder.label, layout=layout)

    def _folder(self, place: int) -> Watched:
        folder = self.model.folders[place]
        self.model.synchronise(folder)
        return folder

    def _picked(self, place: int, pick: int) -> tuple[Watched, bytes | None]:
        """A file of a session, now and then of one that is diverged."""
        folder = self._folder(place)
        diverged = {leaf for (label, leaf), row in self.model.rows.items() if label == folder.label and row.diverged}
        odd = sorted(diverged & {*folder.sessions()}) if pick % 3 == 0 else []
        return folder, odd[pick % len(odd)] if odd else folder.pick(pick)

    def _listed(self, place: int, pick: int) -> tuple[Watched, SessionRow | None]:
        """A session of the last check where no link stands, now and then one that is diverged."""
        folder = self._folder(place)
        rows = [row for (label, _), row in sorted(self.model.rows.items()) if label == folder.label]
        rows = [row for row in rows if not isinstance(folder.files.get(self.model.leaf_of(row)), Link)]
        rows = [row for row in rows if row.diverged and pick % 3 == 0] or rows
        return folder, rows[pick % len(rows)] if rows else None

    def _be_calm(self) -> None:
        self.model.be_up()
        self.model.check("settle")

    def _calm_one(self, place: int, pick: int) -> tuple[Watched, bytes | None, SessionRow | None]:
        """A file and its session, where nothing has happened since a check."""
        self._be_calm()
        folder, leaf = self._picked(place, pick)
        return folder, leaf if self.model.is_calm else None, self.model.rows.get((folder.label, leaf or b""))

    def _moves(self, folder: Watched, leaf: bytes, other: Watched, to: bytes) -> None:
        self.model.mean(other, to)
        with self.model.outside(folder, f"move {leaf!r} to {other.label}/{to!r}", leaf):
            folder.move(leaf, other, to)
        if folder is other:  # until something new stands there: then it was a backup, and the session comes back
            self.model.departed[folder.label, leaf] = folder.label, to

    def _asking(self, verb: str, row: SessionRow, name: int) -> Verb:
        """A request about that session."""
        match verb:
            case "save":
                return _saving(row, self.model.new(), None, accept=True)
            case "delete":
                return lambda client: client.delete(named(row), published=True)
            case "rename":
                said = self._free_name(self.model.folder_of(row), name)
                return lambda client: client.rename(named(row), said, published=True)
            case "accept":
                return lambda client: client.accept(named(row), published=True)
            case _:
                return partial(_restored, ref=named(row, "good" if verb == "good" else "latest"))

    def _free_name(self, folder: Watched, number: int) -> str:
        said = os.fsdecode(folder.free(number).removesuffix(folder.suffix))
        return said if said.isascii() else f"another {number}"

    def _content(self, kind: str, folder: Watched, leaf: bytes | None, pick: int) -> bytes:
        known = sorted(folder.contents())
        if kind == "edited" and isinstance(folder.files.get(leaf or b""), bytes):
            return edited(folder.content(leaf or b""), self.model.number())
        if kind == "of another" and known:
            return known[pick % len(known)]
        if kind == "earlier":
            return self.model.earlier[pick % len(self.model.earlier)]
        return self.model.new()


def _saving(row: SessionRow, content: bytes, expect: int | None, *, accept: bool = False) -> Verb:
    return lambda client: client.save(
        row.app, row.name, content, folder=row.folder, expect=expect, accept=accept, published=True
    )


def _restored(client: holdfast.Client, ref: Ref) -> Saved:
    return client.restore(ref, published=True)


@pytest.mark.timeout(60 * EXAMPLES)
def test_store_and_folders_agree_whatever_happens(tmp_path_factory: pytest.TempPathFactory) -> None:
    """After any steps of others, of clients and of the daemon's own fate, every file is the file of one session whose
    head it shows, nothing that lay on disk is lost, and nothing was written into an adopted folder unasked."""
    chosen = settings(
        max_examples=EXAMPLES, stateful_step_count=STEPS, derandomize=SEED == 0, database=None, deadline=None,
        print_blob=True, report_multiple_bugs=False,
        phases=[Phase.generate],  # to shrink would take an hour, and what depends on the moment does not shrink
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )  # fmt: skip

    def machine() -> Folders:
        return Folders(partial(tmp_path_factory.mktemp, "m"))

    run_state_machine_as_test(seed(SEED)(machine) if SEED else machine, settings=chosen)
