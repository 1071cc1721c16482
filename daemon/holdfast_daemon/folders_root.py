"""Is this the folder that the store's sessions are in? A missing disk must not look like everything deleted.

The folder bears a mark: a file with the store's id. While the daemon runs, device and inode tell it as well.
"""

from __future__ import annotations

import os

from holdfast_daemon.visible_files import OWN_PREFIX

MARK = OWN_PREFIX + b"folder"


class Root:
    """The sessions folder as a whole."""

    def __init__(self, path: bytes, store_id: bytes, *, fresh: bool) -> None:
        """``fresh``: the store shows no file yet, so nothing can be missing from the folder, or never marked one."""
        self.path = path
        self._mark = os.path.join(path, MARK)
        self._identity: tuple[int, int] | None = None
        self._id = store_id.hex().encode()
        if fresh:
            os.makedirs(path, exist_ok=True)
            self._write_mark()

    def is_there(self) -> bool:
        """Once seen with its mark, it is known by device and inode, and a mark that was removed is written again."""
        identity = _identity(self.path)
        if identity is None or self._identity not in (None, identity):
            return False
        if self._read_mark() != self._id:
            if self._identity is None:
                return False
            self._write_mark()
        self._identity = identity
        return True

    @property
    def problem(self) -> str:
        """For people, where it is not there."""
        folder, mark = os.fsdecode(self.path), os.fsdecode(self._mark)
        return (
            f"The sessions folder {folder} is gone, or another one stands in its place: nothing in it is touched or "
            f"taken for deleted. Put it back; if this is the right one, write {self._id.decode()} into {mark}"
        )

    def _read_mark(self) -> bytes:
        try:
            with open(self._mark, "rb") as source:
                return source.read(64).strip()
        except OSError:
            return b""

    def _write_mark(self) -> None:
        with open(self._mark, "wb") as target:
            target.write(self._id + b"\n")


def _identity(path: bytes) -> tuple[int, int] | None:
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_dev, state.st_ino
