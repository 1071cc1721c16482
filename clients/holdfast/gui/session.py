"""One session on the page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from holdfast.gui.house import house_of, render_page
from holdfast.gui.previews import preview_of
from holdfast.gui.toasts import with_refusal
from holdfast_protocol.model import Ref


async def session(request: Request) -> Response:
    """GET ``/session/{id}?at=SNAPSHOT``: the session as it is, or was."""
    house, at = house_of(request), request.query_params.get("at", "latest")
    ref = Ref(id=request.path_params["id"], snapshot=at)
    shown, log = await house.client.show(ref), await house.client.log(ref, limit=500)
    preview = preview_of(shown.session.format)
    context = {} if preview is None else await preview.context(house, shown, at)
    template = None if preview is None else preview.TEMPLATE
    return await render_page(
        request, "session.html", session=shown.session, shown=shown, at=at, log=log.rows, preview=template, **context
    )


ROUTES: list[BaseRoute] = [Route("/session/{id}", with_refusal(session))]
