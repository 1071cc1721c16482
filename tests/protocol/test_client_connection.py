"""The client's side of the wire: which answers it takes, and which it drops."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from examples import OPERATION, SESSION
from hypothesis import given
from hypothesis import strategies as st

from holdfast_protocol import connection
from holdfast_protocol.connection import Answered, ClientConnection, DaemonConnection
from holdfast_protocol.errors import BadField, BadMessage, HoldfastError, NotFound, TooLarge, Unreadable
from holdfast_protocol.messages import (
    LIMITS,
    Changed,
    Event,
    Hello,
    List,
    Ping,
    Pong,
    Save,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)

OTHER_ID = b"\xff" * 16


def asking(request: Any = None) -> tuple[ClientConnection, bytes]:
    client = ClientConnection()
    return client, client.send(request or Ping(), 1000)[0]


def answer(client: ClientConnection, **header: Any) -> Answered | None:
    return client.receive([msgpack.packb(header)])


def test_a_request_arrives_as_it_was_sent() -> None:
    """Id, deadline, fields and payload are on the daemon's side what they were on the client's."""
    client, daemon = ClientConnection(), DaemonConnection()
    daemon.receive(client.send(Hello(protocol=1), 1)[1])
    request = List(app="renardo", text="Größe 🎵")
    identity, frames = client.send(request, 250, [b"a", b""])
    asked = daemon.receive(frames)
    assert (asked.id, asked.request, asked.deadline_ms, asked.payload) == (identity, request, 250, [b"a", b""])


def test_every_request_has_an_id_of_its_own() -> None:
    """Ids are 16 bytes and do not repeat."""
    client = ClientConnection()
    identities = {client.send(Ping(), 1000)[0] for _ in range(1000)}
    assert len(identities) == 1000
    assert {len(identity) for identity in identities} == {connection.ID_BYTES}


def test_a_repeated_request_keeps_its_id() -> None:
    """The id that is handed in is sent, on another connection too, so that the first answer comes again."""
    identity, frames = ClientConnection().send(Ping(), 1000)
    assert ClientConnection().send(Ping(), 1000, request_id=identity) == (identity, frames)


def test_an_answer_comes_with_its_payload() -> None:
    """The reply has the type of the request's answer, and the frames after it."""
    client, identity = asking()
    answered = client.receive(connection.result(identity, Pong(), [b"window"]))
    assert answered == Answered(id=identity, reply=Pong(), error=None, payload=[b"window"])


def test_an_answer_that_is_given_again_reads_the_same() -> None:
    """``result_of_body`` makes of a stored body the frame that the first answer had."""
    reply = Changed(session=SESSION, operation=3)
    body = msgpack.packb(msgpack.unpackb(connection.result(OTHER_ID, reply)[0])["body"])
    assert connection.result_of_body(OTHER_ID, body) == connection.result(OTHER_ID, reply)


def test_answers_come_in_any_order() -> None:
    """They are matched by id."""
    client = ClientConnection()
    first, second = client.send(Ping(), 1000)[0], client.send(Unsubscribe(subscription=OTHER_ID), 1000)[0]
    late = client.receive(connection.result(second, Unsubscribed()))
    early = client.receive(connection.result(first, Pong()))
    assert late is not None
    assert early is not None
    assert (late.reply, early.reply) == (Unsubscribed(), Pong())


def test_a_second_answer_is_dropped() -> None:
    """One request has one answer."""
    client, identity = asking()
    client.receive(connection.result(identity, Pong()))
    assert client.receive(connection.result(identity, Pong())) is None
    assert client.receive(connection.error(identity, NotFound("gone"))) is None


def test_a_late_answer_is_dropped() -> None:
    """After the client has given a request up, its result, its error and nonsense for it are nobody's."""
    client, identity = asking()
    client.forget(identity)
    assert client.receive(connection.result(identity, Pong())) is None
    assert client.receive(connection.error(identity, NotFound("gone"))) is None
    assert answer(client, id=identity, kind="result", body=[]) is None


def test_an_answer_for_an_unknown_id_is_dropped() -> None:
    """And what the client waits for is still waited for."""
    client, identity = asking()
    assert client.receive(connection.result(OTHER_ID, Pong())) is None
    assert client.receive(connection.told(OTHER_ID, Event(row=OPERATION))) is None
    assert client.receive(connection.result(identity, Pong())) is not None


def test_an_error_without_an_id_reaches_the_client() -> None:
    """The daemon could not read the header: the error is about the connection, so it is given out."""
    client, _ = asking()
    answered = client.receive(connection.error(b"", BadMessage("unreadable")))
    assert answered is not None
    assert isinstance(answered.error, BadMessage)
    assert answered.id == b""


def test_an_answer_of_an_unknown_kind_does_not_end_the_request() -> None:
    """A newer daemon's progress is dropped; the result is still taken."""
    client, identity = asking()
    assert answer(client, id=identity, kind="progress", body={"percent": 3}) is None
    assert client.receive(connection.result(identity, Pong())) is not None


def test_unknown_fields_of_an_answer_are_ignored() -> None:
    """A newer daemon may say more."""
    client, identity = asking(Subscribe())
    answered = answer(client, id=identity, kind="result", body={"number": 4, "mood": "good"}, warning="old client")
    assert answered is not None
    assert answered.reply == Subscribed(number=4)


def test_an_unknown_code_is_an_error_all_the_same() -> None:
    """A newer daemon's code becomes the base class, and its sentence names the code."""
    client, identity = asking()
    answered = answer(
        client, id=identity, kind="error", body={"code": "moon", "sentence": "The moon is full", "details": {"day": 3}}
    )
    assert answered is not None
    assert type(answered.error) is HoldfastError
    assert answered.error is not None
    assert (answered.error.sentence, answered.error.details) == ("The moon is full (moon)", {"day": 3})


def test_details_may_have_any_name() -> None:
    """A detail that is called like an argument of the error's constructor is a detail."""
    client, identity = asking()
    details: dict[str, Any] = {"sentence": "x", "self": 1, "code": None}
    answered = answer(client, id=identity, kind="error", body={"code": "busy", "sentence": "s", "details": details})
    assert answered is not None
    assert answered.error is not None
    assert answered.error.details == details


def test_an_error_about_a_path_that_is_not_text_can_be_sent() -> None:
    """Bytes that are no text are written out in sentence and details instead of breaking the answer."""
    client, identity = asking()
    path = b"caf\xe9".decode("utf-8", "surrogateescape")
    answered = client.receive(connection.error(identity, Unreadable(f"{path}: no", path=path, others=[path, "a"])))
    assert answered is not None
    assert answered.error is not None
    assert answered.error.details == {"path": "caf\\udce9", "others": ["caf\\udce9", "a"]}


def test_events_follow_subscribed() -> None:
    """Events are taken after ``subscribed`` and until the subscription is forgotten, not before or after."""
    client, identity = asking(Subscribe(since=3))
    event = connection.told(identity, Event(row=OPERATION))
    assert client.receive(event) is None
    client.receive(connection.result(identity, Subscribed(number=3)))
    for _ in range(3):
        answered = client.receive(event)
        assert answered is not None
        assert answered.reply == Event(row=OPERATION)
    client.forget(identity)
    assert client.receive(event) is None


def test_a_refused_subscription_has_no_events() -> None:
    """After an error nothing is listened to."""
    client, identity = asking(Subscribe())
    client.receive(connection.error(identity, NotFound("no such session")))
    assert client.receive(connection.told(identity, Event(row=OPERATION))) is None


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [b""],
        [b"\xc1"],
        [msgpack.packb([])],
        [msgpack.packb({})],
        [msgpack.packb({"id": "text", "kind": "result", "body": {}})],
        [b"\x91" * 100_000],
        [bytes(LIMITS["answer_header_bytes"] + 1)],
    ],
)
def test_what_is_no_answer_is_a_bad_message(frames: list[bytes]) -> None:
    """A peer that does not speak the protocol is told apart from a daemon that refuses."""
    with pytest.raises(BadMessage):
        ClientConnection().receive(frames)


@pytest.mark.parametrize("body", [None, [], {}, {"number": "4"}])
def test_an_answer_of_another_type_is_a_bad_message(body: Any) -> None:
    """The body must be what the request's table says."""
    client, identity = asking(Subscribe())
    with pytest.raises(BadMessage):
        answer(client, id=identity, kind="result", body=body)


@given(st.binary(max_size=200), st.sampled_from(["result", "error", "event", "x", None]))
def test_random_answers_raise_nothing_but_bad_message(body: bytes, kind: str | None) -> None:
    """Whatever comes, the client sees an answer, nothing, or BadMessage."""
    client, identity = asking(Subscribe())
    head = msgpack.packb({"id": identity, "kind": kind})
    for raw in (body, b"\x83" + head[1:] + msgpack.packb("body") + body):
        try:
            client.receive([raw])
        except BadMessage:
            continue


def test_an_oversize_request_is_not_sent() -> None:
    """The client refuses what the daemon would: header, frame, frames, message."""
    client = ClientConnection()
    with pytest.raises(TooLarge):
        client.send(List(text="x" * LIMITS["header_bytes"]), 1000)
    for payload in (
        [bytes(LIMITS["frame_bytes"] + 1)],
        [b""] * LIMITS["frames_count"],
        [bytes(LIMITS["frame_bytes"])] * 2,
    ):
        with pytest.raises(TooLarge):
            client.send(Ping(), 1000, payload)


@pytest.mark.parametrize("request_", [Save(app="a", name="\ud800"), Save(app="a", name="n", expect=2**64)])
def test_what_cannot_be_encoded_is_a_coded_error(request_: Save) -> None:
    """Half a surrogate pair and a number of 65 bits are refused before anything is sent."""
    with pytest.raises(BadField):
        ClientConnection().send(request_, 1000)
