"""Every list that can be asked for is the one that a person would make by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from msgspec.structs import replace
from store_engines import OpenCatalog, session

from holdfast_daemon.store.base import SORTS, Catalog, Narrowed
from holdfast_daemon.store.nouns import Session
from holdfast_daemon.store.sqlite.pages import sort_name
from holdfast_protocol.messages import List

COUNT = 240
#: Of each filter what may be asked for.
ASKED: dict[str, tuple[Any, ...]] = {
    "app": (None, "a1"),
    "folder": (None, "f1"),
    "tag": (None, "often", "seldom"),
    "text": (None, "7", "n12", "N21"),
    "templates": (False, True),
    "deleted": (False, True),
    "archived": (False, True),
}
KEYS: dict[str, Callable[[Session], Any]] = {
    "modified": lambda row: -row.modified,
    "created": lambda row: -row.created,
    "name": lambda row: sort_name(row.name),
    "size": lambda row: -row.size_bytes,
    "app": lambda row: (row.app, sort_name(row.name)),
}


@pytest.fixture(scope="module")
def rows() -> list[Session]:
    """Sessions of three applications in three folders, of all kinds."""
    chance = random.Random(1)
    return [
        session(
            bytes([number]) * 16, f"n{number}", app=f"a{chance.randrange(3)}", folder=f"f{chance.randrange(3)}",
            path=b"%d" % number, modified=chance.randrange(50), created=number, size_bytes=chance.randrange(10),
            tags=tuple(tag for tag, often in (("often", 0.6), ("seldom", 0.1)) if chance.random() < often),
            template=chance.random() < 0.2, deleted=chance.random() < 0.2, archived=chance.random() < 0.2,
        )
        for number in range(COUNT)
    ]  # fmt: skip


@pytest.mark.parametrize("sort", SORTS)
def test_a_list_is_what_fits_in_order(catalog: Catalog, rows: list[Session], sort: str) -> None:
    """All filters together, page by page, either way round, with rows skipped, and counted."""
    catalog.submit(lambda tx: [tx.put_session(row, None) for row in rows]).result(10)
    for values in product(*ASKED.values(), (False, True)):
        asked = dict(zip((*ASKED, "reverse"), values, strict=True))
        found = _pages(catalog, List(sort=sort, **asked), 30)
        wanted = [row for row in rows if _fits(row, asked)]
        assert sorted(row.id for row in found) == [row.id for row in wanted], asked
        ordered = sorted(map(KEYS[sort], wanted), reverse=asked["reverse"])
        assert [KEYS[sort](row) for row in found] == ordered, asked
        skipped = catalog.reader.sessions_page(List(sort=sort, offset=5, **asked), 9)
        assert [each.session for each in skipped] == found[5:14], asked
        assert catalog.reader.listed_count(List(sort=sort, **asked)) == len(wanted), asked


@pytest.mark.parametrize(
    ("sort", "apps"), [*((sort, ("a0", "a2")) for sort in SORTS), ("modified", ("a1",)), ("app", ("a2", "never"))]
)
def test_a_narrowed_list_has_nothing_of_other_applications(
    catalog: Catalog, rows: list[Session], sort: str, apps: tuple[str, ...]
) -> None:
    """Whatever else is asked for; it is the whole list without these rows, and so are its counts and its choices."""
    catalog.submit(lambda tx: [tx.put_session(row, None) for row in rows]).result(10)
    for folder, tag, text, templates in product((None, "f1"), (None, "often"), (None, "7", "n12"), (False, True)):
        given = {"folder": folder, "tag": tag, "text": text, "templates": templates, "sort": sort}
        asked = Narrowed(apps=apps, **given)
        wanted = [row for row in _pages(catalog, List(**given), 30) if row.app in apps]
        assert _pages(catalog, asked, 30) == wanted, given
        assert [each.session for each in catalog.reader.sessions_page(replace(asked, offset=3), 9)] == wanted[3:12]
        assert catalog.reader.listed_count(asked) == len(wanted)
        there = {row.app for row in rows if not row.deleted and not row.archived} & {*apps}
        assert catalog.reader.choices(asked) == (sorted(there), ["often", "seldom"])


def test_what_a_list_can_be_narrowed_by_is_what_is_there(catalog: Catalog, rows: list[Session]) -> None:
    """The applications of that shelf, whatever else is asked for, and every tag, in order."""
    catalog.submit(lambda tx: [tx.put_session(row, None) for row in rows]).result(10)
    for deleted, archived in product((False, True), repeat=2):
        found = catalog.reader.choices(List(deleted=deleted, archived=archived, app="a1", tag="often"))
        there = {row.app for row in rows if (row.deleted, row.archived) == (deleted, archived)}
        assert found == (sorted(there), ["often", "seldom"])


def _pages(catalog: Catalog, asked: List, limit: int) -> list[Session]:
    found, after = [], None
    while page := catalog.reader.sessions_page(asked, limit, after):
        found += [each.session for each in page]
        after = page[-1].position
    return found


def _fits(row: Session, asked: dict[str, Any]) -> bool:
    return (
        asked["app"] in (None, row.app) and asked["folder"] in (None, row.folder)
        and (asked["tag"] is None or asked["tag"] in row.tags) and (asked["text"] or "").lower() in row.name
        and (row.template or not asked["templates"])
        and (row.deleted, row.archived) == (asked["deleted"], asked["archived"])
    )  # fmt: skip


def test_a_text_that_many_names_have_is_found_as_one_that_few_have(
    catalog: Catalog, rows: list[Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In every order and with the other filters; pages go on where others of the other way ended."""
    catalog.submit(lambda tx: [tx.put_session(row, None) for row in rows]).result(10)
    for sort, given in product(SORTS, ({}, {"app": "a1"}, {"tag": "often"}, {"folder": "f1", "reverse": True})):
        asked = List(sort=sort, text="n1", **given)
        few = _pages(catalog, asked, 30)
        first = catalog.reader.sessions_page(asked, 5)
        with monkeypatch.context() as patched:
            patched.setattr("holdfast_daemon.store.sqlite.lists.FEW_NAMES_COUNT", 3)
            assert _pages(catalog, asked, 30) == few
            assert [each.session for each in catalog.reader.sessions_page(asked, 5, first[-1].position)] == few[5:10]


@pytest.mark.parametrize(
    "text",
    ["päc", '"qu"', "a*b", "50%", "_x_", "NEAR(a b)", "\N{GRINNING FACE}ab", "Ünt", "l'é", "\\\\n"],
)
def test_any_text_is_found_as_it_is(catalog: Catalog, text: str) -> None:
    """No sign means anything but itself; capitals of the alphabet are as small ones."""
    rows = [session(bytes([n]) * 16, name, path=b"%d" % n) for n, name in enumerate((f"1{text.upper()}2", "pac qu ab"))]
    rows[0] = rows[0].but(name=f"1{text}2")
    catalog.submit(lambda tx: [tx.put_session(row, None) for row in rows]).result(10)
    assert _pages(catalog, List(text=text), 5) == rows[:1]
    assert _pages(catalog, List(text=f"{text}\0"), 5) == []
    assert _pages(catalog, List(text=f"{text}3"), 5) == []


def test_the_list_of_a_text_follows_its_sessions(opened: OpenCatalog) -> None:
    """A renamed session has its new name only, a removed one none; so too where the catalog is opened again."""
    rows = [session(bytes([n]) * 16, f"name {n}") for n in range(3)]
    opened.catalog.submit(lambda tx: [tx.put_session(row, None) for row in rows]).result(10)
    renamed = rows[1].but(name="Other", revision=2)
    opened.catalog.submit(lambda tx: tx.put_session(renamed, rows[1])).result(10)
    opened.catalog.submit(lambda tx: tx.remove_session(rows[0].id)).result(10)
    for catalog in (opened.catalog, opened.reopen()):
        assert _pages(catalog, List(text="nam"), 5) == rows[2:]
        assert _pages(catalog, List(text="other"), 5) == [renamed]


@pytest.mark.parametrize(
    "change",
    [
        {"modified": 99, "size_bytes": 99}, {"name": "zz"}, {"archived": True}, {"deleted": True}, {"app": "other"},
        {"folder": "other"}, {"template": True}, {"tags": ("t", "u")}, {"tags": ()},
    ],
    ids=str,
)  # fmt: skip
def test_the_list_of_a_tag_follows_its_sessions(catalog: Catalog, change: dict[str, Any]) -> None:
    """Whatever changes of a session, it stands where it belongs in each list of its tags."""
    rows = [session(bytes([n]) * 16, f"n{n}", modified=n, size_bytes=n, tags=("t",)) for n in range(3)]
    catalog.submit(lambda tx: [tx.put_session(row, None) for row in rows]).result(10)
    changed = rows[1].but(**change)
    catalog.submit(lambda tx: tx.put_session(changed, rows[1])).result(10)
    _tagged_as_all(catalog, [rows[0], changed, rows[2]], app=changed.app, folder=changed.folder)


def test_the_list_of_a_tag_follows_its_folder(catalog: Catalog) -> None:
    """A folder that is left takes its sessions from it, and brings them back; a removed session is in none."""
    rows = [session(bytes([n]) * 16, f"n{n}", folder=f"f{n}", tags=("t",)) for n in range(2)]
    catalog.submit(lambda tx: [tx.put_session(row, None) for row in rows]).result(10)
    catalog.submit(lambda tx: tx.leave("f1")).result(10)
    _tagged_as_all(catalog, rows[:1])
    catalog.submit(lambda tx: tx.join("f1")).result(10)
    _tagged_as_all(catalog, rows)
    catalog.submit(lambda tx: tx.remove_session(rows[0].id)).result(10)
    _tagged_as_all(catalog, rows[1:])


def _tagged_as_all(catalog: Catalog, rows: list[Session], **also: str) -> None:
    for sort, state in product(SORTS, ({}, {"deleted": True}, {"archived": True})):
        for more in ({}, *({name: value} for name, value in also.items())):
            found = _pages(catalog, List(sort=sort, tag="t", **state, **more), 2)
            whole = _pages(catalog, List(sort=sort, **state, **more), 9)
            assert found == [row for row in whole if "t" in row.tags], (sort, state, more)
            assert all(row in rows for row in found)
