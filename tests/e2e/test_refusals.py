"""The table of errors (holdfast_protocol/refusals.py) promises nothing that cannot come."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from e2e_daemon import Daemon
from e2e_refusals import ELSEWHERE, Key, Way, World, ways, world

from holdfast_protocol import messages as m
from holdfast_protocol.refusals import ERRORS_OF

WAYS = ways()


def said(key: Key) -> str:
    return f"{m.VERB_OF[key[0]]} {key[1].code}"


@pytest.fixture(scope="module")
def at(shared: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with shared.client() as client:
        yield world(shared, client, tmp_path_factory.mktemp("w"))


def test_every_code_of_the_table_is_asked_for() -> None:
    """Here, or elsewhere for a reason; and nothing else is."""
    table = {(verb, error) for verb, errors in ERRORS_OF.items() for error in errors}
    assert table - WAYS.keys() == ELSEWHERE
    assert table >= WAYS.keys()


@pytest.mark.parametrize(("key", "way"), WAYS.items(), ids=map(said, WAYS))
def test_a_verb_is_refused_as_the_table_says(at: World, key: Key, way: Way) -> None:
    """Each code of its own can be had."""
    request, *frames = way(at)
    with pytest.raises(key[1]):
        at.client.ask(request, frames)
