"""What the daemon says of itself: one event a line, with its level, its room and the request that it is about.

Never a content of a session: a message names sessions by their ids, and files by their names, which whoever reads the
log may see anyway. Of an exception in somebody else's format it has type and place, for the text may be content.
On standard error a line is ``time level room message``, and behind it in square brackets the request. The journal gets
the same as fields, so that ``journalctl HOLDFAST_REQUEST=…`` finds one request's.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

#: The id of the request that is being served, as hexadecimal digits.
REQUEST: ContextVar[str] = ContextVar("request", default="")
JOURNAL = "/run/systemd/journal/socket"
#: What one datagram surely takes.
JOURNAL_BYTES = 32 * 1024


@dataclass(frozen=True, slots=True)
class Log:
    """What is worth a line: this and what is worse."""

    level: Literal["debug", "info", "warning", "error"] = "info"


def begin(environment: Mapping[str, str]) -> None:
    """To the journal where standard error is its own, else to standard error."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Line())
    if _is_journal(environment.get("JOURNAL_STREAM", "")):
        handler = Journal(JOURNAL)
    logging.basicConfig(handlers=[handler], level=logging.INFO)


def keep(log: Log) -> None:
    """From this level on."""
    logging.getLogger().setLevel(log.level.upper())


class Line(logging.Formatter):
    """One line, whatever is in the message."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        request = _request(record)
        words = [moment, record.levelname.lower(), _room(record), _on_a_line(_said(self, record))]
        return " ".join([*words, f"[{request}]"] if request else words)


class Journal(logging.Handler):
    """Speaks systemd's own protocol (JOURNAL_NATIVE_PROTOCOL): fields, of which a long one is cut."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._way = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        self.setFormatter(logging.Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        fields = {
            "MESSAGE": _said(self.formatter or logging.Formatter(), record),
            "PRIORITY": str(_PRIORITIES.get(record.levelno, 6)),
            "SYSLOG_IDENTIFIER": "holdfastd",
            "HOLDFAST_ROOM": _room(record),
            "HOLDFAST_REQUEST": _request(record),
        }
        try:
            self._way.sendto(b"".join(_field(name, value) for name, value in fields.items() if value), self._path)
        except OSError:  # a journal that is being restarted: what it missed is not worth an end
            self.handleError(record)


_PRIORITIES = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


def _field(name: str, value: str) -> bytes:
    content = value.encode(errors="backslashreplace")[:JOURNAL_BYTES]
    return name.encode() + b"\n" + len(content).to_bytes(8, "little") + content + b"\n"


def _said(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    """The message, in which nothing begins another line, and below it where an exception came from."""
    text = _on_a_line(record.getMessage())
    return f"{text}\n{formatter.formatException(record.exc_info)}" if record.exc_info else text


def _on_a_line(text: str) -> str:
    """Nothing that begins another line, or that a terminal would obey."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def _room(record: logging.LogRecord) -> str:
    return record.name.rpartition(".")[2]


def _request(record: logging.LogRecord) -> str:
    return str(getattr(record, "request", "") or REQUEST.get())


def _is_journal(stream: str) -> bool:
    """``JOURNAL_STREAM`` names device and inode of what systemd gave as standard error (systemd.exec(5))."""
    try:
        state = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return stream == f"{state.st_dev}:{state.st_ino}"
