"""What a map of old references to new ones makes of a reference. Pure: references in, references out.

An entry means a reference as the document has it, or the path that this is here; one that ends in a slash means all
that lies below. The longest that fits counts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from holdfast_daemon.formats.base import Resource, Target
from holdfast_daemon.resources import Around, is_remote, path_of, reference_to

_SLASHES = ("/", "\\")


class Map:
    """``entries``: old to new. A new one that is absolute is written relative where the old one was."""

    def __init__(self, entries: Mapping[str, str], around: Around) -> None:
        self._exact = {old: new for old, new in entries.items() if not old.endswith(_SLASHES)}
        self._below = sorted(entries.items() - self._exact.items(), key=lambda entry: -len(entry[0]))
        self._around = around

    def target(self, resource: Resource) -> Target | None:
        """Where it leads from now on; None where the map has nothing to say."""
        path = path_of(resource, self._around)
        for told in (resource.reference, *([os.fsdecode(path)] if path is not None else [])):
            if (new := self._new(told)) is not None:
                return target_of(new, resource, self._around)
        return None

    def _new(self, told: str) -> str | None:
        if told in self._exact:
            return self._exact[told]
        for old, new in self._below:
            if told.startswith(old):
                rest = told[len(old) :]
                start = new if not new or new.endswith(_SLASHES) else f"{new}/"
                return start + (rest if start.endswith("\\") else rest.replace("\\", "/"))
        return None


def target_of(new: str, like: Resource, around: Around) -> Target:
    """``new`` as the document is to have it in the place of ``like``."""
    if is_remote(new):
        return Target(reference=new, path=new)
    path = path_of(_moved(like, new), around)
    absolute = new if path is None else os.fsdecode(path)
    written = reference_to(path, like, around) if path is not None and new.startswith("/") else new
    return Target(reference=written, path=absolute)


def _moved(resource: Resource, reference: str) -> Resource:
    return Resource(key=resource.key, role=resource.role, reference=reference, below=resource.below)
