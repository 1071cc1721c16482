"""Text of a document as people and the wire may have it."""

from __future__ import annotations

LONGEST_TEXT = 200


def shown(text: str) -> str:
    """Of valid Unicode and no great length."""
    text = text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…"
    return text.encode("utf-8", "backslashreplace").decode()
