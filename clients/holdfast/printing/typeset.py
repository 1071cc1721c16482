"""A sheet as PDF, page by page, or as one long picture."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable
from typing import Any

from pypdf import PdfReader, PdfWriter

from holdfast.plans import Plan
from holdfast.printing.blocks import Block, Blocks, Sheet
from holdfast.printing.cutting import CUT, Cut
from holdfast.printing.glyphs import missing, told
from holdfast.printing.nodes import Node, Nodes, is_rtl
from holdfast.printing.pieces import pieces
from holdfast.printing.typesetter import typeset

#: So much is typeset together: of a longer session each part by itself, so that its length costs little memory.
_PART_BLOCKS = 800
_PART_BYTES = 512 * 1024
_PART_PICTURE_BYTES = 32 * 1024 * 1024

Remarks = Callable[[str], None]


class _Stack:
    """Blocks that wait for their page, in pieces."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._waiting: deque[Block] = deque()

    def next(self) -> Plan[Block | None]:
        """One; None at the end."""
        while not self._waiting:
            found = yield from self._blocks.next()
            if not found:
                return None
            self._waiting.extend(piece for each in found for piece in pieces(each))
        return self._waiting.popleft()


class _Part:
    """What is typeset together."""

    def __init__(self, sheet: Sheet, first_page: int) -> None:
        self._sheet = sheet
        self._first_page = first_page
        self._blocks: list[Node] = []
        self.nodes = Nodes()

    @property
    def is_full(self) -> bool:
        nodes = self.nodes
        is_long = len(self._blocks) >= _PART_BLOCKS or nodes.size_bytes >= _PART_BYTES
        return is_long or nodes.picture_bytes >= _PART_PICTURE_BYTES

    def add(self, block: Block) -> None:
        self._blocks.append(self.nodes.of(block))

    def said(self, *, is_picture: bool, notes: list[str]) -> dict[str, Any]:
        """What the typesetter reads."""
        nodes, sheet = self.nodes, self._sheet
        return {
            "title": nodes.text(sheet.title), "rtl": is_rtl(sheet.title), "stamp": nodes.text(sheet.stamp),
            "facts": [[*map(nodes.text, each)] for each in sheet.facts], "blocks": self._blocks,
            "first-page": self._first_page, "is-picture": is_picture, "notes": [*map(nodes.text, notes)],
        }  # fmt: skip


class Paper:
    """A PDF. ``remark`` is told what a reader would miss."""

    def __init__(self, sheet: Sheet, remark: Remarks) -> None:
        self._sheet = sheet
        self._remark = remark
        self._stack = _Stack(sheet.blocks)
        self._whole: PdfWriter | None = None
        self._missing: dict[str, set[str]] = {}
        self._ended = False

    def next(self) -> Plan[list[bytes]]:
        """An empty piece after some pages, all of it at the end. Raises HoldfastError."""
        if self._ended:
            return []
        part = _Part(self._sheet, len(self._whole.pages) + 1 if self._whole else 1)
        while not part.is_full:
            block = yield from self._stack.next()
            if block is None:
                self._ended = True
                break
            part.add(block)
        made = self._typeset(part)
        if self._whole is None and self._ended:
            return [made]
        self._whole = self._whole or PdfWriter()
        self._whole.append(PdfReader(io.BytesIO(made)), import_outline=False)
        return [self._written(self._whole) if self._ended else b""]

    def _typeset(self, part: _Part) -> bytes:
        lacking = missing(part.nodes.signs)
        notes = [told(package, letters) for package, letters in lacking.items() if package not in self._missing]
        for package, letters in lacking.items():
            self._missing.setdefault(package, set()).update(letters)
        for package, letters in self._missing.items() if self._ended else ():
            self._remark(told(package, letters))
        is_all = self._whole is None and self._ended  # the tags of several parts could not be put together
        return typeset(part.said(is_picture=False, notes=notes), part.nodes.files, "pdf", tagged=is_all)

    def _written(self, whole: PdfWriter) -> bytes:
        whole.add_metadata({"/Title": self._sheet.title})
        file = io.BytesIO()
        whole.write(file)
        return file.getvalue()


def png(sheet: Sheet, remark: Remarks) -> Plan[list[bytes]]:
    """The same as one picture, of a long session its beginning, which says so. Raises HoldfastError."""
    part = _Part(sheet, 1)
    cut = Cut(sheet.blocks)
    stack = _Stack(cut)
    while (block := (yield from stack.next())) is not None:
        part.add(block)
    notes = [told(*each) for each in missing(part.nodes.signs).items()]
    for each in notes:
        remark(each)
    if cut.is_cut:
        remark(CUT)
    return [typeset(part.said(is_picture=True, notes=notes), part.nodes.files, "png")]
