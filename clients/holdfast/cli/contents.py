"""What the command line takes in: a file, a directory as a document of several files, or standard input."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from holdfast.sources import INLINE_BYTES, DocumentContent, FileContent
from holdfast.walking import files_below, reading
from holdfast_protocol.errors import BadField, Unreadable

if TYPE_CHECKING:
    from holdfast.cli.output import Output

_PIECE_BYTES = 1024 * 1024


class Contents:
    """Reads what is named, and keeps what can be read only once (a pipe) until the save is through."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._spools: list[IO[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        for spool in self._spools:
            spool.close()

    def document(self, name: str) -> DocumentContent:
        """The document at ``name``. Raises Unreadable, BadField for a directory without a file."""
        if name == "-":
            return self._standard_input()
        with reading(name):
            if not stat.S_ISDIR(os.stat(name).st_mode):
                return self._file(name)
            files = dict(files_below(name, self._left_out))
        if not files:
            raise BadField(f"There is no file in {name}")
        return dict(sorted(files.items()))

    def part(self, name: str) -> FileContent:
        """The content of one part. Raises Unreadable."""
        if name == "-":
            return self._standard_input()
        with reading(name):
            return self._file(name)

    def _standard_input(self) -> FileContent:
        if sys.stdin is None:
            raise Unreadable("Standard input is closed")
        return self._once(sys.stdin.buffer)

    def _file(self, name: str) -> FileContent:
        if stat.S_ISREG(os.stat(name).st_mode):
            return Path(name)
        with open(name, "rb") as file:
            return self._once(file)

    def _once(self, file: IO[bytes]) -> FileContent:
        start = file.read(INLINE_BYTES + 1)
        if len(start) <= INLINE_BYTES:
            return start
        spool = tempfile.NamedTemporaryFile(prefix="holdfast-")  # noqa: SIM115  # closed with the contents
        self._spools.append(spool)
        while start:
            spool.write(start)
            start = file.read(_PIECE_BYTES)
        spool.flush()
        return Path(spool.name)

    def _left_out(self, path: str) -> None:
        self._output.say(f"holdfast: {path} is a link or no file; it is left out")
