"""What is drawn, with other words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holdfast.plans import Plan
from holdfast.printing.blocks import Block, Blocks, Bubble, Code, Folded, Heading, Picture, Remark, Sheet, Table, Words

_Say = Callable[[str], str]


class Worded:
    """``say`` gives what stands in a text's place, and is told before which block, counted from 1, it is asked."""

    def __init__(self, blocks: Blocks, say: Callable[[int], _Say]) -> None:
        self._blocks = blocks
        self._say = say
        self._count = 0

    def next(self) -> Plan[list[Block]]:
        """The next few. Raises HoldfastError."""
        found: list[Block] = []
        for block in (yield from self._blocks.next()):
            self._count += 1
            found.append(_worded(block, self._say(self._count)))
        return found


def worded_sheet(sheet: Sheet, say: Callable[[int], _Say]) -> Sheet:
    """What stands above the first block is its number 0."""
    above = say(0)
    facts = [(name, above(fact)) for name, fact in sheet.facts]
    return replace(sheet, title=above(sheet.title), facts=facts, blocks=Worded(sheet.blocks, say))


def _worded(block: Block, say: _Say) -> Block:
    return _MAKERS[type(block)](block, say)


def _text(block: Any, say: _Say) -> Block:
    made: Block = replace(block, text=say(block.text))
    return made


def _table(block: Table, say: _Say) -> Block:
    return replace(block, columns=[*map(say, block.columns)], rows=[[*map(say, row)] for row in block.rows])


def _picture(block: Picture, say: _Say) -> Block:
    is_text = block.media_type == "image/svg+xml"
    return replace(
        block, content=say(block.content.decode()).encode() if is_text else block.content, said=say(block.said)
    )


def _heading(block: Heading, say: _Say) -> Block:
    return replace(block, text=say(block.text), aside=say(block.aside))


def _folded(block: Folded, say: _Say) -> Block:
    return replace(block, title=say(block.title), inside=[_worded(each, say) for each in block.inside])


def _bubble(block: Bubble, say: _Say) -> Block:
    return replace(block, speaker=say(block.speaker), inside=[_worded(each, say) for each in block.inside])


_MAKERS: dict[type[Block], Callable[[Any, _Say], Block]] = {
    Heading: _heading, Words: _text, Code: _text, Table: _table, Picture: _picture, Remark: _text, Folded: _folded,
    Bubble: _bubble,
}  # fmt: skip
