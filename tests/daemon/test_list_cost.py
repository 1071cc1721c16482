"""A page of a list costs what is on it, counted in the steps of SQLite's machine: the same at every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest

from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import SORTS, Transaction
from holdfast_daemon.store.nouns import Session
from holdfast_daemon.store.sqlite.catalog import SqliteCatalog
from holdfast_protocol.messages import List

COUNT = 4000
LIMIT = 20
STEP = 100
MOST_STEPS = 10_000  # a look at each of the sessions takes 40,000
FILTERS: list[dict[str, Any]] = [
    {}, {"app": "a1"}, {"folder": "f1"}, {"tag": "old"}, {"tag": "old", "app": "a1"}, {"tag": "old", "folder": "f1"},
    {"app": "a1", "folder": "f1"}, {"templates": True}, {"templates": True, "tag": "old"},
    {"text": "z01"}, {"text": "Z01", "app": "a1"}, {"text": "z01", "folder": "f1"}, {"text": "z01", "tag": "old"},
    {"text": "z01", "tag": "old", "app": "a1"},
]  # fmt: skip
STATES: list[dict[str, bool]] = [{}, {"archived": True}, {"deleted": True}]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteCatalog]:
    """What is asked for are the oldest, smallest, and last by name and application: all others stand before them."""
    made = SqliteCatalog(str(tmp_path_factory.mktemp("many") / "catalog.sqlite"), Faults({}), lambda: None)

    def work(tx: Transaction) -> None:
        for number in range(COUNT):
            tx.put_session(_session(number, last=number < COUNT // 4), None)

    made.submit(work).result(30)
    yield made
    made.close()


def _session(number: int, *, last: bool) -> Session:
    return Session(
        id=b"%016d" % number, app=f"a{int(last)}", folder=f"f{int(last)}", name=f"{'z' * last}{number:04}",
        format="plain", path=b"%d" % number, revision=1, head=b"h" * 16, size_bytes=number, created=number,
        modified=number, tags=("old" if last else "new",), template=number < LIMIT, archived=number % 5 == 1,
        deleted=number % 5 == 2,
    )  # fmt: skip


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_a_page_costs_what_is_on_it(catalog: SqliteCatalog, asked: dict[str, Any]) -> None:
    """The first and one behind it, in every order, however much stands before what was asked for."""
    for sort, reverse, state in product(SORTS, (False, True), STATES):
        wanted = List(sort=sort, reverse=reverse, **state, **asked)
        page, steps = _page(catalog, wanted, None)
        after, more_steps = _page(catalog, wanted, page[len(page) // 2].position)
        assert page
        assert after
        assert max(steps, more_steps) < MOST_STEPS, wanted


def test_what_a_list_can_be_narrowed_by_costs_what_it_is(catalog: SqliteCatalog) -> None:
    """However many sessions have an application or a tag."""
    found, steps = _counted(catalog, lambda reader: reader.choices(List()))
    assert found == (["a0", "a1"], ["new", "old"])
    assert steps < MOST_STEPS / 10


def _page(catalog: SqliteCatalog, asked: List, after: Any) -> tuple[list[Any], int]:
    return _counted(catalog, lambda reader: reader.sessions_page(asked, LIMIT, after))


def _counted(catalog: SqliteCatalog, ask: Callable[[Any], Any]) -> tuple[Any, int]:
    reader, steps = catalog.reader, [0]

    def count() -> bool:
        steps[0] += STEP
        return False

    reader._connection.set_progress_handler(count, STEP)
    try:
        return ask(reader), steps[0]
    finally:
        reader._connection.set_progress_handler(None)
