"""Who of this machine may use a shared store: the users and groups of the configuration, by the kernel's word.

What the configuration names is looked up once, when it is read; which groups a caller has is asked of the system's
user database at each connection, so who was taken out of a group does not come in again.
"""

from __future__ import annotations

import grp
import os
import pwd
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from typing import NamedTuple

from holdfast_daemon.grants import Grant
from holdfast_protocol.errors import BadField
from holdfast_protocol.roles import ROLES

GROUP = "@"
#: Beyond it the kernel has none, and the number below means "no such user".
_LARGEST = (1 << 32) - 2


@dataclass(frozen=True, slots=True)
class Access:
    """Of whom each may ``read``, ``write`` and ``admin``: users by name or number, groups by ``@name`` or ``@number``.
    Whoever is named twice has the greater role."""

    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for role in fields(self):
            for name in getattr(self, role.name):
                if not name.removeprefix(GROUP) or not name.isprintable() or " " in name:
                    field = f"access.{role.name}"
                    raise BadField(f"{field}: {name!r} is no user and no @group", field=field)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The same in numbers, as they were when it was looked up: of users and groups to roles. ``unknown``: what was
    written and is nobody's."""

    users: dict[int, str]
    groups: dict[int, str]
    unknown: tuple[str, ...] = ()

    def role(self, user: int, groups: Callable[[], Collection[int]]) -> str | None:
        """None: not let in. ``groups`` are asked for where the user alone does not say all."""
        found = [self.users[user]] if user in self.users else []
        if found != [ROLES[-1]] and self.groups:
            found += [self.groups[each] for each in groups() if each in self.groups]
        return max(found, key=ROLES.index, default=None)


class Known(NamedTuple):
    """Whom the kernel knows at the other end of a connection: numbers."""

    user: int
    group: int
    process: int


class Users:
    """Who of this machine is let in. ``owner``: as whom the daemon runs."""

    def __init__(self, owner: int, access: Access | None) -> None:
        """``access`` is a shared store's; None: there is the owner alone."""
        self._owner = owner
        self.are_several = access is not None
        self.allow(access or Access())

    def allow(self, access: Access) -> None:
        """From now on."""
        self._allowed = looked_up(access)

    @property
    def problems(self) -> tuple[str, ...]:
        """Who was named, and is nobody."""
        return self._allowed.unknown

    def of(self, known: Known) -> Grant | None:
        """What somebody may; None: nothing."""
        if known.user == self._owner:
            return Grant(name_of(known.user), is_owner=True)
        role = self._allowed.role(known.user, lambda: groups_of(known.user, known.group))
        return None if role is None else Grant(name_of(known.user), role)


def caller(address: str) -> Known | None:
    """Of libzmq's word for a local peer, ``localhost:UID:GID:PID``, which it has from the kernel (SO_PEERCRED)."""
    found = re.fullmatch(r"localhost:(\d+):(\d+):(\d+)", address)
    return None if found is None else Known(*map(int, found.groups()))


def name_of(user: int) -> str:
    """The author of what a user does."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def looked_up(access: Access) -> Allowed:
    """The least role first: a greater one of the same user replaces it."""
    users: dict[int, str] = {}
    groups: dict[int, str] = {}
    unknown = []
    for role in ROLES:
        for name in getattr(access, role):
            bare = name.removeprefix(GROUP)
            number = _number(bare, is_group=bare != name)
            if number is None:
                unknown.append(f"access.{role} names {name}, whom this machine does not know")
            else:
                (users if bare == name else groups)[number] = role
    return Allowed(users, groups, tuple(unknown))


def groups_of(user: int, group: int) -> list[int]:
    """All of a user's: the one that its process has, and those that the user database gives it."""
    try:
        known = pwd.getpwuid(user)
    except KeyError:
        return [group]
    return [group, *os.getgrouplist(known.pw_name, known.pw_gid)]


def _number(name: str, *, is_group: bool) -> int | None:
    if name.isdecimal():
        return int(name) if int(name) <= _LARGEST else None
    try:
        return grp.getgrnam(name).gr_gid if is_group else pwd.getpwnam(name).pw_uid
    except KeyError:
        return None
