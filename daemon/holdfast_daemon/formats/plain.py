"""Any file or folder at all, so that an application nobody wrote a format for still has a history."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast_daemon.formats.base import Document, Part, Reading, Recognition
from holdfast_daemon.formats.changes import phrase_of_content
from holdfast_daemon.formats.defaults import Defaults
from holdfast_daemon.formats.lines import merged_text
from holdfast_daemon.formats.trees import SINGLE_FILE, keys_of, new_file, written_as


class Plain(Defaults):
    """One part per file, its content untouched."""

    app = "plain"

    def recognise(self, document: Document) -> Recognition:
        """Always, and never certain: anything is a plain document."""
        return Recognition(generation="plain", inferred=True, certain=False)

    def read(self, document: Document) -> Reading:
        """One part per file, in the order of the paths."""
        parts = tuple(
            Part(
                key=key,
                name=key,
                kind="file",
                content=document[path],
                facts={"size_bytes": len(document[path])},
            )
            for path, key in keys_of(document).items()
        )
        return Reading(recognition=self.recognise(document), parts=parts, facts={"files": len(parts)})

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """The parts as files. Raises CannotHold for a key that is no safe relative path."""
        return written_as(parts, template)

    def identity(self, part: Part) -> str | None:
        """Its path."""
        return part.key

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        """Line by line where all three are text; not what looks like a tree (JSON, XML), which lines may break."""
        return None if _is_tree(base.content) else merged_text(base, ours, theirs)

    def describe_change(self, old: Part | None, new: Part | None) -> str:
        """``file: 3 bytes → 10 bytes``, or ``drums.txt: +3 −1 lines`` where both sides are text."""
        if old is not None and new is not None:
            change = phrase_of_content(old.content, new.content)
            label = old.name if old.name == new.name else f"{old.name} renamed to {new.name}"
            return f"{label}: {change}"
        if old is not None:
            return f"{_label(old)} removed"
        if new is not None:
            return f"{_label(new)} added"
        raise ValueError("a change has at least one side")

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """A file whose path is the name."""
        return new_file(name, content)


def _label(part: Part) -> str:
    return part.name if part.name == SINGLE_FILE else f"file {part.name}"


def _is_tree(content: bytes) -> bool:
    return content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b"<")


PLAIN = Plain()
