"""Sessions of 90 MB, and documents made to cost far more than they are."""

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

MEASURE = """
import sys, time
from holdfast_daemon.formats.base import DamagedDocument, Origin
from holdfast_daemon.formats.mosaic import MOSAIC

def peak():  # not getrusage: its peak is that of whoever started us, too
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])

document = {b"": open(sys.argv[1], "rb").read()}
before = peak()
start = time.process_time()
MOSAIC.recognise(document)
try:
    parts = len(MOSAIC.read(document).parts)
except DamagedDocument:
    parts = 0
seconds = time.process_time() - start
if len(sys.argv) > 2:
    start = time.process_time()
    MOSAIC.converted(document, sys.argv[2], Origin(name="cell", created=0, modified=0))
    seconds = time.process_time() - start
print(parts, seconds, peak() / 1024, (peak() - before) / 1024)
"""


def measured(tmp_path, content, *to):
    """Parts, seconds of work, megabytes at most, and megabytes more than before the reading; ``to``: converted then,
    and the seconds of that."""
    path = tmp_path / "session.pickle"
    path.write_bytes(content)
    ran = subprocess.run([sys.executable, "-c", MEASURE, str(path), *to], capture_output=True, text=True, check=True)
    return [float(word) for word in ran.stdout.split()]


@pytest.fixture(scope="module")
def large():
    return made.large()


def test_fact_10_a_session_of_90_megabytes_is_read_at_once(tmp_path, large):
    """Fact 10: once the document and once its parts are in memory, and nothing else of that size."""
    assert 89e6 < len(large) < 91e6
    parts, seconds, megabytes, _ = measured(tmp_path, large)
    assert parts == 48 + 5
    assert seconds < 3
    assert megabytes < 300


def test_a_session_of_90_megabytes_is_converted_in_half_a_gigabyte(tmp_path, large):
    """Issue 9 and fact 10: its arrays are taken over as they lie."""
    _, seconds, megabytes, _ = measured(tmp_path, large, "1.2.4")
    assert seconds < 3
    assert megabytes < 500


def text(content):
    return b"\x8c" + bytes([len(content)]) + content


def hostile(many):
    container = b"h\x02)\x81}" + text(b"data") + b"%ssb"
    mark = b"\x8c\x10mosaic.container\x94\x8c\x0dDataContainer\x94\x93\x94"
    geometry = text(b"mosaic.geometry") + text(b"Geometry") + b"\x93\x94)\x81}\x94(" + text(b"points") + b"Nub"
    data = text(b"_data") + container % (b"](" + geometry + b"e")
    return b"\x80\x05}(" + text(b"x") + mark + data + text(b"_models") + container % b"]" + text(b"y") + many + b"u."


@pytest.mark.parametrize(
    "unit",
    [b"}\x94", b"N", b"M\x00\x10", b"C\x02ab\x94", b"h\x03)\x81h\x04b"],
    ids=["dicts", "nothing", "numbers", "bytes", "geometries"],
)
def test_fact_5_memory_is_bounded_by_the_size(tmp_path, unit):
    """Fact 5: a megabyte of the smallest opcodes take no more than 64 MB and 30 times their size."""
    content = hostile(b"](" + unit * (1_000_000 // len(unit)) + b"e")
    _, seconds, _, megabytes = measured(tmp_path, content)
    assert megabytes < 64 + 30 * len(content) / 2**20
    assert seconds < 20
