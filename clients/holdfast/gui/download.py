"""A document for the browser's own download, which shows how far it is and can be stopped: a file as it is, several as
a ZIP archive. Streamed in windows, however large."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import BinaryIO, cast
from urllib.parse import quote
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from holdfast import AsyncOpenDocument
from holdfast.cli.words import path_text
from holdfast.gui.house import house_of
from holdfast_protocol.model import Ref


async def download(request: Request) -> Response:
    """GET: of the snapshot ``at`` and, where some are given, the document built of the parts ``part``."""
    client, asked = house_of(request).client, request.query_params
    ref = Ref(id=request.path_params["id"], snapshot=asked.get("at", "latest"))
    document = await client.open(ref, parts=asked.getlist("part"))
    session, files = document.session, document.files
    headers = {}
    if len(files) == 1 and not files[0].path:
        suffix = os.path.splitext(path_text(session.path))[1]
        headers["Content-Length"] = str(files[0].size_bytes)
        content = document.read(files[0])
    else:
        suffix = ".zip"
        content = _zipped(document)
    name = quote(session.name + suffix, safe="")
    headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return StreamingResponse(content, media_type="application/octet-stream", headers=headers)


async def _zipped(document: AsyncOpenDocument) -> AsyncIterator[bytes]:
    """Uncompressed: what is large hardly compresses, and this costs no time."""
    sink = _Sink()
    with ZipFile(cast(BinaryIO, sink), "w", ZIP_STORED) as archive:
        for row in document.files:
            entry = ZipInfo(path_text(row.path) or "document")
            with archive.open(entry, "w", force_zip64=row.size_bytes >= 2**31) as file:
                async for window in document.read(row):
                    file.write(window)
                    yield sink.taken()
    yield sink.taken()


class _Sink:
    """A file that can only be written, and from which what came is taken."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        self._pieces.append(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """There is nothing behind it."""

    def taken(self) -> bytes:
        """What came since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
