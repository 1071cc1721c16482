"""Folders as the verbs of ``folder``, and ``status``, say them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from holdfast.cli.words import ago, path_text, shell_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holdfast.cli.output import Output
    from holdfast_protocol.model import FolderRow

_HEADING = ("LABEL", "APP", "WATCHING", "SESSIONS", "STATE", "PATH")


def report_folders(output: Output, rows: Sequence[FolderRow]) -> None:
    """A line for each, and on standard error what somebody should look after."""
    if output.as_json:
        for row in rows:
            output.row(row)
    else:
        output.table(_HEADING, [_cells(row) for row in rows])
    warn_of_folders(output, rows)


def warn_of_folders(output: Output, rows: Sequence[FolderRow]) -> None:
    """Why a folder is held and what to type then, and its problems: on standard error, however narrow the terminal."""
    for row in rows:
        if row.held is not None:
            output.say(
                f"holdfast: {row.label} is held: {row.held}; missing: {sessions(row.missing_count)}. Nothing is "
                "deleted there until they are back. To write one back: holdfast restore APP/NAME; to give them up: "
                f"holdfast folder scan {shell_word(row.label.encode())} --accept"
            )
        for problem in row.problems:
            output.say(f"holdfast: {row.label}: {problem}")


def lines(row: FolderRow, *, to_terminal: bool) -> Iterator[str]:
    """All that ``status`` says of one."""
    yield f"folder {row.label}: {path_text(row.path)}"
    yield f"  watching: {_watching(row)}{f' ({row.watch_note})' if row.watch_note else ''}"
    yield f"  scanned: {_scanned(row, to_terminal=to_terminal)}"
    yield f"  sessions: {row.sessions_count}"
    if row.held is not None:
        yield f"  held: {row.held}"
        yield f"  missing: {row.missing_count}"
    for problem in row.problems:
        yield f"  problem: {problem}"


def sessions(count: int) -> str:
    """So many of them."""
    return f"{count} session{'' if count == 1 else 's'}"


def _cells(row: FolderRow) -> tuple[str, ...]:
    return row.label, row.app or "-", _watching(row), str(row.sessions_count), _state(row), path_text(row.path)


def _watching(row: FolderRow) -> str:
    return row.watching or "no"


def _state(row: FolderRow) -> str:
    said = [
        f"held: {row.held}" if row.held is not None else "",
        "scanning" if row.scanning else "",
        row.watch_note,
    ]
    return "; ".join(word for word in said if word) or "ok"


def _scanned(row: FolderRow, *, to_terminal: bool) -> str:
    last = "never" if row.scanned is None else ago(row.scanned, to_terminal=to_terminal)
    return f"{last}, and now" if row.scanning else last
