"""Columns that stand below each other, also where a letter takes two places or none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

#: No column is made narrower for a terminal's sake.
_NARROWEST = 20
_GAP = "  "


def aligned(rows: Sequence[Sequence[str]], columns: int | None = None) -> Iterator[str]:
    """One line for each row; all rows have equally many cells. Where they would not fit into so many ``columns``,
    the widest are made narrower and their long cells end in ``…``; the last one, which is not padded, stays whole."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    if columns is not None:
        _narrow(widths, columns)
    for row in rows:
        cells = (_filled(cell, width) for cell, width in zip(row[:-1], widths, strict=False))
        yield _GAP.join([*cells, row[-1]]).rstrip()


def _narrow(widths: list[int], columns: int) -> None:
    """Of the last column only what every cell needs is counted: it may run on."""
    padded = range(len(widths) - 1)
    too_much = sum(widths[:-1]) + len(_GAP) * len(padded) + min(widths[-1], _NARROWEST) - columns
    while too_much > 0 and any(widths[place] > _NARROWEST for place in padded):
        widest = max(padded, key=lambda place: widths[place])
        widths[widest] -= 1
        too_much -= 1


def _filled(cell: str, width: int) -> str:
    """The cell in exactly ``width`` places."""
    taken = _width(cell)
    if taken > width:
        while taken > width - 1:
            cell = cell[:-1]
            taken = _width(cell)
        cell, taken = f"{cell}…", taken + 1
    return cell + " " * (width - taken)


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    import unicodedata  # a megabyte, for the few names that need it

    return sum(0 if unicodedata.combining(sign) else 1 + (unicodedata.east_asian_width(sign) in "WF") for sign in text)
