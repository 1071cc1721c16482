"""The page, put together from its rooms."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from holdfast.gui import actions, listing, live, news, session
from holdfast.gui.house import House
from holdfast.gui.previews import ROUTES as PREVIEWS

#: In the order in which one adds to the other.
_STYLES = ("app", "previews", "session", "acts")


async def _style(_: Request) -> Response:
    """GET ``/page.css``: all of them at once, since nothing is drawn before the last has come."""
    static = files("holdfast.gui") / "static"
    return Response("\n".join((static / f"{name}.css").read_text("utf-8") for name in _STYLES), media_type="text/css")


def app(house: House) -> Starlette:
    """Everything below ``house.prefix``. To be served within a guard only."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with house.live.listening():
            yield

    static = Mount("/static", StaticFiles(packages=[("holdfast.gui", "static")]))
    style = Route("/page.css", _style)
    lists = [*listing.ROUTES, *session.ROUTES, *PREVIEWS]
    rooms = [*lists, *actions.ROUTES, *live.ROUTES, *news.ROUTES, style, static]
    made = Starlette(routes=[Mount(house.prefix, routes=rooms)], lifespan=lifespan)
    made.state.house = house
    return made
