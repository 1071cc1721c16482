"""Mosaic: one value that cannot be pickled, far behind in the session. ``open('wb')`` has emptied the old file, and
``pickle.dump`` fails when most of the new one is written: 78,959 of 89,061 bytes (mosaic.md 4, 2; seen)."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
from losses_adopted import Adopted, listing
from losses_documents import clusters, mosaic
from mosaic_sessions import World, _importable

COUNTS = (6000, 7000, 8000)  # arrays of more than 64 KiB: the pickler writes them as it comes to them


def test_the_old_session_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """A pickle without an end is kept as damage, and one command puts the old session back."""
    folder = desk / "tomograms"
    folder.mkdir()
    session = folder / "picks.pickle"
    session.write_bytes(mosaic(*COUNTS))
    adopted = adopt(folder, "mosaic")
    adopted.head_is("picks", mosaic(*COUNTS))

    with pytest.raises((pickle.PicklingError, AttributeError)):
        _save(session, meta={"filter": lambda point: point})

    cut = session.read_bytes()
    assert 0 < len(cut) < len(mosaic(*COUNTS))
    assert adopted.damaged("picks", cut)
    assert listing(folder) == {"picks.pickle": cut}
    adopted.command("restore", "picks")
    assert listing(folder) == {"picks.pickle": mosaic(*COUNTS)}
    assert adopted.flags("picks") == (False, False, False)


def _save(path: Path, **more: object) -> None:
    world = World()
    state = world.session(clusters(world, *COUNTS), **more)
    with _importable(world.modules), path.open("wb") as file:
        pickle.dump(state, file, pickle.HIGHEST_PROTOCOL)
