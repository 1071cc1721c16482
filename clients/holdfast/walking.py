"""What lies in a folder that somebody names: regular files and folders, never what a link points to."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from holdfast_protocol.errors import Unreadable
from holdfast_protocol.names import shown

#: Folders that hold no sessions of their own, however many files: histories, packages, caches, and the copy of a whole
#: project that AiderDesk makes for a task.
PASSED = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", "site-packages", ".venv", "venv", ".tox", "worktree"}
)


class Listing(NamedTuple):
    """What lies directly in a folder, by name: ``files`` with their sizes in bytes."""

    files: list[tuple[str, int]]
    folders: list[str]


def listing(folder: str, device: int) -> Listing:
    """``device``: of the file system that is not left. Raises Unreadable."""
    files, folders = [], []
    with reading(folder), os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in PASSED and entry.stat(follow_symlinks=False).st_dev == device:
                    folders.append(entry.path)
            elif entry.is_file(follow_symlinks=False):
                files.append((entry.path, entry.stat(follow_symlinks=False).st_size))
    return Listing(files, folders)


def files_below(
    folder: str, left_out: Callable[[str], object], passed: Collection[str] = (), prefix: bytes = b""
) -> Iterator[tuple[bytes, Path]]:
    """Regular files, by their path below the folder, but those in folders that are ``passed``; ``left_out`` is told of
    what is no file. Raises OSError."""
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + os.fsencode(entry.name)
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in passed:
                    yield from files_below(entry.path, left_out, passed, path + b"/")
            elif entry.is_file(follow_symlinks=False):
                yield path, Path(entry.path)
            else:
                left_out(entry.path)


def beginning(path: str, size_bytes: int, *, follow: bool) -> bytes:
    """The first bytes of a regular file; of what a link points to only where that is meant (``follow``). Raises
    Unreadable."""
    with reading(path):
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(path, flags if follow else flags | os.O_NOFOLLOW)
        with open(descriptor, "rb", buffering=0) as file:
            return file.read(size_bytes)


@contextmanager
def reading(name: str) -> Iterator[None]:
    """The system's refusal as a sentence that names the file. Raises Unreadable."""
    try:
        yield
    except FileNotFoundError as problem:
        raise Unreadable(f"There is no file {shown(problem.filename)}", path=name) from problem
    except OSError as problem:
        raise Unreadable(
            f"{shown(problem.filename or name)} cannot be read: {problem.strerror}", path=name
        ) from problem
