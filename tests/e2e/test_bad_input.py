"""Whatever comes over the socket is answered with a code, and the daemon lives on."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
from e2e_daemon import Daemon
from raw_client import Raw

from holdfast_protocol.messages import LIMITS


@pytest.fixture
def raw(shared: Daemon) -> Iterator[Raw]:
    made = Raw(shared.socket)
    yield made
    made.close()
    assert shared.alive
    shared.ok("status")


def _code(answer: dict[str, Any]) -> str:
    assert answer["kind"] == "error", answer
    return str(answer["body"]["code"])


def test_a_request_before_hello_is_refused(raw: Raw) -> None:
    """The first request of a connection is hello."""
    assert _code(raw.request("ping", {})) == "hello-first"


def test_an_unknown_verb_is_refused(raw: Raw) -> None:
    """A verb that this daemon does not have is a coded error, so that newer clients can tell."""
    raw.hello()
    assert _code(raw.request("levitate", {})) == "unknown-verb"


@pytest.mark.parametrize("protocol", [0, -1, 99, 2**62])
def test_another_protocol_is_refused(protocol: int, raw: Raw) -> None:
    """hello with a version that the daemon does not speak is answered with a code."""
    assert _code(raw.request("hello", {"protocol": protocol})) in ("wrong-version", "bad-field")


def test_garbage_is_refused(raw: Raw) -> None:
    """Random bytes, empty frames, deep nesting and too many frames are each a bad message."""
    chance = random.Random(1)
    garbage = [b"", b"\xc1", b"\x91" * 1000, b"\xdf\xff\xff\xff\xff", msgpack.packb([1]), msgpack.packb({1: 2})]
    garbage += [chance.randbytes(chance.randrange(1, 300)) for _ in range(100)]
    for frame in garbage:
        assert _code(raw.ask(frame)) in ("bad-message", "bad-field", "unknown-verb", "too-large", "hello-first")
    assert _code(raw.ask(*[b"x"] * 5000)) in ("bad-message", "too-large")


def test_a_header_over_its_limit_is_refused(raw: Raw) -> None:
    """A header that is too large is not even decoded."""
    assert _code(raw.ask(b"\xc4" * (LIMITS["header_bytes"] + 1))) == "too-large"


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("save", {}),
        ("save", {"app": "notes", "name": "x", "files": [{"path": b"../up", "frame": 0}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"path": b"/etc/passwd", "frame": 0}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"path": b"a", "frame": 0}, {"path": b"a/b", "frame": 0}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"path": b"a/.holdfast-1", "frame": 0}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"path": b"", "frame": 7}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"path": b"", "frame": -1}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"frame": 0, "offset": 8}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"frame": 0, "offset": -1}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"frame": 0, "offset": 2**63}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"frame": 0, "offset": 1, "size_bytes": 7}]}),
        ("save", {"app": "notes", "name": "x", "files": [{"frame": 0, "chunked": True}]}),
        ("save", {"app": "notes", "name": "x", "parts": [{"part": "p", "frame": 0, "offset": 8}]}),
        ("save", {"app": "notes", "name": "x", "parts": [{"part": "p", "frame": 0, "chunked": True}]}),
        ("save", {"app": 3, "name": "x"}),
        ("show", {"ref": {"name": 5}}),
        ("list", {"limit": -5}),
        ("list", {"sort": "'; DROP TABLE sessions; --"}),
        ("cat", {"ref": {"name": "x"}, "offset": -1}),
        ("undo", {"number": "one"}),
        ("undo", {"number": 2**63}),
    ],
)
def test_a_bad_field_is_refused(verb: str, body: dict[str, Any], raw: Raw) -> None:
    """A body that does not fit its verb is a coded error that is not internal."""
    raw.hello()
    assert _code(raw.request(verb, body, b"content")) in ("bad-field", "bad-message", "not-found", "bad-name")


@pytest.mark.parametrize("number", [2**62, 2**63 - 1])
def test_numbers_that_no_row_has_are_not_found(number: int, raw: Raw) -> None:
    """The largest numbers are answered like any other that is not there."""
    raw.hello()
    assert _code(raw.request("undo", {"number": number})) == "not-found"
    assert raw.request("operations", {"since": number})["kind"] == "result"


def test_a_frame_over_its_limit_is_refused(raw: Raw) -> None:
    """A coded error, and the connection lives on."""
    raw.hello()
    body = {"app": "notes", "name": "huge", "files": [{"frame": 0}]}
    assert _code(raw.request("save", body, bytes(LIMITS["frame_bytes"] + 1))) == "too-large"
    assert raw.request("ping", {})["kind"] == "result"


def test_an_id_is_for_one_request(raw: Raw) -> None:
    """The id of a save that was done is not taken for a delete: nothing is done, and it is said."""
    raw.hello()
    identity, ref = os.urandom(16), {"app": "notes", "name": "once"}
    save = {"id": identity, "verb": "save", "deadline_ms": 5000, "body": {**ref, "files": [{"frame": 0}]}}
    assert raw.ask(msgpack.packb(save), b"x")["kind"] == "result"
    delete = {"id": identity, "verb": "delete", "deadline_ms": 5000, "body": {"ref": ref}}
    assert _code(raw.ask(msgpack.packb(delete))) == "bad-field"
    assert raw.request("show", {"ref": ref, "parts": False})["kind"] == "result"
