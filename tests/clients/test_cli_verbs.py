"""Loading, importing, and the verbs that change something."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import msgspec
import pytest
from clients_cli_words import Holdfast, Sent, json_lines
from clients_fake_daemon import Asked, FakeDaemon, operation_row, saved, session_row, status_report

from holdfast_protocol import messages as wire
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import BadName, Busy, NoSpace
from holdfast_protocol.model import ConcernRow, DamageRow, FileRow, Ref


def loaded(files: dict[bytes, bytes]) -> wire.Loaded:
    rows = [FileRow(path=path, size_bytes=len(each), hash=hash_of(each)) for path, each in files.items()]
    return wire.Loaded(session=session_row(), snapshot="ab" * 16, files=rows, inline=True)


def test_load_writes_a_file_or_standard_output(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """The exact bytes; an existing file keeps its mode."""
    Sent(daemon, wire.Load, loaded({b"": b"\x00new"}), [b"\x00new"])
    assert holdfast("load", "renardo/verse")[1] == b"\x00new"
    target = tmp_path / "out"
    target.write_bytes(b"old")
    target.chmod(0o640)
    assert holdfast("load", "renardo/verse", "-o", str(target))[0] == 0
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"\x00new", 0o640)


def test_load_sends_the_chosen_parts(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """:P, --part and --kind."""
    sent = Sent(daemon, wire.Load, loaded({b"": b"x"}), [b"x"])
    holdfast("load", "renardo/verse@-1:a", "--part", "b", "--kind", "buffer")
    ref = Ref(app="renardo", name="verse", snapshot="-1")
    assert sent.request() == wire.Load(ref=ref, parts=["a", "b"], kinds=["buffer"])


def test_a_damaged_load_leaves_the_old_file(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """Bytes that do not fit their hash never take the file's place, and nothing is left beside it."""
    Sent(daemon, wire.Load, loaded({b"": b"right"}), [b"wrong"])
    target = tmp_path / "d" / "out"
    target.parent.mkdir()
    target.write_bytes(b"old")
    assert holdfast("load", "renardo/verse", "-o", str(target))[0] == 8
    assert target.read_bytes() == b"old"
    assert os.listdir(target.parent) == ["out"]


def test_several_files_need_a_directory(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """Standard output takes one file; a directory all, by their paths."""
    Sent(daemon, wire.Load, loaded({b"a": b"1", b"sub/b": b"2"}), [b"1", b"2"])
    assert holdfast("load", "aiderdesk/t")[0] == 2
    assert holdfast("load", "aiderdesk/t", "-o", str(tmp_path / "out"))[0] == 0
    assert (tmp_path / "out" / "sub" / "b").read_bytes() == b"2"


@pytest.mark.parametrize("path", [b"../evil", b"/etc/evil", b"a//b", b"a/./b"])
def test_no_document_leaves_its_directory(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path, path: bytes) -> None:
    """A path that leads elsewhere is refused before anything is written."""
    Sent(daemon, wire.Load, loaded({b"good": b"1", path: b"2"}), [b"1", b"2"])
    assert holdfast("load", "aiderdesk/t", "-o", str(tmp_path / "out"))[0] == 8
    assert not (tmp_path / "out").exists()


def test_import_names_by_the_file(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """The name is the file's without its suffix, which goes as a hint, or with its folder's before it where that is
    taken; what is refused does not stop the rest."""
    folder = tmp_path / "songs"
    folder.mkdir()
    for name in ("one.v2.xml", "two.py"):
        (folder / name).write_bytes(b"x")
    outcomes = iter([BadName("The name 'one.v2' is odd"), saved()])
    daemon.answers[wire.Recognise] = lambda asked: wire.Recognised(files=[0], folder=False)
    daemon.answers[wire.Import] = lambda asked: next(outcomes)
    code, out, err = holdfast("import", str(folder / "one.v2.xml"), str(folder / "two.py"))
    requests = [each.request for each in daemon.requests(wire.Import)]
    assert [(each.name, each.suffix, each.other_names) for each in requests] == [  # type: ignore[attr-defined]  # Imports
        ("one.v2", ".xml", ["songs one.v2"]), ("two", ".py", ["songs two"]),
    ]  # fmt: skip
    assert code == 2
    assert out.startswith(b"taken")
    assert b"1 taken, 1 refused" in err


def test_a_renames_warnings_are_said_on_stderr(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """As those of a save: the rename is done, and the exit code 0."""
    Sent(daemon, wire.Rename, wire.Changed(session=session_row(), operation=3, warnings=["its name holds #"]))
    code, out, err = holdfast("rename", "renardo/verse", "a#1")
    assert code == 0
    assert b"its name holds #" in err
    assert b"its name holds #" not in out


def test_the_changing_verbs_wait_for_the_file(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """restore, accept, rename, copy, delete and undo ask to be answered when the file on disk shows it."""
    changed = wire.Changed(session=session_row(), operation=3)
    asked = [
        (Sent(daemon, wire.Restore, saved()), ["restore", "renardo/verse@-1:a", "--as", "new", "--into", "renardo/o"]),
        (Sent(daemon, wire.Accept, saved()), ["accept", "renardo/verse@ab12"]),
        (Sent(daemon, wire.Rename, changed), ["rename", "renardo/verse", "we@ird"]),
        (Sent(daemon, wire.Copy, changed), ["copy", "renardo/verse@-1", "igv/b"]),
        (Sent(daemon, wire.Delete, changed), ["delete", "renardo/verse"]),
        (
            Sent(daemon, wire.Undo, wire.Undone(undone=operation_row(7), operation=8, session=session_row())),
            ["undo", "7"],
        ),
    ]
    for _, words in asked:
        assert holdfast(*words)[0] == 0, words
    ref = Ref(app="renardo", name="verse")
    older = Ref(app="renardo", name="verse", snapshot="-1")
    assert [sent.request() for sent, _ in asked] == [
        wire.Restore(ref=older, parts=["a"], name="new", into=Ref(app="renardo", name="o"), published=True),
        wire.Accept(ref=Ref(app="renardo", name="verse", snapshot="ab12"), published=True),
        wire.Rename(ref=ref, name="we@ird", published=True),
        wire.Copy(ref=older, name="b", app="igv", published=True),
        wire.Delete(ref=ref, published=True),
        wire.Undo(number=7, published=True),
    ]


def test_undo_says_what_was_undone(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Number, type and session of the reversed operation."""
    Sent(daemon, wire.Undo, wire.Undone(undone=operation_row(7, type="deleted"), operation=8, session=session_row()))
    out = holdfast("undo")[1]
    assert b"undone 7" in out
    assert b"deleted  renardo/verse" in out


def test_status(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """One object with --json, lines otherwise."""
    Sent(daemon, wire.Status, status_report(problems=["disk"]))
    (found,) = json_lines(holdfast("status", "--json")[1])
    assert found["started"] == "1970-01-01T00:00:01.000000Z"
    out = holdfast("status")[1]
    assert b"store_bytes: 2048\n" in out
    assert b"problem: disk\n" in out


DAMAGE = DamageRow(
    what="chunk", sentence="Chunk ab is damaged", path=b"/packs/1", chunk="ab" * 32, pack=1, offset=16,
    concerns_count=21,
    concerns=[
        ConcernRow(session="aa" * 16, app="renardo", folder="sessions", name="verse", snapshot="cd" * 16, head=True),
        ConcernRow(session="bb" * 16, app="", folder="", name="", snapshot="ef" * 16, head=False, path=b"a\xff.py"),
    ],
)  # fmt: skip


def test_check_says_what_is_damaged(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """And what cannot be read; exit 8 while something is."""
    sent = Sent(daemon, wire.Check, wire.Checked(began=1, ended=2, problems_count=1, rows=[DAMAGE]))
    code, out, _ = holdfast("check", "--all")
    assert code == 8
    assert out.decode().splitlines() == [
        "damaged: Chunk ab is damaged",
        f"  cannot be read: renardo/verse@{'cd' * 6} (the head)",
        f"  cannot be read: {'bb' * 6}@{'ef' * 6}, file a\\xff.py",
        "  and 19 more",
    ]
    assert sent.request() == wire.Check(all=True, wait_ms=500)


def test_check_says_what_was_repaired(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Exit 0 where nothing is left; with --json one object."""
    repaired = wire.Checked(
        began=1, ended=2, repaired_count=1, rows=[msgspec.structs.replace(DAMAGE, repaired=True, concerns=[])]
    )
    Sent(daemon, wire.Check, repaired)
    code, out, _ = holdfast("check", "--repair")
    assert code == 0
    assert b"repaired: Chunk ab" in out
    (found,) = json_lines(holdfast("check", "--repair", "--json")[1])
    assert found["rows"][0]["pack"] == 1


def test_a_check_that_did_not_end_is_no_success(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Why it did not is said."""
    Sent(daemon, wire.Check, wire.Checked(began=1, ended=2, failed="It was stopped"))
    code, _, err = holdfast("check")
    assert code == 1
    assert b"It was stopped" in err


def test_a_backup_that_failed_has_the_exit_code_of_its_error(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """And the sentence; one that went well says what it copied, with --json one object."""
    failed = wire.BackedUp(directory=b"/b", began=1, ended=2, failed="The disk of /b is full", code="no-space")
    sent = Sent(daemon, wire.Backup, failed)
    code, _, err = holdfast("backup", "/b", "--all")
    assert code == NoSpace.exit_code
    assert b"The disk of /b is full" in err
    assert sent.request() == wire.Backup(directory=b"/b", all=True, wait_ms=500)
    made = wire.BackedUp(directory=b"/b", began=1, ended=2, copied_bytes=7, size_bytes=9, damaged=["a pack"])
    Sent(daemon, wire.Backup, made)
    code, out, err = holdfast("backup", "/b")
    assert (code, out) == (0, b"backed up to /b: 7 bytes copied, 9 bytes in all\n")
    assert b"copied anew: a pack" in err
    (found,) = json_lines(holdfast("backup", "/b", "--json")[1])
    assert found["copied_bytes"] == 7


def test_a_backup_to_another_place_is_waited_for_by_its_asker(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """Who wants one elsewhere meanwhile is told so, and none is begun."""
    Sent(daemon, wire.Backup, wire.BackedUp(running=True, directory=b"/other", began=1))
    code, _, err = holdfast("backup", "/b")
    assert code == Busy.exit_code
    assert b"/other is under way" in err


def test_an_import_tells_how_far_it_is(
    daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal, on a line that is gone at the end."""
    monkeypatch.setattr("holdfast.cli.output._STEP_SECONDS", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for name in "ab":
        (tmp_path / name).write_bytes(b"x" * 2000)
    daemon.answers[wire.Recognise] = lambda asked: wire.Recognised(files=[0, 1], folder=False)
    Sent(daemon, wire.Import, saved())
    code, _, err = holdfast("import", str(tmp_path))
    assert code == 0
    assert b"\r\x1b[K2 of 2 documents so far, 3.9 KiB; 2 taken\r\x1b[K" in err


def test_an_interrupt_ends_an_import_between_two_documents(
    daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is under way is done and told, no other is begun; the code is 130."""
    monkeypatch.setattr("holdfast.intake._ROUND_COUNT", 1)

    def interrupted(asked: Asked) -> wire.Saved:
        os.kill(os.getpid(), signal.SIGINT)
        return saved()

    for name in "abc":
        (tmp_path / name).write_bytes(b"x")
    daemon.answers[wire.Recognise] = lambda asked: wire.Recognised(files=[0, 1, 2], folder=False)
    daemon.answers[wire.Import] = interrupted
    code, out, err = holdfast("import", str(tmp_path))
    assert (code, len(daemon.requests(wire.Import))) == (130, 1)
    assert out.startswith(b"taken")
    assert b"1 taken; stopped by Ctrl-C" in err
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
