"""Long work beside a folder's thread: given once, forgotten without a trace, and nobody waits for it unasked."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from holdfast_daemon.background import Background, Underway

SECONDS = 20


class Gate:
    """Work that ends when it is let, and what was heard of it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.begun = threading.Event()
        self.ready = threading.Event()
        self.discarded: list[str] = []
        self.dropped = threading.Event()

    def work(self) -> str:
        self.begun.set()
        assert self.open.wait(SECONDS)
        return "result"

    def discard(self, value: str) -> None:
        self.discarded.append(value)
        self.dropped.set()

    def ask(self, background: Background[str], *, wait: bool = False) -> str:
        return background.of("key", self.work, self.ready.set, self.discard, wait=wait)


@pytest.fixture
def gate() -> Iterator[Gate]:
    made = Gate()
    yield made
    made.open.set()


def test_a_result_is_given_once_it_is_there(gate: Gate) -> None:
    """And whoever asked is told when; then it is done anew."""
    background: Background[str] = Background("test")
    with pytest.raises(Underway):
        gate.ask(background)
    assert gate.begun.wait(SECONDS)
    with pytest.raises(Underway):
        gate.ask(background)
    assert not gate.ready.is_set()
    gate.open.set()
    assert gate.ready.wait(SECONDS)
    assert gate.ask(background) == "result"
    assert "key" not in background.keys
    gate.open.clear()
    with pytest.raises(Underway):
        gate.ask(background)
    assert "key" in background.keys


def test_what_fails_is_raised_where_it_is_asked_for() -> None:
    """Once; another try may do."""
    background, ready = Background[str]("test"), threading.Event()

    def work() -> None:
        raise OSError("no")

    with pytest.raises(Underway):
        background.of("key", work, ready.set)
    assert ready.wait(SECONDS)
    with pytest.raises(OSError, match="no"):
        background.of("key", work, ready.set)
    assert not background.keys


def test_a_result_may_be_waited_for(gate: Gate) -> None:
    """By whoever has no later moment."""
    gate.open.set()
    assert gate.ask(Background("test"), wait=True) == "result"


@pytest.mark.parametrize("finished", [False, True])
def test_what_is_forgotten_is_discarded(gate: Gate, finished: bool) -> None:
    """Whether it was done or still under way; and nobody is told that it is ready."""
    background: Background[str] = Background("test")
    with pytest.raises(Underway):
        gate.ask(background)
    assert gate.begun.wait(SECONDS)
    if finished:
        gate.open.set()
        assert gate.ready.wait(SECONDS)
    background.forget("key")
    gate.open.set()
    assert gate.dropped.wait(SECONDS)
    assert gate.discarded == ["result"]
    assert gate.ready.is_set() is finished
    assert not background.keys


def test_what_is_forgotten_before_it_began_is_not_done(gate: Gate) -> None:
    """One job at a time, and the next one after that."""
    background, done, later = Background[str]("test"), list[str](), threading.Event()
    with pytest.raises(Underway):
        gate.ask(background)
    for key in ("unwanted", "wanted"):
        with pytest.raises(Underway):
            background.of(key, lambda key=key: done.append(key), later.set)  # type: ignore[misc]  # bound now
    background.forget("unwanted")
    gate.open.set()
    assert later.wait(SECONDS)
    assert done == ["wanted"]
