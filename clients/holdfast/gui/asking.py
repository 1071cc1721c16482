"""What an act needs to know first, asked in a dialog. It stands outside of what is read again when the daemon says that
something changed, so that nothing typed is lost."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from holdfast.exporting import printable
from holdfast.gui.house import house_of, render
from holdfast_protocol.model import Ref

#: Acts that ask, each with its template.
ASKS = ("rename", "copy", "new", "tag", "note", "pin", "restore", "export")
#: So many parts can be ticked one by one; a longer document is put back whole, or by what the parts' tab has ticked.
_PARTS = 500


async def ask(request: Request) -> Response:
    """GET: the form of an act, for the dialog."""
    act = request.path_params["act"]
    if act not in ASKS:
        return Response(status_code=404)
    at = request.query_params.get("at", "latest")
    ref = Ref(id=request.path_params["id"], snapshot=at)
    shown = await house_of(request).client.show(ref, parts=act == "restore")
    return await render(
        request, f"ask_{act}.html", act=act, session=shown.session, snapshot=shown.snapshot, note=shown.note, at=at,
        parts=shown.parts[:_PARTS], left_out=max(0, len(shown.parts) - _PARTS),
        ticked=set(request.query_params.getlist("part")), printed=printable(), conversions=shown.conversions,
    )  # fmt: skip
