"""One event is one line, whatever is in it; below systemd it is one entry of the journal, with fields."""

from __future__ import annotations

import logging
import socket
import sys
from pathlib import Path

from holdfast_daemon.logs import REQUEST, Journal, Line


def record(message: str, *values: object, request: str = "") -> logging.LogRecord:
    made = logging.LogRecord("holdfast.folder", logging.WARNING, __file__, 1, message, values, None)
    if request:
        made.request = request
    return made


def test_nothing_in_a_message_begins_another_line_or_moves_a_terminal() -> None:
    """Line ends and escape codes are written out."""
    line = Line().format(record("%s is polled", "a\nb\x1b[2J\u2028c"))
    assert line.endswith(r" warning folder a\nb\x1b[2J\u2028c is polled")
    assert line.split(" ")[0].endswith("Z")


def test_where_an_exception_came_from_is_on_its_line() -> None:
    """With the request that it ended."""
    try:
        raise ValueError("two\nlines")
    except ValueError:
        made = record("A save failed", request="0123")
        made.exc_info = sys.exc_info()
    line = Line().format(made)
    assert "\n" not in line
    assert r"ValueError: two\nlines" in line
    assert line.endswith("[0123]")


def test_the_journal_gets_fields(tmp_path: Path) -> None:
    """Message, priority, room and request; a name with a line end in it begins no line there either."""
    path = str(tmp_path / "journal")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(path)
        journal.settimeout(10)
        asked = REQUEST.set("0192ab")
        Journal(path).emit(record("a\nb"))
        REQUEST.reset(asked)
        said = journal.recv(65536)
    assert b"MESSAGE\n\x04\0\0\0\0\0\0\0a\\nb\n" in said
    assert b"PRIORITY\n\x01\0\0\0\0\0\0\x004\n" in said
    assert b"HOLDFAST_ROOM\n\x06\0\0\0\0\0\0\0folder\n" in said
    assert b"HOLDFAST_REQUEST\n\x06\0\0\0\0\0\0\x000192ab\n" in said
