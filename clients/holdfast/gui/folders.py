"""The watched folders: which, how, held and why; and those that could be adopted."""

from __future__ import annotations

import os

from starlette.requests import Request
from starlette.responses import Response

from holdfast.gui.forms import read_form
from holdfast.gui.house import house_of, render
from holdfast.gui.toasts import Toast
from holdfast_protocol.errors import BadField, NotFound

_SCAN_SECONDS = 600.0
#: The variables by which a user tells an application where to keep things; no others are handed over.
_PREFIXES = ("RENARDO_", "AIDER_DESK_", "IGV_", "MOSAIC_")


async def show(request: Request) -> Response:
    """GET: a fragment or a page."""
    client = house_of(request).client
    rows = (await client.folder_list()).rows
    told = {name: value for name, value in os.environ.items() if name.startswith(_PREFIXES)}
    suggested = [row for row in (await client.folder_suggest(environment=told)).rows if row.label is None]
    return await render(request, "folders.html", folders=rows, suggested=suggested)


async def change(request: Request) -> Toast:
    """POST: adopt, remove or scan one. A path is typed, or as it came: hexadecimal, for not every path is text."""
    client, form, act = house_of(request).client, await read_form(request), request.path_params["act"]
    label = form.one("label")
    if act == "add":
        added = await client.folder_add(_path(form.one("path_hex"), form.one("path")), form.one("app").strip())
        said = "Adopted" if added.operation is not None else "Adopted already:"
        return Toast(sentence=f"{said} {', '.join(row.label for row in added.rows)}", lines=added.warnings)
    if act == "remove":
        await client.folder_remove(label)
        return Toast(sentence=f"{label} is watched no longer; its files and its history stay")
    if act == "scan":
        accept = form.one("accept") == "yes"
        (row,) = (await client.folder_scan(label, accept=accept, timeout_seconds=_SCAN_SECONDS)).rows
        return Toast(sentence=f"Looked through {label}: {row.sessions_count} sessions", lines=row.problems)
    raise NotFound("There is no such act")


def _path(path_hex: str, typed: str) -> bytes:
    try:
        path = bytes.fromhex(path_hex) or os.path.expanduser(typed.strip()).encode()
    except ValueError as problem:
        raise BadField("The path cannot be read", field="path") from problem
    if not path.startswith(b"/"):
        raise BadField("The path of a folder is expected, from / on", field="path")
    return path
