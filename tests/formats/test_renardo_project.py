"""Project folders of Renardo a12 and later, and session files as such folders and back."""

import json
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.renardo import RENARDO, from_project, to_project

FILES = Path(__file__).resolve().parents[1] / "data" / "renardo"
STATE = json.dumps({"editor-tabs": {"code-editor": [{"filePath": "/p/a.py"}, {"filePath": "/p/gone.py"}]}})
PROJECT = {b"a.py": b"a = 1\r\n", b"b.py": b"\xff", b"frontend_state.json": STATE.encode()}


def part(name, content=b"x", kind="buffer"):
    return Part(key=f"{kind}-{name}", name=name, kind=kind, content=content)


def substance(parts):
    return [(each.kind, each.name, each.content) for each in parts]


def test_fact_16_a_project_with_its_state_is_certainly_renardos():
    """Fact 16: .py files and frontend_state.json are all parts, bytes untouched."""
    reading = RENARDO.read(PROJECT)
    assert (reading.recognition.generation, reading.recognition.certain) == ("project", True)
    assert substance(reading.parts) == [
        ("file", "a.py", b"a = 1\r\n"),
        ("file", "b.py", b"\xff"),
        ("state", "frontend_state.json", STATE.encode()),
    ]


def test_fact_16_a_state_that_names_files_that_are_gone_is_warned_of():
    """Fact 16: nothing from the state is followed; a file it names and the folder lacks is told."""
    assert RENARDO.read(PROJECT).warnings == ("frontend_state.json names /p/gone.py, which is not in this folder",)


@pytest.mark.parametrize("state", [b"{", b"[" * 100_000, b'{"editor-tabs": [1]}', b"[]", b'{"editor-tabs":{"a":3}}'])
def test_fact_16_a_broken_state_hurts_nobody(state):
    """Fact 16: parsed as JSON, and what is not as expected is at most a warning."""
    reading = RENARDO.read({b"a.py": b"", b"frontend_state.json": state})
    assert len(reading.parts) == 2


def test_fact_16_any_folder_of_python_files_is_not_yet_renardos():
    """Fact 16: without state or index the folder could be anybody's."""
    assert not RENARDO.recognise({b"a.py": b""}).certain


def test_a_project_is_written_file_by_file():
    """A file added to a project stands beside the others, which keep their bytes."""
    parts = [*RENARDO.read(PROJECT).parts, Part(key="c.py", name="c.py", kind="file", content=b"c")]
    assert RENARDO.write(parts, PROJECT) == {**PROJECT, b"c.py": b"c"}


@pytest.mark.parametrize("key", ["../x.py", "/x.py", "a/../x.py", "a\0.py", "", "x" * 256, "a//b.py"])
def test_fact_11_no_name_leads_out_of_the_folder(key):
    """Fact 11: ../, absolute, NUL and over 255 bytes are refused."""
    with pytest.raises(CannotHold):
        RENARDO.write([Part(key=key, name=key, kind="file", content=b"")], PROJECT)


def test_a_new_file_is_called_by_its_name():
    """A part that the project does not know yet has a key that means nothing."""
    parts = [*RENARDO.read(PROJECT).parts, Part(key="new-4", name="sub/c.py", kind="file", content=b"c")]
    assert RENARDO.write(parts, PROJECT) == {**PROJECT, b"sub/c.py": b"c"}


def test_a_renamed_file_is_written_under_its_new_name():
    """What is written reads back with the names asked for."""
    parts = list(RENARDO.read(PROJECT).parts)
    parts[0] = replace(parts[0], name="z.py")
    written = RENARDO.write(parts, PROJECT)
    assert set(written) == {b"z.py", b"b.py", b"frontend_state.json"}


def test_a_path_that_is_not_utf8_stays_as_it_is():
    """Fact 3: the key shows its bytes, the document keeps them."""
    project = {b"caf\xe9.py": b"x", b"caf\\xe9.py": b"y"}
    assert RENARDO.write(RENARDO.read(project).parts, project) == project


@pytest.mark.parametrize("parts", [[], [Part(key="a.txt", name="a.txt", kind="file", content=b"")]])
def test_a_folder_without_python_files_is_not_written(parts):
    """It would not be read again as what it was."""
    with pytest.raises(CannotHold, match="at least one"):
        RENARDO.write(parts, PROJECT)


def test_two_files_of_one_name_are_refused():
    """One would overwrite the other."""
    with pytest.raises(CannotHold, match="same file"):
        RENARDO.write([*RENARDO.read(PROJECT).parts, Part(key="n", name="a.py", kind="file", content=b"")], PROJECT)


def test_fact_16_a_state_with_thousands_of_lost_files_warns_only_so_often():
    """Fact 16: the rest would tell nobody more."""
    state = json.dumps({"editor-tabs": {"e": [{"filePath": f"/p/{n}.py"} for n in range(5000)]}}).encode()
    assert len(RENARDO.read({b"a.py": b"", b"frontend_state.json": state}).warnings) == 100


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({b"a.py": b"", b"b.py": b" \n"}, "every file is empty"),
        ({b"frontend_state.json": STATE[:20].encode()}, "no longer readable JSON"),
        ({b"frontend_state.json": b""}, "no longer readable JSON"),
    ],
)
def test_fact_16_what_renardo_leaves_when_it_dies_while_writing_is_suspicious(changed, reason):
    """Fact 16: a12 and later empty a file before they write it."""
    assert reason in RENARDO.suspicion(RENARDO.read(PROJECT), RENARDO.read({**PROJECT, **changed}))


@pytest.mark.parametrize(
    "changed", [{b"a.py": b""}, {b"c.py": b"c"}, {b"frontend_state.json": b"{}"}, {b"b.py": b"b = 1"}]
)
def test_fact_16_ordinary_work_in_a_project_is_not_suspicious(changed):
    """Fact 16: one emptied file, a new one, another state."""
    assert RENARDO.suspicion(RENARDO.read(PROJECT), RENARDO.read({**PROJECT, **changed})) is None
    assert RENARDO.suspicion(RENARDO.read({**PROJECT, **changed}), RENARDO.read(PROJECT)) is None


def test_fact_16_a_deleted_state_is_not_suspicious():
    """Fact 16: Renardo makes it anew."""
    without = {path: content for path, content in PROJECT.items() if path.endswith(b".py")}
    assert RENARDO.suspicion(RENARDO.read(PROJECT), RENARDO.read(without)) is None


def test_fact_16_files_are_followed_by_path_and_then_by_text():
    """Fact 16: a file renamed outside is the same file."""
    moved = {b"moved.py": PROJECT[b"a.py"], b"b.py": b"changed", b"frontend_state.json": STATE.encode()}
    assert set(RENARDO.match(RENARDO.read(PROJECT).parts, RENARDO.read(moved).parts)) == {(0, 2), (1, 0), (2, 1)}


def test_buffers_do_not_go_into_a_project_unconverted():
    """A buffer has no file of its own until it is converted."""
    with pytest.raises(CannotHold, match="holds files"):
        RENARDO.write([part("a")], PROJECT)


def test_fact_15_a_session_becomes_a_folder_that_people_can_read():
    """Fact 15: duplicate and unsafe names are made unique, startup is kept apart."""
    parts = [
        part("startup.py", kind="startup"),
        part("loop"),
        part("Loop"),
        part("a/../b"),
        part("con"),
        part("夜"),
    ]
    assert sorted(path.decode() for path in to_project(parts)) == sorted(
        [
            "startup/startup.py",
            "loop.py",
            "Loop-2.py",
            "a_.._b.py",
            "_con.py",
            "夜.py",
            "holdfast-session.json",
        ]
    )


def test_fact_15_names_that_one_system_takes_for_the_same_are_told_apart():
    """Fact 15: on macOS composed and decomposed letters, on Windows large and small ones, name one file."""
    parts = [part("\uac00", b"1"), part("\u1100\u1161", b"2"), part("A", b"3"), part("a", b"4"), part("com¹", b"5")]
    document = to_project(parts)
    assert {b"A.py", b"a-2.py", "_com¹.py".encode()} <= document.keys()
    assert len({unicodedata.normalize("NFC", path.decode()).casefold() for path in document}) == len(parts) + 1
    assert substance(from_project(document).values()) == substance(parts)


def test_fact_15_a_number_that_is_taken_already_is_left_out():
    """Fact 15: a buffer may itself be called a-2."""
    document = to_project([part("a", b"1"), part("a-2", b"2"), part("a", b"3"), part("a-2", b"4")])
    assert [document[path] for path in (b"a.py", b"a-2.py", b"a-3.py", b"a-2-2.py")] == [b"1", b"2", b"3", b"4"]


def test_fact_15_only_sessions_become_projects():
    """Fact 15: a project's own files are no buffers; the part is named."""
    with pytest.raises(CannotHold, match=r"a\.py: a session has no file"):
        to_project(RENARDO.read(PROJECT).parts)


@pytest.mark.parametrize("name", ["f2.py", "f3.py", "banner.py", "startup_empty.py", "startup_blank_line.py"])
def test_fact_15_a_session_file_comes_back_to_the_byte(name):
    """Fact 15: to a folder and back, and written again, also where Renardo could not hold it."""
    document = {b"": (FILES / name).read_bytes()}
    parts = [*from_project(to_project(RENARDO.read(document).parts)).values()]
    assert [each.key for each in parts] == [each.key for each in RENARDO.read(document).parts]
    assert RENARDO.write(parts, document) == document


def test_fact_15_the_folder_is_a_project():
    """Fact 15: what a12 and later open is recognised as theirs."""
    recognition = RENARDO.recognise(to_project([part("a")]))
    assert (recognition.generation, recognition.certain) == ("project", True)


def test_fact_12_the_conversion_stays_out_of_renardos_own_files():
    """Fact 12: neither startup_files/ nor settings.toml is ever among the paths."""
    paths = to_project([part("settings.toml", kind="startup"), part("startup_files/default.py")])
    assert not any(path.startswith(b"startup_files/") or path.endswith(b".toml") for path in paths)


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@given(st.lists(st.tuples(NAMES, st.binary(max_size=20)), max_size=6), st.booleans())
def test_fact_15_the_way_there_and_back_gives_the_same_parts(buffers, has_startup):
    """Fact 15: order, names and texts survive, whatever the names are."""
    parts = [part("my startup.py", b"s", "startup")] * has_startup + [part(*each) for each in buffers]
    document = to_project(parts)
    assert substance(from_project(document).values()) == substance(parts)
    assert all(len(component) <= 255 for path in document for component in path.split(b"/"))
    assert not any(component in (b"", b".", b"..") for path in document for component in path.split(b"/"))


def test_fact_15_files_added_and_deleted_in_the_folder_are_followed():
    """Fact 15: a new .py file becomes a buffer, a deleted one is gone, a changed one is changed."""
    document = dict(to_project([part("a"), part("b")]))
    del document[b"a.py"]
    document |= {b"b.py": b"changed", b"c.py": b"new"}
    assert substance(from_project(document).values()) == [("buffer", "b", b"changed"), ("buffer", "c", b"new")]


ROW = b'{"file": "a.py", "kind": "buffer", "name": "a"}'


@pytest.mark.parametrize(
    "index",
    [
        b"{",
        b"[]",
        b'{"holdfast_session": 1, "parts": [1]}',
        b'{"holdfast_session": 1, "parts": [{"file": 1, "kind": "buffer", "name": "a"}]}',
        b'{"holdfast_session": 1, "parts": [{"file": "a", "kind": "x", "name": "a"}]}',
        b'{"holdfast_session": 1, "parts": [' + ROW + b", " + ROW + b"]}",
        b'{"holdfast_session": 2, "parts": []}',
        b'{"parts": []}',
    ],
)
def test_fact_15_a_damaged_index_is_said_to_be(index):
    """Fact 15: order and names are not guessed from an index that cannot be read."""
    with pytest.raises(DamagedDocument, match=r"holdfast-session\.json"):
        from_project({b"a.py": b"", b"holdfast-session.json": index})


def test_fact_15_a_folder_without_an_index_becomes_buffers():
    """Fact 15: what a12+ made itself converts too, by the files' names."""
    assert substance(from_project(PROJECT).values()) == [("buffer", "a", b"a = 1\r\n"), ("buffer", "b", b"\xff")]
