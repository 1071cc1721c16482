"""The beginning of a sheet, as long as a picture may be."""

from __future__ import annotations

from dataclasses import replace

from holdfast.plans import Plan
from holdfast.printing.blocks import Block, Blocks, Bubble, Code, Folded, Picture, Remark, Table, Words

#: About what fits into a picture that programs still open, some 20,000 pixels high.
_LINES_COUNT = 600
_LINE_SIGNS = 95
_PICTURE_LINES = 20
_LINE_HEIGHT = 18
CUT = "The picture is cut here: the session goes on, and a PDF has all of it."


class Cut:
    """``is_cut`` once something was left out."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._left = _LINES_COUNT
        self.is_cut = False

    def next(self) -> Plan[list[Block]]:
        """What of the next blocks is on it, and at the end that it is."""
        if self.is_cut:
            return []
        found: list[Block] = []
        for each in (yield from self._blocks.next()):
            lines = _lines(each)
            if lines > self._left:
                self.is_cut = True
                return [*found, *([_begun(each, self._left)] if self._left > 1 else []), Remark(CUT)]
            self._left -= lines
            found.append(each)
        return found


def _lines(block: Block) -> int:
    if isinstance(block, Words | Code | Remark):
        return sum(1 + len(line) // _LINE_SIGNS for line in block.text.split("\n")) + 1
    if isinstance(block, Table):
        return len(block.rows) * 2 + 2
    if isinstance(block, Picture):
        return round(block.size[1] / _LINE_HEIGHT) + 1 if block.size[1] else _PICTURE_LINES
    if isinstance(block, Bubble | Folded):
        return 2 + sum(map(_lines, block.inside))
    return 2


def _begun(block: Block, lines: int) -> Block:
    """As much of it as there is room for."""
    if isinstance(block, Words | Code):
        return replace(block, text=_start(block.text, lines))
    if isinstance(block, Table):
        return replace(block, rows=block.rows[: lines // 2], colors=block.colors[: lines // 2])
    if isinstance(block, Bubble | Folded):
        inside: list[Block] = []
        left = lines
        for each in block.inside:
            if _lines(each) > left:
                inside += [_begun(each, left)] if left > 1 else []
                break
            left -= _lines(each)
            inside.append(each)
        return replace(block, inside=inside)
    return Remark("")


def _start(text: str, lines: int) -> str:
    kept: list[str] = []
    for line in text.split("\n"):
        lines -= 1 + len(line) // _LINE_SIGNS
        if lines < 0:
            break
        kept.append(line)
    return "\n".join(kept)
