"""A session that we made for another version, or put into the other container, is opened by the real Mosaic of that
version, which sees what the newest one sees in the session that it was made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mosaic_desk import Desk
from programs.mosaic import CannotOpen, Mosaic
from programs.presence import there

from holdfast_daemon.formats.base import Origin
from holdfast_daemon.formats.mosaic import MOSAIC

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "mosaic"
VERSIONS = ("1.3.2", "1.3.1", "1.2.4")
#: Whose sessions are made here; 1.2.4's come as samples.
MAKERS = ("1.3.2", "1.3.1")
EVERY = sorted(path for pattern in ("*.pickle", "*.mosaic", "legacy/*.pickle") for path in SAMPLES.glob(pattern))
#: What a segmentation has had since 1.3.0.
SINCE_1_3_0 = ("vertex_properties", "model")


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Desk]]:
    """Every version at work, each in a folder of its own."""
    running = {name: Mosaic(there(f"mosaic-{name}"), tmp_path_factory.mktemp("home")) for name in VERSIONS}
    yield {name: Desk(tmp_path_factory.mktemp(name), mosaic, ".pickle") for name, mosaic in running.items()}
    for mosaic in running.values():
        mosaic.close()


@pytest.fixture(scope="module", params=MAKERS)
def session(request: pytest.FixtureRequest, desks: dict[str, Desk]) -> bytes:
    """With an object of every class, by the real program."""
    return desks[request.param].made()


def converted(document: bytes, to: str) -> bytes:
    return MOSAIC.converted({b"": document}, to, Origin(name="cell", created=0, modified=0)).document[b""]


def substance(seen: object, *, without: tuple[str, ...] = ()) -> object:
    """What a version sees, told as the newest would."""
    if isinstance(seen, list):
        return [substance(each, without=without) for each in seen]
    if not isinstance(seen, dict):
        return seen.replace("formats.parser", "formats.records") if isinstance(seen, str) else seen
    state = seen.get("state")
    if isinstance(state, dict):
        left_out = {"_mesh", *(without if seen["class"].endswith("SegmentationGeometry") else ())}
        seen = seen | {"state": {key: each for key, each in state.items() if key not in left_out}}
    found = {key: substance(each, without=without) for key, each in seen.items()}
    if "visible" in found:
        found["visible"] = bool(found["visible"])
    return found


def told(seen: dict, to: str) -> object:
    """All of it but what is the container's."""
    parts = {key: seen[key] for key in ("objects", "trees", "metadata", "shown")}
    return substance(parts, without=() if to != "1.2.4" else SINCE_1_3_0)


@pytest.mark.parametrize("to", VERSIONS)
def test_a_session_made_for_a_version_is_the_same_there(desks: dict[str, Desk], session: bytes, to: str):
    """Fact 15: objects of every class, names, groups, order, visibility and shape."""
    assert told(desks[to].seen(converted(session, to)), to) == told(desks["1.3.2"].seen(session), to)


@pytest.mark.parametrize("to", ["1.3.1", "1.2.4"])
def test_without_it_the_older_version_cannot_open_the_newest(desks: dict[str, Desk], to: str):
    """The conversion is worth its while."""
    with pytest.raises(CannotOpen):
        desks[to].seen(desks["1.3.2"].made())


@pytest.mark.parametrize("to", ["indexed", "plain"])
@pytest.mark.parametrize("version", VERSIONS)
def test_the_other_container_is_the_same_session(desks: dict[str, Desk], session: bytes, version: str, to: str):
    """Fact 15: both containers are opened by each version."""
    ours = converted(session, version)
    other = ours if to == "indexed" else converted(ours, "indexed")
    assert told(desks[version].seen(converted(other, to)), version) == told(desks[version].seen(ours), version)


def test_a_session_comes_back_from_an_older_version_as_it_was(desks: dict[str, Desk], session: bytes):
    """Saved there by the real program, and converted up again: 1.2.4 drops what it was said to drop."""
    for to in ("1.3.1", "1.2.4"):
        back = converted(desks[to].saved(converted(session, to)), "1.3.2")
        assert told(desks["1.3.2"].seen(back), "1.2.4") == told(desks["1.3.2"].seen(session), "1.2.4")


def test_distances_to_an_older_cylinder_are_measured(desks: dict[str, Desk]):
    """1.3.2 measures to a mesh that 1.3.1 did not write; ours is the one that it makes itself."""
    theirs = desks["1.3.2"].measured(desks["1.3.2"].made(), "cylinder")
    ours = desks["1.3.2"].measured(converted(desks["1.3.1"].made(), "1.3.2"), "cylinder")
    assert ours == pytest.approx(theirs)
    assert len(ours) == 10


@pytest.mark.skipif(not EVERY, reason="no samples of real sessions beside the project")
@pytest.mark.parametrize("to", VERSIONS)
@pytest.mark.parametrize("sample", EVERY, ids=lambda path: path.name)
def test_a_real_session_made_for_a_version_is_the_same_there(desks: dict[str, Desk], sample: Path, to: str):
    """Fact 15: of every release, colabseg's among them, which the newest opens only after a conversion."""
    document = sample.read_bytes()
    wanted = converted(document, "1.3.2") if "colabseg" in sample.name else document
    after, before = (
        told(desks[name].seen(each), to) for name, each in ((to, converted(document, to)), ("1.3.2", wanted))
    )
    assert without_uuids(after) == without_uuids(before)


def without_uuids(seen: object) -> object:
    """Mosaic gives objects of before 1.0.11 a new one at each loading."""
    if isinstance(seen, dict):
        return {key: without_uuids(each) for key, each in seen.items() if key not in ("uuid", "trees")}
    return [without_uuids(each) for each in seen] if isinstance(seen, list) else seen
