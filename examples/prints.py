"""Makes the pictures of printed sessions in README.md, of data that it makes itself:
``.venv/bin/python examples/prints.py examples/pictures``."""

from __future__ import annotations

import io
import json
import math
import random
import struct
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "tests" / "data" / "mosaic"))
import mosaic_sessions

from holdfast.testing import PrivateDaemon

WIDTH, HEIGHT, MOST_BYTES = 760, 515, 150_000
RULE = "#" * 80
#: Color, radius in Å, and how many points, of what a vesicle is made of.
SHELLS = {
    "outer leaflet": ("0.20 0.47 0.84", 420.0, 3200), "inner leaflet": ("0.93 0.55 0.16", 380.0, 2400),
    "channels": ("0.82 0.20 0.34", 455.0, 180),
}  # fmt: skip


def chat(folder: Path) -> bytes:
    """A question, what a tool gave, and code."""
    call = {"toolCallId": "1", "toolName": "power---grep"}
    answer = (
        "The tempo is read **once**, when the loop starts. Ask for it at every turn:\n\n"
        "```python\ndef turn(clock, patterns):\n    for name, pattern in patterns.items():\n"
        "        pattern.play(at=clock.now(), beat=60 / clock.bpm)  # not the first one\n```\n\n"
        "| Was | Is |\n|---|---|\n| `self.bpm` | `clock.bpm` |\n| a constant | of this turn |\n\n"
        "It also holds in 日本語, العربية and with 🎵."
    )
    gave = {"type": "text", "value": "loop.py:12: self.bpm = clock.bpm"}
    asked = [{"type": "text", "text": "I look for it."}, {"type": "tool-call", **call, "input": {"pattern": "bpm"}}]
    said: list[dict[str, object]] = [
        {"id": "1", "role": "user", "content": "Why does the loop keep its old tempo?"},
        {"id": "2", "role": "assistant", "content": asked},
        {"id": "3", "role": "tool", "content": [{"type": "tool-result", **call, "output": gave}]},
        {"id": "4", "role": "assistant", "content": answer},
        {"id": "5", "role": "user", "content": "Thank you! Please add a test."},
    ]
    return json.dumps({"version": 2, "contextMessages": said, "contextFiles": [{"path": "loop.py"}]}).encode()


def buffers(folder: Path) -> bytes:
    """Two of Renardo's."""
    texts = {
        "drums": 'Clock.bpm = 124\nd1 >> play("X-o-", sample=2)\nd2 >> play("  * ", amp=[0.6, 0.9], pan=[-0.5, 0.5])\n'
        "d1.every(8, 'stutter', 4)  # at the end of each phrase\n",
        "bass": "notes = var([0, 4, 5, 3], [4, 2, 2, 8])\nb1 >> bass(notes, dur=PDur(3, 8), sus=0.4, amp=0.8)\n\n"
        "def lift(step=2):\n    b1.degree = notes + step\n    Clock.future(16, lambda: b1.stop())\n",
    }
    return "\n".join(f"{RULE}\n######## {name}\n{RULE}\n{text}" for name, text in texts.items()).encode()


def tracks(folder: Path) -> bytes:
    """A panel of signals and one of genes, whose files lie in the folder."""
    rows = {
        "tumor.bw": ("DataSourceTrack", "178,32,46", 70, "tumor, RNA-seq", -5, 40),
        "normal.bw": ("DataSourceTrack", "36,99,175", 70, "normal, RNA-seq", 0, 40),
        "peaks.bed": ("FeatureTrack", "120,84,190", 34, "open chromatin", 0, 0),
        "genes.gtf": ("FeatureTrack", "20,120,90", 60, "genes", 0, 0),
    }
    for name in rows:
        (folder / name).touch()
    panels: dict[str, list[str]] = {"DataPanel": [], "FeaturePanel": []}
    for name, (kind, color, height, title, low, high) in rows.items():
        span = f'<DataRange minimum="{low}.0" maximum="{high}.0" baseline="0.0" type="LINEAR"/>' if high else ""
        mode = ' displayMode="EXPANDED"' if name == "genes.gtf" else ""
        panels["DataPanel" if high else "FeaturePanel"].append(
            f'<Track clazz="org.broad.igv.track.{kind}" color="{color}" altColor="70,70,90" height="{height}"{mode} '
            f'id="{folder / name}" name="{title}" visible="true">{span}</Track>'
        )
    files = "".join(f'<Resource path="{folder / name}"/>' for name in rows)
    inside = "".join(f'<Panel name="{name}" height="190">{"".join(each)}</Panel>' for name, each in panels.items())
    region = '<Region chromosome="chr7" start="55086900" end="55107000" description="exons 1 to 4"/>'
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<Session genome="hg38" version="8" '
        f'locus="chr7:55,019,017-55,211,628"><Resources>{files}</Resources>{inside}<Regions>{region}</Regions></Session>'
    ).encode()


def vesicle(folder: Path) -> bytes:
    """Two leaflets, cut open, and what sits in them."""
    world, rows = mosaic_sessions.World(), []
    for name, (color, radius, count) in SHELLS.items():
        place = [axis for point in _ball(radius, count, name) for axis in point]
        made = world.geometry(name, 1)
        made.points = world.array(struct.pack(f"<{len(place)}f", *place), (len(place) // 3, 3))
        made.vertex_properties._properties = {}
        made.appearance = world.appearance(base_color=tuple(map(float, color.split())))
        rows.append(made)
    content: bytes = world.pickled(world.session(rows))
    return content


def _ball(radius: float, count: int, name: str) -> Sequence[tuple[float, float, float]]:
    """Points on a sphere, without its front quarter."""
    chance = random.Random(name)
    found = []
    while len(found) < count:
        height, turn = chance.uniform(-1, 1), chance.uniform(0, 2 * math.pi)
        flat = math.sqrt(1 - height * height)
        point = (radius * flat * math.cos(turn), radius * flat * math.sin(turn), radius * height)
        if not (point[1] < 0 < point[2]):
            found.append(point)
    return found


SESSIONS: dict[str, tuple[str, str, Callable[[Path], bytes]]] = {
    "print-chat": ("aiderdesk", "a loop and its tempo", chat), "print-buffers": ("renardo", "night set", buffers),
    "print-tracks": ("igv", "EGFR", tracks), "print-cloud": ("mosaic", "vesicle", vesicle),
}  # fmt: skip


def main(target: Path) -> None:
    """Each as PNG, its top."""
    with tempfile.TemporaryDirectory() as name, PrivateDaemon(Path(name)) as daemon:
        for file, (app, title, make) in SESSIONS.items():
            folder = Path(name, file)
            folder.mkdir()
            with daemon.client(timeout_seconds=60) as client:
                client.save(app, title, make(folder))
                content = b"".join(client.export(f"{app}/{title}", "png").read())
            place = target / f"{file}.png"
            _top(content).save(place, optimize=True)
            if place.stat().st_size > MOST_BYTES:
                _top(content).quantize(256, Image.Quantize.MAXCOVERAGE).save(place, optimize=True)
            print(place, place.stat().st_size)


def _top(content: bytes) -> Image.Image:
    """The upper end of a picture, made smaller."""
    with Image.open(io.BytesIO(content)) as picture:
        size = WIDTH, round(picture.height * WIDTH / picture.width)
        small = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    return small.crop((0, 0, WIDTH, min(small.height, HEIGHT)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
