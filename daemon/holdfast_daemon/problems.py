"""What a folder's thread could not do: said until it can."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

_log = logging.getLogger("holdfast.folder")


class Problems:
    """By what was tried, a sentence for people."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._said: dict[str, str] = {}

    def __contains__(self, what: object) -> bool:
        return what in self._said

    @property
    def sentences(self) -> list[str]:
        return [*self._said.values()]

    def guarded(self, what: str, work: Callable[[], bool | None]) -> bool:
        """Whether it went well, and was not False. The thread's one catch-all: what fails is a problem to be shown, not
        the end of the watch."""
        try:
            done = work()
            self._said.pop(what, None)
        except Exception as problem:
            _log.exception("%s: %s", self._label, what)
            self._said[what] = f"{what}: {type(problem).__name__}: {problem}"
            return False
        return done is not False

    def replace(self, prefix: str, said: Iterable[tuple[str, str]]) -> None:
        """These and no others of that prefix."""
        kept = {what: sentence for what, sentence in self._said.items() if not what.startswith(prefix)}
        self._said = kept | {prefix + what: sentence for what, sentence in said}
