"""All folders that are watched: the sessions folder, and those that were adopted."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from holdfast_daemon import layouts
from holdfast_daemon.content import Content
from holdfast_daemon.cookies import Cookies
from holdfast_daemon.elsewhere import moved_on
from holdfast_daemon.fault import Faults
from holdfast_daemon.folder import WatchedFolder
from holdfast_daemon.folders_root import AdoptedRoot, MarkedRoot, Root
from holdfast_daemon.formats.base import Format
from holdfast_daemon.holding import Holding
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.mounts import deaf, read_mountinfo
from holdfast_daemon.neighbours import Neighbours
from holdfast_daemon.outside import Outside
from holdfast_daemon.publisher import Publisher
from holdfast_daemon.saving import Saving
from holdfast_daemon.sessions import SESSIONS_FOLDER, Sessions
from holdfast_daemon.sites import Site
from holdfast_daemon.staging import Staging
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Folder
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.model import FolderRow

#: How long the end of the daemon waits for an adopted folder's file system.
STOP_SECONDS = 10.0
SETTLE_SECONDS = 30.0
FOLLOW_SECONDS = 10.0
#: At least this share of a folder's sessions must be there for another inode to be the same folder.
AGREEING_SHARE = 2 / 3


class House(NamedTuple):
    """What every folder is built with."""

    sessions: Sessions
    saving: Saving
    lifecycle: Lifecycle
    content: Content
    formats: Mapping[str, Format]
    faults: Faults
    store: str
    environment: Mapping[str, str]


class Folders:
    """Built and stopped in the daemon's loop. ``wake`` may be called from anywhere."""

    def __init__(self, house: House, root: MarkedRoot, path: bytes, loop: asyncio.AbstractEventLoop) -> None:
        """``root`` and ``path`` are the sessions folder's."""
        self._house = house
        self._catalog = house.sessions.catalog
        self._loop = loop
        self._holding = Holding(house.sessions)
        self._folders: dict[str, WatchedFolder] = {}
        self._cookies = Cookies(os.path.join(os.fsencode(house.store), b"cookies"))
        self._sessions_root = root
        self._sessions_path = path
        self._elsewhere: list[str] = []
        self._unread: dict[tuple[str, bytes], int] = {}
        self._following: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Every folder that was not removed; the sessions folder first."""
        with contextlib.suppress(OSError):  # no watch can be had: each folder says so, and is polled
            self._cookies.start()
        own = Site(label=SESSIONS_FOLDER, root=self._sessions_path, app=None, layout=layouts.SESSIONS)
        adopted = [folder for folder in self._catalog.reader.folders() if folder.app is not None and not folder.removed]
        for site in (own, *map(self._site, adopted)):  # before any is looked at: a file may have moved between them
            self._house.sessions.sites.put(site)
        for opened in [self._opened(own, None), *(self._opened(self._site(folder), folder) for folder in adopted)]:
            opened.start()
        self._following = self._loop.create_task(self._follow())

    async def stop(self) -> None:
        """After the publications that wait."""
        if self._following is not None:
            self._following.cancel()
        folders, self._folders = self._folders, {}
        await asyncio.gather(
            *(asyncio.to_thread(each.stop, STOP_SECONDS if each.site.is_adopted else None) for each in folders.values())
        )
        self._cookies.stop()

    def open(self, folder: Folder) -> None:
        """Watch an adopted folder from now on."""
        self._opened(self._site(folder), folder).start()

    def _site(self, folder: Folder) -> Site:
        assert folder.app is not None
        form = self._house.formats.get(folder.app, self._house.formats["plain"])
        layout = form.layouts.get(folder.layout) or next(iter(form.layouts.values()))
        return Site(label=folder.label, root=folder.root, app=folder.app, layout=layout)

    async def close(self, label: str) -> None:
        """Watch it no longer."""
        folder = self._folders.pop(label, None)
        if folder is not None:
            await asyncio.to_thread(folder.stop, STOP_SECONDS)
        self._house.sessions.sites.drop(label)

    def is_open(self, label: str) -> bool:
        """Whether a program still writes to a file of this folder that was replaced under it."""
        return label in self._folders and self._folders[label].is_open

    def __contains__(self, label: object) -> bool:
        return label in self._folders

    @property
    def problems(self) -> list[str]:
        """For people: which folders are held, and what in any of them cannot be read or written."""
        held = {folder.label: folder.held for folder in self._catalog.reader.folders() if folder.held}
        return [
            *(f"{label}: {held[label]}" for label in self._folders if label in held),
            *(problem for folder in self._folders.values() for problem in folder.problems),
            *self._elsewhere,
        ]

    @property
    def watching(self) -> bool:
        """Whether the sessions folder is there."""
        folder = self._folders.get(SESSIONS_FOLDER)
        return folder is not None and folder.watching

    def wake(self) -> None:
        """Something was committed; there may be something to publish."""
        for folder in [*self._folders.values()]:
            folder.wake()

    async def published(self, label: str, path: bytes, seconds: float) -> str | None:
        """Once the path shows what was wanted at this moment, or cannot, or that time is over: why it does not."""
        folder = self._folders.get(label)
        if folder is None:
            return None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await folder.published(path)
        return folder.unshown(path)

    async def scan(self, labels: Sequence[str], *, verify: bool = False) -> None:
        """Once a scan of each that began after this is done."""
        await asyncio.gather(*(folder.scan(verify=verify) for folder in self._open_ones(labels)))

    async def accept(self, label: str, author: str) -> None:
        """What is missing in a folder is deleted."""
        for folder in self._open_ones([label]):
            await asyncio.to_thread(folder.accept, author)

    async def settle(self, labels: Sequence[str]) -> None:
        """Once everything that was on disk when this was asked is in the store."""
        handed_out = asyncio.Event()
        try:
            self._cookies.ask(partial(self._in_loop, handed_out.set))
            async with asyncio.timeout(SETTLE_SECONDS):
                await handed_out.wait()
        except (TimeoutError, OSError):  # a watch that does not tell, or no room for a cookie: only a scan knows
            await self.scan(labels)
        else:
            await asyncio.gather(*(folder.settled() for folder in self._open_ones(labels)))

    async def _follow(self) -> None:
        """Applications are asked again and again where they keep their sessions, as they ask themselves."""
        while True:
            sites = [folder.site for folder in self._folders.values()]
            if any(site.is_adopted for site in sites):
                self._elsewhere = await asyncio.to_thread(
                    moved_on, sites, self._house.formats, self._house.environment
                )  # fmt: skip
            await asyncio.sleep(FOLLOW_SECONDS)

    def _in_loop(self, work: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(work)

    @property
    def labels(self) -> list[str]:
        """Those watched now; the sessions folder first."""
        return [*self._folders]

    def rows(self, labels: Sequence[str] | None = None) -> list[FolderRow]:
        """What people are told of each."""
        known = {folder.label: folder for folder in self._catalog.reader.folders()}
        opened = self._open_ones(self.labels if labels is None else labels)
        return [self._row(folder, known[folder.site.label]) for folder in opened if folder.site.label in known]

    def _open_ones(self, labels: Sequence[str]) -> list[WatchedFolder]:
        """Those of them that are not being removed."""
        return [self._folders[label] for label in labels if label in self._folders]

    def _row(self, folder: WatchedFolder, row: Folder) -> FolderRow:
        reader = self._catalog.reader
        watching = "" if not folder.watching else "polling" if folder.polls else "events"
        return FolderRow(
            label=row.label, path=folder.site.root, app=row.app, layout=row.layout, watching=watching,
            watch_note=folder.poll_note or "", sessions_count=reader.sessions_in(row.label),
            missing_count=self._missing_count(folder, row), held=row.held,
            scanned=folder.scanned, scanning=folder.scanning,
            problems=[each.encode("utf-8", "backslashreplace").decode() for each in folder.problems],
        )  # fmt: skip

    def _missing_count(self, folder: WatchedFolder, row: Folder) -> int:
        reader = self._catalog.reader
        if row.held is None:
            return 0
        return reader.missing_count(row.label) if folder.watching else reader.sessions_in(row.label)

    def _opened(self, site: Site, folder: Folder | None) -> WatchedFolder:
        """Known to the others, which wait for what may come to it; to be started."""
        house = self._house
        house.sessions.sites.put(site)
        root: Root = self._sessions_root if folder is None else self._adopted_root(site, folder)
        asked = folder is not None and folder.polled

        def why_poll() -> str | None:
            return "it is to be polled" if asked else _deafness(site.root)

        opened = WatchedFolder(site, root, house.sessions, self._holding, house.faults, why_poll, self._loop)
        outside = Outside(
            site, house.sessions, house.saving, house.lifecycle, house.content, self._loop, opened.look_again,
            self._unread,
        )  # fmt: skip
        name = "staging" if folder is None else f"staging-{hash_of(site.label.encode())[:8].hex()}"
        staging = Staging(house.store, site.root, name)
        publisher = Publisher(
            site, staging, self._catalog, house.content, house.faults, outside.keep_displaced, opened.wake
        )  # fmt: skip
        opened.equip(outside, publisher, Neighbours(site.label, lambda: [*self._folders.values()]))
        self._folders[site.label] = opened
        return opened

    def _adopted_root(self, site: Site, folder: Folder) -> AdoptedRoot:
        reader = self._catalog

        def agrees() -> bool:
            paths = [*reader.reader.visible_seen(site.label)]
            there = sum(os.path.lexists(site.whole(path)) for path in paths)
            return there >= AGREEING_SHARE * len(paths)

        def met(number: int) -> None:
            def work(tx: Transaction) -> None:
                row = tx.folder(site.label)
                if row is not None:
                    tx.put_folder(row.but(inode=number))

            self._catalog.submit(work).result()

        return AdoptedRoot(site.root, folder.inode, agrees, met)


def _deafness(path: bytes) -> str | None:
    kind = deaf(os.path.realpath(path), read_mountinfo())
    return None if kind is None else f"{kind} does not tell of changes made elsewhere"
