"""Large sessions: what is asked of them grows as they do. The bounds are several times what it takes."""

import time

import pytest

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.renardo import RENARDO, as_renardo_would, for_renardo, from_project, to_project

BUFFERS = 10_000
MOST_SECONDS = 5  # of the processor, whoever else uses it; anything quadratic takes several times as long


def buffers(name="Untitled", text="p{n} >> pluck([{n}, 4], dur={n})\n"):
    return [
        Part(key=f"b{n}", name=name.format(n=n), kind="buffer", content=text.format(n=n).encode())
        for n in range(BUFFERS)
    ]


STARTUP = Part(key="s", name="startup.py", kind="startup", content=b"s = 1")
SAME = [STARTUP, *buffers()]
DOCUMENT = RENARDO.write(SAME)
CHANGED = buffers(text="p{n} >> blip([{n}, 5], dur={n}, amp=2)\n")


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(lambda: RENARDO.read(DOCUMENT), id="read"),
        pytest.param(lambda: RENARDO.write([*SAME[:-1]], DOCUMENT), id="write"),
        pytest.param(lambda: for_renardo(SAME), id="for Renardo"),
        pytest.param(lambda: as_renardo_would(DOCUMENT[b""]), id="as Renardo would"),
        pytest.param(lambda: from_project(to_project(SAME)), id="to a project and back"),
        pytest.param(lambda: RENARDO.match(SAME, SAME[::-1]), id="match reversed"),
        pytest.param(lambda: RENARDO.match(SAME, CHANGED), id="match namesakes that changed"),
        pytest.param(lambda: RENARDO.match(buffers("a{n}"), buffers("b{n}", "other {n}")), id="match strangers"),
        pytest.param(lambda: changes(RENARDO, SAME, CHANGED), id="differences"),
    ],
)
def test_fact_17_ten_thousand_buffers_take_seconds(work):
    """Fact 17: time grows with the session and not with its square."""
    begin = time.process_time()
    work()
    assert time.process_time() - begin < MOST_SECONDS


@pytest.mark.parametrize(
    "content",
    [
        b"#" * 8_000_000,
        (b"#" * 80 + b"\n") * 100_000,
        (b"#" * 80 + b"\n######## a\n") * 90_000,
        (b"//" + b"=" * 78 + b"\n// STARTUP_FILE: a\n") * 80_000,
        b"\n" * 8_000_000,
        b"\r\n\r" * 3_000_000,
        b"x" * 8_000_000,
    ],
    ids=["hashes", "separators", "half headers", "half startup headers", "blank lines", "line ends", "one line"],
)
def test_fact_17_eight_megabytes_of_anything_are_read_in_seconds(content):
    """Fact 17: look-alikes of delimiters cost no more than text."""
    begin = time.process_time()
    document = {b"": content}
    assert RENARDO.write(RENARDO.read(document).parts, document) == document
    assert time.process_time() - begin < MOST_SECONDS


def test_fact_17_the_size_of_the_largest_sample_is_saved_well_within_a_second():
    """Fact 17: 412 kB with a line of 120 kB, read, changed and written."""
    long = Part(key="l", name="long", kind="buffer", content=b"x" * 120_000)
    parts = [STARTUP, long, *buffers(text="p{n} >> pluck([0, 4], dur=1/4)\n" * 3)[:1500]]
    document = RENARDO.write(parts)
    assert len(document[b""]) > 412_000
    begin = time.process_time()
    RENARDO.read(RENARDO.write([*RENARDO.read(document).parts[:-1]], document))
    assert time.process_time() - begin < 1
