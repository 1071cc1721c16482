"""What takes long, beside a folder's thread: while a large file is read or written, the others are not kept waiting.

Whoever asks for a result that is not there yet does something else, and asks again when it is told to.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

#: Documents up to here are read and written by the folder's own thread: no longer than a few hundredths of a second.
LARGE_BYTES = 8 * 1024 * 1024

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Underway(Exception):
    """It is being done."""


@dataclass(eq=False)
class _Job(Generic[Value]):
    work: Callable[[], Value]
    ready: Callable[[], None]
    discard: Callable[[Value], None]
    done: threading.Event = field(default_factory=threading.Event)
    value: Value | None = None
    problem: BaseException | None = None


class Background(Generic[Key]):
    """Does one job at a time, in the order in which they were asked for. For one thread that asks."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._jobs: dict[Key, _Job[Any]] = {}
        self._queue: deque[_Job[Any]] = deque()
        self._forgotten: set[_Job[Any]] = set()
        self._running = False

    def of(
        self, key: Key, work: Callable[[], Value], ready: Callable[[], None],
        discard: Callable[[Value], None] = lambda _: None, *, wait: bool = False,
    ) -> Value:  # fmt: skip
        """What ``work`` gives or raises; given once, then it is done anew. Raises Underway until it is there, unless to
        ``wait`` for it. From the other thread, ``ready`` is called then, and ``discard`` with what nobody wants any
        more."""
        job = self._jobs.get(key)
        is_new = job is None
        if job is None:
            job = self._jobs[key] = _Job(work, ready, discard)
            self._start(job)
        if wait:
            job.done.wait()
        elif is_new or not job.done.is_set():
            raise Underway
        del self._jobs[key]
        if job.problem is not None:
            raise job.problem
        return cast(Value, job.value)

    @property
    def keys(self) -> list[Key]:
        """What was asked for, and not given yet."""
        return [*self._jobs]

    def forget(self, key: Key) -> None:
        """It is not wanted any more."""
        job = self._jobs.pop(key, None)
        if job is not None:
            with self._lock:
                if not job.done.is_set():
                    self._forgotten.add(job)
                    return
            _discard(job)

    def _start(self, job: _Job[Any]) -> None:
        with self._lock:
            self._queue.append(job)
            if self._running:
                return
            self._running = True
        threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._running = False
                    return
                job = self._queue.popleft()
                wanted = job not in self._forgotten
                self._forgotten.discard(job)
            if wanted:
                self._do(job)

    def _do(self, job: _Job[Any]) -> None:
        try:
            job.value = job.work()
        except BaseException as problem:  # whoever asks has it
            job.problem = problem
        with self._lock:
            job.done.set()
            wanted = job not in self._forgotten
            self._forgotten.discard(job)
        if wanted:
            job.ready()
        else:
            _discard(job)


def _discard(job: _Job[Any]) -> None:
    if job.problem is None:
        job.discard(job.value)
