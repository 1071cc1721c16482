"""What of a part is searched."""

from __future__ import annotations

import json

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.base import Array, Part
from holdfast_daemon.formats.plain import PLAIN


def part(content: bytes, kind: str = "file", **more: object) -> Part:
    return Part(key="k", name="n", kind=kind, content=content, **more)  # type: ignore[arg-type]  # a table of facts


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("d1 >> play('x')\n床前".encode(), "d1 >> play('x')\n床前"),
        (b"", ""),
        (b"text with a\0", ""),
        (bytes(range(128, 256)) * 4, ""),
        (b"a page of text in which one sign is of another encoding: gr\xf6\xdfer", None),
    ],
)
def test_content_that_is_text(content: bytes, text: str | None) -> None:
    """UTF-8 for the most part, and nothing else."""
    found = PLAIN.text(part(content))
    assert found == text if text is not None else "another encoding" in found


def test_an_array_is_no_text() -> None:
    """Whatever its bytes are."""
    array = Array(name="points", dtype="<f4", shape=(2,), unit="Å", offset=0, size_bytes=8)
    assert PLAIN.text(part(b"abcdefgh", arrays=(array,))) == ""


def test_a_message_is_what_was_said() -> None:
    """Without JSON's escapes, with the answers of tools."""
    said = {"id": "1", "role": "user", "content": [{"type": "text", "text": 'a "b"\nc'}]}
    assert AIDERDESK.text(part(json.dumps(said).encode(), "message")) == 'a "b"\nc'
    assert AIDERDESK.text(part(b'{"path": "a.py"}')) == '{"path": "a.py"}'
