"""The folders that are watched now, as those see them who put sessions there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from holdfast_daemon.formats.base import Layout
from holdfast_daemon.layouts import ARCHIVE, enters, is_folder_session, session_path
from holdfast_protocol.errors import NotFound

SESSIONS_FOLDER = "sessions"

#: In the sessions folder, below an application's own: where the files of archived sessions are.
ARCHIVED = os.fsencode(ARCHIVE) + b"/"


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """One folder: its label, its root, its application (None: the sessions folder, which holds every one's), and where
    in it sessions are."""

    label: str
    root: bytes
    app: str | None
    layout: Layout

    @property
    def is_adopted(self) -> bool:
        """An application's own folder: nothing is written there unless a person asks for it by name."""
        return self.app is not None

    def whole(self, path: bytes) -> bytes:
        """The absolute path of one relative to the root."""
        return os.path.join(self.root, path) if path else self.root

    def home(self, app: str, *, is_folder: bool, archived: bool = False) -> bytes:
        """Before the name of a new session: a relative folder with its ``/``, or nothing."""
        if self.app is None:
            return os.fsencode(app) + b"/" + (ARCHIVED if archived else b"")
        home = os.fsencode(self.layout.new_folder if is_folder else self.layout.new_file)
        return home + b"/" if home else b""

    def archived(self, path: bytes, before: bool) -> bool:
        """Whether a session is archived whose file somebody put there: in the sessions folder its place says so."""
        return before if self.is_adopted else path.startswith(ARCHIVED, path.find(b"/") + 1)

    def is_kept_free(self, path: bytes) -> bool:
        """Whether the folder of archived sessions goes there."""
        return not self.is_adopted and path.partition(b"/")[2] == ARCHIVED[:-1]

    def is_fixed(self, path: bytes) -> bool:
        """Whether the session there is a folder that only its application may move or remove."""
        return self.layout.fixed and is_folder_session(self.layout, path)

    def enters_below(self, path: bytes) -> Callable[[bytes], bool]:
        """Which folders below a session's, by their path relative to it, belong to it."""
        prefix = path + b"/" if path else b""
        return lambda folder: enters(self.layout, prefix + folder)

    def belongs(self, path: bytes, file: bytes) -> bool:
        """Whether a document's file is one of the session at ``path``, and no other's."""
        return not file or session_path(self.layout, path + b"/" + file if path else file) == path

    def app_of(self, path: bytes) -> str:
        """The application of a session there."""
        return self.app if self.app is not None else os.fsdecode(path.split(b"/", 1)[0])


class Sites:
    """By label. For any thread: a folder is put or taken as a whole."""

    def __init__(self) -> None:
        self._sites: dict[str, Site] = {}

    def put(self, site: Site) -> None:
        self._sites[site.label] = site

    def drop(self, label: str) -> None:
        self._sites.pop(label, None)

    def __contains__(self, label: object) -> bool:
        return label in self._sites

    def __getitem__(self, label: str) -> Site:
        """Raises NotFound."""
        site = self._sites.get(label)
        if site is None:
            raise NotFound(
                f"The folder {label!r} is not watched; holdfast folder add watches it again, and "
                "holdfast restore REF --as NAME brings a session of it into the sessions folder",
                folder=label,
            )
        return site

    def at(self, path: bytes) -> Iterator[tuple[str, bytes]]:
        """Label and relative path of an absolute one, in each folder that it lies in."""
        for site in self._sites.values():
            start = site.root.rstrip(b"/") + b"/"
            if path.startswith(start):
                yield site.label, path[len(start) :]

    def adopted_for(self, app: str) -> list[Site]:
        """The application's own folders."""
        return [site for site in self._sites.values() if site.app == app]
