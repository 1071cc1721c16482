"""Golden bytes and PROTOCOL.md: what other languages' clients are written against."""

from __future__ import annotations

import json

import described
import pytest
from examples import DEADLINE_MS, EVENTS, FAILURES, FORMER, REQUEST_ID, REQUESTS, RESULTS
from golden import DESCRIPTION, GOLDEN, PROTOCOL, headers, kind_of, readable, rewritten
from tables import TABLES

from holdfast_protocol.connection import ClientConnection, DaemonConnection
from holdfast_protocol.errors import ERRORS
from holdfast_protocol.messages import REPLY_TO, TOLD, VERB_OF, VERBS, Hello, Request, Subscribe
from holdfast_protocol.refusals import ERRORS_OF, OF_ALL, OF_MESSAGES


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.msgpack").read_bytes()


def test_every_verb_reply_and_code_has_an_example() -> None:
    """The table of examples is complete, and each stands under its own name."""
    assert {VERB_OF[type(request)] for request in REQUESTS.values()} == set(VERBS)
    assert {type(reply) for reply in RESULTS.values()} == set(REPLY_TO.values())
    assert set(FAILURES) == set(ERRORS)
    assert {type(each) for each in EVENTS.values()} == set(TOLD.values())
    assert all(f"{name}-".startswith(f"{VERB_OF[type(request)]}-") for name, request in REQUESTS.items())
    assert all(name.partition("-")[0] == type(reply).__name__.lower() for name, reply in RESULTS.items())
    assert all(FAILURES[code].code == code for code in ERRORS)


def test_every_verb_says_how_it_is_refused() -> None:
    """The table has all verbs, and every code but those that no daemon at work sends."""
    told = {kind.code for kinds in (OF_MESSAGES, OF_ALL, *ERRORS_OF.values()) for kind in kinds}
    assert set(ERRORS_OF) == set(REPLY_TO)
    assert set(ERRORS) - told == {"unreachable", "store-locked", "store-newer"}


def test_every_golden_file_belongs_to_an_example() -> None:
    """No golden file lies about that no test reads, and none is missing (run ``make wire``)."""
    assert {path.name.removesuffix(".msgpack") for path in GOLDEN.glob("*.msgpack")} == set(headers())
    assert {path.name.removesuffix(".json") for path in GOLDEN.glob("*.json")} == set(headers())
    assert set(headers()) >= FORMER


@pytest.mark.parametrize("name", sorted(set(headers()) - FORMER))
def test_encoding_gives_the_golden_bytes(name: str) -> None:
    """What is sent today is, byte for byte, what was sent when the golden file was made."""
    assert headers()[name] == golden(name)


@pytest.mark.parametrize("name", sorted(headers()))
def test_the_readable_file_says_what_the_bytes_say(name: str) -> None:
    """The JSON beside the bytes was not edited apart from them."""
    assert (GOLDEN / f"{name}.json").read_text("utf-8") == readable(golden(name))


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_a_golden_request_is_read(name: str) -> None:
    """The daemon reads the request that the example gives, with its id and deadline."""
    daemon = DaemonConnection()
    daemon.greeted = not isinstance(REQUESTS[name], Hello)
    asked = daemon.receive([golden(f"{name}.request"), b"payload"])
    assert asked.request == REQUESTS[name]
    assert (asked.id, asked.deadline_ms, asked.payload) == (REQUEST_ID, DEADLINE_MS, [b"payload"])


@pytest.mark.parametrize("name", sorted(RESULTS))
def test_a_golden_result_is_read(name: str) -> None:
    """The client reads the reply that the example gives, whichever request it answers."""
    kinds = {kind for kind, reply in REPLY_TO.items() if reply is type(RESULTS[name])}
    for request in [request for request in REQUESTS.values() if type(request) in kinds]:
        answered = waiting_for(request).receive([golden(f"{name}.result"), b"payload"])
        assert answered is not None
        assert answered.reply == RESULTS[name]
        assert (answered.id, answered.error, answered.payload) == (REQUEST_ID, None, [b"payload"])


@pytest.mark.parametrize("code", sorted(FAILURES))
def test_a_golden_error_is_read(code: str) -> None:
    """The client gets an error of the type that the code stands for, with its sentence and details."""
    answered = waiting_for(REQUESTS["ping"]).receive([golden(f"{code}.error")])
    assert answered is not None
    assert type(answered.error) is ERRORS[code]
    assert answered.error is not None
    assert (answered.error.sentence, answered.error.details) == (FAILURES[code].sentence, FAILURES[code].details)


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_golden_event_is_read(name: str) -> None:
    """A client that has subscribed reads what it is told."""
    client = waiting_for(Subscribe())
    client.receive([golden("subscribed.result")])
    answered = client.receive([golden(f"{name}.{kind_of(EVENTS[name])}")])
    assert answered is not None
    assert answered.reply == EVENTS[name]


def test_the_tables_of_the_manual_are_those_of_the_code() -> None:
    """PROTOCOL.md says what the code says (run ``make wire``)."""
    text = PROTOCOL.read_text("utf-8")
    assert rewritten(text) == text


def test_the_description_for_programs_is_that_of_the_code() -> None:
    """messages.json, from which other languages' clients make their types, says what the code says (``make wire``)."""
    assert DESCRIPTION.read_text("utf-8") == described.text()
    assert json.loads(described.text()) == described.description()  # nothing in it that JSON tells otherwise


def test_every_table_has_its_place_in_the_manual_once() -> None:
    """No table is missing from PROTOCOL.md, and no mark is there that nothing fills."""
    text = PROTOCOL.read_text("utf-8")
    marks = [line for line in text.split("\n") if line.startswith("<!-- generated: ")]
    assert sorted(marks) == sorted(f"<!-- generated: {name} -->" for name in TABLES)
    assert text.count("<!-- end -->") == len(TABLES)


def test_a_manual_without_a_mark_is_refused() -> None:
    """A table that lost its place is an error, not silently left out."""
    with pytest.raises(ValueError, match="no place"):
        rewritten("# The wire\n")


def waiting_for(request: Request) -> ClientConnection:
    client = ClientConnection()
    client.send(request, DEADLINE_MS, request_id=REQUEST_ID)
    return client
