"""What a caller may say for a session, a snapshot or a part."""

from __future__ import annotations

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
