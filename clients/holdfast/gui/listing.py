"""The list of sessions, in windows: the page shows what is in view, and asks for nothing else."""

from __future__ import annotations

import contextlib

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.gui.house import house_of, render
from holdfast.gui.toasts import with_refusal
from holdfast.unsaved import has_unsaved_work
from holdfast_protocol.errors import BadField, HoldfastError
from holdfast_protocol.messages import Sessions

ROWS_COUNT = 150
SHELVES = ("", "archived", "deleted", "templates")


async def shell(request: Request) -> Response:
    """GET ``/``: the whole page, with no session chosen. The first rows of the list are in it: nobody waits for
    scripts to see them; nor for a daemon that is away. For the page itself, what stands where no session is."""
    if request.headers.get("hx-request"):
        return await render(request, "empty.html")
    beside: dict[str, object] = {}
    with contextlib.suppress(HoldfastError):  # its scripts ask again, and say why there is none
        if not house_of(request).live.is_away:
            found = await _found(request, count=True)
            beside = await _shown(request, found)
    return await render(request, "shell.html", session_html="", **beside)


async def rows(request: Request) -> Response:
    """GET ``/rows?offset=N&text=…&app=…&tag=…&shelf=…&sort=…``: a window of the list; ``count``: how long that is."""
    found = await _found(request, count="count" in request.query_params)
    return await render(request, "rows.html", **await _shown(request, found))


async def _found(request: Request, *, count: bool) -> Sessions:
    """Raises BadField."""
    asked = request.query_params
    shelf, said = asked.get("shelf", ""), asked.get("offset", "0")
    if shelf not in SHELVES or not (said.isascii() and said.isdigit() and len(said) < 10):
        raise BadField("There is no such window of the list", field="offset")
    return await house_of(request).client.list(
        app=asked.get("app") or None, tag=asked.get("tag") or None, text=asked.get("text") or None,
        sort=asked.get("sort") or "modified", reverse="reverse" in asked, offset=int(said), limit=ROWS_COUNT,
        archived=shelf == "archived", deleted=shelf == "deleted", templates=shelf == "templates", count=count,
    )  # fmt: skip


async def _shown(request: Request, found: Sessions) -> dict[str, object]:
    """What a window's template is given."""
    live = (await house_of(request).client.workspaces()).rows
    unsaved = {each.session for each in live if has_unsaved_work(each)}
    return {"rows": found.rows, "count": found.count, "unsaved": unsaved}


ROUTES = [Route("/", shell), Route("/rows", with_refusal(rows))]
