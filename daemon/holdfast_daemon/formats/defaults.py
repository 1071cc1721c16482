"""What a format answers where it knows nothing better: the ordinary half of the contract in ``base.py``.

A format that builds on this writes ``app``, ``recognise``, ``read``, ``write`` and ``new_part``, and whatever
else is particular to its application.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from holdfast_daemon.formats.alignment import align_by_key
from holdfast_daemon.formats.base import (
    CannotHold,
    Converted,
    Document,
    Layout,
    Origin,
    Pair,
    Part,
    Reading,
    ReadText,
    Resource,
    Target,
)
from holdfast_daemon.formats.changes import phrase_of_part
from holdfast_daemon.formats.markdown import blocks, facts_table, heading, page

#: Where more than so much of a part is no UTF-8, it is no text.
ODD_SHARE = 1 / 16


class Defaults:
    """To be inherited from; each method's promise is in ``base.Format``."""

    suffix: str = ""
    other_suffixes: Collection[str] = ()
    unordered: Collection[str] = ()
    holds: Mapping[str, Collection[str]] = MappingProxyType({})
    incidental: Collection[str] = ()
    warns: bool = False
    #: Every file is a session, and every folder.
    layouts: Mapping[str, Layout] = MappingProxyType({"folder": Layout(files=("*",), folders=("*",))})
    within: Collection[str] = ()
    conversions: Mapping[str, str] = MappingProxyType({})

    def layout_for(self, folder: str, files: Mapping[str, bytes], folders: Collection[str]) -> str:
        """The ordinary one."""
        return next(iter(self.layouts))

    def known_places(self, environment: Mapping[str, str], home: str, read_text: ReadText) -> Sequence[str]:
        """Wherever its user puts them."""
        return ()

    def begins(self, beginning: bytes) -> bool:
        """Any may."""
        return True

    def begins_folder(self, beginnings: Mapping[bytes, bytes]) -> bool:
        """None may."""
        return False

    def suffix_of(self, beginning: bytes) -> str:
        """Always the same."""
        return self.suffix

    def needed(self, parts: Sequence[Part], chosen: Sequence[Part]) -> Sequence[Part]:
        """Every part stands for itself."""
        return chosen

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """Refused: what would have to stay is not known."""
        raise CannotHold([("document", "it is not known what of it a new session would keep")])

    def match(self, old: Sequence[Part], new: Sequence[Part]) -> list[Pair]:
        """By key, then by identical content."""
        return align_by_key(old, new)

    def identity(self, part: Part) -> str | None:
        """Nothing does."""
        return None

    def same(self, old: Part, new: Part) -> bool:
        """The same bytes."""
        return old.content == new.content

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        """Never: what both changed is a conflict."""
        return None

    def describe_change(self, old: Part | None, new: Part | None) -> str:
        """Such as ``track drums: +3 −1 lines`` or ``image cover: 3 bytes → 10 bytes``."""
        return phrase_of_part(old, new)

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        """Nothing is known that the general rules do not know."""
        return None

    def text(self, part: Part) -> str:
        """Its content, where that is text."""
        return text_of(part)

    def markdown(self, name: str, reading: Reading, *, full: bool) -> bytes:
        """Every part that is text, under its name; ``full``: what is known of the whole before them."""
        beside = facts_table(reading) if full else ""
        return page(heading(1, name), beside, blocks((part, self.text(part), "") for part in reading.parts))

    def resources(self, parts: Sequence[Part]) -> Sequence[Resource]:
        """It points to nothing."""
        return ()

    def relinked(self, document: Document, targets: Mapping[str, Target]) -> Document:
        """Refused: where in it the references are is not known."""
        raise CannotHold([("document", "it is not known how its references are written")])

    def converted(self, document: Document, to: str, origin: Origin) -> Converted:
        """Refused: it has one form."""
        raise CannotHold([("document", f"{to} is no form of it")])

    def name_warnings(self, file_name: str) -> Sequence[str]:
        """Any name will do."""
        return ()

    def losses(self, parts: Sequence[Part]) -> Sequence[tuple[str, str]]:
        """Everything is held exactly."""
        return ()


def text_of(part: Part) -> str:
    """The content of a part without arrays, where it is text: without NUL, and UTF-8 for the most part."""
    if part.arrays or b"\0" in part.content:
        return ""
    found = part.content.decode("utf-8", "replace")
    return found if found.count("\ufffd") <= len(found) * ODD_SHARE else ""
