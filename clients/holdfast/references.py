"""What a caller may say for a session, a snapshot, a part or a folder."""

from __future__ import annotations

import os

from holdfast_protocol.errors import BadField, Unreadable
from holdfast_protocol.model import Ref


def reference(said: Ref | str) -> Ref:
    """A ``Ref`` as it is, or the text ``APP/NAME@SNAPSHOT:PART`` taken apart. Raises BadName."""
    if isinstance(said, Ref):
        return said
    from holdfast_protocol.names import parse_reference

    return parse_reference(said)


def of_snapshot(ref: Ref, snapshot: str) -> Ref:
    """The same session and part, of another snapshot."""
    return Ref(name=ref.name, app=ref.app, folder=ref.folder, snapshot=snapshot, part=ref.part, id=ref.id)


def without_part(ref: Ref) -> Ref:
    """The same session and snapshot as a whole."""
    return Ref(name=ref.name, app=ref.app, folder=ref.folder, snapshot=ref.snapshot, id=ref.id)


def absolute(path: str | bytes) -> bytes:
    """The path from the root on; ``..`` behind a link is above where the link leads. Raises BadField for an empty one
    (a script's variable that is not set), which would be the working directory; Unreadable where that is gone."""
    raw = os.fsencode(path)
    if not raw:
        raise BadField("The path of a folder is expected, not an empty one")
    try:
        return os.path.realpath(raw) if b".." in raw.split(b"/") else os.path.abspath(raw)
    except FileNotFoundError as problem:
        raise Unreadable("The working directory is gone; say where the folder is from / on") from problem
