"""What became of an act: a word at the edge of the page, with *Undo* where there is something to undo.

A toast is all that a POST answers. The page itself is read again when the daemon says what changed, so that an act
done here looks no different from one done elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from holdfast import AsyncClient
from holdfast.gui.forms import read_form
from holdfast.gui.house import house_of, render, render_page
from holdfast_protocol.errors import HoldfastError, Unreachable
from holdfast_protocol.messages import Changed, Saved, Undone
from holdfast_protocol.model import SessionRow

_DIGITS = 8
#: The status of an answer by the code of its error; where none is told, the daemon is to blame.
_STATUS = {
    "not-found": 404, "exists": 409, "cannot-undo": 409, "not-allowed": 403, "too-large": 413, "bad-name": 400,
    "bad-field": 400, "bad-message": 400, "ambiguous": 400, "cannot-hold": 422, "damaged": 422,
    "unrecognised": 422, "unreachable": 503,
    "busy": 503, "shutting-down": 503, "store-locked": 503, "too-late": 504, "no-space": 507,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Toast:
    """``sentence`` and, below it, ``lines``. ``undo``: the operation that its button reverses, called ``undo_word``.
    ``opens``: a session to go to. ``copies``: text for the clipboard. ``code``: of an error."""

    sentence: str
    lines: Sequence[str] = field(default=())
    undo: int | None = None
    undo_word: str = "Undo"
    opens: SessionRow | None = None
    copies: str = ""
    code: str = ""


def changed(reply: Changed, sentence: str, *, opens: bool = False) -> Toast:
    """After a change of a session."""
    if reply.operation is None:
        return Toast(sentence="Nothing to change: it was like that before")
    row = reply.session if opens else None
    return Toast(sentence=sentence, lines=reply.warnings, undo=reply.operation, opens=row)


def saved(reply: Saved, sentence: str, *, opens: bool = False) -> Toast:
    """After a save of any kind."""
    name = reply.session.name
    if reply.outcome == "unchanged":
        return Toast(sentence=f"{name} has this content already", lines=reply.warnings, opens=reply.session)
    if reply.outcome == "suspect":
        lines = [f"It is kept as snapshot {reply.snapshot[:_DIGITS]}; {name} is as it was.", *reply.warnings]
        said = f"This looks like damage: {reply.reason or 'no reason given'}"
        return Toast(sentence=said, lines=lines, opens=reply.session)
    lines = [*reply.warnings]
    if reply.outcome == "forked":
        sentence = f"It was changed by somebody else meanwhile; this is kept as {name}"
        lines += [f"Both sides changed: {', '.join(reply.conflicts)}"] if reply.conflicts else []
    if reply.merged:
        lines.append(f"Taken from the other side: {', '.join(reply.merged)}")
    row = reply.session if opens or reply.outcome == "forked" else None
    return Toast(sentence=sentence, lines=lines, undo=reply.operation, opens=row)


def undone(reply: Undone) -> Toast:
    """After an undo, which can itself be undone."""
    row = reply.undone
    what = f"{row.app}/{row.name}" if row.name is not None else f"folder {row.folder}"
    some = f" and {reply.count - 1} more" if reply.count > 1 else ""
    return Toast(
        sentence=f"Undone: {row.type} {what}{some}", lines=reply.warnings, undo=reply.operation, undo_word="Redo",
        opens=reply.session,
    )  # fmt: skip


def failed(problem: HoldfastError) -> Toast:
    """The sentence and code that the command line says, and all details for the clipboard."""
    candidates = problem.details.get("candidates")
    told = {"code": problem.code, "sentence": problem.sentence, "details": problem.details}
    return Toast(
        sentence=problem.sentence,
        lines=candidates if isinstance(candidates, list) else (),
        copies=json.dumps(told, ensure_ascii=False, indent=2),
        code=problem.code,
    )


def with_toast(act: Callable[[Request], Awaitable[Toast | Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that answers with what became of ``act``, unless that has an answer of its own."""

    @wraps(act)
    async def endpoint(request: Request) -> Response:
        try:
            became = await act(request)
            if isinstance(became, Response):
                return became
            toast = await _sure(house_of(request).client, became)
        except HoldfastError as problem:
            toast = failed(problem)
        answer = _marked(await render(request, "toast.html", toast=toast), toast)
        return answer if toast.code else done(request, answer)

    return endpoint


async def _sure(client: AsyncClient, toast: Toast) -> Toast:
    """With an undo only where there is one: a deleted session that was brought back as it was has none."""
    if toast.undo is None:
        return toast
    (row,) = (await client.operations(since=toast.undo - 1, limit=1)).rows
    return toast if row.undoable else replace(toast, undo=None)


def done(request: Request, answer: Response) -> Response:
    """What a dialog asked for goes to the edge of the page, and the dialog closes; it shows what failed."""
    if request.headers.get("hx-target") == "problem":
        answer.headers.update({"HX-Retarget": "#toasts", "HX-Reswap": "beforeend", "HX-Trigger": "done"})
    return answer


def with_refusal(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that shows, in the place of what was asked for, why it cannot be had."""

    @wraps(endpoint)
    async def refusing(request: Request) -> Response:
        try:
            if house_of(request).live.is_away:
                raise Unreachable("The daemon is away; what it has is shown when it is back")
            return await endpoint(request)
        except HoldfastError as problem:
            toast = failed(problem)
            answer = _marked(await render_page(request, "refused.html", toast=toast), toast)
            if request.method == "POST" and request.headers.get("hx-target") == "ask":  # the dialog stays
                answer.headers.update({"HX-Retarget": "#problem", "HX-Reswap": "innerHTML"})
            return answer

    return refusing


def _marked(answer: Response, toast: Toast) -> Response:
    """With the status of its error, if it is one."""
    answer.status_code = _STATUS.get(toast.code, 500) if toast.code else 200
    return answer


async def undo(request: Request) -> Toast:
    """POST: reverses operation ``number``, or without it the newest one of this user."""
    number = (await read_form(request)).number("number")
    return undone(await house_of(request).client.undo(number, published=True))
