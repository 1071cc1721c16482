"""Bytes as text or, where they are none, as digits. Decides only; nothing is read here."""

from __future__ import annotations

from typing import NamedTuple

_ACROSS_BYTES = 16
_LETTER_BYTES = 4


def text_of(data: bytes, *, is_cut: bool) -> str | None:
    """None where it is no text. ``is_cut``: more follows it, and a letter that its end has cut in two is left out."""
    if b"\0" in data:
        return None
    for cut in range(_LETTER_BYTES if is_cut else 1):
        try:
            return data[: len(data) - cut].decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
    return None


class HexRow(NamedTuple):
    """``place`` and ``digits`` in hexadecimal, ``signs`` as letters where they are some."""

    place: str
    digits: str
    signs: str


def hex_rows(data: bytes, offset: int = 0) -> list[HexRow]:
    """Sixteen bytes in each."""
    pieces = [(start, data[start : start + _ACROSS_BYTES]) for start in range(0, len(data), _ACROSS_BYTES)]
    return [HexRow(f"{offset + start:08x}", piece.hex(" "), _signs(piece)) for start, piece in pieces]


def _signs(piece: bytes) -> str:
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "·" for byte in piece)
