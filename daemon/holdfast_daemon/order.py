"""What a save, a restored document and an outside change have in common: a document that wants to be a head."""

from __future__ import annotations

from dataclasses import dataclass

from holdfast_daemon.content import Placed
from holdfast_daemon.formats.base import Format
from holdfast_daemon.sites import SESSIONS_FOLDER
from holdfast_daemon.store.nouns import Session


@dataclass(frozen=True, kw_only=True, slots=True)
class Before:
    """A document that comes before it, from elsewhere, with what is said of it and the labels of its pins."""

    placed: Placed
    message: str
    pins: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A document that wants to become a session's head.

    ``folder``: the label of the session's folder, or of the one that a new session goes to.
    ``base``: the snapshot that it started from; None: the head as it was at receipt, where there is one.
    ``foreign``: it has no common ground with the session at all (a stranger's file at its path).
    ``seen``: where it stands on disk now, as somebody else put it there; None for what came over the wire or was
    displaced. The session may have another path by the time of the commit.
    ``path``: the visible path of a new session, whose file is there already; ``looks``: its signature.
    ``continues``: the session that the name must mean; where it means another by the time of the commit, it is a fork.
    ``origin``: the session that a new one was made from by its application; ``identity``: the id that a new one gets.
    ``before``: the history that a new one gets, oldest first; ``note`` and ``pins`` are a new one's too.
    ``other_names``: of a new one whose name is taken; None: it must be that name. ``unless_known``: nothing becomes of
    it where a live session has all of its documents, the one of that name where it must be that name.
    """

    app: str
    name: str
    folder: str = SESSIONS_FOLDER
    placed: Placed
    form: Format
    cause: str = "saved"
    base: bytes | None = None
    foreign: bool = False
    session: bytes | None = None
    message: str = ""
    new: bool = False
    accept: bool = False
    tags: tuple[str, ...] = ()
    path: bytes | None = None
    seen: bytes | None = None
    looks: bytes | None = None
    continues: bytes | None = None
    origin: Session | None = None
    identity: bytes | None = None
    before: tuple[Before, ...] = ()
    note: str = ""
    pins: tuple[str, ...] = ()
    other_names: tuple[str, ...] | None = None
    unless_known: bool = False

    @property
    def tree(self) -> bool:
        return self.placed.document.is_folder
