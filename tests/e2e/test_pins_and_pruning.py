"""Pins, ``purge`` and ``prune`` as people use them."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from e2e_daemon import Daemon

import holdfast
from holdfast.plans import Step
from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import BadField
from holdfast_protocol.messages import Hello, Missing, Request, Save
from holdfast_protocol.model import Ref


def test_a_pin_names_a_snapshot(shared: Daemon) -> None:
    """Wherever ``@`` works, in the log, and until it is taken off."""
    for content in (b"one", b"two"):
        shared.ok("save", "p/named", "-", content=content)
    shared.ok("pin", "p/named@-1", "Première 🎵")
    assert shared.ok("cat", "p/named@pin:Première 🎵").out == b"one"
    assert [row["pins"] for row in shared.log_of("p/named")] == [[], ["Première 🎵"]]
    shared.ok("restore", "p/named@pin:Première 🎵")
    assert shared.ok("cat", "p/named").out == b"one"
    shared.ok("pin", "p/named", "Première 🎵", "--off")
    assert shared.cli("cat", "p/named@pin:Première 🎵").code == 3


def test_a_label_is_one_snapshots(shared: Daemon) -> None:
    """Another one cannot have it meanwhile; the same may be asked for twice; without a label it is the id's digits."""
    for content in (b"one", b"two"):
        shared.ok("save", "p/label", "-", content=content)
    shared.ok("pin", "p/label@-1", "a")
    assert shared.cli("pin", "p/label", "a").code == 4
    assert "as it was before" in shared.ok("pin", "p/label@-1", "a").text
    shared.ok("pin", "--name", "p/label", "@-1")
    first = shared.log_of("p/label")[1]
    assert first["pins"] == sorted(["a", first["snapshot"][:12]])
    shared.ok("pin", "p/label@pin:a", "--off")
    assert shared.log_of("p/label")[1]["pins"] == []
    assert shared.cli("pin", "p/label", "a", "--off").code == 3
    assert shared.cli("pin", "p/label", "a:b").code == 2


def test_undo_of_pins(shared: Daemon) -> None:
    """Both ways."""
    shared.ok("save", "p/undone", "-", content=b"one")
    shared.ok("pin", "p/undone", "a")
    shared.ok("pin", "p/undone", "a", "--off")
    shared.ok("undo")
    assert shared.log_of("p/undone")[0]["pins"] == ["a"]
    shared.ok("undo")
    assert shared.log_of("p/undone")[0]["pins"] == []


def test_a_purged_session_is_gone_for_good(shared: Daemon) -> None:
    """With its file; it is asked for first, and told; what was done before it can still be undone."""
    shared.ok("save", "p/other", "-", content=b"other")
    shared.ok("delete", "p/other")
    shared.ok("save", "p/gone", "-", content=os.urandom(3_000_000))
    assert shared.cli("purge", "p/gone").code == 5
    purged = shared.ok("purge", "p/gone", "--yes", "--json").rows[0]
    assert not shared.file("p", "gone").exists()
    row = shared.operations()[-1]
    assert (row["number"], row["type"], row["undoable"]) == (purged["operation"], "purged", False)
    assert shared.cli("show", "p/gone").code == 3
    assert "p/other" in shared.ok("undo").text
    row = next(row for row in shared.ok("prune", "--dry-run", "--json").rows if row["app"] == "p")
    assert (row["keep"], row["reasons"]) == (False, ["the session was purged"])
    assert "3000000 bytes freed" in shared.cli("prune", "--dry-run").err
    assert "3000000 bytes freed" in shared.ok("prune").text
    with shared.client() as client:
        assert client.prune(dry_run=True).snapshots_count == 0


def test_what_a_workspace_began_from_is_not_purged(shared: Daemon) -> None:
    """It says what to do."""
    shared.ok("save", "p/live", "-", content=b"one")
    with shared.client() as client, client.workspace("p/live") as workspace:
        workspace["document"] = b"two"
        with pytest.raises(holdfast.HoldfastError, match="workspace") as caught:
            client.purge("p/live")
        assert caught.value.exit_code == 5
        assert client.show("p/live").session.deleted is False
        client.discard(workspace.id)


def test_an_upload_beside_a_collection_is_saved(shared: Daemon) -> None:
    """What the client was told to be there stays there until its save has named it, though its session is purged."""
    content = os.urandom(2_000_000)
    with shared.client() as client, shared.client() as other:
        first = client.save("p", "first", content)
        asked: list[Request] = []

        def ask(steps: Sequence[Step], timeout_seconds: float) -> list[Answered]:
            answers = real(steps, timeout_seconds)
            if not asked and not isinstance(steps[0].request, Hello):
                asked.append(steps[0].request)
                other.purge(Ref(id=first.session.id))
                other.prune()
            return answers

        real = client._line._ask
        client._line._ask = ask  # type: ignore[method-assign]  # to come between the question and the save
        saved = client.save("p", "second", content)
        assert isinstance(asked[0], Missing)
        assert client.cat(Ref(id=saved.session.id)) == content


def test_chunks_that_are_gone_after_all_are_sent_again(shared: Daemon) -> None:
    """Nobody need notice."""
    content = os.urandom(2_000_000)
    refused: list[Request] = []
    with shared.client() as client:

        def ask(steps: Sequence[Step], timeout_seconds: float) -> list[Answered]:
            if isinstance(steps[0].request, Save) and not refused:
                refused.append(steps[0].request)
                raise BadField("files: chunk 00 is not in the store; put it first", chunk="00")
            return real(steps, timeout_seconds)

        real = client._line._ask
        client._line._ask = ask  # type: ignore[method-assign]  # to come between
        saved = client.save("p", "again", content)
        assert (len(refused), client.cat(Ref(id=saved.session.id))) == (1, content)
