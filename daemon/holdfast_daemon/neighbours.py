"""The other watched folders, between which a file may be on its way: what left one may be what comes to another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from holdfast_daemon.origins import Place


class Neighbour(Protocol):
    """Another folder. For any thread."""

    @property
    def label(self) -> str: ...

    def leaving(self) -> Iterable[bytes]:
        """Paths where something happened that was not looked at yet."""
        ...

    def expects(self) -> bool:
        """Whether there may be something new in it that was not looked at yet."""
        ...


class Neighbours:
    """All folders but one's own."""

    def __init__(self, label: str, folders: Callable[[], Iterable[Neighbour]]) -> None:
        self._label = label
        self._folders = folders

    def expect(self) -> bool:
        """Whether something may just have come to one of them."""
        return any(each.expects() for each in self._others())

    def leaving(self, own: Iterable[bytes]) -> Iterator[Place]:
        """Where something happened: in this folder at its ``own`` paths, and in the others."""
        yield from ((self._label, path) for path in own)
        for each in self._others():
            yield from ((each.label, path) for path in each.leaving())

    def _others(self) -> list[Neighbour]:
        return [each for each in self._folders() if each.label != self._label]
