"""A watched folder on disk, and what others do in it: half of the model of ``test_random_operations.py``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from e2e_daemon import renardo

#: Application → what its session files end in.
SUFFIXES = {"notes": b"", "renardo": b".py"}
#: What an editor puts beside a file, and no layout takes for a session.
HIDDEN = b".%s.swp"
NAMES_COUNT = 40
LINES_COUNT = 12


class Link(NamedTuple):
    """A symbolic link, and what is in the file that it points to."""

    target: bytes
    content: bytes


Entry = bytes | Link


class Watched:
    """A folder of one application: adopted, or its folder in the sessions folder (``prefix`` is then how paths of its
    sessions begin). ``files`` is what should be there; every method that changes the disk changes it too."""

    def __init__(self, label: str, root: Path, app: str, *, prefix: bytes = b"") -> None:
        self.label = label
        self.root = os.fsencode(root)
        self.suffix = SUFFIXES[app]
        self.prefix = prefix
        self.adopted = not prefix
        self.files: dict[bytes, Entry] = {}
        self.folders: set[bytes] = set()
        os.makedirs(self.root, exist_ok=True)

    def whole(self, leaf: bytes) -> bytes:
        return os.path.join(self.root, leaf)

    def name(self, number: int) -> bytes:
        """One of a few file names; some differ in case only, one is not UTF-8."""
        number %= NAMES_COUNT
        stem = b"caf\xe9" if number == 13 else (b"N%02d" if number % 5 == 4 else b"n%02d") % (number - number % 5 // 4)
        return stem + self.suffix

    def free(self, number: int) -> bytes:
        """A name that nothing has: the first such from this number on."""
        names = (self.name(number + step) for step in range(NAMES_COUNT))
        return next((name for name in names if name not in self.files), b"spare-%d" % number + self.suffix)

    def pick(self, number: int) -> bytes | None:
        """One of the regular files that are sessions."""
        found = self.sessions()
        return found[number % len(found)] if found else None

    def sessions(self) -> list[bytes]:
        """The regular files that are sessions, in order."""
        return sorted(leaf for leaf, entry in self.files.items() if isinstance(entry, bytes) and self.is_session(leaf))

    def is_session(self, leaf: bytes) -> bool:
        return leaf.endswith(self.suffix) and not (leaf.startswith(b".") and leaf.endswith(b".swp"))

    def contents(self) -> set[bytes]:
        """What the sessions' files have in them."""
        return {self.content(leaf) for leaf in self.sessions()}

    def links(self) -> list[bytes]:
        return sorted(leaf for leaf, entry in self.files.items() if isinstance(entry, Link))

    def on_disk(self) -> dict[bytes, Entry]:
        """What is there, read past the daemon."""
        found: dict[bytes, Entry] = {}
        for entry in os.scandir(self.root):
            if entry.is_symlink():
                target = os.readlink(entry.path)
                found[entry.name] = Link(target, _read(target))
            elif not entry.is_dir():
                found[entry.name] = _read(entry.path)
        return found

    def folders_on_disk(self) -> set[bytes]:
        return {entry.name for entry in os.scandir(self.root) if entry.is_dir(follow_symlinks=False)}

    # What others do there, with the system calls that they do it with.

    def create(self, leaf: bytes, content: bytes) -> None:
        with open(self.whole(leaf), "xb") as target:
            target.write(content)
        self.files[leaf] = content

    def put(self, leaf: bytes, content: bytes) -> None:
        """Whatever is there."""
        (self.overwrite if leaf in self.files else self.create)(leaf, content)

    def overwrite(self, leaf: bytes, content: bytes) -> None:
        """In place, as most applications save: emptied first."""
        with open(self.whole(leaf), "wb") as target:
            target.write(content)
        self.files[leaf] = content

    def replace(self, leaf: bytes, content: bytes, beside: bytes) -> None:
        """By rename, as editors save; ``beside`` is the name of the new file before."""
        with open(self.whole(beside), "xb") as target:
            target.write(content)
        os.replace(self.whole(beside), self.whole(leaf))
        self.files[leaf] = content

    def append(self, leaf: bytes, content: bytes) -> None:
        with open(self.whole(leaf), "ab") as target:
            target.write(content)
        self.files[leaf] = self.content(leaf) + content

    def cut(self, leaf: bytes, size_bytes: int) -> None:
        os.truncate(self.whole(leaf), size_bytes)
        self.files[leaf] = self.content(leaf)[:size_bytes]

    def same_looks(self, leaf: bytes, content: bytes) -> None:
        """Other bytes of the same size, and the time of the change put back, as ``rsync -t`` may."""
        state = os.stat(self.whole(leaf))
        content = content[: state.st_size].ljust(state.st_size, b".")
        with open(self.whole(leaf), "r+b") as target:
            target.write(content)
        os.utime(self.whole(leaf), ns=(state.st_atime_ns, state.st_mtime_ns))
        self.files[leaf] = content

    def touch(self, leaf: bytes) -> None:
        os.utime(self.whole(leaf))

    def delete(self, leaf: bytes) -> None:
        os.unlink(self.whole(leaf))
        del self.files[leaf]

    def move(self, leaf: bytes, other: Watched, to: bytes) -> None:
        """Within the folder, or to another one; over what is there."""
        os.replace(self.whole(leaf), other.whole(to))
        other.files[to] = self.files.pop(leaf)

    def take_out(self, leaf: bytes, trash: bytes) -> None:
        """To a place that nobody watches."""
        os.replace(self.whole(leaf), trash)
        del self.files[leaf]

    def put_back(self, leaf: bytes, trash: bytes) -> None:
        os.replace(trash, self.whole(leaf))
        self.files[leaf] = _read(self.whole(leaf))

    def copy(self, leaf: bytes, to: bytes) -> None:
        shutil.copyfile(self.whole(leaf), self.whole(to))
        self.files[to] = self.files[leaf]

    def link(self, leaf: bytes, target: bytes) -> None:
        """In the place of the file."""
        os.unlink(self.whole(leaf))
        os.symlink(target, self.whole(leaf))
        self.files[leaf] = Link(target, _read(target))

    def toggle_folder(self, name: bytes) -> None:
        """An empty folder comes, or goes."""
        if name in self.folders:
            self.folders.remove(name)
            os.rmdir(self.whole(name))
        else:
            self.folders.add(name)
            os.mkdir(self.whole(name))

    def content(self, leaf: bytes) -> bytes:
        entry = self.files[leaf]
        assert isinstance(entry, bytes)
        return entry


def document(app: str, number: int) -> bytes:
    """A session file that no other is like: now and then one so large that it can be cut, some of one line."""
    count = 200 if number % 4 == 0 else 1 if number % 7 == 0 else LINES_COUNT
    lines = [f"line {each} of {number}" for each in range(count)]
    if app == "renardo":
        half = len(lines) // 2
        return renardo(f"Clock.bpm = {number}", drums="\n".join(lines[:half]), bass="\n".join(lines[half:]))
    return ("\n".join(lines) + "\n").encode()


def edited(content: bytes, number: int) -> bytes:
    """The same with another line somewhere, which a merge may bring together with other such."""
    lines = content.split(b"\n")
    at = number * 5 % len(lines)
    return b"\n".join([*lines[:at], b"edit %d" % number, *lines[at + 1 :]])


def _read(path: str | bytes) -> bytes:
    with open(path, "rb") as source:
        return source.read()
