"""What a client's saves start from: of each session the revision that it last saw, by the session's id.

A name may come to mean another session (a rename, a deletion, a new one): what was seen under it belongs to the id.
"""

from __future__ import annotations

from typing import NamedTuple

from holdfast_protocol.messages import Saved
from holdfast_protocol.model import SessionRow

_Name = tuple[str, str | None, str]


class Base(NamedTuple):
    """A save continues ``session`` (an id) from ``revision``, under ``name``."""

    session: str
    name: str
    revision: int


class Bases:
    """The bases of one client. A name stands for the session that was last loaded or saved under it, which after a
    fork is the fork: so a client that goes on saving goes on in its own fork, and makes no further one."""

    def __init__(
        self, named: dict[_Name, tuple[str, str]] | None = None, revisions: dict[str, int] | None = None
    ) -> None:
        self._named = {} if named is None else named
        self._revisions = {} if revisions is None else revisions

    def once(self) -> Bases:
        """The same, but a session's base is given out once: what is saved after that continues what that made."""
        return _Once(self._named, self._revisions)

    def of(self, app: str, folder: str | None, name: str) -> Base | None:
        """What a save under this name starts from; None: from whatever is the head."""
        if (app, folder, name) not in self._named:
            return None
        session, current = self._named[app, folder, name]
        return Base(session, current, self._revisions[session])

    def seen(self, session: SessionRow, asked: tuple[str | None, str] | None = None) -> None:
        """This client has what is the head of ``session`` now. ``asked``: folder and name that it said."""
        self._revisions[session.id] = session.revision
        self._name(session, (session.folder, session.name), (None, session.name))
        if asked is not None:
            self._name(session, asked, (session.folder, asked[1]), (None, asked[1]))

    def saved(self, saved: Saved, asked: tuple[str | None, str] | None = None) -> None:
        """The same after a save, where its document is the head: a merge holds what this client has not seen, and
        beside a suspect, or a save without news, the head may be anything."""
        if saved.outcome in ("saved", "unchanged", "forked") and saved.snapshot == saved.session.head:
            self.seen(saved.session, asked)

    def renamed(self, session: SessionRow) -> None:
        """The new name of a session that was seen stands for it too; the old one does until it is loaded again."""
        if session.id in self._revisions:
            self._name(session, (session.folder, session.name), (None, session.name))

    def _name(self, session: SessionRow, *names: tuple[str | None, str]) -> None:
        for folder, name in names:
            self._named[session.app, folder, name] = session.id, session.name


class _Once(Bases):
    def __init__(self, named: dict[_Name, tuple[str, str]], revisions: dict[str, int]) -> None:
        super().__init__(named, revisions)
        self._given: set[str] = set()

    def of(self, app: str, folder: str | None, name: str) -> Base | None:
        base = super().of(app, folder, name)
        if base is None or base.session in self._given:
            return None
        self._given.add(base.session)
        return base
