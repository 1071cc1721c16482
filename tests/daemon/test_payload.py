"""Windows of payload frames: what a source may name, and what it may not."""

from __future__ import annotations

import pytest

from holdfast_daemon.payload import contents_of, hashes_in
from holdfast_protocol.errors import BadField, TooLarge
from holdfast_protocol.messages import LIMITS
from holdfast_protocol.model import FileSource, PartSource

PAYLOAD = [b"0123456789", b""]


@pytest.mark.parametrize(
    ("source", "content"),
    [
        (FileSource(frame=0), b"0123456789"),
        (FileSource(frame=0, offset=4), b"456789"),
        (FileSource(frame=0, offset=4, size_bytes=2), b"45"),
        (FileSource(frame=0, size_bytes=0), b""),
        (FileSource(frame=0, offset=10), b""),
        (FileSource(frame=0, offset=10, size_bytes=0), b""),
        (FileSource(frame=1), b""),
        (PartSource(part="p", frame=0, offset=9, size_bytes=1), b"9"),
    ],
)
def test_a_source_names_a_window_of_a_frame(source: FileSource | PartSource, content: bytes) -> None:
    """From its offset on, as many bytes as it says, or all to the end."""
    assert contents_of([source], PAYLOAD, "files") == [content]


@pytest.mark.parametrize(
    ("source", "field"),
    [
        (FileSource(frame=2), "frame"),
        (FileSource(frame=2**63 - 1), "frame"),
        (FileSource(frame=0, offset=11), "offset"),
        (FileSource(frame=0, offset=2**63 - 1, size_bytes=2**63 - 1), "offset"),
        (FileSource(frame=1, offset=1), "offset"),
        (FileSource(frame=0, size_bytes=11), "size_bytes"),
        (FileSource(frame=0, offset=9, size_bytes=2), "size_bytes"),
        (FileSource(frame=1, size_bytes=1), "size_bytes"),
    ],
)
def test_a_window_outside_its_frame_is_refused(source: FileSource, field: str) -> None:
    """The error's detail is the path to the wrong field, in the words of the request."""
    for name in ("files", "parts"):
        with pytest.raises(BadField) as caught:
            contents_of([FileSource(frame=0), source], PAYLOAD, name)
        assert caught.value.details["field"] == f"{name}[1].{field}"


def test_windows_over_each_other_take_no_more_than_a_message() -> None:
    """Or a small message would fill the memory."""
    payload = [bytes(LIMITS["frame_bytes"])]
    assert len(contents_of([FileSource(frame=0)] * 2, payload, "files")) == 2
    with pytest.raises(TooLarge):
        contents_of([FileSource(frame=0)] * 3, payload, "files")


def test_hashes_have_a_length() -> None:
    """A frame that is cut is refused."""
    assert hashes_in(bytes(64)) == [bytes(32), bytes(32)]
    with pytest.raises(BadField):
        hashes_in(bytes(63))
