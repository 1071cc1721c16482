"""The program as a whole: exit codes, global flags, help."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from clients_cli_words import HOSTILE, Holdfast, Sent, json_lines
from clients_fake_daemon import FakeDaemon, folder_row, operation_row, saved, session_row

from holdfast.cli import verbs
from holdfast.sources import INLINE_BYTES
from holdfast_protocol import messages as wire
from holdfast_protocol.errors import ERRORS, NotFound

RETRIED = {"hello-first", "shutting-down", "unreachable"}


@pytest.mark.parametrize("code", sorted(set(ERRORS) - RETRIED))
def test_each_error_has_its_exit_code(daemon: FakeDaemon, holdfast: Holdfast, code: str) -> None:
    """The exit code is the error class's, and the sentence goes to standard error."""
    daemon.answers[wire.Show] = lambda asked: ERRORS[code]("So it is")
    exit_code, out, err = holdfast("show", "x")
    assert (exit_code, out) == (ERRORS[code].exit_code, b"")
    assert b"holdfast: So it is" in err


def test_no_daemon_exits_6(holdfast: Holdfast) -> None:
    """With --no-start nobody is started, and it is said what to type."""
    code, _, err = holdfast("list")
    assert code == 6
    assert b"holdfastd" in err


def test_global_flags_stand_anywhere(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Before the verb and after it, also those with a value."""
    Sent(daemon, wire.List, wire.Sessions(rows=[session_row()], more=False))
    before = holdfast("--socket", daemon.path, "--json", "list")
    assert before == holdfast("list", "--json", f"--socket={daemon.path}")
    assert json_lines(before[1])


def test_quiet_says_nothing_of_success(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """-q leaves the exit code."""
    Sent(daemon, wire.Accept, saved())
    assert holdfast("accept", "x", "-q") == (0, b"", b"")


def test_version_and_help_need_no_daemon(holdfast: Holdfast) -> None:
    """Every verb stands in the help."""
    assert holdfast("--version")[1].startswith(b"holdfast ")
    assert holdfast("list", "--version")[0] == 0
    code, out, _ = holdfast("--help")
    assert code == 0
    assert all(f"  {verb} ".encode() in out for verb in verbs.VERBS)


@pytest.mark.parametrize("verb", verbs.VERBS)
def test_every_verb_explains_itself(holdfast: Holdfast, verb: str) -> None:
    """Its own help, with the flags that are everywhere."""
    code, out, _ = holdfast(*verb.split(), "--help")
    assert code == 0
    assert b"--no-start" in out


def test_the_first_of_two_words_lists_the_second(holdfast: Holdfast) -> None:
    """`holdfast folder --help` explains those verbs and no others."""
    code, out, _ = holdfast("folder", "--help")
    assert code == 0
    assert all(f"  {verb} ".encode() in out for verb in verbs.VERBS if verb.startswith("folder "))
    assert b"  save " not in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["folder"], b"a verb is expected behind 'folder'; holdfast folder --help lists them"),
        (["folder", "--json"], b"a verb is expected behind 'folder'; holdfast folder --help lists them"),
        (["folder", "burn"], b"no verb 'folder burn'; holdfast --help lists them"),
        (["add", "folder"], b"no verb 'add'; holdfast --help lists them"),
    ],
)
def test_half_a_verb_is_wrong_usage(holdfast: Holdfast, words: list[str], sentence: bytes) -> None:
    """Exit 2, and where the verbs are listed."""
    assert holdfast(*words) == (2, b"", b"holdfast: " + sentence + b"\n")


def test_global_flags_stand_between_the_words_of_a_verb(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """As anywhere else."""
    Sent(daemon, wire.FolderList, wire.Folders(rows=[folder_row()]))
    between = holdfast("--json", "folder", "--socket", daemon.path, "list")
    assert between == holdfast("folder", "list", "--json")
    assert json_lines(between[1])


def test_an_interrupt_exits_130(daemon: FakeDaemon, holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is no error and no success."""
    from holdfast.client import Client

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Client, "events", interrupted)
    assert holdfast("events", "--follow")[0] == 130


def test_a_reader_that_leaves_is_no_error(daemon: FakeDaemon) -> None:
    """`holdfast list | head -1` ends quietly."""
    rows = [session_row(f"s{number}") for number in range(1000)]
    daemon.answers[wire.List] = lambda asked: wire.Sessions(rows=rows, more=False)
    program = "import sys; from holdfast.cli import main; sys.exit(main())"
    with subprocess.Popen(
        [sys.executable, "-c", program, "list", "--json", "--no-start"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["list", f"--{HOSTILE}"],
        [f"--{HOSTILE}", "list"],
        ["list", HOSTILE],
        [HOSTILE],
        ["list", "--sort", HOSTILE],
        ["list", "--limit", HOSTILE],
        ["list", "--timeout", HOSTILE],
        ["save", "a/b", HOSTILE],
        ["save", "a/b", "--part", HOSTILE],
        ["import", HOSTILE],
        ["folder", HOSTILE],
        ["folder", "list", HOSTILE],
        ["show", HOSTILE],
    ],
)
def test_what_was_typed_wrongly_is_not_obeyed_by_a_terminal(
    daemon: FakeDaemon, holdfast: Holdfast, words: list[str]
) -> None:
    """Whoever says it, argparse included."""
    daemon.answers[wire.Show] = lambda asked: NotFound(HOSTILE)
    code, out, err = holdfast(*words)
    assert (code, out) != (0, b"")
    assert b"1b[31m" in err
    assert not {*err.decode()} & {*"\x1b\x07\x9b\x7f\u202e"}


def _with_closed(daemon: FakeDaemon, descriptor: int, *words: str) -> subprocess.CompletedProcess[bytes]:
    """The program without one of its three streams, as after ``>&-``."""
    shell = f'exec "$0" -c "from holdfast.cli import main; main()" "$@" --no-start {descriptor}>&-'
    return subprocess.run(["sh", "-c", shell, sys.executable, *words], capture_output=True, check=False)


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_closed_standard_output_is_said(daemon: FakeDaemon, flags: list[str]) -> None:
    """What was asked for cannot be given: exit 1 and a sentence."""
    daemon.answers[wire.List] = lambda asked: wire.Sessions(rows=[session_row()], more=False)
    found = _with_closed(daemon, 1, "list", *flags)
    assert (found.returncode, found.stderr) == (1, b"holdfast: standard output is closed\n")


def test_a_closed_stream_that_is_not_needed_is_not_missed(daemon: FakeDaemon) -> None:
    """What went well stays well: only the word about it is lost."""
    daemon.answers[wire.Accept] = lambda asked: saved()
    daemon.answers[wire.Show] = lambda asked: NotFound("No session 'x'")
    assert _with_closed(daemon, 1, "accept", "x").returncode == 0
    assert _with_closed(daemon, 1, "accept", "x").stderr == b""
    assert _with_closed(daemon, 2, "show", "x").returncode == 3
    found = _with_closed(daemon, 0, "save", "a/b", "-")
    assert (found.returncode, found.stderr) == (1, b"holdfast: Standard input is closed\n")


def test_a_full_disk_behind_standard_output_is_said(daemon: FakeDaemon) -> None:
    """In a sentence, without a traceback."""
    daemon.answers[wire.List] = lambda asked: wire.Sessions(rows=[session_row()], more=False)
    command = [sys.executable, "-c", "from holdfast.cli import main; main()", "list", "--no-start"]
    with open("/dev/full", "wb") as full:
        found = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False)
    assert (found.returncode, found.stderr) == (1, b"holdfast: No space left on device\n")


@pytest.mark.parametrize("follow", [[], ["--follow"]])
def test_events_after_a_number_that_is_not_there_yet_are_not_found(
    daemon: FakeDaemon, holdfast: Holdfast, follow: list[str]
) -> None:
    """The same with and without --follow: exit 3, and what the newest is."""
    daemon.operations += [operation_row(1), operation_row(2)]
    code, out, err = holdfast("events", "--since", "999999", *follow)
    assert (code, out) == (3, b"")
    assert err.startswith(b"holdfast: The newest operation is 2, before 999999")


def test_events_after_the_newest_are_none(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Nothing has happened since, which is no error."""
    daemon.operations += [operation_row(1), operation_row(2)]
    assert holdfast("events", "--since", "2") == (0, b"", b"")
    daemon.operations.clear()
    assert holdfast("events", "--since", "0") == (0, b"", b"")


def test_no_rows_are_asked_for_with_a_limit_of_none(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """And nothing is said about others."""
    assert holdfast("list", "--limit", "0") == (0, b"", b"")


def test_a_short_command_loads_no_more_than_it_needs(daemon: FakeDaemon) -> None:
    """Start-up is paid at every command: what is slow to import is not imported for a list."""
    daemon.answers[wire.List] = lambda asked: wire.Sessions(rows=[session_row()], more=False)
    command = [sys.executable, "-X", "importtime", "-c", "from holdfast.cli import main; main()", "list"]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stderr
    loaded = {line.rpartition("|")[2].strip() for line in said.splitlines()}
    heavy = {
        *("asyncio", "blake3", "dataclasses", "hashlib", "inspect", "platformdirs", "pyfastcdc", "rich", "shutil"),
        *("socket", "subprocess", "tempfile", "unicodedata", "watchdog"),
    }
    assert "zmq" in loaded
    assert not loaded & heavy
    assert "holdfast.cli.save" not in loaded


def test_what_is_hidden_at_the_start_is_there_for_a_large_save(daemon: FakeDaemon, tmp_path: Path) -> None:
    """Cutting needs typing_extensions, which the start does without."""
    daemon.answers |= {wire.Missing: lambda asked: (wire.MissingChunks(count=0), [b""]), wire.Save: lambda _: saved()}
    (tmp_path / "large").write_bytes(bytes(INLINE_BYTES + 1))
    command = [sys.executable, "-c", "from holdfast.cli import main; main()", "save", "x/y", str(tmp_path / "large")]
    assert subprocess.run(command, check=False).returncode == 0
    assert daemon.requests(wire.Missing)


def test_help_is_as_wide_as_the_terminal(holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one it has eighty columns."""
    assert max(map(len, holdfast("list", "--help")[1].splitlines())) <= 80
    monkeypatch.setattr(os, "get_terminal_size", lambda: os.terminal_size((200, 50)))
    assert 80 < max(map(len, holdfast("list", "--help")[1].splitlines())) <= 200


def test_the_process_ends_with_the_exit_code(daemon: FakeDaemon) -> None:
    """The script's exit code is main's, and everything printed has arrived."""
    daemon.answers[wire.Show] = lambda asked: NotFound("No session 'x'")
    program = "from holdfast.cli import main; main()"
    found = subprocess.run([sys.executable, "-c", program, "show", "x"], capture_output=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (3, b"", b"holdfast: No session 'x'\n")
