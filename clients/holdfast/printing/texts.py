"""Sessions of texts, such as Renardo's buffers: each highlighted, below its name."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast.looking.languages import language_of_part
from holdfast.looking.pictures import image_type
from holdfast.looking.texts import hex_rows, text_of
from holdfast.plans import Plan
from holdfast.printing.blocks import Block, Code, Heading, Picture, Remark
from holdfast.printing.reading import Parts, Read, Tally, beginning
from holdfast_protocol.model import PartRow, Ref

#: More of one text is on nobody's paper.
TEXT_BYTES = 1024 * 1024
PICTURE_BYTES = 16 * 1024 * 1024
_HEX_BYTES = 512


class Texts:
    """``only`` is what the only part is called, where that is the document's file."""

    def __init__(self, snapshot: Ref, parts: Sequence[PartRow], only: str, tally: Tally) -> None:
        self._snapshot = snapshot
        self._parts = Parts(snapshot, parts, TEXT_BYTES, tally)
        self._only = only if len(parts) == 1 and parts[0].kind == "file" else None

    def next(self) -> Plan[list[Block]]:
        """The next parts."""
        found: list[Block] = []
        for read in (yield from self._parts.next()):
            found += yield from self._blocks(read)
        return found

    def _blocks(self, read: Read) -> Plan[list[Block]]:
        part, name = read.part, self._only or read.part.name
        heading = Heading(name, part.kind)
        if kind := image_type(read.content):
            if not read.is_whole and part.size_bytes <= PICTURE_BYTES:
                read = Read(part, (yield from beginning(self._snapshot, part.key, PICTURE_BYTES)), is_whole=True)
            return [heading, Picture(read.content, kind, name) if read.is_whole else _left_out(part)]
        text = text_of(read.content, is_cut=not read.is_whole)
        if text is None:
            rows = "\n".join("  ".join(row) for row in hex_rows(read.content[:_HEX_BYTES]))
            more = [_cut(part, _HEX_BYTES)] if part.size_bytes > _HEX_BYTES else []
            return [heading, Code(rows), *more]
        blocks: list[Block] = [heading, Code(text, language_of_part(part, name, text), numbered=True)]
        return blocks if read.is_whole else [*blocks, _cut(part, len(read.content))]


def _cut(part: PartRow, shown_bytes: int) -> Remark:
    return Remark(f"{part.name}: the first {shown_bytes:,} of {part.size_bytes:,} bytes.", is_told=True)


def _left_out(part: PartRow) -> Remark:
    return Remark(f"{part.name}: a picture of {part.size_bytes:,} bytes, which is left out.", is_told=True)
