"""What is asked to be taken out of an export, known to all that make it."""

from __future__ import annotations

from typing import Any

from holdfast.screening.texts import screened_text

#: What a manifest says of these is no text.
_NO_TEXTS = frozenset({"hash", "member", "session", "snapshot", "parents"})


class Redaction:
    """``digests``: path of a file of the export to the hash of what leaves of it; ``names``: what another path it has
    then."""

    def __init__(self) -> None:
        self.digests: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.secrets_count = self.homes_count = 0

    def words(self, text: str) -> str:
        """A text as it leaves."""
        return screened_text(text, lambda found: None)

    def told(self, value: Any) -> Any:
        """What a manifest says, as it leaves."""
        if isinstance(value, str):
            return self.words(value)
        if isinstance(value, list):
            return [self.told(each) for each in value]
        if isinstance(value, dict):
            return {key: each if key in _NO_TEXTS else self.told(each) for key, each in value.items()}
        return value
