"""Blocks so short that each is typeset in a moment: what breaks over many pages takes far longer than its parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from holdfast.looking.languages import COLOURED_SIGNS
from holdfast.looking.marking import MARKDOWN_SIGNS
from holdfast.printing.blocks import Block, Bubble, Code, Folded, Remark, Table, Words

_LINES_COUNT = 500
_ROWS_COUNT = 500
_BUBBLE_SIGNS = 32 * 1024


def pieces(block: Block) -> Iterator[Block]:
    """It, or what it is made of, one below the other."""
    if isinstance(block, Words) and len(block.text) > MARKDOWN_SIGNS:
        block = Code(block.text)
    if isinstance(block, Code):
        yield from _of_code(block)
    elif isinstance(block, Table):
        yield from _of_table(block)
    elif isinstance(block, Bubble) and signs_of(block) > _BUBBLE_SIGNS:
        inside = [piece for each in block.inside for piece in pieces(each)]
        for number, group in enumerate(_groups(inside)):
            speaker = f"{block.speaker} (continued)" if number else block.speaker
            yield Bubble(block.role, speaker, group)
    elif isinstance(block, Folded) and signs_of(block) > _BUBBLE_SIGNS:
        yield replace(block, inside=())
        for each in block.inside:
            yield from pieces(each)
    else:
        yield block


def signs_of(block: Block) -> int:
    """How much there is to be typeset."""
    if isinstance(block, Words | Code | Remark):
        return len(block.text)
    if isinstance(block, Table):
        return sum(len(cell) for row in block.rows for cell in row)
    return sum(map(signs_of, block.inside)) if isinstance(block, Bubble | Folded) else 0


def _of_code(block: Code) -> Iterator[Code]:
    """Coloured code stays whole: where it was cut, its colours would begin anew."""
    lines = block.text.split("\n")
    if len(lines) <= _LINES_COUNT or (block.language and len(block.text) <= COLOURED_SIGNS):
        yield block
        return
    for at in range(0, len(lines), _LINES_COUNT):
        text = "\n".join(lines[at : at + _LINES_COUNT])
        yield replace(block, text=text, language="", first=block.first + at)


def _of_table(block: Table) -> Iterator[Table]:
    for at in range(0, len(block.rows) or 1, _ROWS_COUNT):
        rows = slice(at, at + _ROWS_COUNT)
        yield replace(block, rows=block.rows[rows], colors=block.colors[rows])


def _groups(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """So many together that they are no longer than a bubble may be."""
    group: list[Block] = []
    for each in blocks:
        if group and sum(map(signs_of, group)) + signs_of(each) > _BUBBLE_SIGNS:
            yield group
            group = []
        group.append(each)
    yield group
