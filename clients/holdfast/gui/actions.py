"""What one does on the page, as routes. Every act is a POST that answers with a toast; what must be said first is asked
in a dialog."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from holdfast.gui import exporting, folders, store, workspaces
from holdfast.gui.asking import ask
from holdfast.gui.changing import change
from holdfast.gui.download import download
from holdfast.gui.forms import read_form
from holdfast.gui.house import THEME, house_of, render
from holdfast.gui.importing import import_dropped
from holdfast.gui.relinking import ask_relink, search_missing
from holdfast.gui.toasts import undo, with_refusal, with_toast

_OFFERED = 8
_YEAR_SECONDS = 365 * 24 * 3600


async def palette(request: Request) -> Response:
    """GET: sessions by name, for the command palette."""
    text = request.query_params.get("text", "").strip()
    client = house_of(request).client
    rows = (await client.list(text=text, limit=_OFFERED)).rows if text else []
    return await render(request, "palette.html", rows=rows)


async def theme(request: Request) -> Response:
    """POST: dark, light, or as the system is, from now on; whatever port the page has next time."""
    answer = Response(status_code=204)
    chosen = (await read_form(request)).one("theme")
    if chosen in ("dark", "light"):
        answer.set_cookie(THEME, chosen, max_age=_YEAR_SECONDS, httponly=True, samesite="strict")
    else:
        answer.delete_cookie(THEME, httponly=True, samesite="strict")
    return answer


ROUTES = [
    Route("/ask/relink/{id}", with_refusal(ask_relink)),
    Route("/ask/relink/{id}", with_toast(search_missing), methods=["POST"]),
    Route("/ask/{act}/{id}", with_refusal(ask)),
    Route("/session/{id}/export", with_toast(exporting.begin), methods=["POST"]),
    Route("/session/{id}/{act}", with_toast(change), methods=["POST"]),
    Route("/exports/{token}", with_toast(exporting.state)),
    Route("/exports/{token}/file", with_refusal(exporting.file)),
    Route("/exports/{token}/cancel", with_toast(exporting.cancel), methods=["POST"]),
    Route("/download/{id}", with_refusal(download)),
    Route("/undo", with_toast(undo), methods=["POST"]),
    Route("/import", with_toast(import_dropped), methods=["POST"]),
    Route("/theme", with_refusal(theme), methods=["POST"]),
    Route("/palette", with_refusal(palette)),
    Route("/workspaces", with_refusal(workspaces.show)),
    Route("/workspace/{id}/{act}", with_toast(workspaces.change), methods=["POST"]),
    Route("/folders", with_refusal(folders.show)),
    Route("/folders/{act}", with_toast(folders.change), methods=["POST"]),
    Route("/store", with_refusal(store.show)),
    Route("/store/check", with_refusal(store.show_check)),
    Route("/store/check", with_refusal(store.check), methods=["POST"]),
    Route("/store/prune", with_refusal(store.show_prune)),
    Route("/store/prune", with_toast(store.prune), methods=["POST"]),
    Route("/open-folder", with_toast(store.open_folder), methods=["POST"]),
]
