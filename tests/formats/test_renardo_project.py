"""Project folders of Renardo a12 and later, and session files as such folders and back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part
from holdfast_daemon.formats.renardo import RENARDO, from_project, to_project

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
    assert RENARDO.read(PROJECT).warnings == (
        "frontend_state.json names /p/gone.py, which is not in this folder",
    )


@pytest.mark.parametrize(
    "state", [b"{", b"[" * 100_000, b'{"editor-tabs": [1]}', b"[]", b'{"editor-tabs":{"a":3}}']
)
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
    assert substance(from_project(document)) == substance(parts)
    assert all(len(component) <= 255 for path in document for component in path.split(b"/"))
    assert not any(component in (b"", b".", b"..") for path in document for component in path.split(b"/"))


def test_fact_15_files_added_and_deleted_in_the_folder_are_followed():
    """Fact 15: a new .py file becomes a buffer, a deleted one is gone, a changed one is changed."""
    document = dict(to_project([part("a"), part("b")]))
    del document[b"a.py"]
    document |= {b"b.py": b"changed", b"c.py": b"new"}
    assert substance(from_project(document)) == [("buffer", "b", b"changed"), ("buffer", "c", b"new")]


@pytest.mark.parametrize(
    "index",
    [
        b"{",
        b"[]",
        b'{"parts": [1]}',
        b'{"parts": [{"file": 1, "kind": "buffer", "name": "a"}]}',
        b'{"parts": [{"file": "a", "kind": "x", "name": "a"}]}',
    ],
)
def test_fact_15_a_damaged_index_is_said_to_be(index):
    """Fact 15: order and names are not guessed from an index that cannot be read."""
    with pytest.raises(DamagedDocument, match=r"holdfast-session\.json"):
        from_project({b"a.py": b"", b"holdfast-session.json": index})


def test_fact_15_a_folder_without_an_index_becomes_buffers():
    """Fact 15: what a12+ made itself converts too, by the files' names."""
    assert substance(from_project(PROJECT)) == [("buffer", "a", b"a = 1\r\n"), ("buffer", "b", b"\xff")]
