"""The end of a bridge by a signal: once, and in order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def until_told(*, or_child_ends: bool = False) -> Iterator[None]:
    """The block ends at the first SIGINT, SIGTERM or SIGHUP (unless under nohup), or at the end of a child, as if it
    had come to its own end. Further ones are not heard while it cleans up."""
    told = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        told.append(signal.SIGHUP)
    children = [signal.SIGCHLD] if or_child_ends else []

    def end(*_: object) -> None:
        for each in told:
            signal.signal(each, signal.SIG_IGN)
        for each in children:
            signal.signal(each, signal.SIG_DFL)  # an ignored one would take the exit code away
        raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in (*told, *children)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
