"""Names of session files under which AiderDesk would not find them (aiderdesk.md 1, "Sessions Popup")."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast_daemon.formats.aiderdesk.messages import shown

SUFFIX = ".json"
AUTOSAVED = ".autosaved.json"


def name_warnings(file_name: str) -> Iterator[str]:
    """Why AiderDesk would not list or load a session file of this name, ``.json`` included; mostly nothing."""
    if any("\ud800" <= character <= "\udfff" for character in file_name):
        yield "AiderDesk does not list this session: its name holds bytes that are not UTF-8"
    if file_name == AUTOSAVED:
        yield "AiderDesk keeps its autosave in this file: it is not listed, and is overwritten at the next change"
    elif not file_name.endswith(SUFFIX):
        yield "AiderDesk does not list this session: its name does not end in .json"
    elif (listed := file_name.replace(SUFFIX, "", 1)) + SUFFIX != file_name:
        wanted = shown(listed) + SUFFIX
        yield f"AiderDesk does not list this session: it drops the first .json of the name and looks for {wanted}"
    if "\\" in file_name:
        yield "AiderDesk on Windows cannot load this session: there a backslash in its name is a folder's end"
