"""Files that a document found from where it lay and does not find from where it lies since it was taken in."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from holdfast.plans import Plan, replied
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import LOCAL_FILES, CheckResources, Resources
from holdfast_protocol.model import ResourceRow

if TYPE_CHECKING:
    from holdfast.verbs import Verbs
    from holdfast_protocol.model import Ref

#: A file system that does not answer is no reason to wait: the document is in.
_SECONDS = 5.0
_MOST_FOLDERS = 3


def folders_left_behind(verbs: Verbs, path: str, ref: Ref) -> Plan[list[str]]:
    """Where they lie, in a few folders; nothing for a daemon of another machine. ``path``: where the document lay."""
    try:
        if LOCAL_FILES not in (yield from verbs.hello()).capabilities:
            return []
        rows = (yield from replied(CheckResources(ref=ref), Resources, _SECONDS)).rows
    except HoldfastError:
        return []
    return _few({os.path.dirname(found) for row in rows if (found := _found(row, os.path.dirname(path)))})


def _found(row: ResourceRow, folder: str) -> str:
    """The file that is meant by what was relative to ``folder``; "" where none is."""
    reference = row.reference.replace("\\", "/")
    if row.state not in ("missing", "moved") or os.path.isabs(reference) or "\0" in reference:
        return ""
    found = os.path.abspath(os.path.join(folder, reference))
    return found if os.path.isfile(found) else ""


def _few(folders: set[str]) -> list[str]:
    """Those that are in no other; of many, what they have in common."""
    found = [each for each in sorted(folders) if not any(_is_below(each, other) for other in folders)]
    return found if len(found) <= _MOST_FOLDERS else [os.path.commonpath(found)]


def _is_below(folder: str, other: str) -> bool:
    return folder.startswith(os.path.join(other, "")) and folder != other
