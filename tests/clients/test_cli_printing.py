"""What the command line prints: JSON, plain lines, and never what a terminal would obey."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys

import pytest
from clients_cli_words import HOSTILE, Holdfast, Sent, json_lines
from clients_fake_daemon import FakeDaemon, folder_row, operation_row, session_row, snapshot_row, status_report

from holdfast.cli.output import Output
from holdfast_protocol import messages as wire
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import Ambiguous
from holdfast_protocol.model import ChangeRow, FileRow, FolderRow, OperationRow, PartRow, Row, SuggestionRow


def hostile_folder() -> FolderRow:
    words = {"app": HOSTILE, "watch_note": HOSTILE, "held": HOSTILE}
    return folder_row(HOSTILE, path=HOSTILE.encode(), problems=[HOSTILE], **words)


def of_hostile_folder() -> OperationRow:
    return operation_row(1, type="folder-held", session=None, name=None, folder=HOSTILE, note=HOSTILE)


def hostile_suggestion(label: str | None) -> SuggestionRow:
    return SuggestionRow(path=HOSTILE.encode(), app=HOSTILE, layout="", sessions_count=2, label=label)


def test_list_json_has_the_fields_of_the_wire(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """One object a line: times ISO 8601 UTC, paths as text, sizes in bytes."""
    Sent(daemon, wire.List, wire.Sessions(rows=[session_row(), session_row("b")], more=False))
    code, out, _ = holdfast("--json", "list", "--app", "renardo")
    first, _ = json_lines(out)
    assert code == 0
    promised = "id app folder name revision head modified size_bytes suspect diverged deleted archived template tags"
    assert {*promised.split(), "forked_from"} <= first.keys()
    assert first["modified"] == "1970-01-24T03:33:20.123456Z"
    assert first["path"] == "verse.\\xff.py"
    assert first["size_bytes"] == 17


def test_list_reads_pages_up_to_the_limit(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """A limit above what the daemon gives at once is met by several requests, and more is said."""

    def page(asked: Asked) -> wire.Reply:
        request = asked.request
        assert isinstance(request, wire.List)
        rows = [session_row(f"s{number}") for number in range(request.offset, request.offset + min(2, request.limit))]
        return wire.Sessions(rows=rows, more=True)

    daemon.answers[wire.List] = page
    _, out, err = holdfast("list", "--json", "--limit", "5", "--offset", "1")
    assert [row["name"] for row in json_lines(out)] == ["s1", "s2", "s3", "s4", "s5"]
    assert b"more" in err


def test_list_says_what_it_can_be_narrowed_by(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Applications and tags in place of sessions; nothing where a daemon of before does not tell them."""
    told = Sent(daemon, wire.List, wire.Sessions(rows=[], more=True, apps=["igv", "renardo"], tags=["live"]))
    _, out, _ = holdfast("list", "--choices", "--deleted")
    assert out.decode().splitlines() == ["--app  igv", "--app  renardo", "--tag  live"]
    assert told.request() == wire.List(deleted=True, limit=0, choices=True)
    _, out, _ = holdfast("list", "--choices", "--json")
    assert [(row["apps"], row["tags"]) for row in json_lines(out)] == [(["igv", "renardo"], ["live"])]
    Sent(daemon, wire.List, wire.Sessions(rows=[], more=False))
    assert holdfast("list", "--choices")[1] == b""


def test_list_is_plain_in_a_pipe(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Aligned, without heading or tabs, exact sizes and times."""
    Sent(daemon, wire.List, wire.Sessions(rows=[session_row(), session_row("二", tags=["x"])], more=False))
    _, out, _ = holdfast("list")
    assert out.decode().splitlines() == [
        "renardo/verse  3  17  1970-01-24T03:33:20.123456Z  -  -",
        "renardo/二     3  17  1970-01-24T03:33:20.123456Z  -  x",
    ]


def test_show_json_is_one_object(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """The session's fields, and beside them snapshot, files, parts, facts and warnings."""
    shown = wire.Shown(
        session=session_row(),
        snapshot=snapshot_row(),
        files=[FileRow(path=b"", size_bytes=17, hash=bytes(32))],
        parts=[PartRow(key="1", name="intro", kind="buffer", size_bytes=5, facts={"lines": 2})],
        facts={"time": 5},
        warnings=["old"],
    )
    Sent(daemon, wire.Show, shown)
    (found,) = json_lines(holdfast("show", "renardo/verse", "--json")[1])
    assert found["name"] == "verse"
    row = {"key": "1", "name": "intro", "kind": "buffer", "size_bytes": 5, "facts": {"lines": 2}, "arrays": []}
    assert found["parts"] == [row]
    assert found["files"] == [{"path": "", "size_bytes": 17, "hash": "00" * 32}]
    assert found["facts"] == {"time": 5}
    assert found["warnings"] == ["old"]
    assert isinstance(found["snapshot"], dict)
    assert found["snapshot"]["time"] == "1970-01-01T00:00:01.000000Z"


def test_log_and_events_json(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Rows with the fields that scripts rely on."""
    Sent(daemon, wire.Log, wire.Snapshots(rows=[snapshot_row()], more=False))
    (row,) = json_lines(holdfast("log", "renardo/verse", "--json")[1])
    assert {*["snapshot", "parents", "time", "cause", "author", "message", "size_bytes", "suspect"]} <= row.keys()
    daemon.operations += [operation_row(1), operation_row(2)]
    rows = json_lines(holdfast("events", "--json")[1])
    assert [each["number"] for each in rows] == [1, 2]
    promised = "number time type session app folder name cause author undoable"
    assert {*promised.split()} <= rows[0].keys()


@pytest.mark.parametrize(
    ("words", "kind", "reply"),
    [
        (["list"], wire.List, wire.Sessions(rows=[session_row(HOSTILE, tags=[HOSTILE])], more=False)),
        (
            ["show", "x"],
            wire.Show,
            wire.Shown(
                session=session_row(HOSTILE),
                snapshot=snapshot_row(author=HOSTILE),
                parts=[PartRow(key=HOSTILE, name=HOSTILE, kind="buffer", size_bytes=1)],
                facts={HOSTILE: HOSTILE},
                warnings=[HOSTILE],
            ),
        ),
        (["log", "x"], wire.Log, wire.Snapshots(rows=[snapshot_row(message=HOSTILE, suspect=HOSTILE)], more=False)),
        (
            ["diff", "x"],
            wire.Diff,
            wire.Changes(
                old=None,
                new="a",
                rows=[ChangeRow(what="changed", key="k", name="n", kind="b", line=HOSTILE, text=f"+{HOSTILE}")],
            ),
        ),
        (["undo"], wire.Undo, wire.Undone(undone=operation_row(1, name=HOSTILE), operation=2, session=session_row())),
        (
            ["operations"],
            wire.Operations,
            wire.OperationRows(rows=[operation_row(1, name=HOSTILE, note=HOSTILE)], more=False),
        ),
        (["delete", "x"], wire.Delete, wire.Changed(session=session_row(HOSTILE), operation=1)),
        (["events"], wire.Operations, wire.OperationRows(rows=[of_hostile_folder()], more=False)),
        (["folder", "list"], wire.FolderList, wire.Folders(rows=[hostile_folder()])),
        (["folder", "scan"], wire.FolderScan, wire.Folders(rows=[hostile_folder()])),
        (
            ["folder", "remove", "x"],
            wire.FolderRemove,
            wire.FolderChanged(rows=[hostile_folder()], operation=1, warnings=[HOSTILE]),
        ),
        (["folder", "suggest"], wire.FolderSuggest, wire.Suggestions(rows=[hostile_suggestion(None)])),
        (["folder", "suggest"], wire.FolderSuggest, wire.Suggestions(rows=[hostile_suggestion(HOSTILE)])),
        (["status"], wire.Status, status_report(folders=[hostile_folder()], problems=[HOSTILE])),
    ],
)
@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_nothing_printed_is_obeyed_by_a_terminal(
    daemon: FakeDaemon, holdfast: Holdfast, words: list[str], kind: type[wire.Request], reply: Row, flags: list[str]
) -> None:
    """Names and contents arrive written out, for people and as JSON, on both outputs."""
    Sent(daemon, kind, reply)
    code, out, err = holdfast(*words, *flags)
    assert code == 0
    printed = (out + err).decode()
    assert not {*printed} & {*"\x1b\x07\x9b\x7f\u202e"}
    assert "u001b[31m" in printed


def test_errors_are_not_obeyed_either(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """A sentence from the daemon may hold a name; what to say instead is listed."""
    daemon.answers[wire.Show] = lambda asked: Ambiguous(HOSTILE, candidates=[f"1{HOSTILE}"])
    code, out, err = holdfast("show", "x")
    assert (code, out) == (2, b"")
    assert b"\x1b" not in err
    assert b"  1a\\u001b[31m" in err


def on_terminal(daemon: FakeDaemon, *words: str, **environment: str) -> bytes:
    """What the program shows on a terminal of its own."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "import sys; from holdfast.cli import main; sys.exit(main())", *words]
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment}
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 65536):
                shown += piece
        except OSError:  # Linux says so when the last holder of the other end has gone
            pass
        assert process.wait(20) == 0, shown
    os.close(ours)
    return shown


def test_a_long_name_does_not_push_a_list_off_the_terminal(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """On a terminal it is cut, in a pipe it is whole; the others stay readable beside it."""
    rows = [session_row("n" * 512), session_row("二" * 170), session_row("verse", tags=["live"])]
    Sent(daemon, wire.List, wire.Sessions(rows=rows, more=False))
    lines = on_terminal(daemon, "list").decode().split("\r\n")
    assert all(len(line) <= 80 for line in lines)
    assert lines[1].startswith("renardo/nnnnnnnn")
    assert "…  3" in lines[1]
    assert "…  3" in lines[2] or "…   3" in lines[2]  # a wide letter does not fit into one place
    assert lines[3].startswith("renardo/verse  ")
    assert lines[3].endswith("  -      live")
    assert f"renardo/{'n' * 512}  3" in holdfast("list")[1].decode()


def test_the_last_column_stays_whole_on_a_terminal(daemon: FakeDaemon) -> None:
    """Nothing stands behind it: a long message runs on."""
    Sent(daemon, wire.Log, wire.Snapshots(rows=[snapshot_row(message="m" * 300)], more=False))
    assert b"m" * 300 in on_terminal(daemon, "log", "x")


def test_cat_is_exact_in_a_pipe_and_harmless_on_a_terminal(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Bytes for programs; for people text whose control characters are written out."""
    content = b"p1 >> \x1b[31m\tx\n\xff\r"
    Sent(daemon, wire.Cat, wire.Content(snapshot="ab", size_bytes=len(content)), [content])
    assert holdfast("cat", "x:y")[1] == content
    assert on_terminal(daemon, "cat", "x:y") == b"p1 >> \\u001b[31m\tx\r\n\\xff\\u000d"


def test_a_diff_has_colours_only_where_they_are_welcome(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """On a terminal, unless NO_COLOR is set; never in a pipe."""
    row = ChangeRow(what="changed", key="k", name="n", kind="b", line="buffer bass: +1 −1", text="-a\n+\x1bb")
    Sent(daemon, wire.Diff, wire.Changes(old=None, new="a", rows=[row]))
    assert holdfast("diff", "x")[1].decode() == "buffer bass: +1 −1\n    -a\n    +\\u001bb\n"
    assert b"\x1b[32m    +\\u001bb\x1b[0m" in on_terminal(daemon, "diff", "x", NO_COLOR="")
    assert b"\x1b" not in on_terminal(daemon, "diff", "x", NO_COLOR="1")


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_is_one_line_of_a_terminal_that_goes(is_terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """How far, of how much; nothing of a name is obeyed, nothing of it stays, and a pipe has none of it."""
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: is_terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("holdfast.cli.output._STEP_SECONDS", 0.0)
    with Output().progress(f"exporting {HOSTILE}") as progress:
        progress(1024 * 1024, 4 * 1024 * 1024)
        progress(1024 * 1024, 0)
    said = stream.getvalue()
    assert ("1.0 of 4.0 MiB, 25 %" in said) is is_terminal
    assert said.replace("\r\x1b[K", "").isprintable()
    assert said.endswith("\r\x1b[K" if is_terminal else "")
    assert bool(said) is is_terminal
