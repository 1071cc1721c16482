"""Mosaic's Batch Navigator overwrites the current session's file at every switch to another, without a backup
(mosaic.md 1.5 and 5, 18)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted
from losses_documents import mosaic
from losses_writers import in_place


def test_every_state_between_the_switches_is_kept(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Three sessions, three rounds: nine files written over eight others, and each of them comes back."""
    folder = desk / "batch"
    folder.mkdir()
    adopted = adopt(folder, "mosaic")
    names = ("ts_01", "ts_02", "ts_03")
    rounds = [{name: mosaic(300 + 10 * turn, 200 + at) for at, name in enumerate(names)} for turn in range(3)]

    for states in rounds:
        for name, state in states.items():
            in_place(folder / f"{name}.pickle", state, 4096)
            adopted.head_is(name, state)

    for name in names:
        assert adopted.flags(name) == (False, False, False)
        assert len(adopted.history(name)) == len(rounds)
        assert len(adopted.events("created", "changed-outside", name=name)) == len(rounds)
        adopted.comes_back(name, *(states[name] for states in rounds))
