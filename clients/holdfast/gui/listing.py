"""The list of sessions, in windows: the page shows what is in view, and asks for nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.gui.house import house_of, render
from holdfast.gui.toasts import with_refusal
from holdfast.looking.unsaved import has_unsaved, unsaved_of
from holdfast_protocol.errors import BadField, HoldfastError
from holdfast_protocol.messages import Sessions
from holdfast_protocol.model import WorkspaceRow

ROWS_COUNT = 150
#: What is said of each in the address, and what it is called.
SHELVES = {"": "Live", "archived": "Archived", "templates": "Templates", "deleted": "Deleted"}


async def shell(request: Request) -> Response:
    """GET ``/``: the whole page, with no session chosen. The first rows of the list are in it: nobody waits for
    scripts to see them; nor for a daemon that is away. For the page itself, what stands where no session is."""
    if request.headers.get("hx-request"):
        return await render(request, "empty.html")
    beside: dict[str, object] = {}
    with contextlib.suppress(HoldfastError):  # its scripts ask again, and say why there is none
        if not house_of(request).live.is_away:
            found = await _found(request, count=True, choices=True)
            live = (await house_of(request).client.workspaces()).rows
            beside = await _shown(request, found, live) | _choices(request, found) | {"never_saved": _never_saved(live)}
    return await render(request, "shell.html", session_html="", **beside)


async def rows(request: Request) -> Response:
    """GET ``/rows?offset=N&text=…&app=…&tag=…&shelf=…&sort=…``: a window of the list; ``count``: how long that is."""
    found = await _found(request, count="count" in request.query_params)
    live = (await house_of(request).client.workspaces()).rows
    return await render(request, "rows.html", **await _shown(request, found, live))


async def choices(request: Request) -> Response:
    """GET ``/choices?app=…&shelf=…``: the applications and tags by which the list can be narrowed."""
    found = await _found(request, choices=True, limit=0)
    return await render(request, "choices.html", **_choices(request, found))


async def never_saved(request: Request) -> Response:
    """GET ``/never-saved``: work that has no row in the list yet."""
    live = (await house_of(request).client.workspaces()).rows
    return await render(request, "never_saved.html", never_saved=_never_saved(live))


async def _found(
    request: Request, *, count: bool = False, choices: bool = False, limit: int = ROWS_COUNT, shelf: str | None = None
) -> Sessions:
    """On the shelf that is asked for, or on another. Raises BadField."""
    asked = request.query_params
    shelf, said = asked.get("shelf", "") if shelf is None else shelf, asked.get("offset", "0")
    if shelf not in SHELVES or not (said.isascii() and said.isdigit() and len(said) < 10):
        raise BadField("There is no such window of the list", field="offset")
    return await house_of(request).client.list(
        app=asked.get("app") or None, tag=asked.get("tag") or None, text=asked.get("text") or None,
        sort=asked.get("sort") or "modified", reverse="reverse" in asked, offset=int(said), limit=limit,
        archived=shelf == "archived", deleted=shelf == "deleted", templates=shelf == "templates", count=count,
        choices=choices,
    )  # fmt: skip


async def _shown(request: Request, found: Sessions, live: Sequence[WorkspaceRow]) -> dict[str, object]:
    """What the rows' template is given; where there is none, how many there are on each other shelf."""
    elsewhere: dict[str, int | None] = {}
    if found.count == 0:
        for shelf, name in SHELVES.items():
            elsewhere[name] = (await _found(request, count=True, limit=0, shelf=shelf)).count
    return {"rows": found.rows, "count": found.count, "unsaved": unsaved_of(live), "elsewhere": elsewhere}


def _choices(request: Request, found: Sessions) -> dict[str, object]:
    """The chosen application stays one, although its last session may just have gone."""
    chosen = request.query_params.get("app", "")
    apps = sorted({*(found.apps or ()), *([chosen] if chosen else ())})
    return {"apps": apps, "tags": found.tags or (), "chosen_app": chosen}


def _never_saved(live: Sequence[WorkspaceRow]) -> list[WorkspaceRow]:
    """What was left first, newest first."""
    ours = [each for each in live if not each.revision and has_unsaved(each)]
    return sorted(ours, key=lambda each: (each.left is not None, each.changed), reverse=True)


ROUTES = [
    Route("/", shell),
    Route("/rows", with_refusal(rows)),
    Route("/choices", with_refusal(choices)),
    Route("/never-saved", with_refusal(never_saved)),
]
