"""Real sessions of every release, made by nobody here, against the newest Mosaic."""

from __future__ import annotations

from pathlib import Path

import pytest
from mosaic_desk import Desk, assert_arrays_agree, lines, named, parts_of, written
from programs.mosaic import Mosaic

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "mosaic"


def _samples(*patterns: str) -> list[Path]:
    return sorted(path for pattern in patterns for path in SAMPLES.glob(pattern) if "colabseg" not in path.name)


#: As 1.3 writes them, and as every release that could save did.
PRESENT = _samples("*.pickle", "*.mosaic", "legacy/mosaic-1.3*.pickle")
EVERY = _samples("*.pickle", "*.mosaic", "legacy/*.pickle")


@pytest.fixture
def sample_desk(newest: Mosaic, tmp_path: Path, sample: Path) -> Desk:
    return Desk(tmp_path, newest, sample.suffix)


@pytest.mark.skipif(not PRESENT, reason="no samples of real sessions beside the project")
@pytest.mark.parametrize("sample", PRESENT, ids=lambda path: path.name)
def test_a_real_session_has_the_arrays_that_numpy_has(sample_desk: Desk, sample: Path):
    """Fact 3: over every object of a real session."""
    parts = parts_of(sample.read_bytes())
    for name, seen in sample_desk.seen(sample.read_bytes())["objects"].items():
        assert_arrays_agree(named(parts, name), seen)


@pytest.mark.skipif(not PRESENT, reason="no samples of real sessions beside the project")
@pytest.mark.parametrize("sample", PRESENT, ids=lambda path: path.name)
def test_a_real_session_saved_again_by_mosaic_is_no_change(sample_desk: Desk, sample: Path):
    """Fact 9: whoever made it."""
    document = sample.read_bytes()
    assert lines(document, sample_desk.saved(document)) == []


@pytest.mark.skipif(not EVERY, reason="no samples of real sessions beside the project")
@pytest.mark.parametrize("sample", EVERY, ids=lambda path: path.name)
def test_a_real_session_edited_by_us_opens_in_mosaic(sample_desk: Desk, sample: Path):
    """Facts 2 and 12: of every released version, an object is taken out and put back from the original."""
    document = sample.read_bytes()
    parts, before = parts_of(document), without_uuids(sample_desk.seen(document))
    for each in [each for each in parts if each.name in before]:
        smaller = written([part for part in parts if part is not each], document)
        assert without_uuids(sample_desk.seen(smaller)) == {k: v for k, v in before.items() if k != each.name}
        assert without_uuids(sample_desk.seen(written(parts, smaller))) == before


def without_uuids(seen: dict) -> dict[str, dict]:
    """The objects; Mosaic gives those of before 1.0.11 a new uuid at each loading."""
    return {name: each | {"state": each["state"] | {"uuid": ""}} for name, each in seen["objects"].items()}
