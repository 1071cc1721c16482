"""Pictures are told by their bytes, wherever they stand and whatever they are called."""

from __future__ import annotations

import base64
import json

import pytest

from holdfast.looking.pictures import image_type, numbers_in, picture_of, taken_out

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
WEBP = b"RIFF" + bytes(4) + b"WEBP" + bytes(40)


def signs(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize("picture", [PNG, WEBP, b"\xff\xd8\xff" + bytes(40), b"GIF89a" + bytes(40)])
@pytest.mark.parametrize("shape", ["{}", "data:image/png;base64,{}", "before data:;charset=x;base64,{} after"])
def test_a_picture_is_taken_out_and_given_back(picture: bytes, shape: str) -> None:
    """Alone or as an address within a text; the rest of the text stays."""
    said = {"a": [{"b": shape.format(signs(picture))}], "c": "\ud800 kept"}
    content = json.dumps(said).encode()
    taken = json.loads(taken_out(content).content)
    assert numbers_in(taken) == [0]
    assert taken["c"] == said["c"]
    assert signs(picture) not in taken["a"][0]["b"]
    assert picture_of(content, 0) == (image_type(picture), picture)
    assert picture_of(content, 1) is None


@pytest.mark.parametrize(
    "said",
    [
        "data:image/svg+xml;base64," + signs(b"<svg onload='alert(1)'/>" * 9),
        "data:image/png;base64," + signs(b"<html>" * 20),
        signs(b"RIFF" + bytes(4) + b"WAVE" + bytes(40)),
        "/9j/ is how a path may begin",
        signs(PNG)[:20],
    ],
)
def test_what_is_no_picture_stays(said: str) -> None:
    """Whatever its address says that it is."""
    content = json.dumps({"a": said}).encode()
    assert taken_out(content) == (content, ())
    assert picture_of(content, 0) is None


@pytest.mark.parametrize("content", [b"", b"{", b"\xff" + signs(PNG).encode(), b"[" * 100_000 + signs(PNG).encode()])
def test_what_is_no_json_stays(content: bytes) -> None:
    """And breaks nothing."""
    assert taken_out(content).content == content
