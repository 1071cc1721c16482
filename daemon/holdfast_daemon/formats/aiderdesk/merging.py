"""Two changes of one part: what each side changed of an object's members, where they are not the same ones."""

from __future__ import annotations

from dataclasses import replace

from holdfast_daemon.formats.aiderdesk.messages import message_of, name_of
from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.jsonedit import merged_object, with_members, with_root
from holdfast_daemon.formats.jsontext import read_json, value_of
from holdfast_daemon.formats.lines import merged_text

#: The moment of a task's last change, which both sides set at every change: the later one holds for both.
UPDATED = "updatedAt"


def merge_part(base: Part, ours: Part, theirs: Part) -> Part | None:
    """``ours`` with what ``theirs`` changed; None for a conflict."""
    if base.kind == "attachment":
        is_tree = base.content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[", b"<")
        return None if is_tree else merged_text(base, ours, theirs)
    try:
        mine, others = ours.content, theirs.content
        if base.kind == "settings":
            mine, others = _updated_at(mine, others), _updated_at(others, mine)
        merged = merged_object(base.content, mine, others)
    except DamagedDocument:
        return None
    if merged is None:
        return None
    name = name_of(message_of(value_of(merged))) if ours.kind == "message" else ours.name
    return replace(ours, name=name, content=merged, facts={})


def _updated_at(content: bytes, other: bytes) -> bytes:
    """The settings with the later of the two moments, which are ISO 8601 in UTC."""
    document, others = read_json(content, 1), read_json(other, 1)
    mine, theirs = (each.root.member(UPDATED) for each in (document, others))
    if mine is None or theirs is None or not str(theirs.place.value) > str(mine.place.value):
        return content
    later = {UPDATED: others.slice(theirs.place)}
    return with_root(document, with_members(document, document.root, later))
