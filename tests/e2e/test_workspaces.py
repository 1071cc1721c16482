"""The live state of running applications: what was answered is there, whoever is killed; and nothing else moves."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from e2e_daemon import Daemon, renardo, until

import holdfast
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import Exists, NotFound

NOTEPAD = Path(__file__).parents[2] / "examples" / "notepad.py"
_NUMBERS = itertools.count(1)

#: An application in a process of its own: it puts what it is told, and says so when it is safe.
APPLICATION = """
import sys, holdfast
with holdfast.connect(sys.argv[1]) as client:
    ws = client.workspace(sys.argv[2], format="plain")
    for number in range(int(sys.argv[3])):
        ws["text"] = f"state {number}"
        print(number, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def app() -> str:
    """One that no other test has."""
    return f"app-{next(_NUMBERS)}-{os.getpid()}"


def _application(daemon: Daemon, name: str, count: int = 1) -> subprocess.Popen[str]:
    """Once it has put that many states."""
    process = subprocess.Popen(
        [sys.executable, "-c", APPLICATION, daemon.socket, name, str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    for number in range(count):
        assert process.stdout.readline() == f"{number}\n"
    return process


def _kill(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        assert stream is not None
        stream.close()


def test_what_is_put_is_there(client: holdfast.Client, app: str) -> None:
    """Whole, in order, by key and by name; and no session yet, nor a file."""
    with client.workspace(f"{app}/verse") as ws:
        ws["intro"] = "one"
        ws["outro"] = b"two"
        ws["intro"] = "changed"
        assert {**ws} == {"intro": b"changed", "outro": b"two"}
        assert not client.list(app=app).rows
        again = client.workspace(id=ws.id)
        assert {**again} == {**ws}


def test_parts_are_removed_renamed_and_reordered(client: holdfast.Client, app: str) -> None:
    """And the session that is saved has them so."""
    ws = client.workspace(f"{app}/verse")
    for name in ("a", "b", "c", "d"):
        ws[name] = name.encode()
    del ws["b"]
    ws.rename("c", "chorus")
    ws.reorder(["d", "a", "c"])
    assert [(part.key, part.name) for part in ws.parts] == [("d", "d"), ("a", "a"), ("c", "chorus")]
    saved = ws.save()
    assert saved.outcome == "saved"
    assert [part.name for part in client.show(f"{app}/verse").parts] == ["d", "a", "chorus"]
    with pytest.raises(KeyError):
        ws["b"]
    ws.close()


def test_a_patch_changes_a_part_where_it_starts_from_it(client: holdfast.Client, app: str) -> None:
    """And is refused elsewhere: the part stays as it is."""
    ws = client.workspace(f"{app}/verse", format="plain")
    ws["text"] = "one two three"
    assert ws.patch("text", 4, 7, b"2", of=hash_of(b"one two three")) == hash_of(b"one 2 three")
    assert ws["text"] == b"one 2 three"
    with pytest.raises(Exists):
        ws.patch("text", 0, 3, b"1", of=hash_of(b"one two three"))
    with pytest.raises(NotFound):
        ws.patch("other", 0, 0, b"1", of=hash_of(b""))
    assert ws["text"] == b"one 2 three"
    ws.discard()


def test_a_save_makes_the_session(client: holdfast.Client, app: str) -> None:
    """Its id is the one that the workspace had announced; the next save is its next revision."""
    ws = client.workspace(f"{app}/verse", format="plain")
    announced = ws.row.session
    ws["text"] = "one"
    saved = ws.save("first", published=True)
    assert (saved.outcome, saved.session.id, saved.session.revision) == ("saved", announced, 1)
    ws["text"] = "two"
    assert ws.save().session.revision == 2
    assert ws.row.saved
    ws.close()
    assert client.workspaces(app=app).rows == []


def test_a_workspace_of_a_session_begins_with_its_parts(client: holdfast.Client) -> None:
    """Of Renardo's document only the put buffer changes, and the document stays Renardo's."""
    name = f"set {next(_NUMBERS)} {os.getpid()}"
    client.save("renardo", name, renardo("Clock.bpm = 96", intro="p1 >> pluck()", outro="p1.stop()"))
    ws = client.workspace(f"renardo/{name}")
    assert [part.name for part in ws.parts if part.kind == "buffer"] == ["intro", "outro"]
    ws["intro"] = ws["intro"].replace(b"pluck", b"pads")
    ws.save()
    assert client.load(f"renardo/{name}").files[b""] == renardo(
        "Clock.bpm = 96", intro="p1 >> pads()", outro="p1.stop()"
    )
    ws.close()


def test_autosaves_hang_on_the_workspace(shared: Daemon, client: holdfast.Client, app: str) -> None:
    """After a quiet moment there is a snapshot; head, revision and file are what they were."""
    client.save(app, "x", b"saved", published=True)
    file = next((shared.sessions / app).iterdir())
    before = file.stat()
    ws = client.workspace(f"{app}/x")
    [part] = ws
    ws[part] = "typed"
    since = until(lambda: [row for row in client.events(0, follow=False, app=app) if row.type == "autosaved"])
    assert len(since) == 1
    row = client.workspaces(app=app).rows[0]
    assert (row.unsaved, row.saved, row.left) == (None, False, None)
    assert row.autosave is not None
    assert client.load(f"{app}/x@{row.autosave[:12]}").files[b""] == b"typed"
    assert client.load(f"{app}/x@autosave").files[b""] == b"typed"
    assert client.load(f"{app}/x").files[b""] == client.load(f"{app}/x@good").files[b""] == b"saved"
    assert client.show(f"{app}/x").session.revision == 1
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    ws[part] = "typed again"
    ws[part] = "typed"
    until(lambda: client.workspaces(app=app).rows[0].unsaved is None)
    assert len([row for row in client.events(0, follow=False, app=app) if row.type == "autosaved"]) == 1
    ws.discard()


def test_a_killed_application_leaves_its_workspace(shared: Daemon, client: holdfast.Client, app: str) -> None:
    """With a snapshot and an event; ``last`` offers it, and it is recovered as the head."""
    _kill(_application(shared, f"{app}/verse", 3))
    row = until(lambda: [row for row in client.workspaces(app=app).rows if row.left is not None])[0]
    assert "workspace-left" in [each.type for each in client.events(0, follow=False, app=app)]
    last = client.last(app=app)
    assert last.workspace is not None
    assert (last.workspace.id, last.session) == (row.id, None)
    saved = client.recover(row.id)
    assert saved.outcome == "saved"
    assert client.load(f"{app}/verse").files == {b"text": b"state 2"} or client.cat(f"{app}/verse:text") == b"state 2"
    assert client.workspaces(app=app).rows == []


def test_two_instances_have_two_workspaces(shared: Daemon, client: holdfast.Client, app: str) -> None:
    """Neither sees what the other types; the second save is a fork, since both made the session."""
    one, two = (client.workspace(f"{app}/x", format="plain") for _ in range(2))
    one["text"], two["text"] = "one", "two"
    assert (one["text"], two["text"]) == (b"one", b"two")
    assert one.save().outcome == "saved"
    assert two.save().outcome == "forked"
    one.close()
    two.close()


def test_a_session_that_moved_on_is_seen_and_merged(client: holdfast.Client) -> None:
    """Somebody else changed another part meanwhile: both changes are in the head, and the next save keeps them."""
    name = f"set {next(_NUMBERS)} {os.getpid()}"
    first = renardo("Clock.bpm = 96", intro="p1 >> pluck()", outro="p1.stop()")
    client.save("renardo", name, first)
    ws = client.workspace(f"renardo/{name}")
    ws["intro"] = ws["intro"].replace(b"pluck", b"pads")
    client.save("renardo", name, first.replace(b"p1.stop()", b"Clock.clear()"))
    assert client.workspaces(app="renardo").rows[0].behind
    assert ws.save().outcome == "merged"
    both = renardo("Clock.bpm = 96", intro="p1 >> pads()", outro="Clock.clear()")
    assert client.load(f"renardo/{name}").files[b""] == both
    ws["intro"] = ws["intro"].replace(b"pads", b"bell")
    assert ws.save().outcome in ("merged", "saved")
    assert client.load(f"renardo/{name}").files[b""] == both.replace(b"pads", b"bell")
    ws.close()


def test_what_was_answered_survives_the_daemon(daemon: Daemon) -> None:
    """kill -9 after an answer: every part is there at the next start, and the application goes on with it."""
    with daemon.client() as client:
        ws = client.workspace("notes/x", format="plain")
        for number in range(20):
            ws["text"] = f"state {number}"
        daemon.kill()
        daemon.start()
        assert ws["text"] == b"state 19"
        ws["text"] = "after"
        assert client.workspaces().rows[0].left is None
        daemon.stop()
        daemon.start()
        [row] = client.workspaces().rows
        assert row.unsaved is None  # a daemon that is stopped has made a snapshot
        assert client.workspace(id=row.id)["text"] == b"after"


def test_both_are_killed(daemon: Daemon) -> None:
    """The application and the daemon: what was answered is offered at the next start, and left after a while."""
    for number in range(3):
        process = _application(daemon, f"notes/x{number}", number + 1)
        daemon.kill()
        _kill(process)
        daemon.start()
    with daemon.client() as client:
        rows = {row.name: row for row in client.workspaces().rows}
        assert {name: client.workspace(id=row.id)["text"] for name, row in rows.items()} == {
            "x0": b"state 0", "x1": b"state 1", "x2": b"state 2",
        }  # fmt: skip


def test_a_discarded_workspace_is_in_the_history(client: holdfast.Client, app: str) -> None:
    """It ends, and what it had can still be restored."""
    client.save(app, "x", b"saved")
    ws = client.workspace(f"{app}/x")
    [part] = ws
    ws[part] = "typed"
    ended = ws.discard()
    assert ended.ended
    assert ended.snapshot is not None
    assert client.load(f"{app}/x@{ended.snapshot[:12]}").files[b""] == b"typed"
    assert client.load(f"{app}/x").files[b""] == b"saved"
    with pytest.raises(NotFound):
        ws[part]


def test_a_workspace_that_is_closed_in_order_ends_or_is_kept(client: holdfast.Client, app: str) -> None:
    """Without unsaved changes there is nothing to keep."""
    with client.workspace(f"{app}/x", format="plain") as ws:
        ws["text"] = "one"
        ws.save()
    assert client.workspaces(app=app).rows == []
    with client.workspace(f"{app}/x") as ws:
        ws[next(iter(ws))] = "two"
    [row] = client.workspaces(app=app).rows
    assert row.left is not None
    assert row.unsaved is None


def test_a_large_part_costs_what_changed(daemon: Daemon, tmp_path: Path) -> None:
    """20 MB, then one byte in it: less than a tenth of that is kept for the second."""
    content = os.urandom(20_000_000)

    def size() -> int:
        return sum(path.stat().st_size for path in (daemon.home / "store").rglob("*") if path.is_file())

    with daemon.client(60) as client:
        ws = client.workspace("notes/x", format="plain")
        ws["text"] = content
        before = size()
        ws["text"] = content[:10_000_000] + b"!" + content[10_000_001:]
        assert size() - before < 2_000_000
        assert ws["text"][10_000_000:10_000_001] == b"!"
        ws.save()
        assert client.cat("notes/x:text")[:100] == content[:100]


def test_the_command_line_lists_recovers_and_discards(daemon: Daemon) -> None:
    """What a killed application left, by the beginning of its id."""
    for name in ("kept", "unwanted"):
        _kill(_application(daemon, f"notes/{name}"))
    rows = until(
        lambda: (
            (found := daemon.ok("workspace", "list", "--json").rows) and all(each["left"] for each in found) and found
        )
    )
    ids = {row["name"]: row["id"] for row in rows}
    assert "left" in daemon.ok("workspace", "list").text
    assert "notes/unwanted has unsaved changes" in daemon.ok("last", "--app", "notes").text
    assert "saved notes/kept" in daemon.ok("workspace", "recover", ids["kept"][:8], "-m", "after the crash").text
    assert daemon.ok("cat", "notes/kept:text").out == b"state 0"
    assert "discarded" in daemon.ok("workspace", "discard", ids["unwanted"]).text
    assert daemon.ok("workspace", "list", "--json").rows == []
    assert daemon.ok("last").text == "notes/kept\n"
    assert daemon.cli("workspace", "recover", "abcd").code == 3
    assert daemon.cli("last", "--app", "nobody").code == 3


def test_the_notepad_stands_there_with_what_was_typed(daemon: Daemon) -> None:
    """Typed, both killed with -9, both started again: nothing that was shown is missing."""

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(NOTEPAD), "verse"],
            env=daemon.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def shown(process: subprocess.Popen[bytes], expected: bytes) -> None:
        assert process.stdout is not None
        found = b""
        while len(found) < len(expected):
            found += os.read(process.stdout.fileno(), len(expected) - len(found))
        assert found == expected

    typed = b""
    for word in (b"type, ", b"kill, ", b"type again"):
        notepad = start()
        assert notepad.stdin is not None
        shown(notepad, typed)
        for number in range(len(word)):
            notepad.stdin.write(word[number : number + 1])
            notepad.stdin.flush()
            shown(notepad, word[number : number + 1])
        typed += word
        daemon.kill()
        notepad.kill()
        notepad.communicate()
        daemon.start()
    with daemon.client() as client:
        [row] = client.workspaces(app="notepad").rows
        assert client.workspace(id=row.id)["text"] == typed


def test_a_reloaded_workspace_is_as_it_began_and_undo_brings_it_back(client: holdfast.Client, app: str) -> None:
    """What was unsaved is an autosave; once undone it is in the workspace again, unsaved; a save makes it the head."""
    client.save(app, "verse", parts={"intro": b"one", "outro": b"end"})
    ws = client.workspace(f"{app}/verse")
    ws["intro"], ws["solo"] = "two", "new"
    del ws["outro"]
    ws.reload()
    assert {**ws} == {"intro": b"one", "outro": b"end"}
    assert ws.row.saved
    assert client.cat(f"{app}/verse@autosave:intro") == b"two"
    assert client.undo().session is not None
    again = client.workspace(id=ws.id)
    assert {**again} == {"intro": b"two", "solo": b"new"}
    assert not again.row.saved
    assert again.save().outcome == "saved"
    assert client.cat(f"{app}/verse:solo") == b"new"
    assert not [part for part in client.show(f"{app}/verse").parts if part.name == "outro"]


def test_an_undone_reload_does_not_replace_what_was_put_since(client: holdfast.Client, app: str) -> None:
    """It is a workspace of its own, that was left."""
    ws = client.workspace(f"{app}/verse")
    ws["intro"] = "one"
    ws.reload()
    assert {**ws} == {}
    ws["intro"] = "two"
    assert client.undo().session is None
    assert ws["intro"] == b"two"
    left = client.last(app=app).workspace
    assert left is not None
    assert left.id != ws.id
    assert client.recover(left.id).outcome == "saved"
    assert client.cat(f"{app}/verse:intro") == b"one"


def test_a_reload_to_the_head_takes_what_others_saved(client: holdfast.Client, app: str) -> None:
    """And a save after that merges with nothing."""
    client.save(app, "verse", parts={"intro": b"one"})
    ws = client.workspace(f"{app}/verse")
    client.save(app, "verse", parts={"intro": b"of others"})
    ws.reload()
    assert ws["intro"] == b"one"
    ws.reload(head=True)
    assert ws["intro"] == b"of others"
    ws["intro"] = "mine"
    assert ws.save().outcome == "saved"


def test_a_discarded_workspace_is_there_again_after_undo(shared: Daemon, client: holdfast.Client, app: str) -> None:
    """By the command line; offered as one that was left; a second undo of it is refused."""
    client.save(app, "verse", parts={"intro": b"one"})
    ws = client.workspace(f"{app}/verse")
    ws["intro"] = "two"
    discarded = client.discard(ws.id)
    assert client.last(app=app).workspace is None
    shared.ok("undo", str(discarded.operation))
    left = client.last(app=app).workspace
    assert left is not None
    assert (left.behind, left.saved) == (False, False)
    assert shared.cli("undo", str(discarded.operation)).code == 4
    assert client.recover(left.id).outcome == "saved"
    assert client.cat(f"{app}/verse:intro") == b"two"


def test_the_command_line_reloads(shared: Daemon, client: holdfast.Client, app: str) -> None:
    """The workspace of a running application; where there are several, it asks which."""
    ws = client.workspace(f"{app}/verse")
    ws["intro"] = "one"
    said = shared.ok("reload", f"{app}/verse")
    assert "undo brings it back" in said.text
    assert {**client.workspace(id=ws.id)} == {}
    other = client.workspace(f"{app}/verse")
    assert shared.cli("reload", f"{app}/verse").code == 2
    shared.ok("reload", "--workspace", other.id[:12])
    assert shared.cli("reload", f"{app}/none").code == 3
