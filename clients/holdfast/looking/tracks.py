"""Which file of those that an IGV session points to a track shows, and whether IGV would find it."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast_protocol.model import PartRow, ResourceRow

#: States that a person has to do something about; the others are as the application finds them.
LOST = ("missing", "moved")


class Files:
    """Tracks name their files with or without their folder, and behind it what of the file they are
    (``_coverage``)."""

    def __init__(self, rows: Sequence[ResourceRow]) -> None:
        worst = sorted(rows, key=lambda row: row.state not in LOST)
        self._by_path = {row.key: row for row in reversed(worst)} | {row.reference: row for row in reversed(worst)}
        self._by_file = {_file_name(path): row for path, row in self._by_path.items()}

    def of(self, track: PartRow) -> ResourceRow | None:
        """The one, or None for what comes with the genome."""
        told = path_of(track)
        told = told.partition("~")[0] if told not in self._by_path else told
        while told:
            if found := self._by_path.get(told) or self._by_file.get(_file_name(told)):
                return found
            told = told.rpartition("_")[0]
        return None


def path_of(track: PartRow) -> str:
    """A track's file as the session has it: the panel is before it where another track has the same."""
    panel = track.facts.get("panel")
    return track.key.removeprefix(f"{panel}/") if panel else track.key


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
