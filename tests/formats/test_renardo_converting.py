"""Session files of Renardo as project folders and back: what each form holds, and what is told of the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import Converted, DamagedDocument, Document, Origin, Part
from holdfast_daemon.formats.renardo import RENARDO, as_renardo_would, from_project, to_project

FILES = Path(__file__).resolve().parents[1] / "data" / "renardo"
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "renardo"
REAL = [*sorted(FILES.glob("*.py")), *sorted(SAMPLES.glob("*.py"))]
RUN = "#" * 80


def to(form: str, document: Document) -> Converted:
    return RENARDO.converted(document, form, Origin(name="verse", created=0, modified=0))


def buffer(content: bytes, name: str = "song") -> Part:
    return Part(key="b", name=name, kind="buffer", content=content)


def startup(content: bytes = b"s = 1", name: str = "startup.py") -> Part:
    return Part(key="startup", name=name, kind="startup", content=content)


def rows(document: Document) -> list[tuple[str, str, bytes]]:
    """What a session is to people, exact to the last line end."""
    return [_row(part) for part in RENARDO.read(document).parts]


def _row(part: Part) -> tuple[str, str, bytes]:
    return part.kind, part.name, part.content


def told(made: Converted) -> dict[str, str]:
    return dict(made.losses)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_fact_15_a_session_comes_back_through_a_project(path: Path):
    """Fact 15: order, names and texts, but for those parts of which something is told; and it is a file of today's."""
    meant = rows({b"": path.read_bytes()})
    there = to("project", {b"": path.read_bytes()})
    back = to("session", there.document)
    reading = RENARDO.read(back.document)
    assert (there.suffix, back.suffix, reading.recognition.generation, reading.warnings) == ("", ".py", "F3", ())
    is_told = [file.decode() in told(back) for file in from_project(there.document)]
    made = rows(back.document)[-len(meant) :]
    assert all(old == new or known for old, new, known in zip(meant, made, is_told, strict=True))


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_fact_9_any_session_file_becomes_one_of_today_that_renardo_reads_as_we_do(path: Path):
    """Fact 9: F0 to F3, of whatever line ends; the buffers are as many, and none is split in silence."""
    document = {b"": path.read_bytes()}
    made = to("session", document)
    reading = RENARDO.read(made.document)
    assert (reading.recognition.generation, reading.facts["newline"], reading.warnings) == ("F3", "lf", ())
    assert sum(kind == "buffer" for kind, _, _ in rows(document)) == reading.facts["buffers"]


NAMES = st.sampled_from(["Untitled", "a", "夜", " x ", "a/b.py", "con", RUN + "#", "a\u2028b", "", "\u00a0", "a\nb"])
PIECES = ["\n", "\n\n", "\r\n", RUN, "#" * 79, "\n######## b\n", "x = 1", " ", "\ufeff", "//" + "=" * 78, "𝄞"]
PIECES += [f"//{'=' * 78}\n// STARTUP_FILE: t.py\n//{'=' * 78}\n"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=8).map(lambda pieces: "".join(pieces).encode()) | st.binary(
    max_size=5
)


@given(st.lists(st.tuples(NAMES, TEXTS), min_size=1, max_size=5), st.lists(st.tuples(NAMES, TEXTS), max_size=1))
def test_facts_8_and_9_what_a_project_holds_is_in_its_session_or_is_told_of(buffers, startups):
    """Facts 8 and 9: by our strict reading and by Renardo's own: nothing is split, renamed or cut in silence."""
    parts = [startup(text, name) for name, text in startups] + [buffer(text, name) for name, text in buffers]
    document = to_project(parts)
    made = to("session", document)
    is_told = [file.decode() in told(made) for file in from_project(document)]
    assert RENARDO.read(made.document).warnings == ()
    there = rows(made.document)[1 - len(startups) :]
    shown = as_renardo_would(made.document[b""])[1 - len(startups) :]
    for part, known, row, tab in zip(parts, is_told, there, shown, strict=True):
        assert known or _row(part) == row
        assert known or (part.name, part.content.rstrip(b"\n")) == (tab[0], tab[1].encode().rstrip(b"\n"))


@pytest.mark.parametrize(
    ("content", "held", "sentence"),
    [
        (RUN.encode() + b"#", b"#" * 79 + b" ##", "80 or more #"),
        (b" indented", b" indented", "white space before and after"),
        (b"a\r\nb", b"a\nb", "line end"),
        (b"caf\xe9", b"caf\\xe9", "not UTF-8"),
    ],
)
def test_fact_9_what_becomes_of_a_text_is_told_by_its_file(content, held, sentence):
    """Fact 9: before anything is written, by the key that the project's own parts have."""
    made = to("session", {b"a.py": b"fine", b"sub/b.py": content})
    assert [text for kind, _, text in rows(made.document) if kind == "buffer"] == [b"fine", held]
    assert [key for key, _ in made.losses] == ["sub/b.py"]
    assert sentence in told(made)["sub/b.py"]


@pytest.mark.parametrize(
    ("content", "held", "sentence"),
    [
        (b"", b" ", "empty startup text"),
        (b"a\n\n\nb", b"a\n \n \nb", "first blank line"),
        (RUN.encode() * 2, RUN.encode() * 2, ""),
        (
            f"x\n{RUN}\n######## y\n{RUN}\n".encode(),
            f"x\n{RUN[1:]} #\n######## y\n{RUN[1:]} #\n".encode(),
            "80 or more #",
        ),
    ],
)
def test_fact_9_what_becomes_of_a_startup_text_is_told(content, held, sentence):
    """Fact 9: the rules by which Renardo reads it whole."""
    made = to("session", to_project([startup(content), buffer(b"x")]))
    assert rows(made.document)[0] == ("startup", "startup.py", held)
    assert sentence in told(made).get("startup/startup.py", "")


@pytest.mark.parametrize(("name", "held"), [("a\nb", "a b"), ("", "Untitled"), ("a \t", "a"), (RUN, RUN[1:] + " #")])
def test_fact_9_a_name_that_cannot_be_held_is_told_with_what_it_becomes(name, held):
    """Fact 9: one line, trimmed, not empty, no run where Renardo cuts."""
    made = to("session", to_project([startup(), buffer(b"x", name)]))
    assert rows(made.document)[1][1] == held
    assert repr(held) in made.losses[0][1]


def test_fact_9_what_a_session_file_has_no_place_for_is_told():
    """Fact 9: other files, and the state of the windows; our own index is in the file's names and order."""
    document = {**to_project([startup(), buffer(b"x")]), b"a.wav": b"", b"frontend_state.json": b"{}"}
    assert [key for key, _ in to("session", document).losses] == ["a.wav", "frontend_state.json"]


def test_fact_9_a_startup_text_that_the_index_has_further_down_is_moved():
    """Fact 9: it comes first in a session file, and that is told of the whole."""
    document = dict(to_project([startup(), buffer(b"x")]))
    index = json.loads(document[b"holdfast-session.json"])
    index["parts"].reverse()
    document[b"holdfast-session.json"] = json.dumps(index).encode()
    made = to("session", document)
    assert [kind for kind, _, _ in rows(made.document)] == ["startup", "buffer"]
    assert [key for key, _ in made.losses] == [""]


def test_fact_12_a_session_without_a_startup_text_gets_none_of_the_users_own_files():
    """Fact 12: Renardo a1 to a4 write a session's startup text over the file of its name at every save."""
    made = to("session", {b"": (FILES / "f2.py").read_bytes()})
    assert rows(made.document)[0] == ("startup", "no_startup.py", b" ")
    assert "" not in told(made)


def test_fact_3_a_session_that_renardo_reads_right_is_not_touched():
    """Fact 3: white space at its outside stays in the bytes; that Renardo trims it is told."""
    document = RENARDO.write([startup(b"s = 1\n"), buffer(b"  x\n\n")])
    made = to("session", document)
    assert made.document == document
    assert [key for key, _ in made.losses] == ["buffer-1"]


def test_a_project_is_one_already():
    """Fact 15: to the byte, whatever lies in it."""
    document = {b"a.py": b"\xff", b"b.bin": b"\0"}
    assert to("project", document) == Converted(document=document, suffix="")


def test_what_newer_versions_cannot_open_is_told():
    """Renardo a12 and later read UTF-8 only, and every line end as one."""
    made = to("project", RENARDO.write([startup(), buffer(b"\xff", "a"), buffer(b"x\ry\n", "b")]))
    assert [key for key, _ in made.losses] == ["buffer-1", "buffer-2"]


@pytest.mark.parametrize("form", ["project", "session"])
def test_a_folder_without_python_is_neither(form):
    """It is damaged, or somebody else's."""
    with pytest.raises(DamagedDocument, match=r"\.py"):
        to(form, {b"a.txt": b""})


def test_the_same_question_has_the_same_answer():
    """Twice converted is once converted, in both directions."""
    document = {b"": (FILES / "f3.py").read_bytes()}
    project = to("project", document)
    assert to("project", project.document).document == project.document
    assert to("session", to("session", project.document).document).document == to("session", project.document).document
