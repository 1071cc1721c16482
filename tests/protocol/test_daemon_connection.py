"""The daemon's side of the wire: whatever a peer sends is a request or a coded error."""

from __future__ import annotations

import os
import tracemalloc
from typing import Any

import msgpack
import pytest
from golden import GOLDEN
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast_protocol.connection import LONGEST_DEADLINE_MS, Asked, DaemonConnection, RefusedRequest
from holdfast_protocol.errors import ERRORS
from holdfast_protocol.messages import LIMITS, PROTOCOL_VERSION, VERBS, Hello, List, Ping, Save, Show
from holdfast_protocol.model import Ref

REQUEST_ID = bytes(range(16))
#: Messages of random frames, shared by four tests: ``make fuzz`` asks for 200,000.
FRAMES_COUNT = int(os.environ.get("HOLDFAST_FRAMES", "400"))
MANY = settings(max_examples=FRAMES_COUNT // 4)
HELLO = {"id": REQUEST_ID, "verb": "hello", "deadline_ms": 1000, "body": {"protocol": PROTOCOL_VERSION}}
PING = {"id": REQUEST_ID, "verb": "ping", "deadline_ms": 1000, "body": {}}
EVERYTHING = b"\x82\xa2id\xc4\x10" + REQUEST_ID + b"\xa1x"  # a map of an id and of what the test appends


def opened() -> DaemonConnection:
    connection = DaemonConnection()
    connection.receive([msgpack.packb(HELLO)])
    return connection


def ask(**header: Any) -> Asked:
    return opened().receive([msgpack.packb(PING | header)])


def refusal(*frames: bytes) -> RefusedRequest:
    with pytest.raises(RefusedRequest) as caught:
        opened().receive(frames)
    return caught.value


def refusal_of(**header: Any) -> RefusedRequest:
    return refusal(msgpack.packb(PING | header))


# -- hello and verbs


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"hello"}))
def test_hello_comes_first(verb: str) -> None:
    """Before hello every other verb is refused, and a request with bad fields does not get further."""
    body = {"ref": {}, "old": {}, "clear": {}, "app": "a", "name": "n", "files": [], "subscription": b""}
    body |= {"request": b"", "descriptor": 0, "changes": [], "to": ""}
    body |= {"path": b"", "label": "", "id": "", "part": "", "keys": [], "source": {"part": "", "frame": 0}, "text": ""}
    with pytest.raises(RefusedRequest) as caught:
        DaemonConnection().receive([msgpack.packb(PING | {"verb": verb, "body": body})])
    assert (caught.value.error.code, caught.value.id) == ("hello-first", REQUEST_ID)


def test_after_hello_the_connection_is_open() -> None:
    """A good hello is given out, and what follows is read."""
    connection = DaemonConnection()
    assert connection.receive([msgpack.packb(HELLO)]).request == Hello(protocol=1)
    assert connection.receive([msgpack.packb(PING)]).request == Ping()


@pytest.mark.parametrize(
    "wrong",
    [{"body": {"protocol": 2}}, {"body": {}}, {"deadline_ms": 0}, {"id": b"short"}, {"body": {"protocol": True}}],
)
def test_a_refused_hello_opens_nothing(wrong: dict[str, Any]) -> None:
    """Whatever is wrong with hello, the next request is still refused."""
    connection = DaemonConnection()
    with pytest.raises(RefusedRequest):
        connection.receive([msgpack.packb(HELLO | wrong)])
    with pytest.raises(RefusedRequest) as caught:
        connection.receive([msgpack.packb(PING)])
    assert caught.value.error.code == "hello-first"


def test_another_version_is_told_both_numbers() -> None:
    """The error has the daemon's and the client's version as numbers."""
    problem = refusal_of(verb="hello", body={"protocol": 99}).error
    assert (problem.code, problem.details) == ("wrong-version", {"daemon": PROTOCOL_VERSION, "client": 99})


def test_an_unknown_verb_is_told_the_known_ones() -> None:
    """A client of a newer daemon learns what this one can do."""
    problem = refusal_of(verb="teleport").error
    assert (problem.code, problem.details) == ("unknown-verb", {"verbs": sorted(VERBS)})


def test_an_unknown_verb_does_not_fill_the_log() -> None:
    """A verb of 100,000 letters is cut in the sentence."""
    assert len(refusal_of(verb="x" * 100_000).error.sentence) < 100


# -- fields


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("show", {}, "ref"),
        ("show", {"ref": {"name": 5}}, "ref.name"),
        ("show", {"ref": None}, "ref"),
        ("list", {"limit": "10"}, "limit"),
        ("list", {"limit": True}, "limit"),
        ("list", {"limit": 1.0}, "limit"),
        ("list", {"limit": -1}, "limit"),
        ("list", {"offset": 2**63}, "offset"),
        ("list", {"archived": 1}, "archived"),
        ("list", {"app": b"renardo"}, "app"),
        ("save", {"app": "a"}, "name"),
        ("save", {"app": "a", "name": "n", "expect": -1}, "expect"),
        ("save", {"app": "a", "name": "n", "tags": "live"}, "tags"),
        ("save", {"app": "a", "name": "n", "tags": [1]}, "tags[0]"),
        ("save", {"app": "a", "name": "n", "files": [{}]}, "files[0].frame"),
        ("save", {"app": "a", "name": "n", "files": [{"frame": -1}]}, "files[0].frame"),
        ("save", {"app": "a", "name": "n", "files": [{"frame": 0, "path": "YWJj"}]}, "files[0].path"),
        ("save", {"app": "a", "name": "n", "files": {}}, "files"),
        ("unsubscribe", {"subscription": "YWJj"}, "subscription"),
        ("undo", {"number": [1]}, "number"),
    ],
)
def test_a_wrong_field_is_named(verb: str, body: dict[str, Any], field: str) -> None:
    """A field of another type or out of range is refused by its path; text is never taken for bytes."""
    problem = refusal_of(verb=verb, body=body).error
    assert (problem.code, problem.details) == ("bad-field", {"field": field})


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ({"id": b"x" * 15}, "id"),
        ({"id": b""}, "id"),
        ({"id": "x" * 16}, "id"),
        ({"id": None}, "id"),
        ({"id": 7}, "id"),
        ({"verb": 1}, "verb"),
        ({"verb": b"ping"}, "verb"),
        ({"verb": ["ping"]}, "verb"),
        ({"deadline_ms": 0}, "deadline_ms"),
        ({"deadline_ms": -1}, "deadline_ms"),
        ({"deadline_ms": LONGEST_DEADLINE_MS + 1}, "deadline_ms"),
        ({"deadline_ms": 2**64 - 1}, "deadline_ms"),
        ({"deadline_ms": 1.5}, "deadline_ms"),
        ({"deadline_ms": True}, "deadline_ms"),
        ({"deadline_ms": None}, "deadline_ms"),
    ],
)
def test_a_wrong_header_field_is_named(header: dict[str, Any], field: str) -> None:
    """Id, verb and deadline are checked like the body."""
    problem = refusal_of(**header).error
    assert (problem.code, problem.details) == ("bad-field", {"field": field})


@pytest.mark.parametrize("deadline_ms", [1, LONGEST_DEADLINE_MS])
def test_the_ends_of_the_deadline_are_allowed(deadline_ms: int) -> None:
    """The shortest and the longest deadline are read."""
    assert ask(deadline_ms=deadline_ms).deadline_ms == deadline_ms


@pytest.mark.parametrize("body", [None, [], "x", b"x", 1, [["ref", {}]]])
def test_a_body_that_is_no_map_is_refused(body: Any) -> None:
    """The body is a map, or absent."""
    assert refusal_of(verb="status", body=body).error.code == "bad-field"


def test_an_absent_body_is_an_empty_one() -> None:
    """A verb without required fields needs no body."""
    frame = msgpack.packb({"id": REQUEST_ID, "verb": "list", "deadline_ms": 1})
    assert opened().receive([frame]).request == List()


def test_unknown_fields_are_ignored() -> None:
    """A newer client's fields change nothing: in the header, in the body, in a noun."""
    asked = ask(verb="show", body={"ref": {"name": "n", "mood": 1}, "colour": b"\xff"}, priority={"high": [1]})
    assert asked.request == Show(ref=Ref(name="n"))


def test_a_refusal_carries_the_id_where_the_header_gave_one() -> None:
    """The client can match the error to its request, or gets an empty id."""
    assert refusal_of(verb="teleport").id == REQUEST_ID
    assert refusal_of(id=b"short").id == b""
    assert refusal(b"\xc1").id == b""


# -- hostile bytes


def deep(levels: int) -> bytes:
    return EVERYTHING + b"\x91" * (levels - 2) + b"\x90"  # the header's map is the first level, the last is empty


HOSTILE = {
    "nothing": b"",
    "never used byte": b"\xc1",
    "not a map": b"\x93\x01\x02\x03",
    "nil": b"\xc0",
    "truncated map": EVERYTHING,
    "truncated text": EVERYTHING + b"\xdb\x00\x00\x00\x09abc",
    "trailing byte": msgpack.packb(PING) + b"\x00",
    "two messages": msgpack.packb(PING) * 2,
    "17 levels": deep(17),
    "600 levels": deep(600),
    "100,000 levels": deep(100_000),
    "80,000 maps": EVERYTHING + b"\x81\xa1a" * 80_000 + b"\xc0",
    "a key twice": b"\x82\xa1a\x01\xa1a\x02",
    "a key twice further in": EVERYTHING + b"\x82\xa1a\x01\xa1a\x02",
    "number as key": b"\x81\x01\x02",
    "bytes as key": b"\x81\xc4\x01a\x02",
    "nil as key": b"\x81\xc0\x02",
    "array as key": b"\x81\x91\x01\x02",
    "map as key": b"\x81\x80\x02",
    "extension of one byte": EVERYTHING + b"\xd4\x01\x00",
    "extension without bytes": EVERYTHING + b"\xc7\x00\x05",
    "timestamp of four bytes": EVERYTHING + b"\xd6\xff\x00\x00\x00\x00",
    "timestamp of eight bytes": EVERYTHING + b"\xd7\xff" + b"\xff" * 8,
    "timestamp of twelve bytes": EVERYTHING + b"\xc7\x0c\xff" + b"\xff" * 12,
    "timestamp without bytes": EVERYTHING + b"\xc7\x00\xff",
    "text that is not UTF-8": EVERYTHING + b"\xa2\xff\xfe",
    "half a surrogate pair": EVERYTHING + b"\xa3\xed\xa0\x80",
    "array of four thousand million": EVERYTHING + b"\xdd\xff\xff\xff\xff",
    "map of four thousand million": EVERYTHING + b"\xdf\xff\xff\xff\xff",
    "text of four thousand million": EVERYTHING + b"\xdb\xff\xff\xff\xff",
    "bytes of four thousand million": EVERYTHING + b"\xc6\xff\xff\xff\xff",
    "extension of four thousand million": EVERYTHING + b"\xc9\xff\xff\xff\xff\x01",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_a_bad_message(name: str) -> None:
    """Every shape of broken or malicious msgpack is one coded error, and the connection lives on."""
    connection = opened()
    with pytest.raises(RefusedRequest) as caught:
        connection.receive([HOSTILE[name]])
    assert caught.value.error.code == "bad-message"
    assert connection.receive([msgpack.packb(PING)]).request == Ping()


def test_sixteen_levels_are_read() -> None:
    """The bound on depth is where the limits table says."""
    body: Any = []
    for _ in range(LIMITS["depth_levels"] - 3):
        body = [body]
    assert ask(body={"x": body}).request == Ping()
    assert refusal_of(body={"x": [body]}).error.code == "bad-message"


@pytest.mark.parametrize("size", range(len(msgpack.packb(HELLO))))
def test_a_truncated_header_is_a_bad_message(size: int) -> None:
    """Cut anywhere, a good header is refused."""
    assert refusal(msgpack.packb(HELLO)[:size]).error.code == "bad-message"


# -- sizes


def test_an_oversize_header_is_refused() -> None:
    """One byte over the header's limit is too large; the limit itself is not."""
    padding = LIMITS["header_bytes"] - len(msgpack.packb(PING | {"padding": b"x" * 65_536})) + 65_536
    assert len(msgpack.packb(PING | {"padding": b"x" * padding})) == LIMITS["header_bytes"]
    assert ask(padding=b"x" * padding).request == Ping()
    problem = refusal_of(padding=b"x" * (padding + 1)).error
    assert (problem.code, problem.details) == ("too-large", {"limit": LIMITS["header_bytes"]})


@pytest.mark.parametrize(
    ("payload", "limit"),
    [
        ([bytes(LIMITS["frame_bytes"] + 1)], "frame_bytes"),
        ([b""] * LIMITS["frames_count"], "frames_count"),
        ([b""] * 100_000, "frames_count"),
        ([bytes(LIMITS["frame_bytes"])] * 2, "message_bytes"),
    ],
)
def test_an_oversize_message_is_refused(payload: list[bytes], limit: str) -> None:
    """A frame, the number of frames and their sum each have a limit, which the error gives."""
    problem = refusal(msgpack.packb(PING), *payload).error
    assert (problem.code, problem.details) == ("too-large", {"limit": LIMITS[limit]})


def test_the_largest_message_is_read() -> None:
    """As many and as large frames as the limits allow are given on unchanged."""
    payload = [bytes(LIMITS["frame_bytes"])] + [b""] * (LIMITS["frames_count"] - 2)
    assert opened().receive([msgpack.packb(PING), *payload]).payload == payload


def test_a_message_without_frames_is_refused() -> None:
    """Not even an empty list of frames is an exception of another kind."""
    assert refusal().error.code == "bad-message"


@pytest.mark.parametrize("filling", [b"\x80", b"\x90", b"\xc0", b"\xa0", b"\x91\x90"])
def test_the_memory_of_a_hostile_header_is_bounded(filling: bytes) -> None:
    """The largest header, full of the smallest objects, takes less than 128 MiB and leaves nothing."""
    count = (LIMITS["header_bytes"] - len(EVERYTHING) - 5) // len(filling)
    assert peak_bytes(EVERYTHING + b"\xdd" + count.to_bytes(4, "big") + filling * count) < 128 * 2**20


def test_the_memory_of_claimed_sizes_is_bounded() -> None:
    """Arrays inside each other that all claim to be huge, with nothing in them, take less than 128 MiB."""
    claim = b"\xdd" + (LIMITS["header_bytes"] - 1024).to_bytes(4, "big")
    raw = EVERYTHING + claim * 300
    assert peak_bytes(raw + b"\xc0" * (LIMITS["header_bytes"] - len(raw))) < 128 * 2**20


def peak_bytes(header: bytes) -> int:
    assert len(header) <= LIMITS["header_bytes"]
    connection = opened()
    tracemalloc.start()
    try:
        with pytest.raises(RefusedRequest):
            connection.receive([header])
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# -- anything at all


def outcome(connection: DaemonConnection, frames: list[bytes]) -> None:
    try:
        connection.receive(frames)
    except RefusedRequest as refused:
        problem = refused.error
    else:
        return
    assert problem.code in ERRORS
    assert problem.sentence


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.binary(max_size=20)
    | st.text(st.characters(codec="utf-8"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@MANY
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_random_bytes_are_a_request_or_a_coded_error(frames: list[bytes]) -> None:
    """Nothing that a peer sends raises anything but RefusedRequest."""
    outcome(opened(), frames)
    outcome(DaemonConnection(), frames)


@MANY
@given(st.dictionaries(st.sampled_from(["id", "verb", "deadline_ms", "body", "x"]), PLAIN))
def test_random_headers_are_a_request_or_a_coded_error(header: dict[str, Any]) -> None:
    """Nor does any readable header."""
    outcome(opened(), [msgpack.packb(header)])


@MANY
@given(st.sampled_from(sorted(VERBS)), st.data())
def test_random_bodies_are_a_request_or_a_coded_error(verb: str, data: st.DataObject) -> None:
    """Nor does any body of a known verb, whatever its fields hold."""
    names = st.sampled_from(VERBS[verb].__struct_fields__) if VERBS[verb].__struct_fields__ else st.just("x")
    outcome(opened(), [msgpack.packb(PING | {"verb": verb, "body": data.draw(st.dictionaries(names, PLAIN))})])


@MANY
@given(st.binary(min_size=1, max_size=8), st.integers(0, 200))
def test_a_damaged_request_is_a_request_or_a_coded_error(damage: bytes, place: int) -> None:
    """Nor does a good request with some of its bytes replaced."""
    good = msgpack.packb(PING | {"verb": "save", "body": {"app": "a", "name": "n", "files": [{"frame": 0}]}})
    place %= len(good)
    outcome(opened(), [good[:place] + damage + good[place + len(damage) :]])


@pytest.mark.parametrize("flip", [0x01, 0xFF])
def test_a_golden_message_with_any_byte_flipped_is_a_request_or_a_coded_error(flip: int) -> None:
    """Nor does any message of the wire, an answer sent back included, with one bit or all bits of one byte flipped."""
    for path in sorted(GOLDEN.glob("*.msgpack")):
        golden = path.read_bytes()
        for place, byte in enumerate(golden):
            outcome(opened(), [golden[:place] + bytes([byte ^ flip]) + golden[place + 1 :], b"payload"])


def test_a_save_is_read_with_its_payload() -> None:
    """What comes out is the typed request and the payload, frame by frame."""
    header = msgpack.packb(PING | {"verb": "save", "body": {"app": "a", "name": "n", "files": [{"frame": 0}]}})
    asked = opened().receive([header, b"one", b"two"])
    assert isinstance(asked.request, Save)
    assert (asked.request.files[0].frame, asked.payload) == (0, [b"one", b"two"])
