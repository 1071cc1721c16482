"""What is asked of a daemon while its disk is recorded or fails, and what it answered: a day for each thing it does.

A day is a function of ``Day``; ``SCENARIOS`` says what must be there before it begins, and what the process is.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple

import apsw
from crash_daemon import CrashDaemon
from crash_record import Outsider

import holdfast
from holdfast.caller import Conversation
from holdfast.channel import Lost
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import (
    Archive,
    BackedUp,
    Backup,
    Batch,
    Change,
    Check,
    Copy,
    Delete,
    FolderScan,
    Note,
    Pin,
    Prune,
    Purge,
    Rename,
    Reply,
    Request,
    Restore,
    Save,
    Settle,
    Tag,
    Unarchive,
    Undo,
    WorkspaceLeave,
    WorkspaceOpen,
    WorkspacePut,
    WorkspaceReplace,
    WorkspaceSave,
    WorkspaceState,
)  # fmt: skip
from holdfast_protocol.model import FileSource, PartSource, Ref

ANSWER_SECONDS = 20.0
DATA = Path(__file__).parents[2] / "data"
CONFIGURATION = "[autosave]\nquiet_seconds = 0.02\nceiling_seconds = 0.1\n"
_CHANCE = random.Random(8)
LARGE, LARGER, OTHER_LARGE, GOES = (_CHANCE.randbytes(size) for size in (150_000, 230_000, 90_000, 160_000))


class World:
    """A folder with all that a daemon may write: its home, an adopted folder, a disk for backups."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.boot = base / "boot"
        self.root = base / "w"
        self.root.mkdir(mode=0o700, parents=True)
        self.daemon = CrashDaemon(self.root / "d")
        self.daemon.home.mkdir(mode=0o700)
        (self.daemon.home / "config.toml").write_text(CONFIGURATION)
        self.daemon.log = base / "log"
        self.daemon.environment["HOLDFAST_SHIM_BOOT"] = str(self.boot)
        self.boot.write_text("the first boot\n")
        self.adopted = self.root / "adopted"
        self.disk = self.root / "disk"
        self.packs = self.daemon.home / "store" / "packs"

    def remove(self) -> None:
        if self.daemon.alive:
            self.daemon.kill()
        shutil.rmtree(self.base, ignore_errors=True)


class Asked:
    """One request and what came of it. ``brings``: contents that are in the history once it is answered."""

    def __init__(self, request: Request, payload: tuple[bytes, ...], brings: tuple[bytes, ...]) -> None:
        self.request = request
        self.payload = payload
        self.brings = brings
        self.id = os.urandom(16)
        self.reply: Reply | None = None
        self.refused = ""


class Day:
    """``asked`` in its order, and what an outsider wrote; each is also a mark in the record."""

    def __init__(self, world: World, outsider: Outsider) -> None:
        self.world = world
        self.sessions = world.daemon.sessions
        self.asked: list[Asked] = []
        self.written: list[tuple[bytes, bool]] = []
        self.before: set[bytes] = set()
        self.stays: set[bytes] = set()
        self._outsider = outsider
        self._conversation: Conversation | None = None

    def ask(self, request: Request, *payload: bytes, brings: Sequence[bytes] = ()) -> Reply | None:
        """None where it was refused, or where the daemon is gone: the day goes on."""
        asked = Asked(request, payload, tuple(brings))
        self.asked.append(asked)
        self._outsider.mark(begun=len(self.asked))
        until = time.monotonic() + ANSWER_SECONDS
        try:
            if self._conversation is None:
                self._conversation = Conversation(self.world.daemon.socket, until)
            asked.reply = self._conversation.ask(request, payload, asked.id, until).reply
            self._outsider.mark(answered=len(self.asked))
        except HoldfastError as problem:
            asked.refused = problem.code
        except Lost:
            asked.refused = "lost"
            self.hang_up()
        return asked.reply

    def save(self, name: str, content: bytes, app: str = "notes", **options: object) -> Reply | None:
        request = Save(app=app, name=name, files=[FileSource(frame=0)], **options)  # type: ignore[arg-type]
        return self.ask(request, content, brings=[content])

    def put(self, workspace: str, content: bytes, part: str = "text") -> None:
        self.ask(WorkspacePut(id=workspace, source=PartSource(part=part, frame=0)), content)

    def write(self, path: Path, content: bytes, *, sync: bool = True) -> None:
        """By an outsider, who syncs it, or does not."""
        self.written.append((content, sync))
        self._outsider.mark(writes=len(self.written))
        with contextlib.suppress(OSError):
            self._outsider.replace(path, content, sync=sync)
            self._outsider.mark(wrote=len(self.written))

    def remove(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            self._outsider.unlink(path)

    def move(self, old: Path, new: Path) -> None:
        with contextlib.suppress(OSError):
            self._outsider.rename(old, new)

    def settle(self) -> None:
        self.ask(Settle())

    def backed_up(self, answered: Collection[int]) -> set[bytes] | None:
        """What the last backup that was answered has; None where none was."""
        replies = ((number, self.asked[number - 1].reply) for number in answered)
        made = [number for number, reply in replies if isinstance(reply, BackedUp) and reply.failed is None]
        if not made:
            return None
        return self.stays.union(*(each.brings for each in self.asked[: max(made)] if each.reply is not None))

    def hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None


def _ref(name: str, app: str = "notes") -> Ref:
    return Ref(app=app, name=name)


def _saves(day: Day) -> None:
    day.save("day", b"one\n", published=True)
    day.save("day", b"two\n", message="without waiting")
    day.save("day", b"from the first\n", expect=1)
    day.save("large", LARGER, published=True)
    tree = [FileSource(frame=0, path=b"a"), FileSource(frame=1, path=b"b")]
    day.ask(Save(app="parts", name="tree", files=tree, published=True), b"A1", b"B1", brings=[b"A1", b"B1"])
    day.ask(Save(app="parts", name="tree", files=tree), b"A2", b"B1", brings=[b"A2"])
    changes = [
        Change(save=Save(app="notes", name="batched", files=[FileSource(frame=0)])),
        Change(tag=Tag(ref=_ref("batched"), add=["blue"])), Change(delete=Delete(ref=_ref("gone"))),
    ]  # fmt: skip
    day.ask(Batch(changes=changes, published=True), b"in a batch\n", brings=[b"in a batch\n"])
    day.save("emptied", b"")


def _arranged(day: Day) -> None:
    day.ask(Rename(ref=_ref("day"), name="renamed", published=True))
    day.ask(Tag(ref=_ref("renamed"), add=["red", "blue"]))
    day.ask(Note(ref=_ref("renamed"), text="of the day"))
    day.ask(Pin(ref=_ref("renamed"), label="here"))
    day.ask(Copy(ref=_ref("renamed"), name="copied", published=True))
    day.ask(Archive(ref=_ref("renamed"), published=True))
    day.ask(Delete(ref=_ref("outside")))
    day.ask(Undo(published=True))
    day.ask(Unarchive(ref=_ref("renamed"), published=True))
    day.ask(Restore(ref=_ref("kept"), name="again", published=True))
    day.ask(Delete(ref=_ref("kept"), published=True))


def _unsaved(day: Day) -> None:
    for name, ends in (("day", False), ("brand new", True)):
        state = day.ask(WorkspaceOpen(app="notes", name=name, format="plain"))
        if not isinstance(state, WorkspaceState):
            continue
        key = state.parts[0].key if state.parts else "text"
        for number in range(4):
            day.put(state.workspace.id, b"typed %d in %b\n" % (number, name.encode()), key)
        time.sleep(0.15)  # an autosave
        day.put(state.workspace.id, OTHER_LARGE if ends else b"typed last\n", key)
        if ends:
            saved = WorkspaceSave(id=state.workspace.id, name="typed", end=True, published=True)
            day.ask(saved, brings=[OTHER_LARGE])
        else:
            whole = WorkspaceReplace(id=state.workspace.id, files=[FileSource(frame=0)])
            day.ask(whole, b"whole\n", brings=[b"whole\n"])
            day.ask(WorkspaceLeave(id=state.workspace.id))


def _outside(day: Day) -> None:
    notes, adopted = day.sessions / "notes", day.world.adopted
    day.write(notes / "outside", b"from outside\n")
    day.settle()
    day.write(notes / "outside", b"from outside, unsynced\n", sync=False)
    day.save("outside", b"at the same moment\n", published=True)
    day.write(notes / "stranger", b"a new one\n")
    day.write(adopted / "1", b"changed where it was adopted\n")
    day.settle()
    day.save("day", b"ours\n")
    day.write(notes / "day", b"theirs, between commit and publication\n")
    day.settle()
    day.move(notes / "stranger", notes / "moved")
    day.remove(notes / "kept")
    day.remove(adopted / "2")
    day.write(adopted / "new", LARGE)
    day.settle()
    day.ask(Undo(published=True))
    day.save("3", b"put there by name\n", "sketch", folder="adopted", published=True)
    day.ask(FolderScan())


def _pruned(day: Day) -> None:
    day.ask(Purge(ref=_ref("goes 0")))
    day.ask(Purge(ref=_ref("goes 1")))
    day.ask(Prune())
    day.save("day", GOES + b"0")  # what was just thrown away comes again
    day.ask(Delete(ref=_ref("large")))
    day.ask(Purge(ref=_ref("large")))
    day.ask(Prune())


def _backed_up(day: Day) -> None:
    again = Backup(directory=os.fsencode(day.world.disk), wait_ms=15_000)
    day.ask(again)
    day.save("day", b"between two backups\n")
    day.save("large", LARGER)
    day.ask(again)


def _checked(day: Day) -> None:
    day.ask(Check(all=True, repair=True, wait_ms=15_000))
    day.save("day", b"behind the repair\n")


def _begun(day: Day) -> None:
    day.save("first", b"first\n", published=True)
    day.save("large", LARGE)


def _nothing(day: Day) -> None:
    day.ask(FolderScan())


def _fill(world: World) -> None:
    """A store with some of everything, and a daemon that has ended."""
    daemon = world.daemon
    world.adopted.mkdir()
    for number in range(1, 5):
        (world.adopted / str(number)).write_bytes(b"adopted %d\n" % number)
    daemon.start()
    with daemon.client() as client:
        for number in range(2):
            client.save("notes", "day", b"before %d\n" % number, published=True)
        for name in ("outside", "kept", "gone"):
            client.save("notes", name, b"%b as it was\n" % name.encode(), published=True)
        client.save("notes", "large", LARGE, published=True)
        client.folder_add(str(world.adopted), "sketch", label="adopted")
        client.folder_scan("adopted")
    daemon.stop()


def _fill_to_prune(world: World) -> None:
    _fill(world)
    world.daemon.start()
    with world.daemon.client() as client:
        for number in range(4):
            client.save("notes", f"goes {number}", GOES + b"%d" % number, published=True)
        for number in range(4):
            client.delete(f"notes/goes {number}", published=True)
    world.daemon.stop()


def _fill_backed_up(world: World) -> None:
    _fill(world)
    world.daemon.start()
    with world.daemon.client() as client:
        client.backup(str(world.disk), wait_ms=15_000)
    world.daemon.stop()
    shutil.rmtree(world.daemon.home / "store")


def _fill_damaged(world: World) -> None:
    """A flipped bit in a pack, whose content a visible file still shows."""
    _fill(world)
    pack = max(world.packs.iterdir(), key=lambda each: each.stat().st_size)
    with pack.open("r+b") as file:
        file.seek(5_000)
        flipped = file.read(1)[0] ^ 1
        file.seek(5_000)
        file.write(bytes([flipped]))


def _fill_crashed(world: World) -> None:
    """Killed with a file displaced, one on its way, and a workspace that nobody saved."""
    _fill(world)
    daemon = world.daemon
    daemon.start_with("exchanged=kill")
    with daemon.client() as client:
        live = client.workspace("notes/typing", format="plain")
        live["text"] = b"typed before the crash\n"
        with contextlib.suppress(HoldfastError):
            for name in ("day", "outside", "kept", "fresh"):
                client.save("notes", name, b"saved before the crash\n", published=False)
    daemon.dies()
    (daemon.sessions / "notes" / "large").write_bytes(b"changed while it was down\n")


def _fill_old(version: int) -> Callable[[World], None]:
    """A store of that version, as its code has made it."""

    def fill(world: World) -> None:
        store = world.daemon.home / "store"
        store.mkdir(mode=0o700)
        said = (DATA / "store" / f"v{version}.sql").read_text("utf-8")
        if version < 6:
            with contextlib.closing(sqlite3.connect(store / "catalog.sqlite")) as catalog:
                catalog.executescript(said)
        else:
            with contextlib.closing(apsw.Connection(str(store / "catalog.sqlite"))) as catalog:
                catalog.execute(said)

    return fill


class Scenario(NamedTuple):
    """``restores``: the process is no daemon, but what brings a backup back. ``goes``: contents that the day throws
    away."""

    fill: Callable[[World], None]
    day: Callable[[Day], None]
    restores: bool = False
    is_damaged: bool = False
    goes: frozenset[bytes] = frozenset()


SCENARIOS = {
    "first start": Scenario(lambda world: None, _begun),
    "save": Scenario(_fill, _saves),
    "arrange": Scenario(_fill, _arranged),
    "autosave": Scenario(_fill, _unsaved),
    "outside": Scenario(_fill, _outside),
    "prune": Scenario(_fill_to_prune, _pruned, goes=frozenset({LARGE, *(GOES + b"%d" % each for each in range(4))})),
    "backup": Scenario(_fill, _backed_up),
    "restore": Scenario(_fill_backed_up, _nothing, restores=True),
    "repair": Scenario(_fill_damaged, _checked, is_damaged=True),
    "recovery": Scenario(_fill_crashed, _nothing),
    **{f"upgrade from {version}": Scenario(_fill_old(version), _nothing) for version in (1, 5, 7)},
}


def history(client: holdfast.Client) -> set[bytes]:
    """The content of every file of every snapshot, of deleted sessions too."""
    found: set[bytes] = set()
    shelves = [client.list(limit=1000), client.list(limit=1000, archived=True), client.list(limit=1000, deleted=True)]
    for row in [row for shelf in shelves for row in shelf.rows]:
        for snapshot in client.log(Ref(id=row.id), limit=1000).rows:
            found.update(client.load(Ref(id=row.id, snapshot=snapshot.snapshot)).files.values())
    return found
