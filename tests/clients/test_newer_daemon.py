"""A daemon of a later version: what it says more is passed over, and what it says otherwise is passed on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import msgpack
import pytest
from clients_fake_daemon import FakeDaemon, operation_row, saved, session_row, snapshot_row

from holdfast.client import Client
from holdfast_protocol import messages as wire
from holdfast_protocol.errors import HoldfastError, UnknownVerb


class FellAsleep(HoldfastError):
    """An error that this version does not know."""

    code = "fell-asleep"
    exit_code = 1


#: Maps whose keys are not fields: what is in them is given on.
VALUES = ("limits", "details", "facts")


def newer(frames: list[bytes]) -> list[list[bytes]]:
    """The same answer with fields that nobody knows, in every map, behind messages of kinds that nobody knows."""
    header = msgpack.unpackb(frames[0])
    progress = msgpack.packb({"id": header["id"], "kind": "progress", "body": {"done": 1}})
    unasked = msgpack.packb({"id": bytes(16), "kind": "moon", "body": {"phase": "full"}})
    return [[progress], [unasked], [msgpack.packb(_with_more(header)), *frames[1:]]]


def _with_more(value: Any) -> Any:
    if isinstance(value, dict):
        more = {key: each if key in VALUES else _with_more(each) for key, each in value.items()}
        return {**more, "later": [{}]}
    return [_with_more(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
def newcomer(daemon: FakeDaemon) -> Iterator[Client]:
    """A client of a daemon that is a version ahead."""
    daemon.sends = newer
    daemon.answers[wire.Hello] = lambda asked: wire.Welcome(
        protocol=1, version="9.0", epoch="e", user="me", limits={**wire.LIMITS, "moons_count": 2},
        capabilities=["teleport"],
    )  # fmt: skip
    with Client(daemon.path, timeout_seconds=3.0) as made:
        yield made


def test_unknown_fields_and_kinds_change_no_answer(daemon: FakeDaemon, newcomer: Client) -> None:
    """Each verb gives what it gave, whatever else comes along."""
    daemon.answers |= {
        wire.Save: lambda asked: saved(),
        wire.List: lambda asked: wire.Sessions(rows=[session_row()], more=False),
        wire.Show: lambda asked: wire.Shown(session=session_row(), snapshot=snapshot_row()),
        wire.Cat: lambda asked: (wire.Content(snapshot="ab" * 16, size_bytes=3), [b"abc"]),
    }
    assert newcomer.ping() == wire.Pong()
    assert newcomer.save("renardo", "verse", b"1") == saved()
    assert newcomer.list().rows == [session_row()]
    assert newcomer.show("renardo/verse").session == session_row()
    assert newcomer.cat("renardo/verse") == b"abc"


def test_unknown_limits_and_capabilities_are_passed_on(newcomer: Client) -> None:
    """An application may know them before its library does."""
    welcome = newcomer.hello()
    assert welcome.limits["moons_count"] == 2
    assert welcome.capabilities == ["teleport"]


def test_an_unknown_code_is_an_error_with_its_sentence(daemon: FakeDaemon, newcomer: Client) -> None:
    """It has no class of its own; the sentence ends with its code, and its details are there."""
    daemon.answers[wire.List] = lambda asked: FellAsleep("The daemon fell asleep", until="noon")
    with pytest.raises(HoldfastError, match=r"fell asleep \(fell-asleep\)$") as caught:
        newcomer.list()
    assert (type(caught.value), caught.value.details["until"]) == (HoldfastError, "noon")


def test_words_that_are_not_known_are_passed_on(daemon: FakeDaemon, newcomer: Client) -> None:
    """An outcome, a type of operation and a cause are text."""
    daemon.answers[wire.Save] = lambda asked: saved("postponed")
    daemon.operations += [operation_row(1, type="teleported", cause="moonlight")]
    assert newcomer.save("renardo", "verse", b"1").outcome == "postponed"
    assert [(row.type, row.cause) for row in newcomer.operations().rows] == [("teleported", "moonlight")]


def test_events_come_as_ever(daemon: FakeDaemon, newcomer: Client) -> None:
    """Each once, in order, between all the rest."""
    daemon.operations += [operation_row(1), operation_row(2)]
    rows = newcomer.events(0)
    assert [row.number for row in islice(rows, 2)] == [1, 2]
    daemon.happen(operation_row(3))
    assert next(rows).number == 3


def test_a_verb_that_a_newer_daemon_gave_up_is_said(daemon: FakeDaemon, newcomer: Client) -> None:
    """Nothing is removed within a version; where something was, the error names what there is."""
    daemon.answers[wire.Status] = lambda asked: UnknownVerb("No verb 'status'", verbs=["hello", "teleport"])
    with pytest.raises(UnknownVerb) as caught:
        newcomer.status()
    assert caught.value.details["verbs"] == ["hello", "teleport"]
