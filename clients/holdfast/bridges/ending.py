"""The end of a bridge by a signal: once, and in order."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

_TOLD = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def until_told(*, or_child_ends: bool = False) -> Iterator[None]:
    """The block ends at the first SIGINT or SIGTERM, or at the end of a child, as if it had come to its own end.
    Further ones are not heard while it cleans up."""
    ending = (*_TOLD, signal.SIGCHLD) if or_child_ends else _TOLD

    def end(*_: object) -> None:
        for each in ending:
            signal.signal(each, signal.SIG_IGN if each in _TOLD else signal.SIG_DFL)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, end) for each in ending}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
