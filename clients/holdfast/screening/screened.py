"""An export before it is written: all of it is read and looked through; then, where that is asked for, it is the same
with stars over what was found."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from holdfast.entries import Entry
from holdfast.exporting import Planned
from holdfast.plans import Plan
from holdfast.screening.leaks import Gathering, Leaks
from holdfast.screening.letters import PLAIN
from holdfast.screening.redacted import Redacted
from holdfast.screening.redaction import Redaction
from holdfast.screening.screen import Screen
from holdfast.screening.texts import screened_text
from holdfast_protocol.chunking import new_hash

#: Is told how many bytes were read so far, and of how many.
Progress = Callable[[int, int], None]


def screened(planned: Planned, progress: Progress | None) -> Plan[tuple[Planned, Leaks]]:
    """Read from its beginning to its end. Raises HoldfastError."""
    redaction = planned.redaction
    found = Gathering(is_redacted=redaction is not None)
    if planned.drawn is not None:
        entries = yield from _drawn(planned, found, progress)
    else:
        entries, done_bytes = [], 0

        def came(count_bytes: int) -> None:
            nonlocal done_bytes
            done_bytes += count_bytes
            if progress is not None:
                progress(done_bytes, planned.size_bytes)

        for entry in planned.entries:
            entries.append((yield from _entry(entry, found, redaction, came)))
    leaks = found.all()
    if redaction is None:
        return planned, leaks
    redaction.secrets_count, redaction.homes_count = leaks.secrets_count, leaks.homes_count
    return planned._replace(name=redaction.words(planned.name), entries=_renamed(entries, redaction)), leaks


def _entry(entry: Entry, found: Gathering, redaction: Redaction | None, came: Callable[[int], None]) -> Plan[Entry]:
    """What leaves of it. What says by itself what was found is looked through as it would be otherwise."""
    name = screened_text(entry.called or entry.path, lambda found: None)
    screened_text(entry.path, found.of(name, "its name"))
    tell = found.of(name)
    screen, whole = Screen(tell if redaction is None else redaction.noting(tell)), new_hash()
    source = (entry.plain or entry.begin)()
    while pieces := (yield from source.next()):
        for piece in pieces:
            whole.update(piece)
            screen.feed(piece)
            came(len(piece))
    screen.end()
    for remark in screen.remarks:
        found.remark(f"{name or 'it'} {remark}")
    if redaction is None or entry.plain is not None:
        return entry
    star = (screen.reading or PLAIN).star

    def leaves(digest: bytes) -> None:
        redaction.digests[entry.path] = digest

    return entry._replace(begin=lambda: Redacted(entry.begin(), screen.runs, star, whole.digest(), leaves))


def _renamed(entries: list[Entry], redaction: Redaction) -> list[Entry]:
    """No two are alike, as before."""
    taken = {entry.path for entry in entries}
    for entry in entries:
        name = redaction.path(entry.path)
        while name in taken and name != entry.path:
            name += "*"
        taken.add(name)
        redaction.names[entry.path] = name
    return [entry._replace(path=redaction.names[entry.path]) for entry in entries]


def _drawn(planned: Planned, found: Gathering, progress: Progress | None) -> Plan[list[Entry]]:
    """Before it is drawn, the texts alone are."""
    from holdfast.screening.blocks import worded_sheet

    drawn, redaction = planned.drawn, planned.redaction
    assert drawn is not None
    (entry,) = planned.entries

    def place(number: int) -> Callable[[str], str]:
        return partial(screened_text, tell=found.of("", f"block {number}" if number else "title"))

    blocks = worded_sheet(drawn.sheet(), place).blocks
    while (yield from blocks.next()):
        if progress is not None:
            progress(drawn.tally.size_bytes, planned.size_bytes)
    drawn.tally.size_bytes = 0  # it is read once more
    if redaction is None:
        return [entry]
    return [entry._replace(begin=lambda: drawn.draw(worded_sheet(drawn.sheet(), lambda number: redaction.words)))]
