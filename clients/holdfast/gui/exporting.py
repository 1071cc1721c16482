"""Exports on the page: what was asked for in the dialog is looked through and goes to the browser's own download, and a
toast says how far it is, asks where secrets would go along, and calls it off."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

from holdfast import AsyncExport
from holdfast.gui.attachments import attachment
from holdfast.gui.forms import Form, read_form
from holdfast.gui.house import house_of, render
from holdfast.gui.toasts import Toast, done, failed
from holdfast.screening.leaks import Leaks
from holdfast_protocol.errors import BadField, Busy, Cancelled, HoldfastError, NotFound
from holdfast_protocol.model import Ref

_MOST = 16
#: So many of what was found are told one by one.
_MOST_LINES = 5
#: So long an export waits for its download to begin, and is remembered when it has ended.
_WAIT_SECONDS = 600.0
_REMEMBERED_SECONDS = 60.0
_NUMBERED = "number"


@dataclass
class Underway:
    """One export. ``looking``: what is found in it before it leaves; ``is_told``: the browser knows that it has ended.
    ``ended``: when; ``problem``: why it did not come to its end."""

    token: str
    export: AsyncExport
    made: float = field(default_factory=time.monotonic)
    looking: asyncio.Task[Leaks] | None = None
    looked_bytes: int = 0
    is_told: bool = False
    is_begun: bool = False
    is_unwanted: bool = False
    ended: float | None = None
    problem: HoldfastError | None = None

    def look(self) -> None:
        """Begins to look through it."""
        self.looking = asyncio.create_task(self.export.leaks(self._look))
        self.looking.add_done_callback(lambda looking: looking.cancelled() or looking.exception())  # it is told later

    def _look(self, done_bytes: int, size_bytes: int) -> None:
        self.looked_bytes = done_bytes

    @property
    def is_looked_through(self) -> bool:
        return self.looking is None or self.looking.done()

    @property
    def refusal(self) -> BaseException | None:
        """Why it could not be looked through."""
        looking = self.looking
        return None if looking is None or not looking.done() or looking.cancelled() else looking.exception()

    @property
    def leaks(self) -> Leaks | None:
        """None where it was not looked through."""
        looking = self.looking
        is_there = looking is not None and looking.done() and not looking.cancelled() and self.refusal is None
        return looking.result() if looking is not None and is_there else None

    @property
    def lines(self) -> list[str]:
        """What the form cannot hold, what was found, and what was not looked into."""
        found = [] if self.leaks is None else self.leaks.lines(self.export.file_name, _MOST_LINES)
        return [*self.export.losses, *found]

    @property
    def is_harmless(self) -> bool:
        """Nobody has to be asked."""
        return not self.export.losses and (self.leaks is None or not self.leaks.leaving_count)

    async def content(self) -> AsyncGenerator[bytes, None]:
        """Its bytes. Where it is called off, or cannot go on, the connection is cut, so that the browser does not take
        what came for the whole."""
        try:
            if self.looking is not None:
                await asyncio.wait([self.looking])
            if self.refusal is not None:
                raise self.refusal
            async for piece in self.export.read():
                if self.is_unwanted:
                    raise Cancelled("The export was called off")
                if piece:  # while pages are typeset, nothing comes
                    yield piece
        except HoldfastError as problem:
            self.problem = problem
            raise
        except BaseException:
            self.problem = Cancelled("The browser has ended the download")
            raise
        finally:
            self.ended = time.monotonic()


class Exports:
    """Those of this page, by tokens that nobody can guess."""

    def __init__(self) -> None:
        self._found: dict[str, Underway] = {}

    def add(self, export: AsyncExport) -> Underway:
        """Raises Busy."""
        now = time.monotonic()
        self._found = {token: each for token, each in self._found.items() if not _is_over(each, now)}
        if len(self._found) >= _MOST:
            raise Busy(f"{_MOST} exports are under way; wait for one to end", limit=_MOST)
        made = Underway(secrets.token_urlsafe(16), export)
        self._found[made.token] = made
        return made

    def get(self, request: Request) -> Underway:
        """The one that the path names. Raises NotFound."""
        found = self._found.get(request.path_params["token"])
        if found is None:
            raise NotFound("There is no such export any more")
        return found


async def begin(request: Request) -> Response:
    """POST: what the dialog's form says. Answers with a toast that begins the download."""
    house, form = house_of(request), await read_form(request)
    ref = Ref(id=request.path_params["id"], snapshot=form.one("at") or "latest")
    is_bundle = form.one("to") == "bundle"
    export = await house.client.export(
        ref, form.one("to"), full=form.one("full") == "yes", history=_history(form) if is_bundle else 0,
        resources=is_bundle and form.one("resources") == "yes", redact=form.one("redact") == "yes",
    )  # fmt: skip
    underway = house.exports.add(export)
    underway.look()
    return done(request, await render(request, "export.html", underway=underway))


async def file(request: Request) -> Response:
    """GET: the export itself, once."""
    underway = house_of(request).exports.get(request)
    if underway.is_begun:
        raise NotFound("This export was downloaded already; export it again")
    underway.is_begun = True
    return attachment(underway.export, underway.content())


async def state(request: Request) -> Response:
    """GET: how far it is; at its end the toast becomes one that says so."""
    underway = house_of(request).exports.get(request)
    if underway.ended is None and not underway.is_unwanted and underway.refusal is None:
        if underway.is_told and not underway.is_begun:
            return Response(status_code=204)  # it waits for a person
        answer = await render(request, "export_state.html", underway=underway)
        underway.is_told = underway.is_looked_through
        return answer
    answer = await render(request, "toast.html", toast=_end_of(underway))
    answer.headers.update({"HX-Retarget": "closest .toast", "HX-Reswap": "outerHTML"})
    return answer


async def cancel(request: Request) -> Toast:
    """POST: it is not wanted any more."""
    underway = house_of(request).exports.get(request)
    underway.is_unwanted = True
    if underway.looking is not None:
        underway.looking.cancel()
    return _end_of(underway)


def _end_of(underway: Underway) -> Toast:
    name = underway.export.file_name
    if underway.is_unwanted and (underway.ended is None or isinstance(underway.problem, Cancelled)):
        return Toast(sentence=f"The export was called off: {name}")
    problem = underway.problem or underway.refusal
    if isinstance(problem, HoldfastError):
        return failed(problem)
    if problem is not None:
        raise problem
    lines = [*underway.export.remarks, *underway.lines]
    if underway.export.length_bytes == 0:
        lines.append("There is nothing to export; the file is empty")
    return Toast(sentence=f"Exported {name}", lines=lines)


def _history(form: Form) -> int | str:
    """``history``: none, pins, all, or number, which then is in ``count``. Raises BadField."""
    said = form.one("history") or "none"
    if said == _NUMBERED:
        count = form.number("count")
        if count is None:
            raise BadField("Say how many snapshots", field="count")
        return count
    return 0 if said == "none" else said


def _is_over(underway: Underway, now: float) -> bool:
    if underway.ended is not None:
        return now - underway.ended > _REMEMBERED_SECONDS
    return not underway.is_begun and (underway.is_unwanted or now - underway.made > _WAIT_SECONDS)
