"""A sheet as PDF, page by page, or as one long picture: typeset by Typst."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import typst
from pypdf import PdfReader, PdfWriter

from holdfast.plans import Plan
from holdfast.printing.blocks import Blocks, Sheet
from holdfast.printing.cutting import Cut
from holdfast.printing.glyphs import missing
from holdfast.printing.nodes import Node, Nodes, is_rtl

#: So much is typeset together: of a longer session each part by itself, so that its length costs no memory.
_PART_BLOCKS = 800
_PART_SIZE = 4 * 1024 * 1024
_PICTURE_PPI = 144.0


class _Part:
    """What is typeset together."""

    def __init__(self, sheet: Sheet, first_page: int, *, is_picture: bool) -> None:
        self._sheet = sheet
        self._first_page = first_page
        self._is_picture = is_picture
        self._blocks: list[Node] = []
        self.nodes = Nodes()

    @property
    def is_full(self) -> bool:
        return len(self._blocks) >= _PART_BLOCKS or self.nodes.size >= _PART_SIZE

    def take(self, blocks: Blocks) -> Plan[bool]:
        """The next blocks; False where there are none."""
        found = yield from blocks.next()
        self._blocks += [self.nodes.of(each) for each in found]
        return bool(found)

    def typeset(self, form: Literal["pdf", "png"]) -> bytes:
        """All of it, as one file."""
        said: dict[str, Any] = {
            "title": self.nodes.text(self._sheet.title), "rtl": is_rtl(self._sheet.title),
            "facts": [[*map(self.nodes.text, each)] for each in self._sheet.facts], "blocks": self._blocks,
            "first-page": self._first_page, "is-picture": self._is_picture,
        }  # fmt: skip
        main = (files("holdfast.printing") / "sheet.typ").read_bytes()
        with TemporaryDirectory(prefix="holdfast-print-") as folder:
            beside = {"main.typ": main, "sheet.json": json.dumps(said).encode(), **self.nodes.files}
            for name, content in beside.items():
                Path(folder, name).write_bytes(content)
            return typst.compile(Path(folder, "main.typ"), root=Path(folder), format=form, ppi=_PICTURE_PPI)


def pdf(sheet: Sheet, remark: Callable[[str], None]) -> Plan[list[bytes]]:
    """One file; ``remark`` is told what a reader would miss. Raises HoldfastError."""
    whole, more, signs = PdfWriter(), True, set[str]()
    while more:
        part = _Part(sheet, len(whole.pages) + 1, is_picture=False)
        while more and not part.is_full:
            more = yield from part.take(sheet.blocks)
        whole.append(PdfReader(io.BytesIO(part.typeset("pdf"))))
        signs |= part.nodes.signs
    for each in missing(signs):
        remark(each)
    whole.add_metadata({"/Title": sheet.title})
    file = io.BytesIO()
    whole.write(file)
    return [file.getvalue()]


def png(sheet: Sheet, remark: Callable[[str], None]) -> Plan[list[bytes]]:
    """The same as one picture, of a long session its beginning, which says so. Raises HoldfastError."""
    part = _Part(sheet, 1, is_picture=True)
    blocks = Cut(sheet.blocks)
    while (yield from part.take(blocks)):
        pass
    made = part.typeset("png")
    for each in missing(part.nodes.signs):
        remark(each)
    if blocks.is_cut:
        remark("The picture is cut: the session is longer than a picture can be; a PDF has all of it")
    return [made]
