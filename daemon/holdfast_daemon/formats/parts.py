"""Parts that an application without a format of its own hands over, as a zip that any tool opens.

Beside one member per part lies a readable ``manifest.json`` with the order, keys, names and kinds. People
may add files with a zip tool: what the manifest does not list is a part too.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from holdfast_daemon.formats.archive import (
    LARGEST_TOTAL_BYTES,
    build_archive,
    is_safe_name,
    read_archive,
)
from holdfast_daemon.formats.base import (
    CannotHold,
    DamagedDocument,
    Document,
    Part,
    Reading,
    Recognition,
)
from holdfast_daemon.formats.defaults import Defaults
from holdfast_daemon.formats.lines import merged_text
from holdfast_daemon.formats.trees import free_key

MANIFEST = "manifest.json"
VERSION_FIELD = "holdfast_parts"
VERSION = 1
MEMBERS = "parts"
_LONGEST_MEMBER_NAME = 120


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    """What the manifest says of one part."""

    key: str
    name: str
    kind: str
    member: str


class Parts(Defaults):
    """Documents of one zip file with our manifest."""

    app = "parts"
    suffix = ".zip"

    def begins(self, beginning: bytes) -> bool:
        """As a zip."""
        return beginning.startswith(b"PK")

    def recognise(self, document: Document) -> Recognition | None:
        """Only zips whose manifest has our mark; a damaged one of ours is still ours."""
        if document.keys() != {b""} or not document[b""].startswith(b"PK"):
            return None
        try:
            _manifest_of(read_archive(document[b""]))
        except DamagedDocument:
            is_ours = MANIFEST.encode() in document[b""] and f'"{VERSION_FIELD}"'.encode() in document[b""]
            return Recognition(generation="damaged", inferred=True) if is_ours else None
        return Recognition(generation=str(VERSION))

    def read(self, document: Document) -> Reading:
        """The manifest's parts in its order, then what else the archive holds. Raises DamagedDocument."""
        if document.keys() != {b""}:
            raise DamagedDocument("a parts document is one zip file")
        members = read_archive(document[b""])
        rows = _manifest_of(members)
        for row in rows:
            if row.member not in members or row.member == MANIFEST:
                raise DamagedDocument(f"member {row.member!r} is listed in the manifest but missing")
        listed = {row.member for row in rows} | {MANIFEST}
        rows.extend(_rows_of_unlisted([name for name in members if name not in listed], rows))
        parts = tuple(
            Part(
                key=row.key,
                name=row.name,
                kind=row.kind,
                content=members[row.member],
                facts={"size_bytes": len(members[row.member])},
            )
            for row in rows
        )
        return Reading(recognition=Recognition(generation=str(VERSION)), parts=parts, facts={"parts": len(parts)})

    def write(self, parts: Sequence[Part], template: Document | None = None) -> Document:
        """The same parts always give the same bytes. Raises CannotHold."""
        if template is not None and _reads_as(self, template, parts):
            return template
        if problems := _problems(parts):
            raise CannotHold(problems)
        members = _member_names(parts)
        rows = [
            {"key": part.key, "name": part.name, "kind": part.kind, "member": member}
            for part, member in zip(parts, members, strict=True)
        ]
        manifest = json.dumps({VERSION_FIELD: VERSION, "parts": rows}, indent=1, ensure_ascii=False) + "\n"
        contents = {member: part.content for part, member in zip(parts, members, strict=True)}
        contents = {MANIFEST: manifest.encode("utf-8"), **contents}
        if sum(map(len, contents.values())) > LARGEST_TOTAL_BYTES:
            largest = max(parts, key=lambda part: len(part.content))
            raise CannotHold([(largest.key, f"all parts together are over {LARGEST_TOTAL_BYTES} bytes")])
        return {b"": build_archive(contents)}

    def cleared(self, document: Document, keep: Collection[str] = ()) -> Document:
        """Only the kinds in ``keep`` stay; the application alone knows what the others are."""
        return self.write([part for part in self.read(document).parts if part.kind in keep])

    def identity(self, part: Part) -> str | None:
        """The key that the application gave it."""
        return part.key

    def merge_part(self, base: Part, ours: Part, theirs: Part) -> Part | None:
        """Line by line where all three are text."""
        return merged_text(base, ours, theirs)

    def suspicion(self, old: Reading, new: Reading) -> str | None:
        """Parts with content before, and now none at all."""
        had = sum(bool(part.content) for part in old.parts)
        has = any(part.content for part in new.parts)
        return None if has or not had else f"every part is gone or empty, and {had} had content"

    def new_part(self, name: str, content: bytes, beside: Sequence[Part]) -> Part:
        """Of the last part's kind; the name is its key, so that the application can give its parts keys."""
        kind = beside[-1].kind if beside else "part"
        return Part(key=free_key(name, {part.key for part in beside}), name=name, kind=kind, content=content)


def _manifest_of(members: Mapping[str, bytes]) -> list[_Row]:
    if MANIFEST not in members:
        raise DamagedDocument(f"member {MANIFEST!r} is missing")
    try:
        manifest = json.loads(members[MANIFEST])
        version = manifest[VERSION_FIELD]
        fields = [(row["key"], row["name"], row["kind"], row["member"]) for row in manifest["parts"]]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DamagedDocument(f"member {MANIFEST!r} is no readable manifest") from error
    if version != VERSION:
        raise DamagedDocument(f"member {MANIFEST!r} is of version {version!r}, not {VERSION}")
    if not all(_is_text(field) for row in fields for field in row):
        raise DamagedDocument(f"member {MANIFEST!r} has a row that is not text")
    rows = [_Row(key=key, name=name, kind=kind, member=member) for key, name, kind, member in fields]
    if len({row.key for row in rows}) < len(rows) or len({row.member for row in rows}) < len(rows):
        raise DamagedDocument(f"member {MANIFEST!r} lists a part twice")
    return rows


def _rows_of_unlisted(members: Sequence[str], rows: Sequence[_Row]) -> list[_Row]:
    taken = {row.key for row in rows}
    added = []
    for member in members:
        key = free_key(member, taken)
        taken.add(key)
        added.append(_Row(key=key, name=member, kind="file", member=member))
    return added


def _problems(parts: Sequence[Part]) -> list[tuple[str, str]]:
    problems = []
    keys: set[str] = set()
    for part in parts:
        if not all(_is_text(field) for field in (part.key, part.name, part.kind)):
            problems.append((part.key, "key, name and kind must be valid Unicode"))
        if part.key in keys:
            problems.append((part.key, "two parts have this key"))
        keys.add(part.key)
    return problems


def _member_names(parts: Sequence[Part]) -> list[str]:
    """A member per part, called by its key where that is a safe name on every system, else by its place."""
    names: list[str] = []
    taken: set[str] = set()
    for index, part in enumerate(parts):
        name = f"{MEMBERS}/{part.key}"
        is_plain = part.key.isprintable() and not part.key.endswith("/") and "\\" not in part.key
        if not is_plain or not is_safe_name(part.key) or len(name.encode()) > _LONGEST_MEMBER_NAME:
            name = f"{MEMBERS}/{index + 1:04}"
        while name.casefold() in taken:
            name += "~"
        taken.add(name.casefold())
        names.append(name)
    return names


def _reads_as(parts_format: Parts, template: Document, parts: Sequence[Part]) -> bool:
    try:
        before = parts_format.read(template).parts
    except DamagedDocument:
        return False
    return [(p.key, p.name, p.kind, p.content) for p in before] == [(p.key, p.name, p.kind, p.content) for p in parts]


def _is_text(field: object) -> bool:
    return isinstance(field, str) and not any("\ud800" <= character <= "\udfff" for character in field)


PARTS = Parts()
