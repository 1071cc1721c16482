"""Documents that were dropped onto the page: streamed to a temporary folder, then taken in as a new session."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect, Request

from holdfast import AsyncClient
from holdfast.bundles import opened_bundle
from holdfast.gui.house import house_of
from holdfast.gui.toasts import Toast, saved
from holdfast.unbundling import taken_in
from holdfast_protocol.errors import BadField, Cancelled, Exists, HoldfastError, NoSpace, TooLarge, Unreadable
from holdfast_protocol.messages import LIMITS, Saved

_HEADER_BYTES = 1024 * 1024
_TRIES = 20


class Header(NamedTuple):
    """The first line of the body, as JSON. ``files``: path and size in bytes of each; the path is empty for a document
    of one file. Behind the line come their bytes, one after the other."""

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
        bundle = await _bundle(client, content)
        reply, brought = bundle or (await _taken_in(client, header, content), 0)
    if reply.outcome == "unchanged":
        return Toast(sentence=f"{reply.session.name} is here already; nothing was added", opens=reply.session)
    toast = saved(reply, f"Imported {reply.session.name} ({reply.session.app})", opens=True)
    if not brought:
        return toast
    line = f"The bundle has {brought} files that it points to: holdfast import FILE --resources DIR writes them"
    return replace(toast, lines=[*toast.lines, line])


async def _received(stream: AsyncIterator[bytes], folder: str) -> tuple[Header, Mapping[bytes, Path]]:
    """Raises BadField, TooLarge, OSError."""
    body = _Body(stream)
    header = await body.header()
    if not header.files or len(header.files) > LIMITS["files_count"]:
        raise TooLarge(f"A document has 1 to {LIMITS['files_count']} files", limit=LIMITS["files_count"])
    content = {}
    for number, (path, size_bytes) in enumerate(header.files):
        place = Path(folder, str(number))
        await body.write(place, size_bytes)
        content[path.encode(errors="replace")] = place
    if len(content) < len(header.files):
        raise BadField("Two of the files have the same path", field="files")
    return header, content


async def _bundle(client: AsyncClient, content: Mapping[bytes, Path]) -> tuple[Saved, int] | None:
    """What became of it, and how many resources it has; None where what was dropped is no bundle."""
    if [*content] != [b""]:
        return None
    with ExitStack() as opened:
        bundle = await asyncio.to_thread(opened.enter_context, opened_bundle(content[b""]))
        if bundle is None:
            return None
        await asyncio.to_thread(bundle.verify)

        async def take_in(name: str | None) -> Saved:
            return await client.run(taken_in(client.verbs, bundle, name, published=True), large=True)

        reply = await _numbered(bundle.name, lambda name: take_in(None if name == bundle.name else name))
        return reply, len(bundle.resources)


async def _taken_in(client: AsyncClient, header: Header, content: Mapping[bytes, Path]) -> Saved:
    """Whoever drops a file twice means two."""
    whole: Path | Mapping[bytes, Path] = content[b""] if [*content] == [b""] else content
    return await _numbered(
        header.name, lambda name: client.import_document(name, whole, suffix=header.suffix, published=True)
    )


async def _numbered(name: str, take_in: Callable[[str], Coroutine[Any, Any, Saved]]) -> Saved:
    """Under a numbered name where the plain one is taken."""
    problem: HoldfastError | None = None
    for number in range(1, _TRIES):
        try:
            return await take_in(name if number == 1 else f"{name} {number}")
        except Exists as taken:
            problem = taken
    assert problem is not None
    raise problem


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
