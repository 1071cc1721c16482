"""Documents that were dropped onto the page: streamed to a temporary folder, then taken in as new sessions."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request

from holdfast import AsyncClient
from holdfast.bundles import opened_bundle
from holdfast.gui.house import house_of
from holdfast.gui.toasts import Toast, saved
from holdfast.taking import UNRECOGNISED, WORDS, Imported
from holdfast.unbundling import taken_in
from holdfast_protocol.errors import BadField, Cancelled, NoSpace, TooLarge, Unreadable, Unrecognised
from holdfast_protocol.messages import LIMITS, Saved
from holdfast_protocol.names import check_name

_HEADER_BYTES = 1024 * 1024
#: So many files that could not be taken in are named.
_LINES = 5
#: The folder of files that were dropped together.
_LOOSE = "dropped"


class Header(NamedTuple):
    """The first line of the body, as JSON. ``files``: path and size in bytes of each; the path is empty for a document
    of one file. Several that are of no folder have no name. Behind the line come their bytes, one after the other."""

    name: str
    suffix: str
    files: list[tuple[str, int]]


async def import_dropped(request: Request) -> Toast:
    """POST: the body is a ``Header`` and the files."""
    with tempfile.TemporaryDirectory(prefix="holdfast-dropped-") as folder:
        try:
            header, content = await _received(request.stream(), folder)
        except ClientDisconnect as problem:
            raise Cancelled("The import was called off; nothing was changed") from problem
        except OSError as problem:
            kind = NoSpace if problem.errno == errno.ENOSPC else Unreadable
            raise kind(f"{folder}: {problem.strerror or problem}", path=folder) from problem
        client = house_of(request).client
        several = [] if [*content] == [b""] else await _walked(client, Path(folder, header.name or _LOOSE))
        if any(each.outcome != UNRECOGNISED for each in several):
            return _summed_up(header.name, several)
        if not header.name:
            raise Unrecognised("No application recognises one of them; what is dropped alone is kept as it is")
        bundle = await _bundle(client, content)
        reply, brought = bundle or (await _taken_in(client, header, content), 0)
    return _told(reply, brought)


def _told(reply: Saved, brought: int) -> Toast:
    """What became of one."""
    if reply.outcome == "unchanged":
        return Toast(sentence=f"{reply.session.name} is here already; nothing was added", opens=reply.session)
    toast = saved(reply, f"Imported {reply.session.name} ({reply.session.app})", opens=True)
    if not brought:
        return toast
    line = f"The bundle has {brought} files that it points to: holdfast import FILE --resources DIR writes them"
    return replace(toast, lines=[*toast.lines, line])


def _summed_up(name: str, several: Sequence[Imported]) -> Toast:
    """What became of a folder: as of one where it is one document."""
    first = several[0]
    if len(several) == 1 and first.saved is not None:
        return _told(first.saved, 0)
    if len(several) == 1 and first.problem is not None:
        raise first.problem
    counts = Counter(each.outcome for each in several)
    said = ", ".join(f"{counts[outcome]} {word}" for outcome, word in WORDS.items() if counts[outcome])
    failed = [each for each in several if each.problem is not None and each.outcome != UNRECOGNISED]
    lines = [f"{os.path.basename(each.path)}: {each.problem.sentence}" for each in failed[:_LINES] if each.problem]
    rest = [f"and {len(failed) - _LINES} more"] if len(failed) > _LINES else []
    return Toast(sentence=f"Imported{f' from {name}' if name else ''}: {said}", lines=[*lines, *rest])


async def _received(stream: AsyncIterator[bytes], folder: str) -> tuple[Header, Mapping[bytes, Path]]:
    """Raises BadField, BadName, TooLarge, OSError."""
    body = _Body(stream)
    header = await body.header()
    if not header.files or len(header.files) > LIMITS["files_count"]:
        raise TooLarge(f"A document has 1 to {LIMITS['files_count']} files", limit=LIMITS["files_count"])
    if header.name or header.files[0][0] == "":
        check_name(header.name)
    content = {}
    for said, size_bytes in header.files:
        path = said.encode(errors="replace")
        if path in content:
            raise BadField("Two of the files have the same path", field="files")
        content[path] = place = _place(folder, header.name or _LOOSE, path)
        await body.write(place, size_bytes)
    return header, content


def _place(folder: str, name: str, path: bytes) -> Path:
    """Where the file lies that has that path in what is called ``name``: below ``folder``, which nobody else knows.
    Raises BadField, OSError."""
    if not path:
        return Path(folder, name)
    steps = path.split(b"/")
    if b"\0" in path or any(step in (b"", b".", b"..") for step in steps):
        raise BadField("files: paths must be relative, without '..'", field="files")
    place = Path(folder, name, os.fsdecode(path))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir():
            raise FileExistsError
    except (FileExistsError, NotADirectoryError) as problem:
        raise BadField("files: a file is a folder that holds others", field="files") from problem
    return place


async def _walked(client: AsyncClient, folder: Path) -> list[Imported]:
    """What became of the folder, or of what lies in it."""
    return [each async for each in client.import_documents(folder, published=True)]


async def _bundle(client: AsyncClient, content: Mapping[bytes, Path]) -> tuple[Saved, int] | None:
    """What became of it, and how many resources it has; None where what was dropped is no bundle."""
    if [*content] != [b""]:
        return None
    with ExitStack() as opened:
        bundle = await asyncio.to_thread(opened.enter_context, opened_bundle(content[b""]))
        if bundle is None:
            return None
        await asyncio.to_thread(bundle.verify)
        plan = taken_in(client.verbs, bundle, None, published=True, other_names=())
        return await client.run(plan, large=True), len(bundle.resources)


async def _taken_in(client: AsyncClient, header: Header, content: Mapping[bytes, Path]) -> Saved:
    """As one document, whatever it is."""
    whole: Path | Mapping[bytes, Path] = content[b""] if [*content] == [b""] else content
    return await client.import_document(
        header.name, whole, suffix=header.suffix, published=True, other_names=(), unless_known=True
    )


class _Body:
    """A stream read in the lengths that its reader wants."""

    def __init__(self, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self._rest = bytearray()

    async def header(self) -> Header:
        """The first line."""
        while b"\n" not in self._rest:
            if len(self._rest) > _HEADER_BYTES or not await self._more():
                raise BadField("The list of files is missing, cut or too long", field="files")
        line, _, rest = bytes(self._rest).partition(b"\n")
        self._rest = bytearray(rest)
        return _header(line)

    async def write(self, place: Path, size_bytes: int) -> None:
        """The next ``size_bytes`` are a file. Raises BadField where the body ends before."""
        descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb", buffering=0) as file:
            while size_bytes:
                if not self._rest and not await self._more():
                    raise BadField(f"The upload was cut: {size_bytes} bytes are missing", field="files")
                piece = bytes(self._rest[:size_bytes])
                del self._rest[: len(piece)]
                size_bytes -= len(piece)
                await asyncio.to_thread(file.write, piece)

    async def _more(self) -> bool:
        """False at the end."""
        async for piece in self._stream:
            if piece:
                self._rest += piece
                return True
        return False


def _header(line: bytes) -> Header:
    """Raises BadField."""
    try:
        said = json.loads(line)
        files = [(str(file["path"]), int(file["size_bytes"])) for file in said["files"]]
        header = Header(str(said["name"]), str(said["suffix"]), files)
    except (ValueError, LookupError, TypeError, RecursionError) as problem:
        raise BadField("The list of files cannot be read", field="files") from problem
    if any(size_bytes < 0 for _, size_bytes in files):
        raise BadField("A file has no less than 0 bytes", field="files")
    return header
