"""What every room of the page is handed: the client, the templates, and where the page is."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from holdfast.async_client import AsyncClient
from holdfast.cli.words import iso_time, marks, path_text, size
from holdfast.gui.commands import command

if TYPE_CHECKING:
    from holdfast.gui.exporting import Exports
    from holdfast.gui.live import Live


def _when(nanoseconds: int) -> Markup:
    """In this machine's time; all of it where the pointer rests."""
    moment = datetime.fromtimestamp(nanoseconds // 10**9)
    shown = spoken_of(moment, datetime.now())
    return Markup('<time datetime="{}" title="{:%A %d %B %Y, %H:%M:%S}">{}</time>').format(
        iso_time(nanoseconds), moment, shown
    )


def spoken_of(moment: datetime, now: datetime) -> str:
    """As people say it, and to the second as long as saves of one minute are still told apart."""
    if moment.date() == now.date():
        return f"today {moment:%H:%M:%S}"
    if moment.date() == now.date() - timedelta(days=1):
        return f"yesterday {moment:%H:%M:%S}"
    return f"{moment:%d %b %Y %H:%M}"


def environment() -> Environment:
    """The templates. Whatever comes from a session is escaped; a name that is not given is an error."""
    made = Environment(loader=PackageLoader("holdfast.gui"), autoescape=True, undefined=StrictUndefined)
    made.filters.update(
        command=command, marks=marks, path=path_text, size=lambda count: size(count, to_terminal=True), when=_when
    )
    return made


def _exports() -> Exports:
    from holdfast.gui.exporting import Exports  # it needs this module

    return Exports()


#: The cookie that keeps what was chosen: dark, light, or as the system is.
THEME = "holdfast-theme"


@dataclass
class House:
    """``prefix``: below which path everything is, without a slash at its end; nobody can guess it. ``is_remote``: the
    browser is probably on another machine, so that folders are not opened but named."""

    client: AsyncClient
    live: Live
    prefix: str
    is_remote: bool
    templates: Environment = field(default_factory=environment)
    exports: Exports = field(default_factory=_exports)


def house_of(request: Request) -> House:
    """The one that the request came to."""
    house = request.app.state.house
    assert isinstance(house, House)
    return house


async def render(request: Request, name: str, **context: object) -> HTMLResponse:
    """A template, as the page puts it into itself."""
    house = house_of(request)
    of_all = {"prefix": house.prefix, "theme": request.cookies.get(THEME, ""), "newest": house.live.newest}
    return HTMLResponse(house.templates.get_template(name).render(of_all | context))


async def render_page(request: Request, name: str, **context: object) -> HTMLResponse:
    """The same for what can be an address of its own: within the whole page where a browser itself asks for it."""
    inner = await render(request, name, **context)
    if request.headers.get("hx-request"):
        return inner
    return await render(request, "shell.html", session_html=bytes(inner.body).decode())
