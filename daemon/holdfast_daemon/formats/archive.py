"""Zip archives from strangers, opened with every door closed: size, names, damage, encryption.

Everything that the directory of the archive declares is checked before a byte is unpacked, and ``zipfile``
never unpacks more than was declared. Every message names the member that is at fault.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from holdfast_daemon.formats.base import DamagedDocument

#: All members together, unpacked.
LARGEST_TOTAL_BYTES = 256 * 1024 * 1024
#: Nor more than this and so many times the archive's own size: what is packed tighter is a bomb.
LARGEST_SMALL_BYTES = 40 * 1024 * 1024
LARGEST_FACTOR = 20
_FIXED_DATE = (1980, 1, 1, 0, 0, 0)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_archive(content: bytes, largest_total_bytes: int = LARGEST_TOTAL_BYTES) -> dict[str, bytes]:
    """Member name to content, in the archive's order, folders left out. Raises DamagedDocument."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, OSError) as error:
        raise DamagedDocument(f"not a readable zip archive: {error}") from error
    with archive:
        members = archive.infolist()
        _check(members, min(largest_total_bytes, LARGEST_SMALL_BYTES + LARGEST_FACTOR * len(content)))
        return {member.filename: _content_of(archive, member) for member in members if not member.is_dir()}


def build_archive(members: Mapping[str, bytes]) -> bytes:
    """The members, stored in this order with a fixed date: the same members give the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, _FIXED_DATE)
            member.create_system = 3  # Unix: else the bytes would tell on which system they were made
            member.external_attr = 0o100644 << 16
            archive.writestr(member, content)
    return target.getvalue()


def is_safe_name(name: str) -> bool:
    """Whether a tool that unpacks this member stays inside the folder, on every system."""
    components = name.replace("\\", "/").removesuffix("/").split("/")
    if "\0" in name or ":" in components[0]:
        return False
    return not any(component in ("", ".", "..") for component in components)


def _check(members: Iterable[zipfile.ZipInfo], largest_total_bytes: int) -> None:
    names: set[str] = set()
    total_bytes = 0
    for member in members:
        name = member.orig_filename
        total_bytes += member.file_size
        if not is_safe_name(name):
            raise DamagedDocument(f"member {name!r}: its name leads out of the archive")
        if member.filename in names:
            raise DamagedDocument(f"member {name!r} is there twice")
        if member.flag_bits & 0x1:
            raise DamagedDocument(f"member {name!r} is encrypted")
        if member.compress_type not in _METHODS:
            raise DamagedDocument(f"member {name!r} is compressed in a way that is not read here")
        if total_bytes > largest_total_bytes:
            raise DamagedDocument(f"member {name!r}: unpacked, more than {largest_total_bytes} bytes in all")
        names.add(member.filename)


def _content_of(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    try:
        return archive.read(member)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        OSError,
        RuntimeError,
        NotImplementedError,
    ) as error:
        raise DamagedDocument(f"member {member.orig_filename!r} is damaged: {error}") from error
