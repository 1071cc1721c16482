"""Where the missing files of a session may be, asked in a dialog: what was found for each, and a map for all of them.

Nothing is chosen that was not on screen: what the dialog sends are the paths that somebody has ticked.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from holdfast.gui.forms import Form, read_form
from holdfast.gui.house import house_of, render
from holdfast_protocol.model import Ref, RelinkRow

#: So many references are chosen one by one; a map changes the others too.
_ROWS = 200
_SEARCH_SECONDS = 30.0
_ANEW = {"HX-Retarget": "#ask", "HX-Reswap": "innerHTML"}
_REASONS = {"content": "the same content", "size": "the same name and size", "name": "the same name"}
_SLASHES = ("/", "\\")


class Question(NamedTuple):
    """A reference and its candidates, each as the map has it (a path as text), what is said of it, and its size.
    ``chosen``: the one that is ticked, empty for none."""

    row: RelinkRow
    candidates: Sequence[tuple[str, str, int]]
    chosen: str


async def ask_relink(request: Request) -> Response:
    """GET: the dialog, with what lies near."""
    return await _dialog(request, Form([]))


async def search_missing(request: Request) -> Response:
    """POST: the dialog anew, with what is found in the folders that its form names; what is refused leaves it be."""
    answer = await _dialog(request, await read_form(request))
    answer.headers.update(_ANEW)
    return answer


async def _dialog(request: Request, form: Form) -> Response:
    client, ref = house_of(request).client, Ref(id=request.path_params["id"])
    folders = [os.path.expanduser(line.strip()) for line in form.one("search").split("\n") if line.strip()]
    shown, chosen = await client.show(ref, parts=False), choices_of(form)  # first: what is found is of it, or newer
    found = await client.relink(
        ref, search=[os.fsencode(folder) for folder in folders], dry_run=True, timeout_seconds=_SEARCH_SECONDS
    )
    lost = [row for row in found.rows if row.state in ("missing", "moved")]
    return await render(
        request, "ask_relink.html", act="relink", at="latest", session=shown.session, stopped=found.stopped,
        questions=[_question(row, chosen) for row in lost[:_ROWS]], left_out=max(0, len(lost) - _ROWS),
        search="\n".join(folders or [path.decode() for path in found.near if _is_text(path)]),
        searched=bool(folders), old=form.one("old"), new=form.one("new"),
        example=_above(lost[0].reference) if lost else "",
    )  # fmt: skip


def map_of(form: Form) -> dict[str, str]:
    """What the dialog has sent, as the map of ``relink``: the files that were ticked, and the folder."""
    chosen = {reference: path for reference, path in choices_of(form).items() if path}
    old, new = form.one("old").strip(), form.one("new").strip()
    slash = "" if old.endswith(_SLASHES) else "\\" if "\\" in old else "/"
    return chosen | ({old + slash: new} if old and new else {})


def choices_of(form: Form) -> Mapping[str, str]:
    """Reference to the path that is ticked for it; empty where it is to stay."""
    references = form.all("reference")
    return {reference: form.one(f"to-{number}") for number, reference in enumerate(references)}


def _question(row: RelinkRow, chosen: Mapping[str, str]) -> Question:
    candidates = [
        (each.path.decode(), _REASONS.get(each.why, each.why), each.size_bytes)
        for each in row.candidates
        if each.reference and _is_text(each.path)
    ]
    paths = [path for path, _, _ in candidates]
    certain = [path for path, why, _ in candidates if why == _REASONS["content"]]
    only = next((some[0] for some in (certain, paths) if len(some) == 1), "")
    said = chosen.get(row.reference)
    return Question(row, candidates, said if said in paths else only)


def _above(reference: str) -> str:
    """The folder that it was in, for an example."""
    return reference[: max(map(reference.rfind, _SLASHES)) + 1]


def _is_text(path: bytes) -> bool:
    return path.decode("utf-8", "surrogateescape").isprintable()  # half letters are not
