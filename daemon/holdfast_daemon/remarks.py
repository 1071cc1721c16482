"""What people are told beside an answer: sentences that a format has to say of names and of parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from holdfast_daemon.formats.base import Format, Part

MOST_LOSSES = 20


def of_name(form: Format, path: bytes, *, is_folder: bool) -> list[str]:
    """What is wrong with the name of a session's visible file; a folder's is no file's name."""
    leaf = path.rpartition(b"/")[2]
    return [] if is_folder else [*form.name_warnings(leaf.decode("utf-8", "surrogateescape"))]


def of_format(own: Format | None, form: Format) -> list[str]:
    """What is said of a document that its application's own format has not recognised."""
    if own is None or form.app in (own.app, "parts"):
        return []
    return [f"This is not recognised as a session of {own.app}; it is kept as a plain file"]


def of_recognition(form: Format) -> list[str]:
    """What is said of a document whose application was to be found out."""
    return ["No application recognises this; it is kept as a plain file"] if form.app == "plain" else []


def of_parts(form: Format, parts: Sequence[Part]) -> list[str]:
    """A sentence for each part that the application would give back changed, not too many of them."""
    return of_losses(form.losses(parts), parts)


def of_losses(losses: Sequence[tuple[str, str]], parts: Sequence[Part]) -> list[str]:
    """What is said of the whole (""), then a sentence for each part, not too many of them."""
    found = defaultdict(list)
    for key, sentence in losses:
        found[key].append(sentence)
    told = found.pop("", [])
    told += [f"{part.kind} {part.name}: {'; '.join(found.pop(part.key))}" for part in parts if part.key in found]
    told += [f"{key}: {'; '.join(sentences)}" for key, sentences in found.items()]
    more = len(told) - MOST_LOSSES
    return [*told[:MOST_LOSSES], f"and {more} more"] if more > 0 else told
