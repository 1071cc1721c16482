"""Saving from the command line, and what is wrong usage."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from clients_cli_words import Holdfast, Sent, last
from clients_fake_daemon import FakeDaemon, saved, session_row

from holdfast_protocol import messages as wire
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import NotFound
from holdfast_protocol.model import FileRow, FileSource, PartSource, Ref


def test_save_sends_a_file(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """The document of one file has the path b"", and the answer is waited for until the file shows it."""
    sent = Sent(daemon, wire.Save, saved())
    (tmp_path / "x.py").write_bytes(b"p1 >> pluck()")
    flags = ["-m", "hello", "--expect", "2", "--new", "--tag", "a", "--tag", "b"]
    code, out, _ = holdfast("save", "renardo/verse", str(tmp_path / "x.py"), *flags)
    assert (code, out.split()[:2]) == (0, [b"saved", b"renardo/verse"])
    assert sent.request() == wire.Save(
        app="renardo", name="verse", files=[FileSource(frame=0)], message="hello", expect=2, new=True,
        tags=["a", "b"], published=True,
    )  # fmt: skip
    assert last(daemon, wire.Save).payload == [b"p1 >> pluck()"]


@pytest.mark.parametrize("size", [5, 3_000_000])
def test_save_reads_standard_input(
    daemon: FakeDaemon, holdfast: Holdfast, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """A dash stands for standard input, however long."""
    daemon.answers[wire.Missing] = lambda asked: (wire.MissingChunks(count=0), [b""])
    sent = Sent(daemon, wire.Save, saved())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(bytes(size))))
    assert holdfast("save", "renardo/verse", "-")[0] == 0
    assert [each.chunked for each in sent.request().files] == [size > 1_000_000]  # type: ignore[attr-defined]  # a Save


def test_save_sends_a_directory(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """Regular files below it, by relative path; links are left out and said."""
    Sent(daemon, wire.Save, saved())
    (tmp_path / "task" / "sub").mkdir(parents=True)
    (tmp_path / "task" / "a").write_bytes(b"1")
    (tmp_path / "task" / "sub" / "b").write_bytes(b"2")
    (tmp_path / "task" / "link").symlink_to("/etc/passwd")
    code, _, err = holdfast("save", "aiderdesk/t", str(tmp_path / "task"))
    request = last(daemon, wire.Save).request
    assert code == 0
    assert [each.path for each in request.files] == [b"a", b"sub/b"]  # type: ignore[attr-defined]  # a Save
    assert b"link" in err


def test_save_puts_parts_in(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """--part P=FILE; the file's name may not hold an equals sign, the part's may."""
    sent = Sent(daemon, wire.Save, saved())
    (tmp_path / "p").write_bytes(b"1")
    assert holdfast("save", "renardo/verse", "--part", f"a=b={tmp_path / 'p'}")[0] == 0
    assert sent.request().parts == [PartSource(part="a=b", frame=0)]  # type: ignore[attr-defined]  # a Save


def test_a_bare_name_is_looked_up(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """Where the name is unique its application is found; where it is unknown APP/NAME is asked for."""
    sent = Sent(daemon, wire.Save, saved())
    Sent(daemon, wire.Show, wire.Shown(session=session_row(app="igv"), snapshot=None))
    (tmp_path / "p").write_bytes(b"1")
    assert holdfast("save", "verse", str(tmp_path / "p"))[0] == 0
    assert sent.request().app == "igv"  # type: ignore[attr-defined]  # a Save
    daemon.answers[wire.Show] = lambda asked: NotFound("No session 'verse'")
    code, _, err = holdfast("save", "verse", str(tmp_path / "p"))
    assert code == 3
    assert b"APP/NAME" in err


def test_a_fork_exits_4_and_is_named(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """Both sides are kept, and the caller learns the name of his."""
    fork = session_row("verse (fork 1)", forked_from="0" * 32)
    Sent(daemon, wire.Save, saved("forked", session=fork, conflicts=["intro"]))
    (tmp_path / "p").write_bytes(b"1")
    code, _, err = holdfast("save", "renardo/verse", str(tmp_path / "p"))
    assert code == 4
    assert b"renardo/verse (fork 1)" in err
    assert b"intro" in err


def test_a_suspect_exits_8_and_says_how_to_accept(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """The reason and the command that takes it nevertheless."""
    Sent(daemon, wire.Save, saved("suspect", reason="it is empty"))
    (tmp_path / "p").write_bytes(b"")
    code, _, err = holdfast("save", "renardo/verse", str(tmp_path / "p"))
    assert code == 8
    assert b"it is empty" in err
    assert b"holdfast accept 'renardo/verse@ab120000'" in err


def test_a_merge_exits_0_and_says_what(daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path) -> None:
    """What came from the other side is named."""
    Sent(daemon, wire.Save, saved("merged", merged=["outro"]))
    (tmp_path / "p").write_bytes(b"1")
    code, out, _ = holdfast("save", "renardo/verse", str(tmp_path / "p"))
    assert code == 0
    assert b"outro" in out


@pytest.mark.parametrize(
    "words",
    [
        ["save", "renardo/verse"],
        ["save"],
        ["save", "renardo/verse@-1", "-"],
        ["save", "renardo/verse", "a", "b"],
        ["save", "renardo/verse", "--part", "intro"],
        ["load"],
        ["load", "renardo/verse", "--json"],
        ["show", "renardo/verse:intro"],
        ["show", "x", "--name", "y"],
        ["diff"],
        ["delete"],
        ["rename", "renardo/a"],
        ["rename", "renardo/a", "igv/b"],
        ["copy", "renardo/a"],
        ["import", "a", "b", "--name", "c"],
        ["import"],
        ["nonsense"],
        [],
        ["list", "--lim", "3"],
        ["list", "--timeout", "0"],
        ["list", "--limit", "-1"],
        ["list", "--limit=-1"],
        ["list", "--offset", "-1"],
        ["list", "--limit", "x"],
        ["list", "--limit", "9223372036854775808"],
        ["log", "renardo/verse", "--limit", "-1"],
        ["log", "renardo/verse", "--offset", "-1"],
        ["operations", "--limit", "-1"],
        ["operations", "--since", "-1"],
        ["events", "--since", "-1"],
        ["save", "renardo/verse", "/dev/null", "--expect", "-1"],
        ["restore", "renardo/verse", "--expect", "-1"],
        ["undo", "-1"],
        ["cat", "renardo/verse", "--json"],
        ["save", "--name", "notes/bad\udcff", "/dev/null"],
        ["show", "notes/bad\udcff"],
    ],
)
def test_wrong_usage_exits_2(daemon: FakeDaemon, holdfast: Holdfast, words: list[str]) -> None:
    """And nothing is changed."""
    code, _, err = holdfast(*words)
    assert code == 2
    assert err
    assert not [each for each in daemon.asked if type(each.request) in wire.CHANGING]


@pytest.mark.parametrize("verb", [["save", "notes/x"], ["import"], ["save", "notes/x", "--part"]])
def test_a_file_that_is_not_there_is_said_in_a_sentence(
    daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path, verb: list[str]
) -> None:
    """With its name, in nobody's jargon, exit 1."""
    absent = str(tmp_path / "absent")
    code, _, err = holdfast(*verb, f"p={absent}" if verb[-1] == "--part" else absent)
    assert (code, err.decode()) == (1, f"holdfast: There is no file '{absent}'\n")


def test_files_that_cannot_be_read_or_written_are_named(daemon: FakeDaemon, holdfast: Holdfast, house: Path) -> None:
    """What the system says, without its number, about the name that was typed."""
    tmp_path = house  # a long name would be cut
    (tmp_path / "file").write_bytes(b"")
    code, _, err = holdfast("save", "notes/x", str(tmp_path / "file" / "below"))
    assert (code, err.decode()) == (1, f"holdfast: '{tmp_path}/file/below' cannot be read: Not a directory\n")
    row = FileRow(path=b"", size_bytes=1, hash=hash_of(b"x"))
    loaded = wire.Loaded(session=session_row(), snapshot="ab" * 16, files=[row], inline=True)
    Sent(daemon, wire.Load, loaded, [b"x"])
    code, _, err = holdfast("load", "notes/x", "-o", str(tmp_path / "no" / "where"))
    assert code == 1
    assert err.decode() == f"holdfast: {tmp_path}/no/where cannot be written: No such file or directory\n"


def test_an_import_goes_on_after_a_file_that_is_not_there(
    daemon: FakeDaemon, holdfast: Holdfast, tmp_path: Path
) -> None:
    """All are tried; the exit code is that of the first that failed."""
    Sent(daemon, wire.Import, saved())
    Sent(daemon, wire.Recognise, wire.Recognised(files=[0], folder=False))
    (tmp_path / "there").write_bytes(b"1")
    code, out, _ = holdfast("import", str(tmp_path / "absent"), str(tmp_path / "there"))
    assert (code, out.split()[0]) == (1, b"taken")


def test_a_name_that_is_not_text_is_named(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """What the shell gave as bytes that are no UTF-8 is written out."""
    _, _, err = holdfast("save", "--name", "notes/bad\udcff", "/dev/null")
    assert err == b"holdfast: 'bad\\udcff' is not text, and cannot be sent\n"


@pytest.mark.parametrize(
    ("words", "ref"),
    [
        (["renardo/verse@-1:intro"], Ref(app="renardo", name="verse", snapshot="-1", part="intro")),
        (["verse", "--folder", "old"], Ref(name="verse", folder="old")),
        (["verse@{2 hours ago}"], Ref(name="verse", snapshot="{2 hours ago}")),
        (["--name", "renardo/we@ird:x"], Ref(app="renardo", name="we@ird:x")),
        (["--name", "we@ird", "@-2:k"], Ref(name="we@ird", snapshot="-2", part="k")),
    ],
)
def test_references_are_sent_as_typed(daemon: FakeDaemon, holdfast: Holdfast, words: list[str], ref: Ref) -> None:
    """APP/NAME@S:P, --folder and --name."""
    sent = Sent(daemon, wire.Cat, wire.Content(snapshot="ab", size_bytes=0), [b""])
    assert holdfast("cat", *words)[0] == 0
    assert sent.request().ref == ref  # type: ignore[attr-defined]  # a Cat


def test_diff_takes_a_second_snapshot_of_the_same_session(daemon: FakeDaemon, holdfast: Holdfast) -> None:
    """@S alone stands for the session of the first reference."""
    sent = Sent(daemon, wire.Diff, wire.Changes(old=None, new="ab", rows=[]))
    assert holdfast("diff", "renardo/verse@-2", "@-1")[0] == 0
    assert sent.request() == wire.Diff(
        old=Ref(app="renardo", name="verse", snapshot="-2"), new=Ref(app="renardo", name="verse", snapshot="-1")
    )
