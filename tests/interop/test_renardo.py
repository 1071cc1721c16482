"""What we write is taken, given back and read by the real Renardo: its server over HTTP, its page's code in Node."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from install import Program
from programs.presence import there
from programs.renardo import Page, Server, Tab

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.renardo import RENARDO, as_renardo_would
from holdfast_daemon.merge import merge

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "renardo"
VERSIONS = ("renardo-1.0.0a4", "renardo-1.0.0a10")

#: What its reader cuts at, trims, or might stumble over.
PIECES = ("\n", "\n\n", " ", "x", "𝄞", "\ufeff", "\u2028", "\x85", "######## ", "\n######## a\n", "#" * 80, "#" * 85)
PIECES += ("// STARTUP_FILE: s.py\n", "//" + "=" * 78 + "\n", "\n" + "#" * 80 + "\n######## b\n" + "#" * 80 + "\n")
PIECES += ("//" + "=" * 78 + "\n// STARTUP_FILE: t.py\n//" + "=" * 78 + "\n",)


def part(name: str, text: str, kind: str = "buffer") -> Part:
    return Part(key=name, name=name, kind=kind, content=text.encode())


BASE = (
    part("startup.py", "# mine\nClock.bpm = 96", "startup"),
    part("drums", "d1 >> play('x-o-')\n\n\nd1.stop()"),
    part("bass é", "b1 >> bass([0, 3], dur=1/2)"),
    part("Untitled", ""),
    part("Untitled", "# 𝄞 a second of that name"),
)


def edited() -> bytes:
    """One buffer's text changed in a document of Renardo's own layout."""
    parts = (*BASE[:2], replace(BASE[2], content=b"b1 >> bass([0, 5, 7])"), *BASE[3:])
    return RENARDO.write(parts, RENARDO.write(BASE))[b""]


def merged() -> bytes:
    """Two sides changed different lines of one buffer, and each added one."""
    ours = (*BASE[:1], part("drums", "d1 >> play('X-o-')\n\n\nd1.stop()"), *BASE[2:], part("ours", "o1 >> pluck()"))
    theirs = (*BASE[:1], part("drums", "d1 >> play('x-o-')\n\n\nd1.stop() # end"), *BASE[2:], part("theirs", "t1"))
    both = merge(BASE, ours, theirs, RENARDO)
    assert not both.conflicts
    return RENARDO.write(both.parts, RENARDO.write(ours))[b""]


def cleared() -> bytes:
    return RENARDO.cleared(RENARDO.write(BASE))[b""]


def new() -> bytes:
    return RENARDO.write(BASE)[b""]


WAYS = (new, edited, merged, cleared)


@pytest.fixture(scope="module", params=VERSIONS)
def program(request: pytest.FixtureRequest) -> Program:
    return there(request.param)


@pytest.fixture(scope="module")
def server(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with closing(Server(program, tmp_path_factory.mktemp("renardo"))) as running:
        yield running


@pytest.fixture(scope="module")
def page(program: Program) -> Page:
    there("node")
    return Page(program)


def tabs_of(document: bytes) -> list[Tab]:
    return [(each.name, each.content.decode()) for each in RENARDO.read({b"": document}).parts]


@pytest.mark.parametrize("way", WAYS)
def test_what_we_write_goes_through_its_server_unchanged(server: Server, way):
    """Facts 8 and 18: Renardo saves the text of our document as the same bytes, and gives it back."""
    document = way()
    assert server.save(way.__name__, document.decode()) == document
    assert server.load(f"{way.__name__}.py") == document.decode()


@pytest.mark.parametrize("way", WAYS)
def test_its_page_loads_our_file_as_the_buffers_that_we_meant(server: Server, page: Page, way):
    """Facts 8 and 20: found in its list, fetched and parsed by its own code, every name and text is ours."""
    document = way()
    server.place(f"ours {way.__name__} é.py", document)
    url = server.url_of(f"ours {way.__name__} é.py")
    assert page.tabs_from(server, [url]) == [tabs_of(document)]


def test_the_merge_has_what_both_sides_did():
    """The document of the other tests is worth their while."""
    assert dict(tabs_of(merged()))["drums"] == "d1 >> play('X-o-')\n\n\nd1.stop() # end"
    assert [name for name, _ in tabs_of(merged())][-2:] in (["ours", "theirs"], ["theirs", "ours"])


def test_a_document_of_ours_is_the_one_that_its_page_would_have_posted():
    """Fact 18: byte for byte what the writer of 1.0.0a10 makes of the same buffers."""
    there("node")
    rows = [(each.name, each.content.decode(), each.kind == "startup") for each in BASE]
    assert Page(there("renardo-1.0.0a10")).written(rows).encode() == new()


def test_fact_20_our_reading_is_that_of_its_own_parser(page: Page):
    """Fact 20: 20 000 texts of the pieces that matter give the same tabs in both."""
    chance = random.Random(20)
    texts = ["".join(chance.choices(PIECES, k=chance.randint(0, 14))) for _ in range(20_000)]
    for text, tabs in zip(texts, page.tabs_of(texts), strict=True):
        assert list(as_renardo_would(text.encode())) == tabs


def test_a_session_without_losses_comes_back_whole(page: Page):
    """Facts 8 and 9: whatever we write and tell no loss of, its parser gives back, line ends at a text's end apart."""
    chance = random.Random(9)
    written = [(parts, document) for parts in map(_random_parts, [chance] * 4000) if (document := _held(parts))]
    assert len(written) > 500
    for (parts, _), tabs in zip(written, page.tabs_of([document for _, document in written]), strict=True):
        meant = [(each.name, each.content.decode()) for each in parts]
        assert [(name, text.rstrip("\n")) for name, text in tabs] == [(n, text.rstrip("\n")) for n, text in meant]


def _random_parts(chance: random.Random) -> list[Part]:
    texts = ["".join(chance.choices(PIECES, k=chance.randint(0, 5))) for _ in range(chance.randint(1, 4))]
    names = chance.choices(("a", "b c", "é", "#1", "Untitled"), k=len(texts))
    kinds = ["startup" if chance.random() < 0.5 else "buffer"] + ["buffer"] * 3
    return [part(name, text, kind) for name, text, kind in zip(names, texts, kinds, strict=False)]


def _held(parts: list[Part]) -> str | None:
    """The document's text, where it can be written and no loss is told of."""
    try:
        return None if RENARDO.losses(parts) else RENARDO.write(parts)[b""].decode()
    except CannotHold:
        return None


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="no samples of real sessions beside the project")
def test_real_sessions_load_as_we_say(server: Server, page: Page):
    """Facts 10 and 20: over every sample, its page shows what we say that it will show."""
    documents = {path.name: path.read_bytes() for path in sorted(SAMPLES.glob("*.py"))}
    for name, document in documents.items():
        server.place(name, document)
    shown = page.tabs_from(server, [server.url_of(name) for name in documents])
    assert shown == [list(as_renardo_would(document)) for document in documents.values()]
