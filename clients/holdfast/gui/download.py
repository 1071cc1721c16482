"""A document for the browser's own download: a file as it is, several as a ZIP archive."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from holdfast import AsyncExport
from holdfast.exporting import native
from holdfast.gui.attachments import attachment
from holdfast.gui.house import house_of
from holdfast_protocol.model import Ref


async def download(request: Request) -> Response:
    """GET: of the snapshot ``at`` and, where some are given, the document built of the parts ``part``."""
    client, asked = house_of(request).client, request.query_params
    ref = Ref(id=request.path_params["id"], snapshot=asked.get("at", "latest"))
    opened = await client.run(client.verbs.open(ref, parts=asked.getlist("part")))
    export = AsyncExport(native(opened), client)
    return attachment(export, export.read())
