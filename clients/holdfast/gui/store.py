"""How the daemon and its store are, and what retention would take."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from holdfast.gui.forms import read_form
from holdfast.gui.house import house_of, render, render_page
from holdfast.gui.toasts import Toast
from holdfast_protocol.codec import to_plain
from holdfast_protocol.errors import Damaged, Unreadable
from holdfast_protocol.messages import Checked

_PRUNE_SECONDS = 600.0
_ROWS = 200
_STOP_MS = 2000


async def show(request: Request) -> Response:
    """GET: a fragment or a page."""
    status = await house_of(request).client.status()
    return await render_page(request, "store.html", status=status, copies=_details(to_plain(status)))


async def show_check(request: Request) -> Response:
    """GET: the check that runs, or the last one; while it runs the fragment asks again."""
    return await _checked(request, await house_of(request).client.check(begin=False))


async def check(request: Request) -> Response:
    """POST: ``act`` begins one that reads what was not read lately, or ``all`` of it, or puts right what it can
    (``repair``); or it ends the one that runs (``stop``)."""
    act = (await read_form(request)).one("act")
    client = house_of(request).client
    if act == "stop":
        return await _checked(request, await client.check(begin=False, stop=True, wait_ms=_STOP_MS))
    return await _checked(request, await client.check(all=act != "begin", repair=act == "repair"))


async def _checked(request: Request, checked: Checked) -> Response:
    status = await house_of(request).client.status()
    told = {"code": Damaged.code, "version": status.version, "store": status.store, **to_plain(checked)}
    return await render(request, "check.html", checked=checked, copies=_details(told), code=Damaged.code)


def _details(told: dict[str, Any]) -> str:
    """For the clipboard."""
    return json.dumps(told, ensure_ascii=False, indent=2, default=_text)


def _text(path: bytes) -> str:
    return path.decode(errors="backslashreplace")


async def show_prune(request: Request) -> Response:
    """GET: what would go, a fragment of its own: a large store takes its time."""
    pruned = await house_of(request).client.prune(dry_run=True, limit=_ROWS, timeout_seconds=_PRUNE_SECONDS)
    going = [row for row in pruned.rows if not row.keep]
    return await render(request, "prune.html", pruned=pruned, going=going)


async def prune(request: Request) -> Toast:
    """POST: what retention takes goes for good."""
    pruned = await house_of(request).client.prune(timeout_seconds=_PRUNE_SECONDS)
    return Toast(sentence=f"Pruned {pruned.snapshots_count} snapshots, {pruned.freed_bytes} bytes freed")


async def open_folder(request: Request) -> Toast:
    """POST: the sessions folder in this machine's file manager; where nobody sits before it, its path."""
    house = house_of(request)
    path = (await house.client.status()).sessions
    if house.is_remote:
        return Toast(sentence=f"The sessions folder is {path}, on the machine that this page comes from", copies=path)
    program = "open" if sys.platform == "darwin" else "xdg-open"
    try:
        await asyncio.create_subprocess_exec(
            program, path, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError as problem:
        raise Unreadable(f"{program} cannot be started; the sessions folder is {path}", path=path) from problem
    return Toast(sentence=f"Opened {path}", copies=path)
