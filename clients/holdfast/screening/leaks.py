"""What was found, as people are told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from holdfast.screening.rules import MISSING, are_there
from holdfast.screening.screen import Found
from holdfast.screening.spots import HOME

#: So many are told one by one.
_MOST_COUNT = 1000


class Leak(NamedTuple):
    """``file``: which of the export (the empty one: it is a single file); ``place``: line and column in it, or the
    byte. ``shown`` gives nothing away. ``is_home``: a home directory's name, which is no secret, but its user's."""

    file: str
    place: str
    kind: str
    shown: str
    is_home: bool


class Leaks(NamedTuple):
    """``rows``: the first of them; ``secrets_count`` and ``homes_count``: of all. ``kept_count``: that stay, whatever
    is asked for. ``remarks``: what was not looked at. ``is_redacted``: the others do not leave."""

    rows: Sequence[Leak]
    secrets_count: int
    homes_count: int
    kept_count: int
    remarks: Sequence[str]
    is_redacted: bool

    @property
    def left_count(self) -> int:
        """Of all, those that leave."""
        return self.kept_count if self.is_redacted else self.secrets_count + self.homes_count

    @property
    def leaving_count(self) -> int:
        """Those of them that are worth a question."""
        return min(self.left_count, self.secrets_count)

    def lines(self, name: str, most_count: int) -> list[str]:
        """For people, who call an export of one file ``name``."""
        told = [f"{leak.file or name}:{leak.place}  {leak.kind}  {leak.shown}" for leak in self.rows[:most_count]]
        more_count = self.secrets_count + self.homes_count - len(told)
        counts = filter(None, (_counted(self.secrets_count, "secret"), _counted(self.homes_count, "home path")))
        said = [" and ".join(counts) + (" redacted" if self.is_redacted else "")] if told else []
        more = [f"and {more_count} more"] if more_count else []
        stay = [f"{self.kept_count} of them stay, in what is packed"] if self.is_redacted and self.kept_count else []
        return [*self.remarks, *said, *told, *more, *stay]


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}" if count else ""


class Gathering:
    """Leaks as they are found."""

    def __init__(self, *, is_redacted: bool = False) -> None:
        self._is_redacted = is_redacted
        self._rows: list[Leak] = []
        self._counts = {True: 0, False: 0}
        self._kept_count = 0
        self._remarks: dict[str, None] = {} if are_there() else {MISSING: None}

    def of(self, file: str, place: str = "") -> Callable[[Found], None]:
        """Takes what is found in one file. ``place``: where, if not where it says."""

        def tell(found: Found) -> None:
            spot = found.spot
            self._counts[spot.kind == HOME] += 1
            self._kept_count += found.is_packed
            if len(self._rows) < _MOST_COUNT:
                self._rows.append(Leak(file, place or found.place, spot.kind, spot.shown, spot.kind == HOME))

        return tell

    def remark(self, text: str) -> None:
        """Said once."""
        self._remarks[text] = None

    def all(self) -> Leaks:
        """So far."""
        secrets_count, homes_count = self._counts[False], self._counts[True]
        return Leaks(
            self._rows, secrets_count, homes_count, self._kept_count, [*self._remarks], self._is_redacted
        )  # fmt: skip
