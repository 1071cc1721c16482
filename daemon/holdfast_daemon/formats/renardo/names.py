"""Names of session files that Renardo cannot load, although it saves and lists them (renardo.md 2.2).

Its page fetches ``/api/sessions/`` and the name as it is, so the browser reads the name as part of an address.
"""

from __future__ import annotations

import re

#: What a browser takes for something else than a part of the name, and what becomes of it.
_IN_ADDRESSES = (
    (re.compile("#"), "#", "the browser cuts the address there"),
    (re.compile(r"\?"), "?", "the browser cuts the address there"),
    (re.compile("%[0-9A-Fa-f]{2}"), "% before two hexadecimal digits", "the server takes it for one character"),
    (re.compile(r"\\"), "a backslash", "the browser makes it a /"),
    (re.compile("[\t\n\r]"), "a tab or a line end", "the browser drops it"),
    (re.compile("[\ud800-\udfff]"), "bytes that are not UTF-8", "the browser replaces them"),
)


def name_warnings(file_name: str) -> tuple[str, ...]:
    """Why Renardo would not list or load a session file of this name, ``.py`` included; mostly nothing.

    Bytes that are not UTF-8 are surrogates, as ``os.fsdecode`` makes them.
    """
    warnings = [
        f"Renardo lists this session but cannot load it: its name holds {what}, and {consequence}"
        for pattern, what, consequence in _IN_ADDRESSES
        if pattern.search(file_name)
    ]
    if not file_name.endswith(".py"):
        warnings.insert(0, "Renardo does not list this session: its name does not end in .py")
    return tuple(warnings)
