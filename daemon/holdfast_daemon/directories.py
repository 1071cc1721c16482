"""Which of the watched directories stands where. No I/O."""

from __future__ import annotations

import os

from holdfast_daemon.inotify import Registered, WatchDescriptor


class Directories:
    """Which directory stands where. A watch belongs to a directory, not to its path: moved, it is the same one."""

    def __init__(self) -> None:
        self.registered: dict[bytes, Registered] = {}
        self._paths: dict[WatchDescriptor, bytes] = {}
        self._below: dict[bytes, set[bytes]] = {}

    def path(self, wd: WatchDescriptor) -> bytes | None:
        """Where the directory of a watch stands."""
        return self._paths.get(wd)

    def put(self, path: bytes, registered: Registered) -> list[Registered]:
        """This one stands at the path now; what is to be released: another that stood there, or it elsewhere."""
        before, elsewhere = self.registered.get(path), self._paths.get(registered.wd)
        released = []
        if before is not None and before.wd != registered.wd:
            released += self.drop(path)
        elif before is not None:
            released.append(before)
        if elsewhere is not None and elsewhere != path:
            released += self.drop(elsewhere)
        self.registered[path] = registered
        self._paths[registered.wd] = path
        if path:
            self._below.setdefault(os.path.dirname(path), set()).add(path)
        return released

    def drop(self, path: bytes) -> list[Registered]:
        """Forget it and all below; what is to be released."""
        released, waiting = [], [path]
        self._below.get(os.path.dirname(path), set()).discard(path)
        while waiting:
            each = waiting.pop()
            waiting += self._below.pop(each, ())
            registered = self.registered.pop(each, None)
            if registered is not None:
                del self._paths[registered.wd]
                released.append(registered)
        return released
