"""Which of the files that a document points to are there. Looks at the disk, opens nothing, follows no URL."""

from __future__ import annotations

import os
from collections.abc import Sequence

from holdfast_daemon.formats.base import Resource
from holdfast_daemon.resources import Around, candidates, folders_near, is_remote, path_of
from holdfast_protocol.model import ResourceRow


def around(root: bytes, path: bytes, *, is_folder: bool) -> Around:
    """Of a session whose visible file, or folder, is ``path`` below ``root``."""
    whole = os.path.join(root, path)
    return Around(folder=whole if is_folder else os.path.dirname(whole), home=os.path.expanduser(b"~"))


def look(resources: Sequence[Resource], near: Around) -> list[ResourceRow]:
    """A row for each, in order. Takes as long as the file systems that the paths are on need to answer."""
    paths = [path_of(each, near) for each in resources]
    there = [path is not None and os.path.exists(path) for path in paths]
    folders = folders_near([path for path, is_there in zip(paths, there, strict=True) if path and is_there], near)
    return [_row(each, path, is_there, folders) for each, path, is_there in zip(resources, paths, there, strict=True)]


def dropped(old: Sequence[Resource], new: Sequence[Resource], near: Around) -> list[str]:
    """References of ``old`` that ``new`` has no longer and whose files are missing: the application may have dropped
    them because of that."""
    kept = {each.reference for each in new}
    gone = [each for each in old if each.fragile and each.reference not in kept]
    missing = [row.reference for row in look(gone, near) if row.state in ("missing", "moved")]
    return [*dict.fromkeys(missing)]


def _row(resource: Resource, path: bytes | None, is_there: bool, folders: Sequence[bytes]) -> ResourceRow:
    found = b""
    if is_there:
        state = "there"
    elif is_remote(resource.reference):
        state = "remote"
    elif resource.below and path is None:
        state = "unknown"
    else:
        found = next((each for each in candidates(resource.reference, folders) if os.path.exists(each)), b"")
        state = "moved" if found else "missing"
    reference = resource.reference.encode("utf-8", "backslashreplace").decode()
    return ResourceRow(
        key=resource.key, role=resource.role, reference=reference, state=state, path=path or b"", found=found
    )
