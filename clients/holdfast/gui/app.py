"""The page, put together from its rooms."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from holdfast.gui import actions, listing, live, news, session
from holdfast.gui.house import House
from holdfast.gui.previews import ROUTES as PREVIEWS


def app(house: House) -> Starlette:
    """Everything below ``house.prefix``. To be served within a guard only."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with house.live.listening():
            yield

    static = Mount("/static", StaticFiles(packages=[("holdfast.gui", "static")]))
    rooms = [*listing.ROUTES, *session.ROUTES, *PREVIEWS, *actions.ROUTES, *live.ROUTES, *news.ROUTES, static]
    made = Starlette(routes=[Mount(house.prefix, routes=rooms)], lifespan=lifespan)
    made.state.house = house
    return made
