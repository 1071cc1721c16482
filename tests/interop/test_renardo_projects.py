"""Sessions that became project folders, in the Renardo that opens such; and folders that became sessions, in those
before it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from programs.presence import there
from programs.renardo import Page, Projects, Server, Tab

from holdfast_daemon.formats.base import Converted, Document, Origin, Part
from holdfast_daemon.formats.renardo import RENARDO, from_project, to_project

PIECES = ("\n", "\n\n", "\r\n", " ", "x", "𝄞", "\ufeff", "\u2028", "######## ", "\n######## a\n", "#" * 79, "#" * 85)
PIECES += ("// STARTUP_FILE: s.py\n", "//" + "=" * 78 + "\n", "\n" + "#" * 80 + "\n######## b\n" + "#" * 80 + "\n")
NAMES = ("a", "b c", "é", "#1", "Untitled", "", " x ", "a/b", "a\u2028b", "#" * 80, "con", "startup.py")


def part(name: str, text: str, kind: str = "buffer") -> Part:
    return Part(key=name, name=name, kind=kind, content=text.encode())


SESSION = (
    part("startup.py", "# mine\nClock.bpm = 96", "startup"),
    part("drums", "d1 >> play('x-o-')\n\n\nd1.stop()"),
    part("Drums", "d1 >> play('X')"),
    part("a/../b: é?", "b1 >> bass([0, 3], dur=1/2)"),
    part("Untitled", ""),
    part("Untitled", "# 𝄞 a second of that name"),
)


def to(form: str, document: Document) -> Converted:
    return RENARDO.converted(document, form, Origin(name="verse", created=0, modified=0))


def placed(document: Document, folder: Path) -> Path:
    for path, content in document.items():
        place = folder / path.decode()
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return folder


@pytest.fixture
def newer(tmp_path: Path) -> Iterator[Projects]:
    (tmp_path / "home").mkdir()
    with closing(Projects(there("renardo-1.0.0a22"), tmp_path / "home")) as running:
        yield running


@pytest.fixture(params=["renardo-1.0.0a4", "renardo-1.0.0a10"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, Page]]:
    program = there(request.param)
    there("node")
    (tmp_path / "older").mkdir()
    with closing(Server(program, tmp_path / "older")) as running:
        yield running, Page(program)


def test_a_session_file_opens_in_a_version_that_has_no_sessions(newer: Projects, tmp_path: Path):
    """Fact 15: opened as its project, listed with the names that we gave, and every text is the buffer's."""
    made = to("project", RENARDO.write(SESSION))
    assert made.losses == []
    folder = placed(made.document, tmp_path / "project")
    newer.open(folder)
    shown = newer.files(folder)
    assert [shown[path.decode()] for path in from_project(made.document)] == [each.content.decode() for each in SESSION]
    assert shown.keys() - {path.decode() for path in from_project(made.document)} == {"holdfast-session.json"}
    assert {"drums.py", "Drums-2.py", "startup/startup.py", "Untitled.py", "Untitled-2.py"} < shown.keys()


def test_what_was_played_there_goes_back_to_the_old_version(
    newer: Projects, older: tuple[Server, Page], tmp_path: Path
):
    """Facts 8 and 15: a tab that the newer one saved and a file that it made, in the older one's own tabs, in order."""
    folder = placed(to("project", RENARDO.write(SESSION)).document, tmp_path / "project")
    newer.open(folder)
    newer.save("drums.py", "d1 >> play('x x ')")
    newer.save("new.py", "n1 >> pluck()")
    files = [path for path in folder.rglob("*") if path.is_file()]
    made = to("session", {str(path.relative_to(folder)).encode(): path.read_bytes() for path in files})
    assert made.losses == []
    server, page = older
    server.place("back.py", made.document[b""])
    wanted = [(each.name, each.content.decode()) for each in SESSION]
    wanted[1] = ("drums", "d1 >> play('x x ')")
    assert page.tabs_from(server, [server.url_of("back.py")]) == [[*wanted, ("new", "n1 >> pluck()")]]


def test_whatever_a_project_holds_the_old_version_shows_or_we_told(older: tuple[Server, Page]):
    """Facts 8 and 9: 4,000 random projects by its own parser: no tab more or less, each as it was meant or told of."""
    chance = random.Random(15)
    made = [_random(chance) for _ in range(4000)]
    tabs_of_all = older[1].tabs_of([converted.document[b""].decode() for _, _, converted in made])
    for (parts, files, converted), tabs in zip(made, tabs_of_all, strict=True):
        told = {key for key, _ in converted.losses}
        shown = tabs[len(tabs) - len(parts) :]
        assert len(tabs) == len(parts) + (parts[0].kind != "startup")
        for each, file, tab in zip(parts, files, shown, strict=True):
            assert file in told or _told(tab) == (each.name, each.content.decode().rstrip("\n"))


def _told(tab: Tab) -> Tab:
    return tab[0], tab[1].rstrip("\n")


def _random(chance: random.Random) -> tuple[list[Part], list[str], Converted]:
    texts = ["".join(chance.choices(PIECES, k=chance.randint(0, 6))) for _ in range(chance.randint(1, 4))]
    kinds = ["startup" if chance.random() < 0.5 else "buffer"] + ["buffer"] * 3
    rows = zip(chance.choices(NAMES, k=len(texts)), texts, kinds, strict=False)
    parts = [part(*row) for row in rows]
    document = to_project(parts)
    return parts, [path.decode() for path in from_project(document)], to("session", document)
