"""What is asked to be taken out of an export, known to all that make it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from holdfast.screening.screen import Found
from holdfast.screening.spots import HOME
from holdfast.screening.texts import screened_text

#: An id or a hash, which is no text.
_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")
#: A name that was made of a text, and cut, may end in the middle of a key: so many letters of one are known again. A
#: shorter one, such as a password in a URL, would be in many a word.
_BEGINNING = 6
#: What holdfast itself says in a manifest, and a path: a password may be the same word.
_OURS = frozenset({"holdfast", "application", "format", "generation", "cause", "kind", "role", "state"})
_OUR_FILE = re.compile(r"(?:manifest\.json|HOLDFAST\.txt)\Z|(?:document|history|resources|parts)/")
_MOST_SECRETS = 10_000


class Redaction:
    """``digests``: path of a file of the export to the hash of what leaves of it; ``names``: what another path it has
    then."""

    def __init__(self) -> None:
        self.digests: dict[str, bytes] = {}
        self.names: dict[str, str] = {}
        self.secrets_count = self.homes_count = 0
        self._secrets: dict[str, set[str]] = {}  # by their beginnings

    def noting(self, tell: Callable[[Found], None]) -> Callable[[Found], None]:
        """Takes what is found, and remembers it."""

        def note(found: Found) -> None:
            secret = found.secret.decode(errors="replace")
            if found.spot.kind != HOME and len(secret) >= _BEGINNING and len(self._secrets) < _MOST_SECRETS:
                self._secrets.setdefault(secret[:_BEGINNING], set()).add(secret)
            tell(found)

        return note

    def words(self, text: str) -> str:
        """A text as it leaves: without secrets, and without the beginnings of those that were found."""
        text = _alone(text)
        last = len(text) - _BEGINNING if self._secrets else -1
        for at in [at for at in range(last + 1) if text[at : at + _BEGINNING] in self._secrets]:
            found = self._secrets.get(text[at : at + _BEGINNING], ())  # one before may have gone over it
            count = max((_common_count(text[at : at + len(secret)], secret) for secret in found), default=0)
            text = text[:at] + "*" * count + text[at + count :]
        return text

    def told(self, value: Any) -> Any:
        """What a manifest says, as it leaves."""
        if isinstance(value, str):
            return value if _ID.fullmatch(value) else self.names.get(value) or self.words(value)
        if isinstance(value, list):
            return [self.told(each) for each in value]
        if isinstance(value, dict):
            return {key: _alone(each) if key in _OURS else self.told(each) for key, each in value.items()}
        return value

    def path(self, path: str) -> str:
        """A file's of an export, as it leaves; what is in which place stays."""
        ours = _OUR_FILE.match(path)
        at = ours.end() if ours else 0
        return path[:at] + self.words(path[at:])


def _alone(value: Any) -> Any:
    """Without what is a secret by itself."""
    return screened_text(value, lambda found: None) if isinstance(value, str) else value


def _common_count(first: str, second: str) -> int:
    """So many letters both begin with."""
    return next(
        (at for at, (one, other) in enumerate(zip(first, second, strict=False)) if one != other),
        min(len(first), len(second)),
    )
