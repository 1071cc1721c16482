"""Applications that are asked for their state: when they are, what becomes of it, and what of those that are silent."""

from __future__ import annotations

import itertools
import os
import threading
import time

import pytest
from e2e_daemon import Daemon, renardo, until

import holdfast
from holdfast_protocol.errors import Damaged, NotAllowed, NotFound
from holdfast_protocol.messages import WorkspaceLeave

_NUMBERS = itertools.count(1)
SESSION = b'<Session genome="g.fa" locus="chr1:%d-9"><Resources><Resource path="/%s"/></Resources></Session>'


@pytest.fixture
def name() -> str:
    """One that no other test has."""
    return f"set {next(_NUMBERS)} {os.getpid()}"


def autosaves(client: holdfast.Client, name: str) -> int:
    return len([row for row in client.events(0, follow=False) if (row.type, row.name) == ("autosaved", name)])


def test_a_document_is_kept_byte_for_byte(client: holdfast.Client, name: str) -> None:
    """With a snapshot when it is answered, its parts to be looked at, and as the head once it is saved."""
    document = renardo("Clock.bpm = 96", intro="p1 >> pluck()") + b"\n\n"
    ws = client.workspace(f"renardo/{name}")
    assert ws.replace(document)
    row = client.workspaces(app="renardo").rows[0]
    assert (row.unsaved, row.saved, row.left) == (None, False, None)
    assert autosaves(client, name) == 1
    assert ws["intro"].startswith(b"p1 >> pluck()")
    ws.save()
    assert client.load(f"renardo/{name}").files == {b"": document}
    ws.close()


def test_no_difference_is_no_snapshot(client: holdfast.Client, name: str) -> None:
    """The same bytes, and other bytes that say the same to the application."""
    ws = client.workspace(f"igv/{name}")
    document = SESSION % (1, b"a.bed")
    assert ws.replace(document)
    assert not ws.replace(document)
    assert not ws.replace(document.replace(b"><", b">\n  <"))
    assert autosaves(client, name) == 1
    assert ws.replace(SESSION % (1, b"b.bed"))
    assert ws.replace(document)
    assert autosaves(client, name) == 3
    ws.discard()


def test_a_document_takes_the_place_of_what_was_put(client: holdfast.Client, name: str) -> None:
    """And a part that is put changes it."""
    ws = client.workspace(f"renardo/{name}")
    ws["intro"] = "d1.stop()"
    ws.replace(renardo("Clock.bpm = 96", intro="p1 >> pluck()", outro="p1.stop()"))
    assert [part.name for part in ws.parts if part.kind == "buffer"] == ["intro", "outro"]
    ws["intro"] = ws["intro"].replace(b"pluck", b"pads")
    del ws["outro"]
    assert ws.replace(renardo("Clock.bpm = 96", intro="p1 >> pads()", outro="p1.stop()"))
    del ws["outro"]
    assert ws.replace(renardo("Clock.bpm = 96", intro="p1 >> pads()", outro="p1.stop()"))
    ws.save()
    whole = renardo("Clock.bpm = 96", intro="p1 >> pads()", outro="p1.stop()")
    assert client.load(f"renardo/{name}").files[b""] == whole
    ws["intro"] = ws["intro"].replace(b"pads", b"bell")
    ws.save()
    assert b"bell" in ws["intro"]
    ws.close()


def test_a_document_merges_with_a_session_that_moved_on(client: holdfast.Client, name: str) -> None:
    """It starts from what the workspace began from, not from itself."""
    first = renardo("Clock.bpm = 96", intro="p1 >> pluck()", outro="p1.stop()")
    client.save("renardo", name, first)
    ws = client.workspace(f"renardo/{name}")
    client.save("renardo", name, first.replace(b"p1.stop()", b"Clock.clear()"))
    ws.replace(first.replace(b"pluck", b"pads"))
    assert ws.save().outcome == "merged"
    both = renardo("Clock.bpm = 96", intro="p1 >> pads()", outro="Clock.clear()")
    assert client.load(f"renardo/{name}").files[b""] == both
    assert ws.replace(first.replace(b"pluck", b"bell"))
    ws.discard()


def test_only_an_own_workspace_goes_on(client: holdfast.Client, name: str) -> None:
    """Not one of which parts were put; not one of another session, whether it has the name or had it."""
    document = renardo("Clock.bpm = 96", intro="p1 >> pluck()")

    def handed_over(session: str = name) -> str:
        """The workspace that has it then, and is left."""
        ws = client.workspace(f"renardo/{session}")
        ws.replace(document, since=0)
        ws.close()
        return ws.id

    put = client.workspace(f"renardo/{name}")
    put["intro"] = "p1 >> pluck()"
    put.close()
    whole = handed_over()
    assert whole != put.id
    assert handed_over() == whole
    assert handed_over(f"other {name}") != whole
    client.save("renardo", name, renardo("Clock.bpm = 97"))
    of_the_session = handed_over()
    assert of_the_session != whole
    assert handed_over() == of_the_session
    client.rename(f"renardo/{name}", f"renamed {name}")
    assert handed_over() == whole


def test_damage_changes_nothing(client: holdfast.Client, name: str) -> None:
    """A cut document is refused; the last whole one is there."""
    ws = client.workspace(f"igv/{name}")
    document = SESSION % (1, b"a.bed")
    ws.replace(document)
    for damaged in (document[:60], b""):
        with pytest.raises(Damaged):
            ws.replace(damaged)
    assert [part.kind for part in ws.parts].count("resource") == 1
    ws.discard()


def test_a_document_survives_the_daemon(daemon: Daemon) -> None:
    """kill -9 after the answer, and the next one goes on with it; a large one too."""
    large = os.urandom(3_000_000)
    with daemon.client() as client:
        igv, plain = client.workspace("igv/live"), client.workspace("notes/x", format="plain")
        igv.replace(SESSION % (1, b"a.bed"))
        plain.replace(large)
        daemon.kill()
        daemon.start()
        assert not igv.replace(SESSION % (1, b"a.bed"))
        assert next(iter(plain.values())) == large
        assert client.recover(igv.id).outcome == "saved"
        assert client.load("igv/live").files[b""] == SESSION % (1, b"a.bed")


def test_it_is_due_at_once_and_then_at_its_pace(client: holdfast.Client, name: str) -> None:
    """Each question the pace after the one before."""
    with client.workspace(f"igv/{name}") as ws:
        began = time.monotonic()
        assert ws.wait_until_due(0.3) > 1.0
        assert time.monotonic() - began < 0.3
        for _ in range(2):
            ws.wait_until_due(0.3)
        assert time.monotonic() - began >= 0.6


def test_a_silent_application_is_told_of(shared: Daemon, client: holdfast.Client, name: str) -> None:
    """In the row and in ``status``, with why; until it answers."""
    with client.workspace(f"igv/{name}") as ws:
        ws.wait_until_due(0.05)
        ws.wait_until_due(0.05, "a dialog is open")
        row = next(row for row in client.workspaces().rows if row.id == ws.id)
        assert row.unanswered is not None
        assert abs(row.unanswered - time.time_ns()) < 60e9
        assert [line for line in client.status().problems if name in line and "a dialog is open" in line]
        assert "its application does not answer" in shared.ok("workspace", "list").text
        ws.wait_until_due(0.05)
        assert next(row for row in client.workspaces().rows if row.id == ws.id).unanswered is None
        assert not [line for line in client.status().problems if name in line]


def test_one_who_waits_for_a_workspace_that_ends_is_told(shared: Daemon, client: holdfast.Client, name: str) -> None:
    """It ended, or another one holds it by now."""
    with shared.client() as other:
        for end, expected in (
            (lambda identity: other.discard(identity), NotFound),
            (lambda identity: other.workspace(id=identity), NotAllowed),
        ):
            ws = client.workspace(f"igv/{name}")
            ws.wait_until_due(0.5)
            ending = threading.Timer(0.1, end, [ws.id])
            ending.start()
            with pytest.raises(expected):
                ws.wait_until_due(0.5)
            ending.join()


def test_who_asks_on_has_not_left(client: holdfast.Client, name: str) -> None:
    """Its connection was taken for dead (the machine slept), and it goes on as if nothing had been."""
    ws = client.workspace(f"igv/{name}")
    ws.replace(SESSION % (1, b"a.bed"))
    client.ask(WorkspaceLeave(id=ws.id))
    assert next(row for row in client.workspaces().rows if row.id == ws.id).left is not None
    ws.wait_until_due(0.05)
    assert next(row for row in client.workspaces().rows if row.id == ws.id).left is None
    ws.discard()


def test_who_waits_does_not_hold_up_the_end_of_the_daemon(daemon: Daemon) -> None:
    """It stops at once, and the holder is asked by the next one."""
    with daemon.client() as client:
        ws = client.workspace("igv/live")
        ws.wait_until_due(600)
        asked = threading.Event()
        waiting = threading.Thread(target=lambda: (ws.wait_until_due(600), asked.set()))
        waiting.start()
        with daemon.client() as other:
            until(lambda: other.status().clients_count >= 2)
            began = time.monotonic()
            daemon.stop()
            assert time.monotonic() - began < 4
        daemon.start()
        assert asked.wait(15)
        waiting.join()
