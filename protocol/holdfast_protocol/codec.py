"""msgpack with limits. The only place that knows the encoding.

Whatever a peer sends ends here as a plain value or as a coded error: msgpack, msgspec and Python
each have errors of their own for hostile bytes (lessons.md, probe P), and all are caught at this border.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, TypeVar

import msgpack
import msgspec

from holdfast_protocol.errors import BadField, BadMessage, TooLarge
from holdfast_protocol.messages import LIMITS
from holdfast_protocol.model import Row

#: The bytes that cannot begin a map or an array: a message has no more levels than it has other bytes.
_NO_CONTAINERS = bytes(each for each in range(256) if not (0x80 <= each <= 0x9F or 0xDC <= each <= 0xDF))

RowType = TypeVar("RowType", bound=Row)

#: How msgspec's sentences name a field: "… missing required field `frame` - at `$.files[0]`".
_WHERE = re.compile(r"at `\$\.?([^`]*)`")
_MISSING = re.compile(r"required field `([^`]*)`")

#: What a message mostly fits into. By itself msgpack takes 256 KiB for each, which the daemon's allocator gives back to
#: the system every time: 8 µs instead of 0.5.
_BUFFER_BYTES = 1024


def encode(value: Any) -> bytes:
    """The msgpack bytes of a plain value. Raises BadField for text or a number that msgpack cannot hold."""
    try:
        return msgpack.packb(value, use_bin_type=True, buf_size=_BUFFER_BYTES)  # type: ignore[no-any-return]  # msgpack's stub says Any
    except (UnicodeEncodeError, OverflowError) as problem:  # half a surrogate pair, 65 bits
        raise BadField(f"A value cannot be sent: {type(problem).__name__}") from problem


def encode_around(fields: dict[str, Any], last: str, encoded: bytes) -> bytes:
    """The bytes of the map ``fields`` with one more field, whose value is encoded already."""
    return encode({**fields, last: None})[:-1] + encoded  # None is one byte, and the last


def encode_array(encoded: Sequence[bytes]) -> bytes:
    """The bytes of an array of values that are encoded already."""
    head: bytes = msgpack.Packer(buf_size=_BUFFER_BYTES).pack_array_header(len(encoded))
    return head + b"".join(encoded)


def decode(raw: bytes, *, limit_bytes: int, what: str = "header") -> dict[str, Any]:
    """The map that ``raw`` holds. Raises TooLarge or BadMessage; never anything else."""
    if len(raw) > limit_bytes:
        raise TooLarge(f"The {what} has {len(raw)} bytes; the limit is {limit_bytes}", limit=limit_bytes)
    try:
        value = msgpack.unpackb(
            raw,
            raw=False,
            strict_map_key=True,
            max_ext_len=0,
            max_array_len=len(raw),
            max_map_len=len(raw),
            object_pairs_hook=_without_duplicates,
            ext_hook=_refuse_extension,
        )
        if len(raw.translate(None, _NO_CONTAINERS)) > LIMITS["depth_levels"]:
            _check_depth(value, LIMITS["depth_levels"])
    except BadMessage:
        raise
    except Exception as problem:  # the border: StackError, UnicodeDecodeError, OverflowError, RecursionError …
        raise BadMessage(f"The {what} is not readable msgpack: {type(problem).__name__}") from problem
    if not isinstance(value, dict):
        raise BadMessage(f"The {what} is not a map")
    return value


def to_plain(row: Row) -> Any:
    """The plain value of a message: what ``encode`` takes."""
    return msgspec.to_builtins(row, builtin_types=(bytes,))


def to_row(value: Any, kind: type[RowType]) -> RowType:
    """``value`` checked against one type. Raises BadField, whose detail ``field`` is the path to the field."""
    try:
        return msgspec.convert(value, kind, builtin_types=(bytes,))  # or text would pass as base64
    except (msgspec.ValidationError, RecursionError) as problem:
        found = (_WHERE.search(str(problem)), _MISSING.search(str(problem)))
        field = ".".join(each[1] for each in found if each and each[1])
        raise BadField(f"{kind.__name__.lower()}: {problem}", **({"field": field} if field else {})) from problem


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BadMessage("A map has the same key twice")
    for key in value:
        if type(key) is not str:
            raise BadMessage("A map has a key that is not text")
    return value


def _refuse_extension(code: int, content: bytes) -> None:
    raise BadMessage(f"Extension type {code} is not of this protocol")


def _check_depth(value: Any, levels: int) -> None:
    """For plain values: maps and lists, no types derived from them."""
    if type(value) is dict:
        children = iter(value.values())
    elif type(value) is list:
        children = iter(value)
    else:
        return
    if levels == 0:
        raise BadMessage(f"Nested deeper than {LIMITS['depth_levels']} levels")
    for child in children:
        _check_depth(child, levels - 1)
