"""The only place that prints. Nothing that a terminal would obey leaves it, whatever a name or a content holds."""

from __future__ import annotations

import errno
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, Protocol, TextIO

if TYPE_CHECKING:
    from holdfast_protocol.errors import HoldfastError
    from holdfast_protocol.model import Row

#: Control characters, surrogates, line and paragraph separators, bidirectional overrides (see names.shown).
_OBEYED = "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029\u202a-\u202e\u2066-\u2069]"
_COLUMNS = 80
_MEBIBYTE = 1024 * 1024
_STEP_SECONDS = 0.2
_COLOURS = {"+": "32", "-": "31", "@": "36"}


def plain(text: str, keep: str = "") -> str:
    """``text`` with every obeyed character written out (``\\u001b``), except those in ``keep``."""
    if text.isprintable():  # nearly always; the expression takes longer to compile than a list to print
        return text
    return re.sub(_OBEYED, lambda found: found[0] if found[0] in keep else f"\\u{ord(found[0]):04x}", text)


class Stream(Protocol):
    """Where a message can go."""

    def write(self, text: str, /) -> object:
        """On its way."""


def say(text: str, stream: Stream | None = None) -> None:
    """A message, on standard error; on none where that is closed."""
    stream = stream or sys.stderr
    if stream is not None:  # typeshed knows no closed one
        stream.write(plain(text, keep="\n\t").encode(errors="backslashreplace").decode() + "\n")


def columns() -> int:
    """How many letters the terminal has side by side."""
    try:
        return os.get_terminal_size().columns or _COLUMNS
    except OSError:  # not a terminal
        return _COLUMNS


class Output:
    """Standard output and standard error, for people or for programs.

    Where standard output is closed, what a verb is asked for raises OSError; a word about what went well is dropped.
    """

    def __init__(self, *, as_json: bool = False, quiet: bool = False, verbose: bool = False) -> None:
        self.as_json = as_json
        self.quiet = quiet
        self.verbose = verbose
        self._stdout: TextIO | None = sys.stdout
        self.to_terminal = self._stdout is not None and self._stdout.isatty()
        self._coloured = self.to_terminal and not os.environ.get("NO_COLOR")
        self._progress: _Line | None = None

    def row(self, row: Row, **extra: object) -> None:
        """One JSON object on one line, written at once: somebody may be waiting for it."""
        from holdfast.cli.json_rows import to_json

        self._write(to_json(row, extra) + "\n")
        self.flush()

    def line(self, text: str) -> None:
        """One line for people."""
        self._clear()
        self._write(plain(text, keep="\t") + "\n")

    def done(self, text: str) -> None:
        """One line that says what went well; with --quiet or --json none."""
        if not self.quiet and not self.as_json and self._stdout is not None:
            self.line(text)

    def table(self, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Aligned columns with two spaces between. On a terminal with a heading, and long cells cut to its width."""
        from holdfast.cli.tables import aligned

        safe = [[plain(cell) for cell in row] for row in rows]
        if safe:
            for line in aligned([heading, *safe], columns()) if self.to_terminal else aligned(safe):
                self._write(line + "\n")

    def changed_text(self, text: str) -> None:
        """A unified diff, indented; in colour on a terminal that may have it."""
        for line in text.split("\n"):
            safe = "    " + plain(line, keep="\t")
            colour = _COLOURS.get(line[:1]) if self._coloured else None
            self._write(f"\x1b[{colour}m{safe}\x1b[0m\n" if colour else safe + "\n")

    def content(self, windows: Iterable[bytes]) -> None:
        """The exact bytes; on a terminal, text in which control characters are written out."""
        self.flush()
        if not self.to_terminal:
            for window in windows:
                self._bytes().write(window)
            return
        import codecs

        decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        for window in windows:
            self._write(plain(decoder.decode(window), keep="\n\t"))
        self._write(plain(decoder.decode(b"", final=True), keep="\n\t"))

    def say(self, text: str) -> None:
        """A message, on standard error."""
        self.flush()
        self._clear()
        say(text)

    def error(self, problem: HoldfastError) -> None:
        """What went wrong, on standard error: the sentence and what to say instead; with --verbose everything."""
        self.say(f"holdfast: {problem.sentence}")
        for name, detail in problem.details.items():
            if isinstance(detail, list):
                for each in (each for each in detail if str(each) not in problem.sentence):
                    self.say(f"  {plain(str(each))}")
            elif self.verbose:
                self.say(f"  {name}: {detail}")
        if self.verbose:
            self.say(f"  code: {problem.code}")

    @contextmanager
    def progress(self, what: str) -> Iterator[Callable[[int, int], None]]:
        """Is told how many bytes are done, of how many: one line on a terminal's standard error, gone at the end."""
        start = plain(what)[: _COLUMNS // 2]
        with self.telling() as tell:
            yield lambda done_bytes, size_bytes: tell(f"{start}: {share(done_bytes, size_bytes)}")

    @contextmanager
    def telling(self) -> Iterator[Callable[[str], None]]:
        """Is told how far it is, in words: on one line as that of ``progress``."""
        if sys.stderr is None or not sys.stderr.isatty() or self.quiet or self.as_json:
            yield lambda text: None
            return
        said = self._progress = _Line()
        try:
            yield said.tell
        finally:
            said.end()
            self._progress = None

    def flush(self) -> None:
        """Everything written is on its way."""
        if self._stdout is not None:
            self._stdout.flush()

    def _clear(self) -> None:
        """What tells how far it is makes room."""
        if self._progress is not None:
            self._progress.end()

    def _write(self, text: str) -> None:
        encoding = self._stdout.encoding if self._stdout is not None else None
        self._bytes().write(text.encode(encoding or "utf-8", "backslashreplace"))

    def _bytes(self) -> BinaryIO:
        if self._stdout is None:
            raise OSError(errno.EBADF, "standard output is closed")
        return self._stdout.buffer


def share(done_bytes: int, size_bytes: int) -> str:
    """Such as ``1.0 of 2.0 MiB, 50 %``; of what size, is not known where that is 0."""
    of_all = f" of {size_bytes / _MEBIBYTE:,.1f} MiB, {100 * done_bytes // size_bytes} %" if size_bytes else " MiB"
    return f"{done_bytes / _MEBIBYTE:,.1f}{of_all}"


class _Line:
    """A line that is written over, a few times a second."""

    def __init__(self) -> None:
        self._next = time.monotonic() + _STEP_SECONDS
        self._is_there = False

    def tell(self, text: str) -> None:
        """So far."""
        if time.monotonic() < self._next:
            return
        self._next, self._is_there = time.monotonic() + _STEP_SECONDS, True
        sys.stderr.write(f"\r\x1b[K{plain(text)[:columns() - 1]}")
        sys.stderr.flush()

    def end(self) -> None:
        """Nothing is left of it."""
        if self._is_there:
            self._is_there = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
