"""References that are relative and lead nowhere: as of a document that was taken in from elsewhere."""

from __future__ import annotations

import os
import re
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
#: Of any system, and URLs.
_ANCHORED = re.compile(r"[/\\~]|[A-Za-z][A-Za-z0-9+.-]*:")


def folders_left_behind(verbs: Verbs, path: str, ref: Ref) -> Plan[list[str]]:
    """Where they lie, in a few folders; nothing for a daemon of another machine. ``path``: where the document lay."""
    where = os.path.dirname(path)
    try:
        if LOCAL_FILES not in (yield from verbs.hello()).capabilities:
            return []
        rows = (yield from replied(CheckResources(ref=ref), Resources, _SECONDS)).rows
    except HoldfastError:
        return []
    return _few({os.path.dirname(found) for row in rows if _is_astray(row) and (found := _found(row, where))})


def leading_nowhere(verbs: Verbs, ref: Ref) -> Plan[list[str]]:
    """Nothing where that is not to be had soon."""
    try:
        rows = (yield from replied(CheckResources(ref=ref), Resources, _SECONDS)).rows
    except HoldfastError:
        return []
    return [*dict.fromkeys(row.reference for row in rows if _is_astray(row))]


def _found(row: ResourceRow, folder: str) -> str:
    """The file that is meant by what was relative to ``folder``; "" where none is."""
    found = os.path.abspath(os.path.join(folder, row.reference.replace("\\", "/")))
    return found if "\0" not in found and os.path.isfile(found) else ""


def _is_astray(row: ResourceRow) -> bool:
    return row.state in ("missing", "moved") and _ANCHORED.match(row.reference) is None


def _few(folders: set[str]) -> list[str]:
    """Those that are in no other; of many, what they have in common."""
    found = [each for each in sorted(folders) if not any(_is_below(each, other) for other in folders)]
    return found if len(found) <= _MOST_FOLDERS else [os.path.commonpath(found)]


def _is_below(folder: str, other: str) -> bool:
    return folder.startswith(os.path.join(other, "")) and folder != other
