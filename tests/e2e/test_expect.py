"""What was asked for one revision is not done to another."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from e2e_changes import APP, CASES, Scene, ready, types
from e2e_daemon import Daemon
from e2e_line import Line

from holdfast_protocol import messages as m
from holdfast_protocol.errors import Exists

#: A save is merged, or becomes a fork.
REFUSED = [kind for kind in CASES if "expect" in kind.__struct_fields__ and kind is not m.Save]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=m.VERB_OF[kind]) for kind in REFUSED])
def test_a_change_for_another_revision_is_refused(kind: type[m.Request], shared: Daemon, house: Path) -> None:
    """Nothing is done, and the refusal tells the revision for which it is."""
    with shared.client() as client, Line(shared.socket) as line:
        case, before = ready(client, kind, house), client.status().operations_count
        with pytest.raises(Exists) as caught:
            line.ask(msgspec.structs.replace(case.request, expect=99))
        assert len(str(caught.value.details["head"])) == 32
        assert types(client, before) == []
        line.ask(msgspec.structs.replace(case.request, expect=caught.value.details["revision"]))
        assert types(client, before) == [*case.operations]


def test_a_purge_for_another_revision_does_not_delete_either(shared: Daemon, house: Path) -> None:
    """Though deleting would be its first step."""
    with shared.client() as client:
        scene = Scene(client, "purge for another", house)
        scene.saved(b"first", b"second")
        with pytest.raises(Exists):
            client.purge(scene.ref, expect=1)
        assert not client.show(scene.ref).session.deleted


def test_the_undo_of_a_discard_for_another_revision_is_refused(shared: Daemon, house: Path) -> None:
    """The revision is that of the session from which the workspace began."""
    with shared.client() as client:
        scene = Scene(client, "undo for another", house)
        scene.saved()
        discarded = client.discard(scene.left()).operation
        with pytest.raises(Exists):
            client.undo(discarded, expect=7)
        assert client.undo(discarded, expect=1).undone.number == discarded


def test_a_client_passes_the_expected_revision_on(shared: Daemon, house: Path) -> None:
    """With every verb that takes one."""
    with shared.client() as client:
        scene = Scene(client, "expected by a client", house)
        number = scene.saved(b"first", b"second").operation
        assert scene.saved(b"").outcome == "suspect"
        for change in (
            lambda: client.accept(scene.ref, expect=1),
            lambda: client.rename(scene.ref, "other", expect=1),
            lambda: client.tag(scene.ref, add=["live"], expect=1),
            lambda: client.template(scene.ref, expect=1),
            lambda: client.archive(scene.ref, expect=1),
            lambda: client.unarchive(scene.ref, expect=1),
            lambda: client.note(scene.ref, "x", expect=1),
            lambda: client.pin(scene.ref, expect=1),
            lambda: client.delete(scene.ref, expect=1),
            lambda: client.purge(scene.ref, expect=1),
            lambda: client.undo(number, expect=1),
        ):
            with pytest.raises(Exists):
                change()
        assert client.show(f"{APP}/{scene.name}").session.revision == 2
