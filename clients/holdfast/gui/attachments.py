"""What goes to the browser's own download, which shows how far it is and can be stopped. Streamed, however large."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.responses import StreamingResponse

from holdfast import AsyncExport


def attachment(export: AsyncExport, content: AsyncIterator[bytes]) -> StreamingResponse:
    """An export as a file to be saved, never as something that a browser would show. Its name is as RFC 6266 has it:
    percent signs leave nothing of a name that a header would obey."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(export.file_name, safe='')}"}
    if export.length_bytes is not None:
        headers["Content-Length"] = str(export.length_bytes)
    return StreamingResponse(content, media_type="application/octet-stream", headers=headers)
