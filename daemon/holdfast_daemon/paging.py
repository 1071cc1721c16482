"""Where the next page of an answer begins, as bytes that a client gives back and does not look into. Pure."""

from __future__ import annotations

from holdfast_protocol.codec import decode, encode
from holdfast_protocol.errors import BadField, HoldfastError

TOKEN_BYTES = 16 * 1024

Position = tuple[int | str, ...]


def token(order: str, position: Position) -> bytes:
    """For ``after``; ``order`` names the list and the order in which it was read."""
    return encode({"order": order, "at": [*position]})


def position(order: str, given: bytes) -> Position | None:
    """The same back; None at the beginning. Raises BadField for what is not a token of that list."""
    if not given:
        return None
    try:
        known = decode(given, limit_bytes=TOKEN_BYTES, what="token")
    except HoldfastError:
        known = {}
    found = known.get("at")
    fits = known.get("order") == order and isinstance(found, list)
    if not fits or not all(type(each) in (int, str) for each in found or ()):
        raise BadField("after: what `next` of the same request gave is expected", field="after")
    return tuple(found or ())
