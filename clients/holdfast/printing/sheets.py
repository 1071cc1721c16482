"""What stands on the sheet of a session, by its format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from holdfast.plans import Once, Plan
from holdfast.printing.blocks import Blocks, Sheet
from holdfast.printing.chats import Chat
from holdfast.printing.texts import Texts
from holdfast.printing.tracks import tracks
from holdfast_protocol.errors import Damaged
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import Ref

if TYPE_CHECKING:
    from holdfast.verbs import Verbs

_SECOND = 1_000_000_000


def sheet_of(verbs: Verbs, ref: Ref, *, full: bool) -> Plan[tuple[Shown, Callable[[], Sheet]]]:
    """``full``: with what only some want to read. The sheet is new each time that it is asked for. Raises NotFound,
    Ambiguous, Damaged."""
    shown = yield from verbs.show(ref)
    assert shown.snapshot is not None
    if shown.warnings and not shown.parts:
        raise Damaged(f"It has no parts that could be printed: {shown.warnings[0]}")
    make = _MAKERS.get(shown.session.format, _texts)
    return shown, lambda: Sheet(shown.session.name, _facts(shown), make(shown, full))


def _facts(shown: Shown) -> Sequence[tuple[str, str]]:
    session, snapshot = shown.session, shown.snapshot
    assert snapshot is not None
    time = datetime.fromtimestamp(snapshot.time / _SECOND, UTC)
    when = f"{snapshot.snapshot[:8]}, {snapshot.cause} {time:%Y-%m-%d %H:%M} UTC"
    told = [("Application", session.app), ("Snapshot", when)]
    if snapshot.message:
        told.append(("Message", snapshot.message))
    told += [("Tags", ", ".join(session.tags))] if session.tags else []
    told += [("Note", shown.note)] if shown.note else []
    return told


def _pinned(shown: Shown) -> Ref:
    assert shown.snapshot is not None
    return Ref(id=shown.session.id, snapshot=shown.snapshot.snapshot)


def _chat(shown: Shown, full: bool) -> Blocks:
    return Chat(_pinned(shown), shown.parts, full=full)


def _texts(shown: Shown, full: bool) -> Blocks:
    """An empty startup file is left out."""
    parts = [part for part in shown.parts if part.size_bytes or part.kind != "startup"]
    return Texts(_pinned(shown), parts, shown.session.path.decode(errors="replace").rpartition("/")[2])


def _tracks(shown: Shown, full: bool) -> Blocks:
    return Once(lambda: tracks(shown, _pinned(shown)))


def _cloud(shown: Shown, full: bool) -> Blocks:
    from holdfast.printing.clouds import cloud

    return Once(lambda: cloud(shown, _pinned(shown)))


_MAKERS: dict[str, Callable[[Shown, bool], Blocks]] = {"aiderdesk": _chat, "igv": _tracks, "mosaic": _cloud}
