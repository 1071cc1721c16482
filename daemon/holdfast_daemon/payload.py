"""What travels beside a message: payload frames, and what its sources say of them."""

from __future__ import annotations

from collections.abc import Sequence

from holdfast_protocol.chunking import HASH_BYTES
from holdfast_protocol.errors import BadField, TooLarge
from holdfast_protocol.messages import LIMITS, Reply
from holdfast_protocol.model import FileSource, PartSource

Frames = list[bytes]
#: A reply and the payload frames behind it.
Answer = tuple[Reply, Sequence[bytes]]


def contents_of(sources: Sequence[FileSource | PartSource], payload: Frames, field: str) -> list[bytes]:
    """The bytes that each source names, ``field`` being what the sources are called in the request.

    Raises BadField with the path to the wrong field; TooLarge where windows lie over each other so that together they
    are more than any message holds.
    """
    contents = []
    room_bytes = LIMITS["message_bytes"]
    for number, source in enumerate(sources):
        window = _window(source, payload, f"{field}[{number}]")
        room_bytes -= len(window)
        if room_bytes < 0:
            raise TooLarge(f"{field} name the same bytes again and again", limit=LIMITS["message_bytes"])
        contents.append(window)
    return contents


def _window(source: FileSource | PartSource, payload: Frames, where: str) -> bytes:
    frame = frame_at(payload, source.frame, f"{where}.frame")
    if source.offset > len(frame):
        raise BadField(
            f"{where}.offset: frame {source.frame} ends before byte {source.offset}", field=f"{where}.offset"
        )
    end = len(frame) if source.size_bytes is None else source.offset + source.size_bytes
    if end > len(frame):
        raise BadField(f"{where}.size_bytes: frame {source.frame} ends before byte {end}", field=f"{where}.size_bytes")
    return frame[source.offset : end]


def frame_at(payload: Frames, number: int, field: str = "frame") -> bytes:
    """Payload frame ``number``. Raises BadField where there is none."""
    if number >= len(payload):
        raise BadField(f"{field}: there is no payload frame {number}", field=field)
    return payload[number]


def hashes_in(frame: bytes) -> list[bytes]:
    """The chunk hashes that a frame holds one behind the other. Raises BadField."""
    if len(frame) % HASH_BYTES:
        raise BadField(f"The frame of hashes is not a multiple of {HASH_BYTES} bytes")
    return [frame[at : at + HASH_BYTES] for at in range(0, len(frame), HASH_BYTES)]
