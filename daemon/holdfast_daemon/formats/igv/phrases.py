"""A change in IGV's own words: ``track cover.bedgraph: color 0,0,178 → 178,0,0, range 0..10 → 0..60``."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.changes import phrase_of_part
from holdfast_daemon.formats.igv.meaning import ORDER_OF_TRACKS, differing, meaning_of, same

MOST_DIFFERENCES = 6
LONGEST_VALUE = 60
#: The two ends of a range of values, in XML and in JSON.
_RANGES = (("DataRange/minimum", "DataRange/maximum"), ("min", "max"))


def phrase_of_change(old: Part | None, new: Part | None) -> str:
    """One line. Not both None."""
    if old is None or new is None:
        return _come_or_gone(old, new)
    if old.content == new.content:
        return phrase_of_part(old, new)
    subject = old.kind if old.name == old.kind else f"{old.kind} {old.name}"
    if old.name != new.name:
        subject += f" renamed to {new.name}"
    try:
        phrases = _differences(meaning_of(old), meaning_of(new), renamed=old.name != new.name)
    except DamagedDocument:
        return phrase_of_part(old, new)
    if phrases and old.kind in ("genome", "locus") and phrases[0].startswith(" "):
        return subject + phrases[0]
    if not phrases:
        return subject if old.name != new.name else f"{subject}: only spelled otherwise"
    more = len(phrases) - MOST_DIFFERENCES
    told = ", ".join(phrases[:MOST_DIFFERENCES]) + (f" and {more} more" if more > 0 else "")
    return f"{subject}: {told}" + (" (as a mere saving makes it)" if same(old, new) else "")


def _come_or_gone(old: Part | None, new: Part | None) -> str:
    line = phrase_of_part(old, new)
    part = new or old
    panel = part.facts.get("panel") if part else None
    return f"{line} {'to' if new else 'from'} {panel}" if panel else line


def _differences(before: Mapping[str, str], after: Mapping[str, str], renamed: bool) -> list[str]:
    names = [name for name in differing(before, after) if not (renamed and name == "name")]
    phrases = []
    for ends in _RANGES:
        if any(end in names for end in ends) and all(end in before and end in after for end in ends):
            names = [name for name in names if name not in ends]
            old, new = ("..".join(meaning[end] for end in ends) for meaning in (before, after))
            phrases.append(f"range {old} → {new}")
    if "text" in names:  # a list of loci: its frames say no more
        names = [name for name in names if not name.startswith("Frame ")]
    within = [name for name in names if name.endswith("/")]
    if within:  # what came or went says enough of their order
        names = [name for name in names if name != ORDER_OF_TRACKS]
    names = [name for name in names if name in within or not name.startswith(tuple(within))]
    return [_phrase(name, before.get(name), after.get(name)) for name in names] + phrases


def _phrase(name: str, old: str | None, new: str | None) -> str:
    if name.endswith("/"):
        return f"{name[:-1]} {'removed' if new is None else 'added' if old is None else f'{old} → {new}'}"
    if old is None:
        return f"{name} {_cut(new or '')}"
    if new is None:
        return f"{name} {_cut(old)} removed"
    return f"{name} {_cut(old)} → {_cut(new)}"


def _cut(value: str) -> str:
    return value if len(value) <= LONGEST_VALUE else value[:LONGEST_VALUE] + "…"
