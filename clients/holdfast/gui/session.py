"""One session on the page: its timeline, and of a snapshot the preview, the parts, and how it differs from another."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from holdfast.gui import timeline
from holdfast.gui.house import House, house_of, render_page
from holdfast.gui.part import part, part_list
from holdfast.gui.previews import preview_of
from holdfast.gui.toasts import failed, with_refusal
from holdfast.looking.marking import unified
from holdfast.looking.unsaved import has_unsaved
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import Shown, Snapshots
from holdfast_protocol.model import Ref, SnapshotRow

TABS = {"preview": "Preview", "parts": "Parts", "compare": "Compare"}
_CHANGES_COUNT = 300


async def session(request: Request) -> Response:
    """GET ``/session/{id}?at=SNAPSHOT&with=SNAPSHOT&tab=…&before=COUNT&until=NUMBER``: the session as it is, or was.
    ``before``: so many of the newest snapshots are not in the timeline; ``until`` is the preview's own, which may have
    several pages."""
    house, said = house_of(request), request.query_params
    at, other = said.get("at") or "latest", said.get("with") or None
    before = int(said["before"]) if said.get("before", "").isdecimal() and len(said["before"]) < 10 else 0
    tab = said.get("tab", "") if said.get("tab") in TABS else "compare" if other else "preview"
    until = said.get("until") if tab == "preview" else None
    ref = Ref(id=request.path_params["id"], snapshot=at)
    shown = await house.client.show(ref)
    log = await house.client.log(Ref(id=ref.id), limit=timeline.BARS_COUNT, offset=before)
    context = await _context(house, shown, log, tab, at, said)

    def address(**changes: object) -> str:
        query = {
            "at": at if at != "latest" else "",
            "with": other,
            "tab": tab,
            "before": before,
            "until": until,
        } | changes
        kept = {name: value for name, value in query.items() if value and (name, value) != ("tab", "preview")}
        return f"{house.prefix}/session/{shown.session.id}" + (f"?{urlencode(kept)}" if kept else "")

    return await render_page(
        request, "session.html", session=shown.session, shown=shown, at=at, other=other, tab=tab, tabs=TABS,
        address=address, log=log, before=before, later=max(0, before - timeline.BARS_COUNT),
        earlier=before + len(log.rows), **context,
    )  # fmt: skip


async def _context(
    house: House, shown: Shown, log: Snapshots, tab: str, at: str, said: QueryParams
) -> dict[str, object]:
    """What is particular to the tab, and what the timeline needs. What goes wrong in a tab is said there: the timeline
    leads on to other snapshots."""
    other = said.get("with") or None
    now = shown.snapshot.snapshot if shown.snapshot else None
    made: dict[str, object] = {
        "bars": timeline.bars(log.rows, at=now, other=other, head=shown.session.head),
        "tip": timeline.tip, "now": now, "steps": _steps(log.rows, now), "preview": None, "problem": None,
    }  # fmt: skip
    workspaces = await house.client.workspaces(app=shown.session.app)
    ours = [row for row in workspaces.rows if row.session == shown.session.id]
    made["workspaces"] = [row for row in ours if has_unsaved(row)]
    try:
        return made | await _tab(house, shown, tab, at, said)
    except HoldfastError as problem:
        return made | {"problem": failed(problem)}


async def _tab(house: House, shown: Shown, tab: str, at: str, said: QueryParams) -> dict[str, object]:
    if tab == "parts":
        return part_list(shown)
    if tab == "compare":
        return await _comparison(house, shown, said.get("with") or None)
    preview = preview_of(shown.session.format)
    return {**await preview.context(house, shown, at, said), "preview": preview.TEMPLATE}


async def _comparison(house: House, shown: Shown, other: str | None) -> dict[str, object]:
    """Part by part, from ``other``, or the snapshot before it, to the one that is shown."""
    if shown.snapshot is None:
        return {"changes": None}
    new = Ref(id=shown.session.id, snapshot=shown.snapshot.snapshot)
    if other is None:
        changes = await house.client.diff(new)
    else:
        changes = await house.client.diff(Ref(id=shown.session.id, snapshot=other), new)
    rows = [(row, unified(row.text) if row.text else []) for row in changes.rows[:_CHANGES_COUNT]]
    return {"changes": changes, "rows": rows, "left_out": len(changes.rows) - len(rows)}


def _steps(rows: list[SnapshotRow], now: str | None) -> dict[str, str | None]:
    """The snapshots before and after the one that is shown, as far as they are in the timeline."""
    ids = [row.snapshot for row in rows]
    place = ids.index(now) if now in ids else None
    if place is None:
        return {"older": None, "newer": None}
    return {"older": ids[place + 1] if place + 1 < len(ids) else None, "newer": ids[place - 1] if place else None}


ROUTES: list[BaseRoute] = [
    Route("/session/{id}", with_refusal(session)),
    Route("/part/{id}/{snapshot}", with_refusal(part)),
]
