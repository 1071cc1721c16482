"""What somebody may do here, and who may come over the network: the file ``allowed_keys`` as it is at the moment.

It is looked at again whenever somebody knocks, and every second. Where it cannot be understood, or others can read it,
nobody comes over the network until it is mended: an old list might let in whom the new one revokes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.keys import ALLOWED, Allowed, read_allowed
from holdfast_protocol.roles import ADMIN


@dataclass(frozen=True, slots=True)
class Grant:
    """``author``: as whom; ``role``: one of ``ROLES``; ``apps``: the only applications that there are, None: all.
    ``key``: by which key, "" over the daemon's own socket. ``is_owner``: the daemon runs as this user."""

    author: str
    role: str = ADMIN
    apps: tuple[str, ...] | None = None
    key: str = ""
    is_owner: bool = False


class Grants:
    """For the loop only. ``problem``: why nobody is let in, for people."""

    def __init__(self, directory: str) -> None:
        self._path = os.path.join(directory, ALLOWED)
        self._seen: tuple[int, ...] | None = None
        self._known: dict[str, Grant] = {}
        self.problem = ""

    def check(self) -> None:
        """Raises NotAllowed, BadField, Unreadable where the file is not as it must be."""
        read_allowed(self._path)

    def of(self, key: str) -> Grant | None:
        """What this key may now; None: nothing."""
        self.renew()
        return self._known.get(key)

    def renew(self) -> None:
        """Look whether the file is another one by now."""
        try:
            state = os.stat(self._path)
            seen: tuple[int, ...] = (
                state.st_ino,
                state.st_mtime_ns,
                state.st_ctime_ns,
                state.st_size,
                state.st_mode,
                state.st_uid,
            )
        except OSError:
            seen = ()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            self._known, self.problem = {each.key: _granted(each) for each in read_allowed(self._path)}, ""
        except HoldfastError as problem:
            self._known, self.problem = {}, f"Nobody is let in over the network: {problem.sentence}"


def _granted(entry: Allowed) -> Grant:
    return Grant(entry.name, entry.role, entry.apps, entry.key)
