"""A session as a bundle: a ZIP archive with the document as its application has it, chosen history, what people said of
the session, and hashes of everything (FORMATS.md, "Bundles")."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple

from holdfast.documents import Opened, Windows
from holdfast.entries import MANIFEST, Entry, LocalFile, Source, Text, manifest_file, size_of
from holdfast.exporting import Planned, native
from holdfast.part_files import cut
from holdfast.plans import Plan, replied
from holdfast_protocol.errors import BadField, TooLarge
from holdfast_protocol.messages import LIMITS, Cat, CheckResources, Log, Resources, Shown, Snapshots
from holdfast_protocol.model import FileRow, Ref, ResourceRow, SnapshotRow

if TYPE_CHECKING:
    from holdfast.screening.redaction import Redaction
    from holdfast.verbs import Verbs

#: The first file of each, for whoever unpacks it; by its name a bundle is known that was cut off.
ABOUT = "HOLDFAST.txt"
MARK = "holdfast_bundle"
VERSION = 1
DOCUMENT, HISTORY, RESOURCES = "document", "history", "resources"
SUFFIX = ".holdfast.zip"
#: So many snapshots at most are imported again.
_MOST = LIMITS["changes_count"]
#: Whoever takes it in reads its manifest, and the list of its files, as a whole.
MANIFEST_BYTES = 8 * 1024 * 1024
_MOST_FILES = 20_000
_MOST_REMARKS = 20
_LONGEST_BYTES = 100
_LONGEST_PATH_BYTES = 200
_DIGITS = 8
_ABOUT_TEXT = b"""\
This is a bundle of holdfast: a session of an application, with its document as the application has it in document/,
and what manifest.json tells. To have it in a holdfast: holdfast import FILE
"""
#: What the index of a file ends in that lies beside it, by its whole name or, of reads, by that without its own end.
_INDEX_ENDS = (b".bai", b".csi", b".crai", b".tbi", b".idx", b".fai", b".gzi")
_READS = (b".bam", b".cram")
_UNSAFE = frozenset('\\:*?"<>|\0')

Json = dict[str, Any]


class _Taken(NamedTuple):
    """A snapshot that goes into the bundle, with the files of its document."""

    row: SnapshotRow
    files: Sequence[FileRow]


def bundle(
    verbs: Verbs, ref: Ref, history: int | str, *, resources: bool, redaction: Redaction | None = None
) -> Plan[Planned]:
    """``history``: how many of the snapshots before it, ``all``, or ``pins``. ``redaction`` is told of the other files
    before the manifest is read. Raises NotFound, Ambiguous, Damaged, TooLarge, BadField."""
    opened = yield from verbs.open(ref)
    found = yield from verbs.show(opened.ref)
    assert found.snapshot is not None
    taken = [_Taken(found.snapshot, opened.files)]
    for row in (yield from _chosen(opened.ref, history)):
        earlier = yield from verbs.open(Ref(id=opened.session.id, snapshot=row.snapshot))
        taken.append(_Taken(row, earlier.files))
    taken.reverse()
    members = _members(opened)
    about = Entry(ABOUT, 0, lambda: Text(lambda: _ABOUT_TEXT))
    entries = [about, *_document_entries(opened, members)]
    entries += _history_entries(taken, members, opened.session.id, redaction)
    rows: Sequence[ResourceRow] = ()
    if resources:
        rows = (yield from replied(CheckResources(ref=opened.ref), Resources)).rows
        rows = [*rows, *_indexes(rows)]
    local = _local(rows)
    files = {key: LocalFile(path, size_bytes) for key, (_, path, size_bytes) in local.items()}
    entries += [Entry(name, size_bytes, _begun(files, key)) for key, (name, _, size_bytes) in local.items()]

    def manifest() -> bytes:
        told = [_resource(number, row, local, files) for number, row in enumerate(rows)]
        whole = {**_session(found), "snapshots": [_snapshot(each, members) for each in taken], "resources": told}
        return (json.dumps(whole, indent=1) + "\n").encode()

    if len(entries) > _MOST_FILES or len(manifest()) > MANIFEST_BYTES:
        said = f"{len(taken)} snapshots of {len(entries)} files are more than a bundle holds"
        raise TooLarge(said, limit=_MOST_FILES)
    entries.append(_manifest_entry(manifest, redaction))
    session, remarks = opened.session, _remarks(rows, local)
    return Planned(session, opened.snapshot, session.name, SUFFIX, entries, True, remarks, redaction=redaction)


def _chosen(ref: Ref, history: int | str) -> Plan[list[SnapshotRow]]:
    """Newest first, without that of ``ref``. Raises BadField, TooLarge."""
    if not (history in ("all", "pins") or (isinstance(history, int) and history >= 0)):
        raise BadField("history: all, pins or a number of snapshots is expected", field="history")
    limit = history if isinstance(history, int) else _MOST + 1
    found: list[SnapshotRow] = []
    offset, is_past = 0, False
    while len(found) < limit:
        page = yield from replied(Log(ref=Ref(id=ref.id), limit=LIMITS["rows_count"], offset=offset), Snapshots)
        for row in page.rows:
            if is_past and (history != "pins" or row.pins):
                found.append(row)
            is_past = is_past or row.snapshot == ref.snapshot
        if not page.more:
            break
        offset += len(page.rows)
    if min(len(found), limit) > _MOST:
        raise TooLarge(f"The history has more than {_MOST} snapshots; say how many are wanted", limit=_MOST)
    return found[:limit]


def _members(opened: Opened) -> dict[bytes, str]:
    """Of the document's files: hash to a name in the archive, as the application calls them where any system can."""
    planned = native(opened)
    found: dict[bytes, str] = {}
    taken: set[str] = set()
    for number, row in enumerate(opened.files):
        path = row.path.decode(errors="replace") or planned.name + planned.suffix
        name = f"{DOCUMENT}/{path}"
        is_odd = _UNSAFE & {*path} or not path.isprintable() or len(path.encode()) > _LONGEST_PATH_BYTES
        if is_odd or name.lower() in taken:
            name = f"{DOCUMENT}/~{number}"
        taken.add(name.lower())
        found.setdefault(row.hash, name)
    return found


def _document_entries(opened: Opened, members: Mapping[bytes, str]) -> Iterator[Entry]:
    """Files that are alike are there once."""
    rows = {row.hash: row for row in reversed(opened.files)}
    return (Entry(name, rows[hash_].size_bytes, _file(opened, rows[hash_])) for hash_, name in members.items())


def _file(opened: Opened, row: FileRow) -> Callable[[], Source]:
    return lambda: opened.file(row)


def _history_entries(
    taken: Sequence[_Taken], members: dict[bytes, str], session: str, redaction: Redaction | None
) -> Iterator[Entry]:
    """What no other has: of each hash one file. They are put into ``members``. The hash of what does not leave would
    tell those who guess when they are right."""
    entries: list[Entry] = []
    for each in taken:
        ref = Ref(id=session, snapshot=each.row.snapshot)
        for row in each.files:
            if row.hash not in members:
                members[row.hash] = f"{HISTORY}/{row.hash.hex() if redaction is None else len(entries) + 1}"
                path = row.path.decode(errors="replace")
                called = f"snapshot {each.row.snapshot[:_DIGITS]}{':' if path else ''}{path}"
                entries.append(Entry(members[row.hash], row.size_bytes, _windows(ref, row), called=called))
    return iter(entries)


def _windows(ref: Ref, row: FileRow) -> Callable[[], Source]:
    return lambda: Windows(Cat(ref=ref, path=row.path), row.hash)


def _begun(files: dict[int, LocalFile], key: int) -> Callable[[], Source]:
    """From its beginning; it is the one whose hash counts."""

    def begin() -> Source:
        files[key] = files[key].again()
        return files[key]

    return begin


def _manifest_entry(manifest: Callable[[], bytes], redaction: Redaction | None) -> Entry:
    told = None if redaction is None else lambda: _redacted(manifest(), redaction)
    return manifest_file(0, manifest, told)


def _redacted(manifest: bytes, redaction: Redaction) -> bytes:
    """What it tells of the files that leave. Where two that were one differ now, each has the hash of its member."""
    told = json.loads(manifest)
    files = [file for snapshot in told["snapshots"] for file in snapshot["files"]]
    for file in [*files, *(row for row in told["resources"] if "member" in row)]:
        file["hash"] = redaction.digests[file["member"]].hex()
    counts = {"secrets": redaction.secrets_count, "home_paths": redaction.homes_count}
    return (json.dumps({**redaction.told(told), "redacted": counts}, indent=1) + "\n").encode()


def _local(rows: Sequence[ResourceRow]) -> dict[int, tuple[str, bytes, int]]:
    """Those that are files here: row number to name in the archive, path, and size in bytes. One file is there once."""
    found: dict[int, tuple[str, bytes, int]] = {}
    seen: set[bytes] = set()
    for number, row in enumerate(rows):
        path = _path_of(row)
        size_bytes = size_of(path) if path and path not in seen else None
        if size_bytes is not None:
            seen.add(path)
            last = path.rpartition(b"/")[2].decode(errors="replace")
            safe = "".join("_" if sign in _UNSAFE or not sign.isprintable() else sign for sign in last)
            found[number] = f"{RESOURCES}/{number + 1} {cut(safe, _LONGEST_BYTES)}".strip(" ."), path, size_bytes
    return found


def _path_of(row: ResourceRow) -> bytes:
    """Empty where no file is."""
    return row.found if row.state == "moved" else row.path if row.state == "there" else b""


def _indexes(rows: Sequence[ResourceRow]) -> Iterator[ResourceRow]:
    """Files beside those of the rows that are found there by their names, without a word in the session; a program that
    does not find the index of large reads does not open them."""
    known = {_path_of(row) for row in rows}
    for row in rows:
        path = _path_of(row)
        starts = [(path, row.reference)] if path else []
        if path.endswith(_READS):
            starts.append((os.path.splitext(path)[0], os.path.splitext(row.reference)[0]))
        for start, told in starts:
            for end in _INDEX_ENDS:
                index = start + end
                if index not in known and size_of(index) is not None:
                    known.add(index)
                    reference = told + end.decode()
                    yield ResourceRow(key=row.key, role="index", reference=reference, state="there", path=index)


def _remarks(rows: Sequence[ResourceRow], local: Mapping[int, tuple[str, bytes, int]]) -> list[str]:
    """Which resources go along, whoever chose them, and which do not."""
    paths = {path for _, path, _ in local.values()}
    remarks = [f"{path.decode(errors='backslashreplace')} goes along" for _, path, _ in local.values()]
    remarks += [
        f"{row.reference} does not ({row.state if row.state in ('remote', 'missing', 'unknown') else 'no file'})"
        for number, row in enumerate(rows)
        if number not in local and not {row.path, row.found} & paths
    ]
    more = len(remarks) - _MOST_REMARKS
    return remarks if more <= 0 else [*remarks[:_MOST_REMARKS], f"and {more} more, which {MANIFEST} tells of"]


def _session(found: Shown) -> Json:
    session = found.session
    return {
        MARK: VERSION,
        "holdfast": version("holdfast"),
        "application": session.app,
        "name": session.name,
        "format": session.format,
        "generation": found.generation,
        "writer": found.writer,
        "session": session.id,
        "tags": session.tags,
        "note": found.note,
    }


def _snapshot(taken: _Taken, members: Mapping[bytes, str]) -> Json:
    row = taken.row
    files = [
        {
            "path": file.path.decode(errors="surrogateescape"),
            "size_bytes": file.size_bytes,
            "hash": file.hash.hex(),
            "member": members[file.hash],
        }
        for file in taken.files
    ]
    return {
        "snapshot": row.snapshot,
        "parents": row.parents,
        "time": row.time,
        "cause": row.cause,
        "author": row.author,
        "message": row.message,
        "suspect": row.suspect,
        "pins": row.pins,
        "files": files,
    }


def _resource(
    number: int, row: ResourceRow, local: Mapping[int, tuple[str, bytes, int]], files: Mapping[int, LocalFile]
) -> Json:
    told: Json = {"part": row.key, "role": row.role, "reference": row.reference, "state": row.state}
    if number in local:
        name, _, size_bytes = local[number]
        told |= {"member": name, "size_bytes": size_bytes, "hash": files[number].digest.hex()}
    return told
