"""The same promises over files that real versions of Mosaic and colabseg wrote."""

import subprocess
import sys
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.formats.mosaic.emitter import Allowance, written_document
from holdfast_daemon.formats.mosaic.machine import unpickled
from holdfast_daemon.formats.mosaic.spelling import spelling_of
from holdfast_daemon.formats.mosaic.wrapping import wrapping_of

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "mosaic"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the collected samples are not on this machine")

GOOD = sorted(
    path.relative_to(SAMPLES).as_posix()
    for path in SAMPLES.rglob("*")
    if path.suffix in (".pickle", ".mosaic", ".PICKLE") and "bad" not in path.parts
)
GEOMETRIES = ("cluster", "model")
#: Version to the range that is inferred of its file.
WRITERS = {
    "legacy/mosaic-1.0.0.pickle": "1.0.0 – 1.0.10",
    "legacy/mosaic-1.0.10.pickle": "1.0.7 – 1.0.10",
    "legacy/mosaic-1.1.1.pickle": "1.1.0 – 1.2.1",
    "legacy/mosaic-1.2.4.pickle": "1.2.4",
    "legacy/mosaic-1.3.1.pickle": "1.3.0 – 1.3.1",
    "legacy/colabseg-2025-02-09.pickle": "colabseg, before Mosaic 1.0.0",
    "a_small.pickle": "1.3.2 or newer",
    "a_small.mosaic": "1.3.2",
    "c_empty.pickle": "1.3.0 or newer",
}


def document(name):
    return {b"": (SAMPLES / name).read_bytes()}


def substance(parts):
    return sorted((part.kind, part.name, part.content) for part in parts if part.kind in GEOMETRIES)


@pytest.mark.parametrize("name", GOOD)
def test_fact_2_every_good_sample_is_read(name):
    """Fact 2: with the standard library alone; every geometry has a type, points and, since 1.0.11, a uuid."""
    found = MOSAIC.read(document(name))
    assert found.warnings == ()
    assert MOSAIC.recognise(document(name)) == found.recognition
    for part in found.parts:
        if part.kind in GEOMETRIES:
            assert part.facts["points"] > 0
            assert part.arrays[0].name == "points"


@pytest.mark.parametrize("name", GOOD)
def test_fact_6_nodes_of_every_sample_are_written_to_the_byte(name):
    """Fact 6: the writer needs no template to get Mosaic's own bytes."""
    content = document(name)[b""]
    wrapping = wrapping_of(content)
    pickle = unpickled(content, wrapping.start, wrapping.end)
    again = written_document(pickle.root, spelling_of(pickle), Allowance(1 << 40, 1 << 40)).joined()
    assert again == content[wrapping.start : pickle.end]


@pytest.mark.parametrize("name", GOOD)
def test_fact_6_unchanged_parts_give_the_same_file(name):
    """Fact 6: both containers, all versions."""
    assert MOSAIC.write(MOSAIC.read(document(name)).parts, document(name)) == document(name)


@pytest.mark.parametrize("name", GOOD)
def test_each_geometry_can_be_taken_out_and_put_back(name):
    """Fact 12: the others stay what they are, and trees name only what is there."""
    whole = document(name)
    parts = MOSAIC.read(whole).parts
    for part in [part for part in parts if part.kind in GEOMETRIES][:3]:
        rest = [each for each in parts if each is not part]
        without = MOSAIC.write(rest, whole)
        assert substance(MOSAIC.read(without).parts) == substance(rest)
        assert MOSAIC.read(without).warnings == ()
        back = MOSAIC.write([*MOSAIC.read(without).parts, part], without)
        assert substance(MOSAIC.read(back).parts) == substance(parts)


@pytest.mark.parametrize("name", GOOD)
def test_fact_15_every_sample_becomes_a_session_of_today(name):
    """Fact 15: nothing is lost, and colabseg's geometries get the representation that Mosaic asks for."""
    parts = MOSAIC.read(document(name)).parts
    again = {part.key: part for part in MOSAIC.read(MOSAIC.write(parts)).parts}
    for part in parts:
        line = MOSAIC.describe_change(part, again[part.key])
        assert line.endswith("unchanged") or (line.endswith("representation added") and "colabseg" in name)


@pytest.mark.parametrize("name", [name for name in WRITERS if (SAMPLES / name).is_file()])
def test_fact_17_the_writers_range_is_right(name):
    """Fact 17: the version that wrote each sample is known, and lies in what is inferred."""
    recognition = MOSAIC.recognise(document(name))
    assert recognition.writer == WRITERS[name]
    assert recognition.inferred == (not name.endswith(".mosaic"))


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("bad/*")))
def test_facts_4_and_8_bad_samples_are_damage(name):
    """Facts 4 and 8: empty, truncated, and one that would run a command."""
    target = Path("/tmp/MOSAIC_SAMPLE_CODE_EXECUTED")
    was_there = target.exists()
    with pytest.raises(DamagedDocument):
        MOSAIC.read(document(f"bad/{name}"))
    assert target.exists() == was_there


def test_nothing_of_mosaics_is_imported():
    """Fact 2: neither Mosaic nor numpy, vtk, scipy, nor even Python's pickle in what reads."""
    program = (
        "import sys; from pathlib import Path; from holdfast_daemon.formats.mosaic import MOSAIC\n"
        "MOSAIC.read({b'': Path(sys.argv[1]).read_bytes()})\n"
        "print(*{'mosaic', 'numpy', 'vtk', 'scipy', 'pickle', '_pickle'} & sys.modules.keys())"
    )
    command = [sys.executable, "-c", program, str(SAMPLES / "b_models.pickle")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.split() == []
