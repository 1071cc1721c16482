"""Cutting content into chunks and naming them: the same on both sides, or nothing would be shared.

FastCDC 2020 with 64 KiB minimum, 256 KiB average and 1 MiB maximum (DESIGN.md section 1); content of up to the
minimum is one chunk. A chunk's name is the BLAKE3 hash of its bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from blake3 import blake3

MINIMUM_BYTES = 64 * 1024
AVERAGE_BYTES = 256 * 1024
MAXIMUM_BYTES = 1024 * 1024
HASH_BYTES = 32
#: What a chunk takes in a list: hash and size.
LISTED_BYTES = HASH_BYTES + 4


def listed(name: bytes, size_bytes: int) -> bytes:
    """A chunk as ``ChunkList`` has it."""
    return name + size_bytes.to_bytes(LISTED_BYTES - HASH_BYTES)


def listed_in(frame: bytes) -> Iterator[tuple[bytes, int]]:
    """Hash and size in bytes of each chunk that ``frame`` lists."""
    for start in range(0, len(frame), LISTED_BYTES):
        end = start + HASH_BYTES
        yield frame[start:end], int.from_bytes(frame[end : start + LISTED_BYTES])


def new_hash() -> blake3:
    """For content that comes piece by piece: ``update`` with each, then ``digest``."""
    return blake3()


def hash_of(content: bytes | memoryview) -> bytes:
    """BLAKE3, 32 bytes."""
    return blake3(content).digest()


def cut_stream(source: BinaryIO) -> Iterator[bytes]:
    """The same chunks of what ``source`` gives, no more of it in memory than a few of them."""
    from pyfastcdc import FastCDC  # as below

    for chunk in FastCDC(avg_size=AVERAGE_BYTES, min_size=MINIMUM_BYTES, max_size=MAXIMUM_BYTES).cut_stream(source):
        yield bytes(chunk.data)


def cut(content: bytes) -> Iterator[memoryview]:
    """The chunks of ``content`` in order, without copying; none for empty content."""
    view = memoryview(content)
    if len(content) <= MINIMUM_BYTES:
        if content:
            yield view
        return
    from pyfastcdc import FastCDC  # large content only: most commands never need it

    for chunk in FastCDC(avg_size=AVERAGE_BYTES, min_size=MINIMUM_BYTES, max_size=MAXIMUM_BYTES).cut_buf(content):
        yield view[chunk.offset : chunk.offset + chunk.length]
