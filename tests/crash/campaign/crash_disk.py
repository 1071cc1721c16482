"""What a disk holds after a crash at a call: a model of files and names, fed with a record.

What is taken for durable, which is the least that POSIX promises and less than ext4, xfs or btrfs keep: a file's
bytes up to its last ``fsync`` or ``fdatasync``; a name (made, moved, removed) since an ``fsync`` of a folder that it
concerns, a rename between two folders at once; both since a ``syncfs``. An ``fsync`` of a new file alone does not keep
its name.
"""

from __future__ import annotations

import copy
import hashlib
import os
import random
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import crash_record as record
from crash_record import Call

#: Killed: all that was called is there. Dropped: only what is durable. Names: those, and of the bytes the durable ones.
#: Bytes: the durable names, and all bytes written to their files. Torn: some sectors of what is not durable, and some
#: of the names, in their order. Cut: killed in the middle of a write.
KINDS = ("killed", "dropped", "names", "bytes", "torn", "cut")
SECTOR_BYTES = 512


class File:
    """One inode. What was written since it was synced may be there in parts, but nothing stands beside bytes that were
    cut off before it was written: ``_spans`` are the beginnings of such times, and their ends."""

    def __init__(self, content: bytes, mode: int) -> None:
        self.now = bytearray(content)
        self.safe = content
        self.mode = mode
        self._spans: list[tuple[bytes, bytes]] = []
        self._begin = content

    def sync(self) -> None:
        if self.safe != self.now:
            self.safe = bytes(self.now)
        self._spans, self._begin = [], self.safe

    def cut_off(self, size_bytes: int) -> None:
        if size_bytes < len(self.now):
            self._spans.append((self._begin, bytes(self.now)))
            del self.now[size_bytes:]
            self._begin = bytes(self.now)
        _grow(self.now, size_bytes)

    def torn(self, chance: random.Random) -> bytes:
        """Some sectors as they came to be, the others as they were."""
        old, new = chance.choice([*self._spans, (self._begin, bytes(self.now))])
        size = chance.choice((len(old), len(new)))
        made = bytearray(size)
        for at in range(0, size, SECTOR_BYTES):
            piece = chance.choice((old, new))[at : at + SECTOR_BYTES]
            made[at : at + len(piece)] = piece
        return bytes(made[:size])


#: A folder is its mode.
Names = dict[str, "File | int"]
State = dict[str, bytes | int]


class _Change(NamedTuple):
    """A call that changed names, and what they were names of: ``node``, and in an exchange the ``other``."""

    call: Call
    node: File | int
    other: File | int | None

    def apply(self, names: Names) -> None:
        call = self.call
        if call.kind in (record.CREATE, record.MKDIR, record.LINK):
            names[call.path] = self.node
        elif call.kind in (record.UNLINK, record.RMDIR):
            names.pop(call.path, None)
        else:
            names.pop(call.path, None)
            names[call.to] = self.node
            if self.other is not None and call.kind == record.EXCHANGE:
                names[call.path] = self.other
            if isinstance(self.node, int):
                for path in [each for each in names if each.startswith(f"{call.path}/")]:
                    names[call.to + path[len(call.path) :]] = names.pop(path)


class Disk:
    """Below ``root``, from what is there now (all of it durable) on."""

    def __init__(self, root: Path) -> None:
        self._inodes: dict[int, File] = {}
        self.now: Names = {}
        self.safe: Names = {}
        self._pending: list[_Change] = []
        for path, state in _walk(root):
            if stat.S_ISDIR(state.st_mode):
                self.now[str(path)] = stat.S_IMODE(state.st_mode)
            else:
                file = self._inodes.setdefault(state.st_ino, File(path.read_bytes(), stat.S_IMODE(state.st_mode)))
                self.now[str(path)] = file
        self.safe = dict(self.now)

    def apply(self, call: Call, *, share: float = 1.0) -> None:
        """``share``: of a write, how much of it."""
        if call.kind == record.WRITE:
            content = call.content[: int(len(call.content) * share)]
            file = self._inodes[call.inode]
            _grow(file.now, call.number)
            file.now[call.number : call.number + len(content)] = content
        elif call.kind == record.TRUNCATE:
            self._inodes[call.inode].cut_off(call.number)
        elif call.kind == record.FILE_SYNC:
            self._inodes[call.inode].sync()
        elif call.kind == record.FOLDER_SYNC:
            self._keep_names(call.path)
        elif call.kind == record.ALL_SYNC:
            self._keep_names(None)
            for file in self._inodes.values():
                file.sync()
        elif call.kind != record.MARK:
            self._rename(call)

    def _rename(self, call: Call) -> None:
        if call.kind == record.CREATE:
            self._inodes[call.inode] = File(b"", call.number)
        node: File | int = call.number if call.kind in (record.MKDIR, record.RMDIR) else self._inodes.get(call.inode, 0)
        if call.kind == record.RENAME and isinstance(self.now.get(call.path), int):
            node = self.now[call.path]
        change = _Change(call, node, self.now.get(call.to))
        self._pending.append(change)
        change.apply(self.now)

    def _keep_names(self, folder: str | None) -> None:
        left = []
        for change in self._pending:
            if folder is None or folder in (os.path.dirname(change.call.path), os.path.dirname(change.call.to)):
                change.apply(self.safe)
            else:
                left.append(change)
        self._pending = left
        self._keep_folders()

    def _keep_folders(self) -> None:
        """A folder in which something is durable is so itself."""
        for path in [*self.safe]:
            above = os.path.dirname(path)
            while above not in self.safe and above in self.now:
                self.safe[above] = self.now[above]
                above = os.path.dirname(above)

    def cut(self, call: Call, chance: random.Random) -> State:
        """Killed in the middle of that write, which is the next call."""
        file = self._inodes[call.inode]
        before = bytes(file.now)
        self.apply(call, share=chance.random())
        made = self.state("killed", chance)
        file.now[:] = before
        return made

    def state(self, kind: str, chance: random.Random) -> State:
        """What is on it after a crash of that kind."""
        names = self.safe if kind in ("dropped", "bytes") else self.now
        if kind == "torn":
            names = dict(self.safe)
            for change in self._pending[: chance.randint(0, len(self._pending))]:
                change.apply(names)
        made: State = {}
        for path, node in names.items():
            if isinstance(node, int):
                made[path] = node
            elif kind in ("dropped", "names"):
                made[path] = node.safe
            elif kind == "torn":
                made[path] = node.torn(chance)
            else:
                made[path] = bytes(node.now)
        return _reachable(made)


def copied(disk: Disk) -> Disk:
    """Another one, which goes its own way from here on."""
    return copy.deepcopy(disk)


def write(root: Path, state: State) -> None:
    """That state, in the folders that are there already where it has them too."""
    for path, found in sorted(_walk(root), reverse=True):
        if not stat.S_ISDIR(found.st_mode):
            path.unlink()
        elif not isinstance(state.get(str(path)), int):
            shutil.rmtree(path)
    for path, content in sorted(state.items()):
        place = Path(path)
        if isinstance(content, int):
            place.mkdir(exist_ok=True)
            place.chmod(content)
        else:
            with place.open("wb") as file:
                kept = content.rstrip(b"\0")
                file.write(kept)
                file.truncate(len(content))
            place.chmod(0o600)


def digest(state: State) -> bytes:
    """Of names and bytes."""
    made = hashlib.blake2b(digest_size=16)
    for path, content in sorted(state.items()):
        body = b"" if isinstance(content, int) else content
        made.update(b"%b\0%d\0" % (os.fsencode(path), len(body)))
        made.update(body)
    return made.digest()


def _reachable(state: State) -> State:
    """Without what stands in folders that are not there."""
    folders = {path for path, content in state.items() if isinstance(content, int)}
    top = min(folders, key=len)
    return {path: content for path, content in state.items() if path == top or os.path.dirname(path) in folders}


def _grow(content: bytearray, size_bytes: int) -> None:
    if len(content) < size_bytes:
        content.extend(bytes(size_bytes - len(content)))


def _walk(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    yield root, root.stat()
    for here, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = Path(here, name)
            state = path.lstat()
            if _is_ours(path) and (stat.S_ISDIR(state.st_mode) or stat.S_ISREG(state.st_mode)):
                yield path, state


def _is_ours(path: Path) -> bool:
    """As the shim has it."""
    return "run" not in path.parts and "cookies" not in path.parts and not path.name.endswith("-shm")
