"""A bundle that comes in: opened with every door closed, and believed only where its hashes say so.

Its directory is checked before a byte is unpacked, then every file before anything is taken in. Nothing is ever written
to a path that a bundle says.
"""

from __future__ import annotations

import json
import os
import re
import stat
import struct
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from io import FileIO
from typing import Any, BinaryIO, NamedTuple, TypeGuard
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from holdfast.bundling import ABOUT, MANIFEST_BYTES, MARK, VERSION
from holdfast.entries import MANIFEST
from holdfast.sources import DocumentContent, Streamed
from holdfast.zipping import LARGEST_FACTOR
from holdfast_protocol.chunking import cut_stream, new_hash
from holdfast_protocol.errors import Damaged, TooLarge, Unreadable
from holdfast_protocol.names import shown

_PIECE_BYTES = 1024 * 1024
#: What the list of the archive's members may take; in memory it is many times as large, and so is the manifest.
_DIRECTORY_BYTES = 4 * 1024 * 1024
#: Of so little it does not matter how tightly it is packed.
_SMALL_BYTES = 64 * 1024
_ENCRYPTED = 0x1
_PACKED = (ZIP_STORED, ZIP_DEFLATED)
_NAME_AT = 30  # in the head of a member
#: What ``zipfile`` raises for one archive or another.
_DAMAGE = (BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, RuntimeError, NotImplementedError)
_DIGITS = "0123456789abcdef"
_HALVES = re.compile("[\ud800-\udfff]")

Json = dict[str, Any]
#: Is told how many bytes were read so far, and of how many.
Progress = Callable[[int, int], None]


class File(NamedTuple):
    """What the manifest says of a file: ``member`` has it in the archive."""

    path: bytes
    size_bytes: int
    hash: bytes
    member: str


class Snapshot(NamedTuple):
    """A snapshot as it was where the bundle was made: ``time`` in UTC nanoseconds."""

    snapshot: str
    time: int
    cause: str
    author: str
    message: str
    pins: Sequence[str]
    files: Sequence[File]

    def line(self) -> str:
        """What is said of it here, where it has the time and author of its import."""
        when = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(self.time // 10**9))
        return f"{self.cause} {when} by {self.author}, snapshot {self.snapshot}" + (
            f": {self.message}" if self.message else ""
        )


class Bundle:
    """What one file holds, once ``verify`` has looked at all of it: ``snapshots`` oldest first, the last of them is the
    document that was exported."""

    def __init__(self, archive: ZipFile, told: Json, members: Mapping[str, ZipInfo]) -> None:
        self._archive = archive
        self._members = members
        self.app = _text(told, "application")
        self.name = _text(told, "name")
        self.session = _text(told, "session")
        self.note = _text(told, "note")
        self.tags = _texts(told, "tags")
        self.snapshots = [_snapshot(each) for each in _objects(told, "snapshots")]
        self.resources = [_file(each, b"") for each in _objects(told, "resources") if "member" in each]
        if not self.snapshots:
            raise Damaged("Its manifest names no snapshot")
        _check_members(self._files(), members)

    @property
    def head(self) -> Snapshot:
        """What was exported."""
        return self.snapshots[-1]

    def verify(self, progress: Progress | None = None) -> None:
        """Every file is what its hash says. Raises Damaged."""
        known = {file.member: file for file in self._files()}
        whole_bytes, done_bytes = sum(file.size_bytes for file in known.values()), 0
        for file in known.values():
            found = new_hash()
            for piece in self.pieces(file):
                found.update(piece)
                done_bytes += len(piece)
                if progress is not None:
                    progress(done_bytes, whole_bytes)
            if found.digest() != file.hash:
                raise Damaged(f"{shown(file.member)} is not what its hash says; nothing was taken in")

    def document(self, snapshot: Snapshot) -> DocumentContent:
        """To be saved."""
        files = {file.path: _Member(self, file) for file in snapshot.files}
        return files[b""] if [*files] == [b""] else files

    def pieces(self, file: File) -> Iterator[bytes]:
        """The bytes of a file. Raises Damaged."""
        with _damage(file.member), self._archive.open(self._members[file.member]) as opened:
            while piece := opened.read(_PIECE_BYTES):
                yield piece

    def opened(self, file: File) -> BinaryIO:
        """The same as a stream."""
        return self._archive.open(self._members[file.member])  # type: ignore[return-value]  # reads as one

    def _files(self) -> list[File]:
        return [*(file for each in self.snapshots for file in each.files), *self.resources]


class _Member(Streamed):
    def __init__(self, bundle: Bundle, file: File) -> None:
        self._bundle = bundle
        self._file = file

    def chunks(self) -> Iterator[memoryview]:
        with _damage(self._file.member), self._bundle.opened(self._file) as opened:
            for chunk in cut_stream(opened):
                yield memoryview(chunk)


class _Bounded(FileIO):
    """Whoever reads it gets no more at a time than a directory may have: ``zipfile`` asks for as much as the archive
    says that it has, in one of several places."""

    def read(self, size: int | None = -1, /) -> bytes:
        """As any file."""
        wanted = _DIRECTORY_BYTES if size is None or size < 0 else min(size, _DIRECTORY_BYTES)
        return super().read(wanted) or b""


@contextmanager
def opened_bundle(path: str | os.PathLike[str]) -> Iterator[Bundle | None]:
    """The bundle at ``path``; None where there is none, whatever else is there. Raises Damaged, TooLarge for one that
    is not as it should be, Unreadable."""
    name = os.fspath(path)
    try:
        file = _Bounded(path)
    except OSError as problem:
        raise Unreadable(f"{shown(name)}: {problem.strerror or problem}", path=name) from problem
    with file, ExitStack() as opened:
        is_ours, archive = _begins(file), None
        if is_ours is not None:
            with suppress(*_DAMAGE, OSError):
                archive = opened.enter_context(ZipFile(file))
        told = None if archive is None else _manifest(archive)
        if archive is not None and told is not None:
            yield _bundle(archive, told, os.fstat(file.fileno()).st_size)
        elif is_ours:
            raise Damaged("This bundle is cut off, or damaged: its manifest cannot be read")
        else:
            yield None


def _bundle(archive: ZipFile, told: Json, size_bytes: int) -> Bundle:
    if told[MARK] != VERSION:
        version = shown(str(told[MARK]))
        raise Damaged(f"It is a bundle of version {version}, of a newer holdfast; this one reads {VERSION}")
    return Bundle(archive, told, _checked(archive, size_bytes))


def _begins(file: BinaryIO) -> bool | None:
    """Whether it begins as a bundle; None: not even as an archive."""
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return None
    start = file.read(_NAME_AT + len(ABOUT))
    return start[_NAME_AT:] == ABOUT.encode() if start.startswith(b"PK\x03\x04") else None


def _manifest(archive: ZipFile) -> Json | None:
    """None where it is no bundle's. Raises Damaged."""
    member = archive.NameToInfo.get(MANIFEST)
    if member is None or member.file_size > MANIFEST_BYTES or member.compress_type not in _PACKED:
        return None
    raw = b""
    try:
        with archive.open(member) as opened:
            raw = opened.read(MANIFEST_BYTES)  # whatever it said, no more is unpacked
        told = json.loads(raw)
    except (*_DAMAGE, OSError, RecursionError) as problem:
        if f'"{MARK}"'.encode() not in raw:
            return None
        raise Damaged(f"{MANIFEST} of the bundle cannot be read: {problem}") from problem
    return told if isinstance(told, dict) and MARK in told else None


def _checked(archive: ZipFile, size_bytes: int) -> dict[str, ZipInfo]:
    """The members by name. Raises Damaged, TooLarge."""
    found: dict[str, ZipInfo] = {}
    packed_bytes = 0
    for member in archive.infolist():
        name, packed_bytes = shown(member.orig_filename), packed_bytes + member.compress_size
        if not _is_safe(member.orig_filename):
            raise Damaged(f"Its member {name} has a name that leads out of it")
        if member.filename in found:
            raise Damaged(f"Its member {name} is there twice")
        if stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG) or member.is_dir():
            raise Damaged(f"Its member {name} is no file")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _PACKED:
            raise Damaged(f"Its member {name} is encrypted, or packed in a way that is not read here")
        if member.file_size > _SMALL_BYTES + LARGEST_FACTOR * member.compress_size:
            raise TooLarge(
                f"Its member {name} would be {member.file_size} bytes, more than {LARGEST_FACTOR} times what it is "
                "packed into", limit=LARGEST_FACTOR,
            )  # fmt: skip
        found[member.filename] = member
    if packed_bytes > size_bytes:
        raise Damaged("Its members lie over each other")
    return found


def _check_members(files: Sequence[File], members: Mapping[str, ZipInfo]) -> None:
    """The manifest names every member but itself, and nothing else."""
    named: dict[str, File] = {}
    for file in files:
        same = named.setdefault(file.member, file)
        if (same.hash, same.size_bytes) != (file.hash, file.size_bytes):
            raise Damaged(f"Its manifest says two things of {shown(file.member)}")
        if file.member not in members or members[file.member].file_size != file.size_bytes or file.member == MANIFEST:
            raise Damaged(f"{shown(file.member)} is not in it as its manifest says")
    if odd := members.keys() - named.keys() - {MANIFEST, ABOUT}:
        raise Damaged(f"It holds {shown(min(odd))}, which its manifest does not name")


def _is_safe(name: str) -> bool:
    """Whether whoever unpacks this stays inside the folder, on every system."""
    steps = name.replace("\\", "/").split("/")
    return "\0" not in name and ":" not in steps[0] and not any(step in ("", ".", "..") for step in steps)


def _snapshot(told: Json) -> Snapshot:
    files = [_file(each, _path(each)) for each in _objects(told, "files")]
    paths = [file.path for file in files]
    if not files or len(set(paths)) < len(paths) or not all(map(_is_path, paths)) or (b"" in paths and len(paths) > 1):
        raise Damaged("A document of it has files with paths that no document may have")
    return Snapshot(
        snapshot=_text(told, "snapshot"), time=_number(told, "time"), cause=_text(told, "cause"),
        author=_text(told, "author"), message=_text(told, "message"), pins=_texts(told, "pins"), files=files,
    )  # fmt: skip


def _is_path(path: bytes) -> bool:
    return not path or (b"\0" not in path and not any(step in (b"", b".", b"..") for step in path.split(b"/")))


def _file(told: Json, path: bytes) -> File:
    digits = _text(told, "hash")
    if len(digits) != 64 or not {*digits} <= {*_DIGITS}:
        raise _wrong("hash")
    return File(path, _number(told, "size_bytes"), bytes.fromhex(digits), _text(told, "member"))


def _path(told: Json) -> bytes:
    found = told.get("path")
    if isinstance(found, str):
        with suppress(UnicodeEncodeError):  # half a letter that stands for no byte
            return found.encode(errors="surrogateescape")
    raise _wrong("path")


def _text(told: Json, name: str) -> str:
    found = told.get(name)
    if not _is_text(found):
        raise _wrong(name)
    return found


def _texts(told: Json, name: str) -> list[str]:
    found = told.get(name)
    if not isinstance(found, list) or not all(map(_is_text, found)):
        raise _wrong(name)
    return found


def _is_text(found: object) -> TypeGuard[str]:
    """No half of a letter is in it, which JSON can say and nothing else."""
    return isinstance(found, str) and _HALVES.search(found) is None


def _objects(told: Json, name: str) -> list[Json]:
    found = told.get(name)
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise _wrong(name)
    return found


def _number(told: Json, name: str) -> int:
    found = told.get(name)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < 2**63:
        raise _wrong(name)
    return found


def _wrong(name: str) -> Damaged:
    return Damaged(f"{MANIFEST} of the bundle is damaged: {name} is missing, or no such thing")


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """What the library says of a member, as one of our errors."""
    try:
        yield
    except (*_DAMAGE, OSError) as problem:
        raise Damaged(f"{shown(name)} of the bundle cannot be unpacked: {problem}") from problem
