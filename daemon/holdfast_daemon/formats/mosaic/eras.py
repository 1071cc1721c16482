"""Which version of Mosaic wrote a session, concluded from what is in it (mosaic.md 1.4): a pickle does not say.

Each trait says since when, or until when, Mosaic wrote it; together they make a range.
"""

from __future__ import annotations

from holdfast_daemon.formats.base import Recognition
from holdfast_daemon.formats.mosaic.allowed import GEOMETRIES
from holdfast_daemon.formats.mosaic.machine import Pickle
from holdfast_daemon.formats.mosaic.nodes import Table
from holdfast_daemon.formats.mosaic.spelling import COLABSEG
from holdfast_daemon.formats.mosaic.texts import shown
from holdfast_daemon.formats.mosaic.wrapping import Wrapping

RELEASES = ("1.0.0", "1.0.7", "1.0.11", "1.1.0", "1.2.0", "1.2.2", "1.2.4", "1.3.0", "1.3.2")
_FIRST_INDEXED = "1.2.4"
#: The last release before each of these, which are the ones with a change.
BEFORE = {
    "1.0.11": "1.0.10",
    "1.1.0": "1.0.16",
    "1.2.2": "1.2.1",
    "1.2.4": "1.2.3",
    "1.3.0": "1.2.4",
    "1.3.2": "1.3.1",
}

_SINCE_NAMED = {
    ("mosaic.formats.parser", "VertexPropertyContainer"): "1.0.7",
    ("mosaic.widgets.container_list", "TreeState"): "1.0.11",
    ("mosaic.widgets.container_list", "TreeStateData"): "1.1.0",
    ("mosaic.geometry", "SegmentationGeometry"): "1.2.0",
    ("mosaic.parametrization", "AlphaShape"): "1.2.2",
    ("mosaic.parametrization", "BallPivoting"): "1.2.2",
    ("mosaic.tree_state", "TreeStateData"): "1.2.4",
    ("mosaic.formats.records", "VertexPropertyContainer"): "1.3.0",
    ("numpy._core.multiarray", "_reconstruct"): "1.3.2",
    ("numpy._core.multiarray", "scalar"): "1.3.2",
    ("numpy._core.numeric", "_frombuffer"): "1.3.2",
}
_BEFORE_NAMED = {
    ("mosaic.parametrization", "ConvexHull"): "1.2.2",
    ("mosaic.parametrization", "FairHull"): "1.2.2",
    ("mosaic.parametrization", "MarchingCubes"): "1.2.2",
    ("mosaic.parametrization", "ClusteredBallPivotingMesh"): "1.2.2",
    ("mosaic.widgets.container_list", "TreeState"): "1.1.0",
    ("mosaic.widgets.container_list", "TreeStateData"): "1.2.4",
    ("mosaic.formats.parser", "VertexPropertyContainer"): "1.3.0",
    ("numpy.core.multiarray", "_reconstruct"): "1.3.2",
    ("numpy.core.multiarray", "scalar"): "1.3.2",
    ("numpy.core.numeric", "_frombuffer"): "1.3.2",
}


def recognition_of(wrapping: Wrapping, pickle: Pickle) -> Recognition:
    """Generation such as ``indexed 1.3.2``: the wrapping, and the oldest release that writes so."""
    since, before = _range(pickle)
    if any(module.startswith(f"{COLABSEG}.") for module, _ in pickle.names):
        era, range_ = COLABSEG, f"{COLABSEG}, before Mosaic {RELEASES[0]}"
    else:
        era, range_ = since, _shown_range(since, before)
    version = shown(wrapping.version) if wrapping.version else None
    generation = f"{wrapping.kind} {era}"
    return Recognition(generation=generation, writer=version or range_, inferred=version is None)


def latest_of(pickle: Pickle) -> str:
    """The newest release that writes such a pickle; at least the first that has an index to say it in."""
    _, before = _range(pickle)
    last = BEFORE[before] if before else RELEASES[-1]
    return max(last, _FIRST_INDEXED, key=lambda release: [int(number) for number in release.split(".")])


def _shown_range(since: str, before: str | None) -> str:
    last = BEFORE[before] if before else ""
    return since if last == since else f"{since} – {last}" if last else f"{since} or newer"


def _range(pickle: Pickle) -> tuple[str, str | None]:
    """The release since which, and the one before which, Mosaic wrote all that is in it."""
    keys = pickle.root.texts().keys() if isinstance(pickle.root, Table) else set()
    since = [release for name, release in _SINCE_NAMED.items() if name in pickle.names]
    before = [release for name, release in _BEFORE_NAMED.items() if name in pickle.names]
    if pickle.protocol == 5:
        since.append("1.2.4")
    else:
        before.append("1.2.4")
    if "metadata" in keys:
        since.append("1.3.0")
    elif "shape" in keys:
        before.append("1.3.0")
    if "_data_tree" in keys:
        since.append("1.0.11")
    elif any(module == "mosaic.geometry" and name in GEOMETRIES for module, name in pickle.names):
        before.append("1.0.11")
    newest = max(since, default=RELEASES[0], key=RELEASES.index)
    oldest = min(before, default=None, key=RELEASES.index)
    if oldest is not None and RELEASES.index(oldest) <= RELEASES.index(newest):
        oldest = None  # traits of several eras, as of a session that somebody converted
    return newest, oldest
