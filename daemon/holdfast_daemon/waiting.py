"""Whoever waits for a folder: for a path to be shown, for a scan, or for all that is marked to be looked at."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Container, Mapping
from typing import NamedTuple

from holdfast_daemon.store.base import Catalog

Future = asyncio.Future[None]


class _Looks(NamedTuple):
    """Somebody who asked at that moment for these paths to be looked at."""

    since: float
    paths: set[bytes]
    future: Future


class Waiting:
    """Futures of the daemon's loop, done from the folder's thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, catalog: Catalog, label: str) -> None:
        self._loop = loop
        self._catalog = catalog
        self._label = label
        self._lock = threading.Lock()
        self._paths: list[tuple[bytes, Future]] = []
        self._next_scan: list[Future] = []
        self._this_scan: list[Future] = []
        self._looks: list[_Looks] = []
        self._scan_began = 0.0

    def for_path(self, path: bytes) -> Future:
        """Done once the path shows what is wanted there."""
        with self._lock:
            self._paths.append((path, future := self._loop.create_future()))
        return future

    def for_scan(self) -> Future:
        """Done after a scan that begins later than now."""
        with self._lock:
            self._next_scan.append(future := self._loop.create_future())
        return future

    def for_looks(self, paths: set[bytes]) -> Future:
        """Done once these have been looked at."""
        with self._lock:
            self._looks.append(_Looks(time.monotonic(), paths, future := self._loop.create_future()))
        return future

    def scan_begins(self) -> None:
        with self._lock:
            self._this_scan, self._next_scan = [*self._this_scan, *self._next_scan], []
            self._scan_began = time.monotonic()

    def failed(self) -> None:
        """Whoever waits for a scan or a look waits for the next scan."""
        with self._lock:
            looks = [each.future for each in self._looks]
            self._next_scan, self._this_scan, self._looks = [*self._this_scan, *self._next_scan, *looks], [], []

    def scanned(self, reading: set[bytes]) -> None:
        """``reading``: what the scan found and is still being read; that is waited for, as after a look."""
        with self._lock:
            done, self._this_scan = self._this_scan, []
            self._looks += [_Looks(self._scan_began, reading, future) for future in done]

    def looked(self, marked: Container[bytes], read: Mapping[bytes, float], *, keeping: bool) -> None:
        """What is not marked any more has been looked at, and so has what was ``read`` from a moment on that lies
        behind the question, though it may be changing on and on. ``keeping``: something that was displaced is still on
        its way into the history."""
        with self._lock:
            waiting = [
                each._replace(
                    paths={
                        path for path in each.paths if path in marked and read.get(path, each.since - 1) < each.since
                    }
                )
                for each in self._looks
            ]
            self._looks = [each for each in waiting if each.paths or keeping]
        self._finish([each.future for each in waiting if not each.paths and not keeping])

    def shown(self, problems: Mapping[bytes, str]) -> bool:
        """Ends the waiting for what is shown, or cannot be. Whether somebody waits on."""
        with self._lock:
            if not self._paths:
                return False
            waiting, self._paths = self._paths, []
        reader = self._catalog.reader
        done = []
        for path, future in waiting:
            row = reader.visible(self._label, path)
            if row is None or row.published == row.wanted or path in problems:
                done.append(future)
            else:
                with self._lock:
                    self._paths.append((path, future))
        self._finish(done)
        return len(done) < len(waiting)

    def end(self) -> None:
        """The folder is not there, or nobody looks any more: nothing can be waited for."""
        with self._lock:
            done = [*self._this_scan, *self._next_scan]
            done += [*(each.future for each in self._looks), *(future for _, future in self._paths)]
            self._this_scan, self._next_scan, self._looks, self._paths = [], [], [], []
        self._finish(done)

    def _finish(self, futures: list[Future]) -> None:
        if futures:
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any longer
                self._loop.call_soon_threadsafe(_finish_all, futures)


def _finish_all(futures: list[Future]) -> None:
    for future in futures:
        if not future.done():
            future.set_result(None)
