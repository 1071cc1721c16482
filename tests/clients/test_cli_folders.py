"""Folders on the command line: what is asked, what is printed, and how long is waited."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients_cli_words import Holdfast, Sent, json_lines, last
from clients_fake_daemon import FakeDaemon, folder_row, operation_row, status_report

from holdfast.cli import main
from holdfast.cli.words import ago, shell_word
from holdfast.client import Client
from holdfast_protocol import messages as wire
from holdfast_protocol.model import FolderRow, OperationRow, SuggestionRow

OTHER = folder_row("startup_files", path=b"/music/startup_files", sessions_count=1)
HELD = folder_row("my work", held="its disk is gone", missing_count=7, problems=["a.py cannot be read"])


class Adopting:
    """Answers ``folder-add`` with folders that were never scanned, and each scan with what it found."""

    def __init__(self, daemon: FakeDaemon, *scanned: FolderRow, **fields: object) -> None:
        rows = [folder_row(row.label, scanned=None, sessions_count=0) for row in scanned]
        self.added = Sent(daemon, wire.FolderAdd, wire.FolderChanged(**{"rows": rows, "operation": 5, **fields}))  # type: ignore[arg-type]  # the test gives the right ones
        by_label = {row.label: row for row in scanned}
        daemon.answers[wire.FolderScan] = lambda asked: wire.Folders(rows=[by_label[asked.request.label]])  # type: ignore[attr-defined]  # only FolderScan comes here


def test_an_added_folder_is_reported_when_its_scan_is_done(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """A line for it and for each adopted with it: label, sessions found, path; warnings on standard error."""
    Adopting(daemon, folder_row(), OTHER, warnings=["backup.bak is left out"])
    code, out, err = holdfast("folder", "add", "/music/work", "--app", "renardo")
    assert code == 0
    lines = [b"work  20 sessions  /music/\\xff/work\n", b"startup_files  1 session  /music/startup_files\n"]
    assert out.splitlines(keepends=True) == lines
    assert err == b"holdfast: backup.bak is left out\n"


def test_every_flag_of_an_added_folder_is_sent(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """--app, --label, --layout and --poll."""
    adopting = Adopting(daemon, folder_row("l"))
    holdfast("folder", "add", "/m", "--app", "igv", "--label", "l", "--layout", "project", "--poll")
    assert adopting.added.request() == wire.FolderAdd(path=b"/m", app="igv", label="l", layout="project", poll=True)


def test_an_added_folder_is_json_rows(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """One object a line, with the fields of the wire."""
    Adopting(daemon, folder_row(), OTHER)
    code, out, _ = holdfast("folder", "add", "/m", "--app", "renardo", "--json")
    first, second = json_lines(out)
    assert (code, first["label"], second["label"]) == (0, "work", "startup_files")
    assert first.keys() == set(FolderRow.__struct_fields__)
    assert (first["scanned"], first["path"]) == ("1970-01-24T03:33:20.123456Z", "/music/\\xff/work")


def test_adding_what_is_adopted_is_said_and_no_error(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """The folder's line as otherwise."""
    Adopting(daemon, folder_row(), operation=None)
    code, out, err = holdfast("folder", "add", "/m", "--app", "renardo")
    assert (code, err) == (0, b"holdfast: this folder is adopted already\n")
    assert out.startswith(b"work  20 sessions")


def test_without_an_application_nothing_is_asked(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Wrong usage, and where to learn it."""
    code, out, err = holdfast("folder", "add", "/m")
    assert (code, out) == (2, b"")
    assert b"folder suggest" in err
    assert not daemon.asked


def test_a_first_scan_that_takes_longer_says_that_the_folder_is_adopted(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Exit 7, but what was done is not called undone."""
    Adopting(daemon, folder_row())
    daemon.answers[wire.FolderScan] = lambda asked: None
    code, out, err = holdfast("--timeout", "0.3", "folder", "add", "/m", "--app", "renardo", "--timeout", "0.3")
    assert (code, out) == (7, b"")
    assert err.startswith(b"holdfast: work is adopted; its first scan goes on")


def test_folders_are_listed(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Label, application, watching, sessions, state and path; what is held is explained on standard error."""
    rows = [
        folder_row("sessions", app=None, path=b"/s", sessions_count=3),
        folder_row("nfs", watching="polling", watch_note="nfs does not tell of changes", path=b"/n"),
        folder_row("new", watching="", scanning=True, path=b"/w"),
        HELD,
    ]
    Sent(daemon, wire.FolderList, wire.Folders(rows=rows))
    code, out, err = holdfast("folder", "list")
    assert code == 0
    assert out.decode().splitlines() == [
        "sessions  -        events   3   ok                            /s",
        "nfs       renardo  polling  20  nfs does not tell of changes  /n",
        "new       renardo  no       20  scanning                      /w",
        "my work   renardo  events   20  held: its disk is gone        /music/\\xff/work",
    ]
    explained, problem = err.decode().splitlines()
    assert explained.startswith("holdfast: my work is held: its disk is gone; missing: 7 sessions.")
    assert explained.endswith("holdfast folder scan 'my work' --accept")
    assert problem == "holdfast: my work: a.py cannot be read"


def test_listed_folders_are_json_rows(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """One object a line; what is held is explained beside them all the same."""
    Sent(daemon, wire.FolderList, wire.Folders(rows=[folder_row(), HELD]))
    _, out, err = holdfast("folder", "list", "--json")
    assert [row["held"] for row in json_lines(out)] == [None, "its disk is gone"]
    assert b"my work is held" in err


def test_a_removed_folder_is_named(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """A line, or an object, for each that went."""
    sent = Sent(daemon, wire.FolderRemove, wire.FolderChanged(rows=[folder_row(), OTHER], operation=9))
    assert holdfast("folder", "remove", "work")[1].decode().splitlines() == [
        "removed work  operation 9  /music/\\xff/work",
        "removed startup_files  operation 9  /music/startup_files",
    ]
    assert sent.request() == wire.FolderRemove(label="work")
    assert [row["label"] for row in json_lines(holdfast("folder", "remove", "w", "--json")[1])] == [
        "work",
        "startup_files",
    ]


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        ([], wire.FolderScan()),
        (["work"], wire.FolderScan(label="work")),
        (["work", "--accept", "--verify"], wire.FolderScan(label="work", accept=True, verify=True)),
    ],
)
def test_a_scan_gives_the_folders_as_they_are(
    daemon: FakeDaemon, holdfast: Holdfast, words: list[str], request_: wire.Request
) -> None:
    """All or one, with its flags."""
    sent = Sent(daemon, wire.FolderScan, wire.Folders(rows=[folder_row()]))
    code, out, err = holdfast("folder", "scan", *words)
    assert (code, out, err) == (0, b"work  renardo  events  20  ok  /music/\\xff/work\n", b"")
    assert sent.request() == request_


@pytest.mark.parametrize(
    ("words", "kind", "reply"),
    [
        (["folder", "scan"], wire.FolderScan, wire.Folders(rows=[])),
        (["folder", "add", "/m", "--app", "igv"], wire.FolderScan, wire.Folders(rows=[folder_row()])),
        (["events", "--settled"], wire.Settle, wire.Settled(number=0)),
    ],
)
def test_a_walk_over_a_disk_has_ten_minutes(
    daemon: FakeDaemon, words: list[str], kind: type[wire.Request], reply: wire.Reply
) -> None:
    """Unless --timeout says otherwise, which then holds for this wait as for any."""
    Sent(daemon, wire.FolderAdd, wire.FolderChanged(rows=[folder_row()], operation=5))
    Sent(daemon, kind, reply)
    main([*words, "--no-start"])
    assert 590_000 < last(daemon, kind).deadline_ms <= 600_000
    main([*words, "--no-start", "--timeout", "7"])
    assert last(daemon, kind).deadline_ms <= 7_000


def test_other_answers_have_half_a_minute(daemon: FakeDaemon) -> None:
    """Unless --timeout says otherwise."""
    Sent(daemon, wire.FolderList, wire.Folders(rows=[]))
    main(["folder", "list", "--no-start"])
    assert last(daemon, wire.FolderList).deadline_ms <= 30_000


def suggestion(path: bytes, app: str, label: str | None = None) -> SuggestionRow:
    return SuggestionRow(path=path, app=app, layout="sessions", sessions_count=4, label=label)


def test_suggestions_say_what_to_type(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """For each folder the command that adopts it, or the label under which it is adopted."""
    rows = [suggestion(b"/my music/live", "renardo"), suggestion(b"/p/.aider-desk", "aiderdesk", "p")]
    Sent(daemon, wire.FolderSuggest, wire.Suggestions(rows=rows))
    code, out, _ = holdfast("folder", "suggest")
    assert code == 0
    assert out.decode().splitlines() == [
        "renardo  4 sessions  /my music/live",
        "    holdfast folder add '/my music/live' --app renardo",
        "aiderdesk  4 sessions  /p/.aider-desk",
        "    adopted as p",
    ]


def test_suggestions_are_narrowed_to_an_application(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """With --app, as JSON rows too; where none is left it is said."""
    Sent(daemon, wire.FolderSuggest, wire.Suggestions(rows=[suggestion(b"/a", "renardo"), suggestion(b"/b", "igv")]))
    (row,) = json_lines(holdfast("folder", "suggest", "--app", "igv", "--json")[1])
    assert row == {"path": "/b", "app": "igv", "layout": "sessions", "sessions_count": 4, "label": None}
    code, out, err = holdfast("folder", "suggest", "--app", "mosaic")
    assert (code, out) == (0, b"")
    assert b"no sessions in the known places" in err


def test_only_the_applications_variables_are_handed_over(
    daemon: FakeDaemon, holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """And the working directory."""
    sent = Sent(daemon, wire.FolderSuggest, wire.Suggestions(rows=[]))
    monkeypatch.setattr(os, "environ", {**os.environ, "RENARDO_USER_DIR": "/m", "SECRET": "x", "MY_IGV_": "y"})
    monkeypatch.chdir(tmp_path)
    holdfast("folder", "suggest")
    request = wire.FolderSuggest(environment={"RENARDO_USER_DIR": "/m"}, folder=os.fsencode(tmp_path))
    assert sent.request() == request


def test_suggestions_need_no_working_directory(
    daemon: FakeDaemon, holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The other places are still there where it was removed."""
    sent = Sent(daemon, wire.FolderSuggest, wire.Suggestions(rows=[]))
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert holdfast("folder", "suggest")[0] == 0
    assert sent.request() == wire.FolderSuggest()


STRANGE = (b"/two words", b"/it's", b"/$HOME`id`;&|<>*?#~!", b"/\xff\xfe'a", b"/a\x1b[31m\nb", "/二 à".encode())


@pytest.mark.parametrize("path", [b"/plain/a-b_c.1", *STRANGE])
def test_a_suggested_path_is_one_word_of_a_shell(path: bytes) -> None:
    """Whatever it holds, pasted into a shell it is this path, and nothing of it can be obeyed on a terminal."""
    word = shell_word(path)
    assert word.isprintable()
    pasted = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True, timeout=20)
    assert pasted.stdout == path


def test_status_tells_of_each_folder(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """How it is watched, its last scan, its sessions, and why it is held."""
    polled = folder_row("nfs", watching="polling", watch_note="nfs is deaf", scanned=None, scanning=True, path=b"/n")
    Sent(daemon, wire.Status, status_report(folders=[HELD, polled]))
    said = holdfast("status")[1].decode().splitlines()
    assert {"watching: yes", "workspaces_count: 0", "unsaved: nothing", "last_check: never"} <= {*said}
    assert said[-11:] == [
        "folder my work: /music/\\xff/work",
        "  watching: events",
        "  scanned: 1970-01-24T03:33:20.123456Z",
        "  sessions: 20",
        "  held: its disk is gone",
        "  missing: 7",
        "  problem: a.py cannot be read",
        "folder nfs: /n",
        "  watching: polling (nfs is deaf)",
        "  scanned: never, and now",
        "  sessions: 20",
    ]


def test_status_json_has_the_folders(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """As rows inside the one object."""
    Sent(daemon, wire.Status, status_report(folders=[HELD]))
    (found,) = json_lines(holdfast("status", "--json")[1])
    (row,) = found["folders"]  # type: ignore[misc]  # a list
    assert (row["label"], row["scanned"]) == ("my work", "1970-01-24T03:33:20.123456Z")  # type: ignore[index]  # an object


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(-5, "0 s ago"), (0, "0 s ago"), (59, "59 s ago"), (60, "1 min ago"), (7199, "1 h ago"), (200_000, "2 d ago")],
)
def test_an_age_is_short(monkeypatch: pytest.MonkeyPatch, seconds: int, words: str) -> None:
    """One unit, rounded down; a clock that was set back makes nothing negative."""
    monkeypatch.setattr("time.time_ns", lambda: 10**18)
    assert ago(10**18 - seconds * 10**9, to_terminal=True) == words


def test_a_list_is_narrowed_to_a_folder(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """By its label."""
    sent = Sent(daemon, wire.List, wire.Sessions(rows=[], more=False))
    holdfast("list", "--folder", "work")
    assert sent.request() == wire.List(folder="work")


def test_an_operation_on_a_folder_names_it(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Where a session would stand, with the reason behind."""
    held = operation_row(
        4, type="folder-held", session=None, app=None, name=None, folder="work", undoable=False, note="its disk is gone"
    )
    daemon.operations.append(held)
    assert b"folder-held  folder work  me  -  its disk is gone\n" in holdfast("events")[1]


def settles(daemon: FakeDaemon, number: int) -> None:
    """What is on disk becomes operation ``number`` when somebody waits for it."""

    def settle(asked: object) -> wire.Reply:
        daemon.operations.append(operation_row(number))
        return wire.Settled(number=number)

    daemon.answers[wire.Settle] = settle


def test_settled_events_end_with_what_was_on_disk(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """What happens while they are printed is left for the next time."""
    daemon.operations += [operation_row(1), operation_row(2)]
    settles(daemon, 3)
    daemon.answers[wire.Operations] = lambda asked: (
        daemon.answers.pop(wire.Operations),
        daemon.operations.append(operation_row(4)),
        wire.OperationRows(rows=[row for row in daemon.operations if row.number > asked.request.since], more=False),  # type: ignore[attr-defined]  # an Operations
    )[2]
    rows = json_lines(holdfast("events", "--settled", "--since", "1", "--json")[1])
    assert [row["number"] for row in rows] == [2, 3]


def test_settled_events_without_a_number_are_all(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """From the first one on, as without --settled."""
    daemon.operations += [operation_row(1), operation_row(2)]
    settles(daemon, 3)
    assert [row["number"] for row in json_lines(holdfast("events", "--settled", "--json")[1])] == [1, 2, 3]


@pytest.mark.parametrize(("words", "start"), [([], 2), (["--since", "1"], 1)])
def test_events_that_are_followed_begin_with_what_settles(
    daemon: FakeDaemon, holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch, words: list[str], start: int
) -> None:
    """What lay on disk when it was typed happens from now on; a number says otherwise."""
    daemon.operations += [operation_row(1), operation_row(2)]
    settles(daemon, 3)
    rows = Client.events
    followed = []

    def events(client: Client, since: int | None, *, follow: bool, **narrowed: object) -> Iterator[OperationRow]:
        followed.append(follow)
        return rows(client, since, follow=False, **narrowed)  # type: ignore[arg-type]  # so that the test ends

    monkeypatch.setattr(Client, "events", events)
    printed = json_lines(holdfast("events", "--settled", "--follow", "--json", *words)[1])
    assert ([row["number"] for row in printed], followed) == ([*range(start + 1, 4)], [True])
