"""What stands on the sheet of a session, by its format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from holdfast.plans import Once, Plan
from holdfast.printing.blocks import Blocks, Sheet
from holdfast.printing.chats import Chat
from holdfast.printing.reading import Tally
from holdfast.printing.texts import Texts
from holdfast.printing.tracks import tracks
from holdfast_protocol.errors import Damaged
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import Ref, SnapshotRow

if TYPE_CHECKING:
    from holdfast.verbs import Verbs

_SECOND = 1_000_000_000
#: Nobody should take it for what the application itself shows.
RENDERED = "A rendering made from the session's data, not the application's own picture"


def sheet_of(verbs: Verbs, ref: Ref, *, full: bool) -> Plan[tuple[Shown, Callable[[Tally], Sheet]]]:
    """``full``: with what only some want to read. The sheet is new each time that it is asked for, and tells a tally
    how much of the session was looked at for it. Raises NotFound, Ambiguous, Damaged."""
    shown = yield from verbs.show(ref)
    assert shown.snapshot is not None
    if shown.warnings and not shown.parts:
        raise Damaged(f"It has no parts that could be printed: {shown.warnings[0]}")
    snapshot, make = shown.snapshot, _MAKERS.get(shown.session.format, _texts)

    def sheet(tally: Tally) -> Sheet:
        tally.size_bytes = 0
        return Sheet(shown.session.name, _facts(shown), _stamp(snapshot), make(shown, tally, full))

    return shown, sheet


def _facts(shown: Shown) -> Sequence[tuple[str, str]]:
    session, snapshot = shown.session, shown.snapshot
    assert snapshot is not None
    told = [("Application", session.app), ("Snapshot", _stamp(snapshot))]
    if snapshot.message:
        told.append(("Message", snapshot.message))
    told += [("Tags", ", ".join(session.tags))] if session.tags else []
    told += [("Note", shown.note)] if shown.note else []
    return [*told, ("", RENDERED)]


def _stamp(snapshot: SnapshotRow) -> str:
    time = datetime.fromtimestamp(snapshot.time / _SECOND, UTC)
    return f"{snapshot.snapshot[:8]}, {snapshot.cause} {time:%Y-%m-%d %H:%M} UTC"


def _pinned(shown: Shown) -> Ref:
    assert shown.snapshot is not None
    return Ref(id=shown.session.id, snapshot=shown.snapshot.snapshot)


def _chat(shown: Shown, tally: Tally, full: bool) -> Blocks:
    return Chat(_pinned(shown), shown.parts, tally, full=full)


def _texts(shown: Shown, tally: Tally, full: bool) -> Blocks:
    """An empty startup file is left out."""
    parts = [part for part in shown.parts if part.size_bytes or part.kind != "startup"]
    return Texts(_pinned(shown), parts, shown.session.path.decode(errors="replace").rpartition("/")[2], tally)


def _tracks(shown: Shown, tally: Tally, full: bool) -> Blocks:
    return Once(lambda: tracks(shown, _pinned(shown)))


def _cloud(shown: Shown, tally: Tally, full: bool) -> Blocks:
    from holdfast.printing.clouds import cloud

    return Once(lambda: cloud(shown, _pinned(shown), tally))


_MAKERS: dict[str, Callable[[Shown, Tally, bool], Blocks]] = {"aiderdesk": _chat, "igv": _tracks, "mosaic": _cloud}
