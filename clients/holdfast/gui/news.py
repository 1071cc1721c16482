"""What happened outside and leaves no trace where somebody looks: a file that was deleted is a row that is gone. Who
has the page open is told, with the way back."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast import AsyncClient
from holdfast.gui.house import house_of, render
from holdfast.gui.toasts import Toast
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.model import OperationRow

#: More are told together.
EACH_COUNT = 3
NAMED_COUNT = 10


async def news(request: Request) -> Response:
    """GET ``/news?since=N``: toasts of the deletions outside after operation N, and the place that asks next time."""
    house, said = house_of(request), request.query_params.get("since", "")
    since = int(said) if said.isascii() and said.isdigit() and len(said) < 20 else house.live.newest
    rows = [row for row in [*house.live.deletions] if row.number > since]
    toasts = await _toasts(house.client, rows)
    return await render(request, "news.html", toasts=toasts, newest=max(since, house.live.newest))


async def _toasts(client: AsyncClient, rows: Sequence[OperationRow]) -> list[Toast]:
    if len(rows) > EACH_COUNT:
        names = [f"{row.app}/{row.name}" for row in rows[:NAMED_COUNT]]
        more = [f"and {len(rows) - NAMED_COUNT} more"] if len(rows) > NAMED_COUNT else []
        sentence = f"{len(rows)} sessions were deleted outside; they are among the deleted ones"
        return [Toast(sentence=sentence, lines=[*names, *more])]
    return [toast for row in rows if (toast := await _toast(client, row)) is not None]


async def _toast(client: AsyncClient, row: OperationRow) -> Toast | None:
    """None for what somebody has brought back meanwhile."""
    undo: int | None = row.number
    with contextlib.suppress(HoldfastError):
        (now,) = (await client.operations(since=row.number - 1, limit=1)).rows
        if now.undone_by is not None:
            return None
        undo = row.number if now.undoable else None
    return Toast(sentence=f"{row.app}/{row.name} was deleted outside, as a file", undo=undo)


ROUTES = [Route("/news", news)]
