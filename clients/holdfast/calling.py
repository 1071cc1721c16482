"""What a session is called that is taken in from a file: by the file, and where that is taken, by its folder too."""

from __future__ import annotations

import os
import re
import unicodedata

from holdfast_protocol.messages import LIMITS

_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_UNNAMED = "unnamed"
#: Room for a number behind it.
_LONGEST_BYTES = LIMITS["name_bytes"] - 16


def names_for(path: str, *, is_folder: bool) -> tuple[str, list[str], str]:
    """The name, what to call it where that is taken, and the file's suffix. A folder whose name begins with a dot is an
    application's own: the one that this lies in tells more."""
    *folders, leaf = os.path.abspath(path).split(os.sep)
    stem, suffix = (leaf, "") if is_folder else os.path.splitext(leaf)
    hidden = next((number for number, each in enumerate(folders) if each.startswith(".")), len(folders))
    folder = folders[hidden - 1] if hidden else ""
    name = allowed(stem)
    return name, [allowed(f"{folder} {name}")] if folder else [], suffix


def allowed(name: str) -> str:
    """The nearest name that a session may have."""
    text = os.fsencode(name).decode(errors="replace")
    text = "".join("_" if unicodedata.category(sign) in _REFUSED else sign for sign in _OVERRIDES.sub("", text))
    text = re.sub(r"^[\s.]+", "", re.sub(r"\.{2,}", ".", text.replace("/", "_")))
    return text.encode()[:_LONGEST_BYTES].decode(errors="ignore").strip() or _UNNAMED
