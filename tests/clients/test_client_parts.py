"""Parts as values: arrays that cost no copy, messages, tracks, buffers, geometries."""

from __future__ import annotations

import json
import struct

import numpy
import pytest
from clients_fake_daemon import FakeDaemon, session_row, snapshot_row

from holdfast import values
from holdfast.client import Client
from holdfast.parts import PartArray, SessionPart
from holdfast_protocol import messages as wire
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import Ambiguous, Damaged, NotFound
from holdfast_protocol.model import ArrayRow, PartRow, Ref

POINTS = struct.pack("<6f", *range(6))
CLUSTER = b"head" + POINTS + b"tail"
ROWS = [
    PartRow(
        key="c1", name="membrane", kind="cluster", size_bytes=len(CLUSTER),
        facts={"type": "Geometry", "uuid": "c1", "visible": True},
        arrays=[ArrayRow(name="points", dtype="<f4", shape=[2, 3], unit="Å", offset=4, size_bytes=24)],
    ),
    PartRow(key="b1", name="Untitled", kind="buffer", size_bytes=3),
    PartRow(key="b2", name="Untitled", kind="buffer", size_bytes=3),
]  # fmt: skip
CONTENTS = {"c1": CLUSTER, "c1/points": POINTS, "b1": b"one", "b2": b"two"}


@pytest.fixture
def parts(daemon: FakeDaemon) -> FakeDaemon:
    """A daemon that shows the rows and gives their contents."""

    def cat(asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        assert isinstance(asked.request, wire.Cat)
        content = CONTENTS[asked.request.ref.part or ""]
        return wire.Content(snapshot="5" * 32, size_bytes=len(content)), [content]

    shown = wire.Shown(session=session_row(), snapshot=snapshot_row(), parts=ROWS)
    daemon.answers |= {wire.Show: lambda _: shown, wire.Cat: cat}
    return daemon


def _part(form: str, kind: str, content: bytes, **facts: str | int | bool | None) -> SessionPart:
    row = PartRow(key="k", name="n", kind=kind, size_bytes=len(content), facts=facts)
    return SessionPart(row, Ref(id="0" * 32), form, lambda _: content)


def test_parts_are_chosen_as_they_are_loaded(parts: FakeDaemon, client: Client) -> None:
    """By kind, by key, by unique name, or in the reference; all without."""
    assert [part.key for part in client.parts("mosaic/x")] == ["c1", "b1", "b2"]
    assert [part.key for part in client.parts("mosaic/x", kinds=["buffer"])] == ["b1", "b2"]
    assert [part.key for part in client.parts("mosaic/x:b2")] == ["b2"]
    assert [part.key for part in client.parts("mosaic/x", parts=["membrane"])] == ["c1"]
    with pytest.raises(Ambiguous):
        client.parts("mosaic/x:Untitled")
    with pytest.raises(NotFound):
        client.parts("mosaic/x:nothing")


def test_an_array_is_read_alone_and_once(parts: FakeDaemon, client: Client) -> None:
    """Only its own bytes travel, of the snapshot that was shown, when they are looked at."""
    [cluster] = client.parts("mosaic/x:c1")
    points = cluster.arrays["points"]
    assert (points.dtype, points.shape, points.unit) == ("<f4", (2, 3), "Å")
    assert parts.requests(wire.Cat) == []
    assert (points.data, points.data) == (POINTS, POINTS)
    [asked] = parts.requests(wire.Cat)
    assert isinstance(asked.request, wire.Cat)
    assert (asked.request.ref.part, asked.request.ref.snapshot) == ("c1/points", snapshot_row().snapshot)


def test_an_array_of_a_read_part_costs_no_request(parts: FakeDaemon, client: Client) -> None:
    """It lies in the content."""
    [cluster] = client.parts("mosaic/x:c1")
    assert cluster.content == CLUSTER
    assert cluster.arrays["points"].data == POINTS
    assert len(parts.requests(wire.Cat)) == 1


def test_numpy_gets_the_bytes_themselves() -> None:
    """By NumPy's array interface: type, shape, order, and the very object that holds the bytes."""
    row = ArrayRow(name="a", dtype="<f4", shape=[2, 3], unit="", offset=0, size_bytes=24, fortran=True)
    array = PartArray(row, lambda: POINTS)
    interface = array.__array_interface__
    assert interface["data"] is POINTS
    assert {name: interface[name] for name in ("version", "typestr", "shape", "strides")} == {
        "version": 3, "typestr": "<f4", "shape": (2, 3), "strides": (4, 8),
    }  # fmt: skip


def test_numpy_shares_the_memory() -> None:
    """No byte is copied, in either order."""
    for fortran, expected in ((False, [[0, 1, 2], [3, 4, 5]]), (True, [[0, 2, 4], [1, 3, 5]])):
        row = ArrayRow(name="a", dtype="<f4", shape=[2, 3], unit="", offset=0, size_bytes=24, fortran=fortran)
        found = numpy.asarray(PartArray(row, lambda: POINTS))
        assert found.tolist() == expected
        assert numpy.shares_memory(found, numpy.frombuffer(POINTS, "<f4"))


def test_an_array_that_came_short_is_damaged() -> None:
    """NumPy would read beyond it."""
    row = ArrayRow(name="a", dtype="<f4", shape=[2, 3], unit="", offset=0, size_bytes=24)
    with pytest.raises(Damaged):
        _ = PartArray(row, lambda: POINTS[:-1]).data


def test_a_message_is_typed_in_both_generations() -> None:
    """Role, text, calls and results, in the words of v1 and of v2."""
    call = {"type": "tool-call", "toolCallId": "1", "toolName": "power---file_read"}
    text = {"type": "text", "text": "Reading."}
    for word in ("args", "input"):
        content = json.dumps({"role": "assistant", "content": [text, {**call, word: {"path": "a"}}]}).encode()
        value = _part("aiderdesk", "message", content).value
        assert isinstance(value, values.Message)
        assert (value.role, value.text) == ("assistant", "Reading.")
        assert value.tool_calls == (values.ToolCall(id="1", name="power---file_read", arguments={"path": "a"}),)
    result = {"type": "tool-result", "toolCallId": "1", "toolName": "x"}
    value = _part("aiderdesk", "message", json.dumps({"role": "tool", "content": [result]}).encode()).value
    assert isinstance(value, values.Message)
    assert value.tool_results == (values.ToolResult(id="1", name="x", result=None),)


def test_tracks_resources_and_regions_are_typed() -> None:
    """From XML, with a prefix that only the whole document declares, and from JSON."""
    track = b'<Track clazz="x" id="/a.bed" name="A" n:own="1"><DataRange type="LINEAR"/></Track>'
    assert _part("igv", "track", track).value == values.Track(
        name="A", id="/a.bed", attributes={"clazz": "x", "id": "/a.bed", "name": "A", "n:own": "1"}
    )
    value = _part("igv", "track", b'{"name": "A", "url": "https://x/a.bed"}').value
    assert isinstance(value, values.Track)
    assert (value.name, value.id) == ("A", "https://x/a.bed")
    value = _part("igv", "resource", b'<Resource path="../a.bam" index="i"/>').value
    assert isinstance(value, values.DataFile)
    assert value.path == "../a.bam"
    region = values.Region(chromosome="chr1", start=999, end=2000, description="it")
    xml = b'<Region chromosome="chr1" start="999" end="2000" description="it"/>'
    assert _part("igv", "region", xml).value == region
    assert _part("igv", "region", b'{"chr":"chr1","start":999,"end":2000,"description":"it"}').value == region


def test_buffers_files_and_geometries_are_typed(parts: FakeDaemon, client: Client) -> None:
    """And what no kind is known of is text, or bytes."""
    assert _part("renardo", "buffer", b"d1 >> pluck()").value == values.Buffer(name="n", text="d1 >> pluck()")
    content = b'{"path": "src/a.py", "readOnly": true}'
    assert _part("aiderdesk", "file", content).value == values.ContextFile(path="src/a.py", read_only=True)
    geometry = _part("mosaic", "cluster", CLUSTER, type="Geometry", uuid="c1", visible=False).value
    assert isinstance(geometry, values.Geometry)
    assert (geometry.type, geometry.visible) == ("Geometry", False)
    assert _part("igv", "locus", b"chr1:1-2").value == _part("igv", "locus", b'"chr1:1-2"').value == "chr1:1-2"
    assert _part("plain", "file", b"text").value == "text"
    assert _part("plain", "file", b"\xff").value == b"\xff"


@pytest.mark.parametrize(
    ("form", "kind", "content"),
    [
        ("aiderdesk", "message", b"[1]"),
        ("aiderdesk", "message", b"[" * 100_000),
        ("aiderdesk", "file", b"{}"),
        ("igv", "track", b"<Track"),
        ("igv", "track", b'<!DOCTYPE x [<!ENTITY e "e">]><Track name="&e;"/>'),
        ("igv", "region", b'<Region chromosome="chr1" start="1,000" end="2"/>'),
        ("mosaic", "cluster", b""),
    ],
)
def test_what_is_not_of_its_kind_is_damaged(form: str, kind: str, content: bytes) -> None:
    """One coded error, whatever is wrong with it."""
    with pytest.raises(Damaged):
        _ = _part(form, kind, content).value
