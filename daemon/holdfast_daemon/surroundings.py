"""What a format is told of a folder before it is adopted: the names in it, and how its files begin."""

from __future__ import annotations

import contextlib
import os

from holdfast_daemon import visible_files as files
from holdfast_daemon.formats.base import Format

BEGINNING_BYTES = 64 * 1024
#: Of so many files the beginnings are read; more tell nothing new.
FILES_COUNT = 200


def layout_for(form: Format, root: bytes) -> str:
    """The name of the layout that fits the folder. Raises OSError."""
    beginnings: dict[str, bytes] = {}
    folders = []
    with os.scandir(root) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.is_dir(follow_symlinks=False):
                folders.append(os.fsdecode(entry.name))
            elif entry.is_file(follow_symlinks=False) and len(beginnings) < FILES_COUNT:
                with contextlib.suppress(OSError):
                    beginnings[os.fsdecode(entry.name)] = files.beginning_of(entry.path, BEGINNING_BYTES)
    return form.layout_for(os.fsdecode(os.path.basename(root)), beginnings, folders)
