"""Blocks as what the typesetter reads: JSON, and files beside it. Nothing of a session's is ever code of its."""

from __future__ import annotations

import io
import unicodedata
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from markdown_it.tree import SyntaxTreeNode
from PIL import Image

from holdfast.looking.marking import tokens_of, visible
from holdfast.printing.blocks import Block, Bubble, Code, Folded, Heading, Picture, Remark, Table, Words
from holdfast.printing.inks import rows_of

Node = dict[str, Any]
#: A picture is made no larger than paper shows, in pixels.
_PICTURE_SIDE = 1600
#: A larger one fills the memory, however small its file is; Pillow itself complains of it where nobody reads.
_PIXELS_COUNT = 80_000_000
#: The paper between its margins, in points; of its height, what is left beside a few lines.
_PAPER_WIDTH, _PAPER_HEIGHT = 490, 690
#: A run of so many signs without a blank gets places where it may be broken.
_RUN_SIGNS, _PIECE_SIGNS = 60, 20
_MAY_BREAK = "\u200b"
#: Typst takes no longer one.
_ADDRESS_SIGNS = 8000
#: Unicode's own ends of lines and paragraphs are signs in a text, as an application shows them.
_ENDS = {0x2028: "⟨U+2028⟩", 0x2029: "⟨U+2029⟩"}


class Nodes:
    """Gives nodes, and gathers the ``files`` that they name and the ``signs`` that are printed."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.signs: set[str] = set()
        self.size_bytes = self.picture_bytes = 0

    def of(self, block: Block) -> Node:
        """One block."""
        makers: dict[type[Block], Callable[[Any], Node]] = {
            Heading: self._heading, Words: self._words, Code: self._code, Table: self._table, Picture: self._picture,
            Remark: self._remark, Folded: self._folded, Bubble: self._bubble,
        }  # fmt: skip
        return makers[type(block)](block)

    def text(self, said: str) -> str:
        """As it is printed."""
        shown = _broken(visible(said).translate(_ENDS))
        self.signs.update(shown)
        self.size_bytes += len(shown)
        return shown

    def _heading(self, block: Heading) -> Node:
        text, aside = self.text(block.text), self.text(block.aside)
        return {"k": "heading", "text": text, "aside": aside, "rtl": is_rtl(block.text)}

    def _words(self, block: Words) -> Node:
        tokens = tokens_of(block.text)
        if tokens is None:
            return self._code(Code(block.text))
        tree = SyntaxTreeNode(tokens)
        return {"k": "words", "inside": [self._node(each) for each in tree.children]}

    def _code(self, block: Code) -> Node:
        rows = rows_of(block.text, block.language, self.text)
        return {"k": "code", "rows": rows, "first": block.first if block.numbered else None}

    def _table(self, block: Table) -> Node:
        colors = [*block.colors, *[None] * (len(block.rows) - len(block.colors))]
        rows = [[self.text(cell) for cell in row] for row in block.rows]
        return {"k": "table", "columns": [self.text(each) for each in block.columns], "rows": rows, "colors": colors}

    def _picture(self, block: Picture) -> Node:
        if block.media_type == "image/svg+xml":
            name = f"{len(self.files)}.svg"
            self.files[name] = block.content
            self.picture_bytes += len(block.content)
            return self._placed(name, block, *block.size)
        made = _made(block.content)
        if made is None:
            return self._remark(Remark(f"{block.said}: it cannot be drawn"))
        content, size = made
        name = f"{len(self.files)}.png"
        self.files[name] = content
        self.picture_bytes += len(content)
        return self._placed(name, block, *size)

    def _placed(self, name: str, block: Picture, width: float, height: float) -> Node:
        """As large as it is, or as there is room for."""
        scale = min(_PAPER_WIDTH / width, _PAPER_HEIGHT / height)
        scale = scale if block.media_type == "image/svg+xml" else min(1.0, scale)
        said, size = visible(block.said), {"width": width * scale, "height": height * scale}
        return {"k": "picture", "file": name, "said": said, **size}

    def _remark(self, block: Remark) -> Node:
        return {"k": "remark", "text": self.text(block.text), "rtl": is_rtl(block.text)}

    def _folded(self, block: Folded) -> Node:
        return {"k": "folded", "title": self.text(block.title), "bad": block.is_bad, "inside": self._all(block.inside)}

    def _bubble(self, block: Bubble) -> Node:
        speaker = self.text(block.speaker)
        return {"k": "bubble", "role": block.role, "speaker": speaker, "inside": self._all(block.inside)}

    def _all(self, blocks: Sequence[Block]) -> list[Node]:
        return [self.of(each) for each in blocks]

    # Markdown.

    def _node(self, node: SyntaxTreeNode) -> Node:
        kind, inside = node.type, node.children
        rtl = is_rtl("".join(each.content for each in node.walk() if each.type == "text"))
        if kind in ("bullet_list", "ordered_list"):
            items = [[self._node(each) for each in item.children] for item in inside]
            if kind == "bullet_list":
                return {"k": "list", "items": items, "rtl": rtl}
            return {"k": "numbers", "items": items, "start": int(node.attrs.get("start", 1)), "rtl": rtl}
        if kind == "blockquote":
            return {"k": "quote", "inside": [self._node(each) for each in inside], "rtl": rtl}
        if kind in ("fence", "code_block"):
            return self._code(Code(node.content.rstrip("\n"), node.info.strip().lower()))
        if kind == "table":
            head, *body = ([[self._inline(cell) for cell in row.children] for row in part.children] for part in inside)
            return {"k": "grid", "head": head[0], "rows": [row for part in body for row in part], "rtl": rtl}
        if kind == "hr":
            return {"k": "rule"}
        written = self._inline(node)
        if kind == "heading":
            return {"k": "title", "level": int(node.tag[1:]), "inside": written, "rtl": rtl}
        return {"k": "paragraph", "inside": written, "rtl": rtl}

    def _inline(self, node: SyntaxTreeNode) -> list[Node]:
        found: list[Node] = []
        for each in node.children:
            if each.type == "inline":
                found += self._inline(each)
            elif each.type in ("text", "html_inline"):
                found.append({"k": "text", "text": self.text(each.content)})
            elif each.type == "softbreak":
                found.append({"k": "text", "text": " "})
            elif each.type == "hardbreak":
                found.append({"k": "break"})
            elif each.type == "code_inline":
                found.append({"k": "code", "text": self.text(each.content)})
            elif each.type == "link":
                found += self._link(str(each.attrs.get("href", "")), self._inline(each))
            else:
                kind = {"strong": "strong", "s": "struck"}.get(each.type, "em")
                found.append({"k": kind, "inside": self._inline(each)})
        return found

    def _link(self, address: str, inside: list[Node]) -> list[Node]:
        """The typesetter refuses addresses that lead nowhere, and such as are longer than any."""
        return [{"k": "link", "to": address, "inside": inside}] if 0 < len(address) <= _ADDRESS_SIGNS else inside


def is_rtl(text: str) -> bool:
    """Whether its first letter is of a script that is written from the right."""
    for sign in text[:200]:
        direction = unicodedata.bidirectional(sign)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False


def _broken(text: str) -> str:
    """Nothing runs over the edge of the paper: long runs may be broken."""
    if not any(len(word) > _RUN_SIGNS for word in text.split()):
        return text
    lines = []
    for line in text.split("\n"):
        words = []
        for word in line.split(" "):
            if len(word) > _RUN_SIGNS:
                word = _MAY_BREAK.join(word[at : at + _PIECE_SIGNS] for at in range(0, len(word), _PIECE_SIGNS))
            words.append(word)
        lines.append(" ".join(words))
    return "\n".join(lines)


def _made(content: bytes) -> tuple[bytes, tuple[float, float]] | None:
    """As PNG, and its size in points; None for what is no picture after all."""
    try:
        with (
            warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning),
            Image.open(io.BytesIO(content)) as opened,
        ):
            opened.draft(None, (_PICTURE_SIDE, _PICTURE_SIDE))  # JPEG can be read smaller than it is
            if opened.width * opened.height > _PIXELS_COUNT:
                return None
            opened.thumbnail((_PICTURE_SIDE, _PICTURE_SIDE))
            picture = opened.convert("RGBA" if "A" in opened.getbands() or "transparency" in opened.info else "RGB")
    except Exception:  # Pillow's decoders raise whatever they like for damage
        return None
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue(), (picture.width * 0.75, picture.height * 0.75)
