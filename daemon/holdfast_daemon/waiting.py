"""Whoever waits for a folder: for a path to be shown, for a scan, or for all that is marked to be looked at."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Container, Mapping

from holdfast_daemon.store.base import Catalog

Future = asyncio.Future[None]


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
        self._looks: list[tuple[set[bytes], Future]] = []

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
            self._looks.append((paths, future := self._loop.create_future()))
        return future

    def scan_begins(self) -> None:
        with self._lock:
            self._this_scan, self._next_scan = [*self._this_scan, *self._next_scan], []

    def failed(self) -> None:
        """Whoever waits for a scan or a look waits for the next scan."""
        with self._lock:
            looks = [future for _, future in self._looks]
            self._next_scan, self._this_scan, self._looks = [*self._this_scan, *self._next_scan, *looks], [], []

    def scanned(self, reading: set[bytes]) -> None:
        """``reading``: what the scan found and is still being read is waited for."""
        with self._lock:
            done, self._this_scan = self._this_scan, []
            if reading:
                self._looks += [(reading, future) for future in done]
                return
        self._finish(done)

    def looked(self, marked: Container[bytes]) -> None:
        """What is not marked any more has been looked at."""
        with self._lock:
            waiting = [({path for path in paths if path in marked}, future) for paths, future in self._looks]
            self._looks = [(paths, future) for paths, future in waiting if paths]
        self._finish([future for paths, future in waiting if not paths])

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
            done += [future for _, future in (*self._looks, *self._paths)]
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
