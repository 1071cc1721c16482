"""Sessions as large as they come, in each form that people read: how long it takes, and the most memory that the client
or its typesetter has at any time, which should not grow with the session.

Peak memory is what the system counted for the command and for what it started (``wait4``); it is never less than what
this program had when it started the command.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
from measure import Measured
from processes import BIN, daemon, environment

import holdfast

FORMS = ("html", "pdf", "png")
#: No form of any session should need more.
MOST_MIB = 512
_LINE = "d1 >> play('x-o-', dur=1/2, amp=[1, 0.5])  # the drums\n"
_RULE = "#" * 80


def run(home: Path) -> Iterator[Measured]:
    """Three lines for each session."""
    mine = home / "prints"
    mine.mkdir(mode=0o700)
    with daemon(mine) as (socket, _):
        for name, (app, what, make) in SESSIONS.items():
            with holdfast.Client(socket.removeprefix("ipc://"), timeout_seconds=300) as client:
                client.save(app, name, make())
            for form in FORMS:
                yield _measured(mine, f"{app}/{name}", what, form)


def _measured(home: Path, ref: str, what: str, form: str) -> Measured:
    place = home / f"out.{form}"
    words = [str(BIN / "holdfast"), "export", ref, "--to", form, "-o", str(place), "--force", "-q"]
    begun = time.perf_counter()
    process = subprocess.Popen(words, env=environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds, peak_mib = time.perf_counter() - begun, used.ru_maxrss / 1024
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return Measured(
        what=f"{what} as {form}: peak memory", value=f"{peak_mib:.0f} MiB", target=f"≤ {MOST_MIB} MiB",
        met=peak_mib <= MOST_MIB, detail=f"{seconds:.1f} s, {place.stat().st_size / 1e6:.1f} MB",
    )  # fmt: skip


def chat(count: int = 50_000) -> bytes:
    """Questions, answers with code, and what tools gave."""
    said: list[dict[str, object]] = []
    for number in range(count // 3 + 1):
        call = {"toolCallId": f"c{number}", "toolName": "power---bash"}
        words = f"Answer **{number}**.\n\n{'It reads every message in order. ' * 8}\n\n```python\nx = {number}\n```\n"
        asked = {"type": "tool-call", **call, "input": {"command": f"ls {number}"}}
        gave = {"type": "tool-result", **call, "output": {"type": "text", "value": "a.py b.py " * 20}}
        said += [
            {"id": f"u{number}", "role": "user", "content": f"Question {number}: where is it?"},
            {"id": f"a{number}", "role": "assistant", "content": [{"type": "text", "text": words}, asked]},
            {"id": f"t{number}", "role": "tool", "content": [gave]},
        ]
    return json.dumps({"version": 2, "contextMessages": said[:count], "contextFiles": []}).encode()


def buffers(count: int = 5000, lines: int = 12) -> bytes:
    """As Renardo saves them."""
    return "\n".join(f"{_RULE}\n######## part {at}\n{_RULE}\n{_LINE * lines}" for at in range(count)).encode()


def tracks(count: int = 2000) -> bytes:
    """One panel of them, whose files are nowhere."""
    files = "".join(f'<Resource path="/data/{at}.bw" type="bw"/>' for at in range(count))
    rows = "".join(
        f'<Track clazz="org.broad.igv.track.DataSourceTrack" color="{at % 256},{at * 7 % 256},90" id="/data/{at}.bw" '
        f'name="Sample {at}" height="40" visible="true"><DataRange maximum="10.0" minimum="0.0"/></Track>'
        for at in range(count)
    )
    panel = f'<Panel height="2000" name="DataPanel" width="1200">{rows}</Panel>'
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<Session genome="hg38" '
        f'locus="chr7:55,019,017-55,211,628" version="8"><Resources>{files}</Resources>{panel}</Session>'
    ).encode()


def cloud(count: int, points_count: int) -> bytes:
    """So many clusters, with so many points together."""
    sys.path.append(str(Path(__file__).parents[1] / "tests" / "data" / "mosaic"))
    import mosaic_sessions

    world = mosaic_sessions.World()
    each = points_count // count
    rows = numpy.random.default_rng(1).normal(0, 400, (each, 3)).astype("<f4").tobytes()
    made = [world.geometry(f"part {at}", 1, uuid=f"u{at}", meta={"n": at}) for at in range(count)]
    for one in made:
        one.points = world.array(rows, (each, 3))
        one.vertex_properties._properties = {}
    content: bytes = world.pickled(world.session(made))
    return content


#: Name to application, what it is, and what makes it.
SESSIONS: dict[str, tuple[str, str, Callable[[], bytes]]] = {
    "chat": ("aiderdesk", "50,000 messages", chat),
    "set": ("renardo", "5,000 buffers", buffers),
    "long": ("renardo", "a buffer of 60 MB", lambda: buffers(1, 1_080_000)),
    "cohort": ("igv", "2,000 tracks", tracks),
    "objects": ("mosaic", "1,000 objects", lambda: cloud(1000, 1_000_000)),
    "dense": ("mosaic", "10 million points", lambda: cloud(8, 10_000_000)),
}
