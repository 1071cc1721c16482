"""Reading large documents of three applications into parts, each in a process of its own, against a peer that does the
least that any reader of such bytes must do; and what three successive large sessions cost the store.

The peers: hashing (BLAKE2b) for Mosaic's arrays, ``json.loads`` for a chat, a bare expat parse for IGV's XML.
"""

from __future__ import annotations

import json
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from measure import Measured, at_most

from holdfast.client import Client

ROUNDS = 3
CLUSTERS = 48
POINTS = 78_000  # of 24 bytes, points and normals: 90 MB together
MESSAGES = 1_320
TRACKS = 1_000

#: Reads FILE as APP, and says: seconds, seconds of the peer, the greatest resident memory in MB.
_READER = """
import hashlib, json, sys, time
from xml.parsers import expat
from holdfast_daemon.formats.registry import load_formats
app, file = sys.argv[1:]
form = load_formats()[app]
content = open(file, "rb").read()
peers = {
    "mosaic": lambda: hashlib.blake2b(content).digest(),
    "aiderdesk": lambda: json.loads(content),
    "igv": lambda: expat.ParserCreate().Parse(content, True),
}
start = time.perf_counter()
reading = form.read({b"": content})
middle = time.perf_counter()
# not ru_maxrss: a child inherits what its parent had before it
peak = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
peers[app]()
print(json.dumps([middle - start, time.perf_counter() - middle, peak, len(reading.parts)]))
"""


def run(endpoint: str, home: Path) -> Iterator[Measured]:
    """Time, memory, and growth of the store."""
    random_ = random.Random(1)
    large = _mosaic([random_.randbytes(POINTS * 12) for _ in range(CLUSTERS * 2)])
    yield from _read(home, "mosaic", large, 1.5, 300.0)
    yield from _read(home, "aiderdesk", _chat(random_), 0.3, None)
    yield from _read(home, "igv", _tracks(), 0.3, None)
    yield from _growth(endpoint, home, random_)


def _read(home: Path, app: str, content: bytes, seconds: float, megabytes: float | None) -> Iterator[Measured]:
    path = home / f"document.{app}"
    path.write_bytes(content)
    command = [sys.executable, "-c", _READER, app, str(path)]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(ROUNDS)]
    taken, peer, peak, parts = min(found)
    detail = f"{len(content) / 1e6:.0f} MB, {parts} parts; {taken / peer:.1f}× its peer"
    yield at_most(f"read {app} into parts", taken, seconds, "s", detail)
    if megabytes is not None:
        yield at_most(f"memory to read {app}", peak, megabytes, "MB", "with the interpreter")


def _growth(endpoint: str, home: Path, random_: random.Random) -> Iterator[Measured]:
    arrays = [random_.randbytes(POINTS * 12) for _ in range(CLUSTERS * 2)]
    with Client(endpoint.removeprefix("ipc://"), timeout_seconds=120) as client:
        client.save("mosaic", "large", _mosaic(arrays))
        for version in (2, 3):
            before = _packs_bytes(home)
            arrays[version * 10] = random_.randbytes(POINTS * 11 // 12 * 12)
            content = _mosaic(arrays)
            client.save("mosaic", "large", content)
            grown = (_packs_bytes(home) - before) / len(content) * 100
            yield at_most(f"store for version {version} of a Mosaic session", grown, 5.0, "%", "one object changed")


def _packs_bytes(home: Path) -> int:
    """What is kept for ever; a visible file on its way lies in the store too, for a moment."""
    return sum(path.stat().st_size for path in (home / "store" / "packs").iterdir())


def _mosaic(arrays: list[bytes]) -> bytes:
    """A session of 1.3.2 as Mosaic pickles it; each cluster has two of the arrays."""
    clusters = b"".join(
        _cluster(place, *pair) for place, pair in enumerate(zip(arrays[::2], arrays[1::2], strict=True))
    )
    return b"".join(
        (
            b"\x80\x05}(",
            _text("metadata"),
            b"}",
            _text("_data"),
            _container(clusters),
            _text("_models"),
            _container(b""),
        )
    ) + b"".join((_text("_data_tree"), _tree(), _text("_models_tree"), _tree(), b"u."))


def _container(items: bytes) -> bytes:
    state = (_text("data"), b"](", items, b"e", _text("base_color"), b"(" + (b"G" + struct.pack(">d", 0.7)) * 3 + b"t")
    return _made("mosaic.container", "DataContainer", b"".join(state))


def _tree() -> bytes:
    names = ("groups", "}"), ("group_names", "}"), ("root_items", "]")
    return _made("mosaic.tree_state", "TreeStateData", b"".join(_text(name) + empty.encode() for name, empty in names))


def _cluster(place: int, points: bytes, normals: bytes) -> bytes:
    state = (
        *(_text("points"), _array(points), _text("normals"), _array(normals), _text("quaternions"), b"N"),
        *(_text("sampling_rate"), _array(struct.pack("<3f", 1, 1, 1), rows=None), _text("model"), b"N"),
        *(_text("meta"), b"}(", _text("name"), _text(f"membrane {place}"), b"u", _text("visible"), b"\x88"),
        *(_text("appearance"), b"}", _text("representation"), _text("pointcloud"), _text("uuid")),
        _text(f"{place:08x}-0000-4000-8000-000000000000"),
    )
    return _made("mosaic.geometry", "Geometry", b"".join(state))


def _made(module: str, name: str, state: bytes) -> bytes:
    return _text(module) + _text(name) + b"\x93)\x81}(" + state + b"ub"


def _array(content: bytes, rows: int | None = 3) -> bytes:
    count = len(content) // 4
    shape = _number(count // rows) + _number(rows) + b"\x86" if rows else _number(count) + b"\x85"
    dtype = _text("numpy") + _text("dtype") + b"\x93" + _text("f4") + b"\x89\x88\x87R(K\x03" + _text("<") + b"NNN"
    dtype += b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    call = (
        _text("numpy._core.numeric") + _text("_frombuffer") + b"\x93(\x96" + struct.pack("<Q", len(content)) + content
    )
    return call + dtype + shape + _text("C") + b"tR"


def _number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def _text(text: str) -> bytes:
    return b"\x8c" + bytes([len(text)]) + text.encode()


def _chat(random_: random.Random) -> bytes:
    words = [f"word{number}" for number in range(500)]
    messages = [
        {"id": f"m{number}", "role": ("user", "assistant")[number % 2], "content": [
            {"type": "text", "text": " ".join(random_.choices(words, k=500))},
        ]}
        for number in range(MESSAGES)
    ]  # fmt: skip
    return json.dumps({"version": 2, "contextMessages": messages, "contextFiles": []}, indent=2).encode()


def _tracks() -> bytes:
    paths = [f"/data/project/sample_{number}.bam" for number in range(TRACKS)]
    resources = "".join(f'        <Resource path="{path}" type="bam"/>\n' for path in paths)
    tracks = "".join(
        f'        <Track attributeKey="{path}" clazz="org.broad.igv.sam.AlignmentTrack" color="0,0,{number % 256}" '
        f'displayMode="EXPANDED" fontSize="10" id="{path}" name="sample {number}" visible="true">\n'
        f'            <DataRange baseline="0.0" drawBaseline="true" maximum="60.0" minimum="0.0" type="LINEAR"/>\n'
        f"        </Track>\n"
        for number, path in enumerate(paths)
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<Session genome="hg38" locus="All" version="8">\n'
    panel = f'    <Panel name="DataPanel">\n{tracks}    </Panel>\n'
    return f"{head}    <Resources>\n{resources}    </Resources>\n{panel}</Session>\n".encode()
