"""Unsaved work: what running applications have, and what was left by those that ended."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from holdfast.gui.forms import read_form
from holdfast.gui.house import house_of, render_page
from holdfast.gui.toasts import Toast, saved
from holdfast_protocol.errors import NotFound


async def show(request: Request) -> Response:
    """GET: all workspaces."""
    rows = (await house_of(request).client.workspaces()).rows
    return await render_page(request, "workspaces.html", workspaces=rows)


async def change(request: Request) -> Toast:
    """POST: recover, reload or discard one."""
    client, id, form = house_of(request).client, request.path_params["id"], await read_form(request)
    act = request.path_params["act"]
    if act == "recover":
        kept = await client.recover(id, name=form.one("name").strip() or None, published=True)
        return saved(kept, f"Recovered {kept.session.name}", opens=True)
    if act == "discard":
        ended = await client.discard(id)
        return Toast(sentence="Discarded what was unsaved", undo=ended.operation)
    if act == "reload":
        reloaded = await client.reload(id, head=form.one("head") == "yes")
        return Toast(sentence=f"{reloaded.workspace.name} is as it began again", undo=reloaded.operation)
    raise NotFound("There is no such act")
