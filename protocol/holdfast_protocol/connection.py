"""The wire without a socket: frames in, messages out, and the other way round (the model is h11).

A message is a header frame and at most a few payload frames. The header is a map:

* request: ``id`` (16 bytes), ``verb``, ``deadline_ms`` (how long the asker still waits), ``body``
* answer: ``id`` of the request, ``kind`` (``result``, ``error`` or one of ``TOLD``), ``body``

What may follow what: on the client's side ``hello`` before anything else; on the daemon's side, per request,
one ``result`` or ``error``, and after the ``result`` of ``subscribe`` any number of ``TOLD``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache, lru_cache
from time import time_ns
from typing import Any, NamedTuple

from holdfast_protocol import codec
from holdfast_protocol.errors import (
    BadField,
    BadMessage,
    HelloFirst,
    HoldfastError,
    TooLarge,
    UnknownVerb,
    WrongVersion,
    error_for,
)
from holdfast_protocol.messages import (
    LIMITS,
    PROTOCOL_VERSION,
    REPLY_TO,
    TOLD,
    VERB_OF,
    VERBS,
    Failure,
    Hello,
    Reply,
    Request,
    Subscribed,
)
from holdfast_protocol.model import OperationRow

Frames = list[bytes]
KIND_OF: dict[type[Reply], str] = {reply: kind for kind, reply in TOLD.items()}
ID_BYTES = 16
#: The header of a request, written as most do: a map of four, of which the id is the first; and where it stands then.
_ID_FIRST = b"\x84\xa2id\xc4\x10"
_ID = slice(len(_ID_FIRST), len(_ID_FIRST) + ID_BYTES)
_SMALL_BYTES = 512
#: What tells an id with a time from random bytes: once in 2 ** 18 of them, were it not for the two below.
ID_MARK = b"\x7b\xd6"
#: No id tells a time before this one, which is older than holdfast, or so far ahead.
EARLIEST_ID, FURTHEST_ID = 1_767_225_600 * 10**9, 365 * 24 * 3600 * 10**9
LONGEST_DEADLINE_MS = 24 * 3600 * 1000


class Asked(NamedTuple):
    """A request as the daemon received it; ``body`` is it as it came."""

    id: bytes
    request: Request
    deadline_ms: int
    payload: Frames
    body: Any


class Answered(NamedTuple):
    """An answer as the client received it: a reply of the type that ``REPLY_TO`` gives, an event, or an error."""

    id: bytes
    reply: Reply | None
    error: HoldfastError | None
    payload: Frames


class RefusedRequest(Exception):
    """A request that is answered with ``error`` at once; ``id`` is empty where the header did not give one."""

    def __init__(self, request_id: bytes, error: HoldfastError) -> None:
        super().__init__(str(error))
        self.id = request_id
        self.error = error


def new_request_id() -> bytes:
    """A UUID of version 7 (RFC 9562): the time in milliseconds, our mark, and random bits."""
    random = bytearray(os.urandom(8))
    random[0] = 0x80 | random[0] & 0x3F
    return (time_ns() // 10**6).to_bytes(6) + ID_MARK + random


def time_of(request_id: bytes, now: int) -> int | None:
    """When the id was made, UTC nanoseconds; None where it does not tell. ``now``: what time it is."""
    if request_id[6:8] != ID_MARK or request_id[8] >> 6 != 2:
        return None
    made = int.from_bytes(request_id[:6]) * 10**6
    return made if EARLIEST_ID <= made < now + FURTHEST_ID else None


class DaemonConnection:
    """The daemon's side of one connection. States: ``new`` until a good ``hello``, then ``open``. ``capabilities`` are
    those that the last ``hello`` named."""

    def __init__(self) -> None:
        self.greeted = False
        self.capabilities: frozenset[str] = frozenset()

    def receive(self, frames: Sequence[bytes]) -> Asked:
        """The request in these frames, checked. Raises RefusedRequest and nothing else."""
        request_id = b""
        try:
            _check_sizes(frames)
            raw = frames[0]
            if raw.startswith(_ID_FIRST) and _ID.stop < len(raw) <= _SMALL_BYTES:
                request_id = raw[_ID]
                said = _known(raw[_ID.stop :])
            else:
                header = codec.decode(raw, limit_bytes=LIMITS["header_bytes"])
                request_id = _request_id(header)
                said = _said(header)
            self._check_order(said.request)
            return Asked(request_id, said.request, said.deadline_ms, list(frames[1:]), said.body)
        except HoldfastError as problem:
            raise RefusedRequest(request_id, problem) from problem

    def _check_order(self, request: Request) -> None:
        if isinstance(request, Hello):
            if request.protocol != PROTOCOL_VERSION:
                is_old_client = request.protocol < PROTOCOL_VERSION
                mend = "pip install --upgrade holdfast" if is_old_client else "another start of the older daemon"
                said = f"This daemon speaks protocol {PROTOCOL_VERSION}, the client {request.protocol}"
                raise WrongVersion(
                    f"{said}; mend it with: {mend}",
                    daemon=PROTOCOL_VERSION,
                    client=request.protocol,
                )
            self.greeted = True
            self.capabilities = frozenset(request.capabilities)
        elif not self.greeted:
            raise HelloFirst("The first request of a connection is hello")


def result(request_id: bytes, reply: Reply, payload: Sequence[bytes] = ()) -> Frames:
    """The frames of the answer to a request that was done."""
    return [_answer(request_id, "result", codec.to_plain(reply)), *payload]


def body_of(reply: Reply) -> bytes:
    """A reply's encoded body, for ``result_of_body``."""
    return codec.encode(codec.to_plain(reply))


def result_of_body(request_id: bytes, body: bytes) -> Frames:
    """The same as ``result`` for a reply whose encoded body is at hand (an answer given again)."""
    return told_of_body(request_id, "result", body)


def error(request_id: bytes, problem: HoldfastError) -> Frames:
    """The frames of the answer to a request that failed."""
    failure = Failure(
        code=problem.code,
        sentence=_sendable(problem.sentence),
        details={name: _sendable(detail) for name, detail in problem.details.items()},
    )
    return [_answer(request_id, "error", codec.to_plain(failure))]


def told(subscription: bytes, what: Reply) -> Frames:
    """The frames of one of ``TOLD``; ``subscription`` is the id of the ``subscribe`` request."""
    return [_answer(subscription, KIND_OF[type(what)], codec.to_plain(what))]


def encoded_row(row: OperationRow) -> bytes:
    """A row for ``event_of_row`` and ``events_of_rows``: encoded once, however many are told of it."""
    return codec.encode(codec.to_plain(row))


def event_of_row(subscription: bytes, row: bytes) -> Frames:
    """The same as ``told`` for the Event of an encoded row."""
    return told_of_body(subscription, "event", codec.encode_around({}, "row", row))


def body_of_rows(rows: Sequence[bytes]) -> bytes:
    """The encoded body of the Events of encoded rows, for ``told_of_body``."""
    return codec.encode_around({}, "rows", codec.encode_array(rows))


def told_of_body(subscription: bytes, kind: str, body: bytes) -> Frames:
    """The same as ``told`` for one whose encoded body is at hand."""
    before, behind = _around_id(kind)
    return [before + subscription + behind + body]


def sign_of_life() -> Frames:
    """The frames of a ``beat`` of no subscription, which no request asked for and no client needs to look at."""
    return [codec.encode({"id": bytes(ID_BYTES), "kind": "beat"})]


class ClientConnection:
    """The client's side of one connection: which requests are open, and what their answers must be."""

    def __init__(self) -> None:
        self._open: dict[bytes, type[Reply]] = {}
        self._subscriptions: set[bytes] = set()

    def send(
        self, request: Request, deadline_ms: int, payload: Sequence[bytes] = (), request_id: bytes | None = None
    ) -> tuple[bytes, Frames]:
        """The request's id and its frames. Give the same id again to repeat a request on a new connection."""
        identity = request_id or new_request_id()
        header = {
            "id": identity,
            "verb": VERB_OF[type(request)],
            "deadline_ms": deadline_ms,
            "body": codec.to_plain(request),
        }
        frames = [codec.encode(header), *payload]
        _check_sizes(frames)
        if len(frames[0]) > LIMITS["header_bytes"]:
            raise TooLarge(f"The request's header has {len(frames[0])} bytes", limit=LIMITS["header_bytes"])
        self._open[identity] = REPLY_TO[type(request)]
        return identity, frames

    def receive(self, frames: Sequence[bytes]) -> Answered | None:
        """The answer in these frames, or None where nobody waits for it (it came too late). Raises BadMessage."""
        try:
            return self._receive(frames)
        except (BadField, TooLarge) as problem:
            raise BadMessage(f"Not an answer of this protocol: {problem.sentence}") from problem

    def _receive(self, frames: Sequence[bytes]) -> Answered | None:
        if not frames:
            raise BadMessage("An answer without frames")
        header = codec.decode(frames[0], limit_bytes=LIMITS["answer_header_bytes"], what="answer")
        identity, kind, body = header.get("id"), header.get("kind"), header.get("body")
        if not isinstance(identity, bytes):
            raise BadMessage("An answer without an id")
        if isinstance(kind, str) and kind in TOLD:
            if identity not in self._subscriptions:
                return None
            return Answered(id=identity, reply=codec.to_row(body, TOLD[kind]), error=None, payload=[])
        if kind not in ("result", "error"):
            return None  # of a newer daemon; the answer is still to come
        expected = self._open.pop(identity, None)
        if kind == "error":
            failure = codec.to_row(body, Failure)
            problem = error_for(failure.code, failure.sentence, failure.details)
            if expected is None and identity:
                return None
            return Answered(id=identity, reply=None, error=problem, payload=[])
        if expected is None:
            return None
        if expected is Subscribed:
            self._subscriptions.add(identity)
        return Answered(id=identity, reply=codec.to_row(body, expected), error=None, payload=list(frames[1:]))

    def forget(self, request_id: bytes) -> None:
        """Nobody waits for this request, or listens to this subscription, any longer."""
        self._open.pop(request_id, None)
        self._subscriptions.discard(request_id)


@cache
def _around_id(kind: str) -> tuple[bytes, bytes]:
    """What stands before and behind the id, up to the body, in every answer of that kind."""
    identity = bytes(ID_BYTES)
    before, behind = codec.encode_around({"id": identity, "kind": kind}, "body", b"").split(identity)
    return before, behind


def _answer(request_id: bytes, kind: str, body: Any) -> bytes:
    return codec.encode({"id": request_id, "kind": kind, "body": body})


def _sendable(detail: Any) -> Any:
    """A path that is not text holds lone surrogates, which no msgpack text can: they are written out."""
    if isinstance(detail, list):
        return [_sendable(each) for each in detail]
    return detail.encode(errors="backslashreplace").decode() if isinstance(detail, str) else detail


def _check_sizes(frames: Sequence[bytes]) -> None:
    if not frames:
        raise BadMessage("A message without frames")
    if len(frames) == 1:
        return  # a header has a smaller limit of its own
    if len(frames) > LIMITS["frames_count"]:
        raise TooLarge(f"{len(frames)} frames", limit=LIMITS["frames_count"])
    if max(len(frame) for frame in frames) > LIMITS["frame_bytes"]:
        raise TooLarge("A frame is too large", limit=LIMITS["frame_bytes"])
    if sum(len(frame) for frame in frames) > LIMITS["message_bytes"]:
        raise TooLarge("The message is too large", limit=LIMITS["message_bytes"])


class _Said(NamedTuple):
    """What a header says besides the id."""

    request: Request
    deadline_ms: int
    body: Any


def _said(header: dict[str, Any]) -> _Said:
    deadline_ms = _deadline_ms(header)
    return _Said(_request(header), deadline_ms, header.get("body", {}))


@lru_cache(maxsize=1024)
def _known(behind_id: bytes) -> _Said:
    """Of a header by what stands behind its id: a page, a terminal and a script ask for the same again and again."""
    return _said(codec.decode(_ID_FIRST + bytes(ID_BYTES) + behind_id, limit_bytes=LIMITS["header_bytes"]))


def _request_id(header: dict[str, Any]) -> bytes:
    identity = header.get("id")
    if not isinstance(identity, bytes) or len(identity) != ID_BYTES:
        raise BadField(f"id: {ID_BYTES} bytes are expected", field="id")
    return identity


def _deadline_ms(header: dict[str, Any]) -> int:
    deadline = header.get("deadline_ms")
    if isinstance(deadline, bool) or not isinstance(deadline, int) or not 0 < deadline <= LONGEST_DEADLINE_MS:
        raise BadField(f"deadline_ms: a whole number from 1 to {LONGEST_DEADLINE_MS} is expected", field="deadline_ms")
    return deadline


def _request(header: dict[str, Any]) -> Request:
    verb = header.get("verb")
    if not isinstance(verb, str):
        raise BadField("verb: text is expected", field="verb")
    kind = VERBS.get(verb)
    if kind is None:
        raise UnknownVerb(f"No verb {verb[:40]!r}", verbs=sorted(VERBS))
    return codec.to_row(header.get("body", {}), kind)
