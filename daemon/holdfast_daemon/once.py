"""A request is done once: its first answer is kept for seven days, and an id that is older is refused.

An id tells when it was made (PROTOCOL.md, "Request ids"); one that tells no time is taken as it is.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar

from holdfast_daemon.content import LOOP_BYTES
from holdfast_protocol import codec
from holdfast_protocol.chunking import new_hash
from holdfast_protocol.connection import Asked, time_of
from holdfast_protocol.errors import BadField, TooOld
from holdfast_protocol.messages import LIMITS, Reply

OLDEST_NANOSECONDS = 7 * 24 * 3600 * 10**9
#: How far ahead of ours the clock of a client may be.
AHEAD_NANOSECONDS = 3600 * 10**9
#: Counted from the commit. Whatever is forgotten is refused by its age.
KEPT_NANOSECONDS = OLDEST_NANOSECONDS + AHEAD_NANOSECONDS

ReplyType = TypeVar("ReplyType", bound=Reply)


async def digest_of(asked: Asked) -> bytes:
    """What tells a request from any other: the hash of its body, as it came, and of its payload."""
    if sum(map(len, asked.payload)) > LOOP_BYTES:
        return await asyncio.to_thread(_digest, asked)
    return _digest(asked)


def check_age(request: bytes, now: int) -> None:
    """Raises TooOld where the answer to it may be forgotten."""
    made = time_of(request, now)
    if made is not None and made < now - OLDEST_NANOSECONDS:
        raise TooOld("The request is more than seven days old; whether it was done is known no longer")
    if made is not None and made > now + AHEAD_NANOSECONDS:
        raise TooOld("The request's id tells a time more than an hour ahead; are the clocks right?")


def to_keep(reply: Reply, verb: str, digest: bytes) -> bytes:
    """What is kept of a request that was done."""
    return codec.encode({"verb": verb, "digest": digest, "body": codec.to_plain(reply)})


def first_answer(kept: bytes, verb: str, digest: bytes, kind: type[ReplyType]) -> ReplyType:
    """The answer that was kept. Raises BadField where this is another request than that was."""
    known = codec.decode(kept, limit_bytes=LIMITS["answer_header_bytes"], what="kept answer")
    if known["verb"] != verb:
        raise BadField(f"id: it was the id of a {known['verb']}; only the same request may be repeated", field="id")
    if known.get("digest", digest) != digest:
        raise BadField(f"id: it was the id of another {verb}; only the same request may be repeated", field="id")
    return codec.to_row(known["body"], kind)


def _digest(asked: Asked) -> bytes:
    whole = new_hash()
    for each in (codec.encode(asked.body), *asked.payload):
        whole.update(each)
    return whole.digest()
