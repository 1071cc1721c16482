"""A session's references changed where they stand, and nothing else: files that were moved (igv.md 1.5, fact 5).

A track finds its resource by its id, which is the resource's path with or without a suffix, absolute even where the
resource's is relative. Both get the same text, which IGV 2.16 and 2.19 and igv.js find again wherever the session goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from holdfast_daemon.formats.base import Target
from holdfast_daemon.formats.igv.elements import ROOTS, kind_of, path_of
from holdfast_daemon.formats.igv.envelope import Envelope
from holdfast_daemon.formats.igv.json_reading import GENOMES, json_session
from holdfast_daemon.formats.igv.needs import POINTING, without_suffixes
from holdfast_daemon.formats.igv.paths import file_name, same_file, with_slashes
from holdfast_daemon.formats.igv.pointers import AS_WRITTEN, ATTRIBUTES, MEMBERS
from holdfast_daemon.formats.jsonedit import with_strings
from holdfast_daemon.formats.xmledit import retagged
from holdfast_daemon.formats.xmltext import Element, parse

_ID = "id"
#: Where the path of a JSON track stands.
_PATHS = ("url", "path")
#: Of resources that are called alike no more are compared.
_MOST_ALIKE = 32


def relinked_xml(envelope: Envelope, targets: Mapping[str, Target], dropped: Collection[str] = ()) -> bytes:
    """The text with other references; ``dropped``: indexes and coverages that are named no more. Raises
    DamagedDocument."""
    xml = parse(envelope.text, envelope.memory_bytes)
    elements = [*xml.root.walk()]
    ids = _Ids([path_of(each.attributes) for each in elements if kind_of(each) == "resource"], targets)
    pieces, at = [], 0
    for element in elements:
        attributes = _changed(element, ids, targets, dropped)
        if attributes != element.attributes:
            tag = retagged(xml.text[element.begin : element.tag_end], element.attributes, attributes)
            pieces += [xml.text[at : element.begin], tag]
            at = element.tag_end
    return b"".join([*pieces, xml.text[at:]])


def relinked_json(envelope: Envelope, targets: Mapping[str, Target]) -> bytes:
    """The same. Raises DamagedDocument."""
    document = json_session(envelope.json_text()).document
    ids = _Ids([*_paths_in(document.root.value)], targets)

    def changed(name: str, value: str) -> str | None:
        if name == _ID:
            return ids.changed(name, value)
        return targets[value].reference if name in (*MEMBERS, *GENOMES) and value in targets else None

    return with_strings(document.text, changed).encode()


class _Ids:
    """What else names a resource: ``paths`` are those of all resources, moved or not."""

    def __init__(self, paths: Sequence[str], targets: Mapping[str, Target]) -> None:
        self._targets = {with_slashes(reference): target for reference, target in targets.items()}
        self._paths = {with_slashes(path) for path in paths}
        self._by_file: defaultdict[str, list[str]] = defaultdict(list)
        for path in self._paths:
            self._by_file[file_name(path)].append(path)

    def changed(self, name: str, value: str) -> str | None:
        """What the attribute of this name is from now on; None where it stays. IGV looks up what only an ``id`` may be
        relative in, the others by the absolute path alone."""
        told = with_slashes(value)
        for start in without_suffixes(told):
            if (path := self._resource(start)) is not None:
                target = self._targets.get(path)
                if target is None:
                    return None
                return (target.reference if name == _ID else target.path) + told[len(start) :]
        return None

    def _resource(self, told: str) -> str | None:
        if told in self._paths:
            return told
        alike = [path for path in self._by_file.get(file_name(told), ())[:_MOST_ALIKE] if same_file(path, told)]
        return alike[0] if len(alike) == 1 else None


def _changed(element: Element, ids: _Ids, targets: Mapping[str, Target], dropped: Collection[str]) -> dict[str, str]:
    """The element's attributes as they are to be."""
    kind, attributes = kind_of(element), dict(element.attributes)
    if kind == "resource":
        names = ["path" if "path" in attributes else "name", *ATTRIBUTES]
    else:
        names = ["genome"] if element.name in ROOTS else []
    for name in names:
        told = attributes.get(name, "")
        if name in AS_WRITTEN and told in dropped:
            del attributes[name]
        elif (target := targets.get(told)) is not None:
            attributes[name] = target.path if name in AS_WRITTEN else target.reference
    for name in POINTING if kind == "track" else ():
        if name in attributes and (changed := ids.changed(name, attributes[name])) is not None:
            attributes[name] = changed
    return attributes


def _paths_in(value: Any) -> Iterator[str]:
    """Of all tracks, wherever they are."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            yield from (each[name] for name in _PATHS if isinstance(each.get(name), str))
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
