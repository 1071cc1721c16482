"""Where AiderDesk keeps its sessions in a project, and which projects it knows."""

import json

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.aiderdesk.folders import known_places
from holdfast_daemon.layouts import enters, is_candidate, session_path

OWN = AIDERDESK.layouts[".aider-desk"]


@pytest.mark.parametrize(
    "path", [b"sessions/a.json", b"sessions/.autosaved.json", b"sessions/cut.json", b"sessions/notes.txt"]
)
def test_fact_15_every_file_among_the_sessions_is_kept(path):
    """Fact 15: also the unreadable ones and the notes, as AiderDesk 0.36 deletes them all."""
    assert is_candidate(OWN, path, is_folder=False) == "certain"
    assert is_candidate(AIDERDESK.layouts["sessions"], path.rpartition(b"/")[2], is_folder=False) == "certain"


def test_fact_16_a_task_is_a_folder_that_is_never_moved():
    """Fact 16: AiderDesk would remove its work tree."""
    assert OWN.fixed
    assert AIDERDESK.layouts["tasks"].fixed
    assert session_path(OWN, b"tasks/1a2b3c4d/context.json") == b"tasks/1a2b3c4d"
    assert is_candidate(OWN, b"tasks/1a2b3c4d", is_folder=True) == "certain"
    assert session_path(AIDERDESK.layouts["tasks"], b"1a2b3c4d/todos.json") == b"1a2b3c4d"


@pytest.mark.parametrize("folder", [b"tasks/1/worktree", b"tasks/1/worktree/src", b"tasks/internal", b"rules", b"tmp"])
def test_fact_16_what_is_no_session_is_not_looked_into(folder):
    """Fact 16: the work tree of a task, AiderDesk's own task, and what else it has in the project."""
    assert not enters(OWN, folder)
    assert session_path(OWN, folder + b"/x.json") is None


def test_new_sessions_go_where_aiderdesk_looks_for_them():
    """A file among the sessions, a folder among the tasks."""
    assert is_candidate(OWN, f"{OWN.new_file}/new.json".encode(), is_folder=False)
    assert is_candidate(OWN, f"{OWN.new_folder}/1a2b3c4d".encode(), is_folder=True)


@pytest.mark.parametrize(
    ("folder", "folders", "expected"),
    [
        (".aider-desk", [], ".aider-desk"),
        ("renamed", ["rules", "tasks"], ".aider-desk"),
        ("renamed", ["sessions"], ".aider-desk"),
        ("sessions", [], "sessions"),
        ("tasks", ["1a2b3c4d"], "tasks"),
        ("copies", ["other"], "exported"),
    ],
)
def test_the_layout_of_a_folder_is_told_by_names(folder, folders, expected):
    """Its own, or those of the folders in it."""
    assert AIDERDESK.layout_for(folder, {"package.json": b"{}"}, folders) == expected


def test_among_other_files_only_sessions_are_taken():
    """A folder of copies may be any folder."""
    assert is_candidate(AIDERDESK.layouts["exported"], b"package.json", is_folder=False) == "recognised"
    assert AIDERDESK.begins(b'\xef\xbb\xbf {"version": 2, "contextMessages": [')
    assert not AIDERDESK.begins(b'{"name": "a package", "version": "1"}')
    assert not AIDERDESK.begins(b'["contextMessages"]')


SETTINGS = {
    "settings": {"theme": "dark"},
    "openProjects": [{"baseDir": "/work/a", "active": True}, {"baseDir": 5}, {}, None],
    "recentProjects": ["/work/b", "/work/a", {"baseDir": "/work/c"}, 7],
}


@pytest.mark.parametrize(
    ("platform", "environment", "path"),
    [
        ("linux", {}, "/home/me/.config/aider-desk/config.json"),
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "/x/aider-desk/config.json"),
        ("linux", {}, "/home/me/.local/share/aider-desk-nodejs/config.json"),
        ("linux", {"XDG_DATA_HOME": "/y"}, "/y/aider-desk-nodejs/config.json"),
        ("linux", {"AIDER_DESK_DATA_DIR": "/z", "XDG_CONFIG_HOME": "/x"}, "/z/config.json"),
        ("darwin", {}, "/home/me/Library/Application Support/aider-desk/config.json"),
        ("darwin", {}, "/home/me/Library/Application Support/aider-desk-nodejs/config.json"),
    ],
)
def test_known_places_are_in_the_projects_that_are_open_or_were(platform, environment, path):
    """Wherever AiderDesk, as an application or as a server, has its settings; each once, odd entries left out."""
    found = known_places(environment, "/home/me", platform, {path: json.dumps(SETTINGS)}.get)
    assert [*found] == ["/work/a/.aider-desk", "/work/b/.aider-desk", "/work/c/.aider-desk"]


def test_the_folder_in_a_project_may_have_another_name():
    """AIDER_DESK_DIR, which 0.35 and before do not know."""
    texts = {"/z/config.json": '{"recentProjects": ["/work/a"]}'}
    environment = {"AIDER_DESK_DATA_DIR": "/z", "AIDER_DESK_DIR": "deep/desk"}
    assert AIDERDESK.known_places(environment, "/h", texts.get) == ["/work/a/deep/desk", "/work/a/.aider-desk"]


@pytest.mark.parametrize(
    "text", [None, "", "{", "[]", "5", '{"openProjects": 1, "recentProjects": {"a": 1}}', "[" * 100_000]
)
def test_settings_that_cannot_be_read_name_no_place(text):
    """Broken, of another shape, or none at all."""
    assert AIDERDESK.known_places({"AIDER_DESK_DATA_DIR": "/z"}, "/h", lambda _: text) == []


def test_aiderdesks_folder_is_meant_where_a_project_is_named():
    """``folder add ~/project``."""
    assert AIDERDESK.within == (".aider-desk",)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({b"settings.json": b'{"id": "1", "baseDir": "/p"}'}, True),
        ({b"context.json": b"{"}, True),
        ({b"settings.json": b'{"editor.tabSize": 2}', b"tasks.json": b"{}"}, False),
    ],
)
def test_a_folder_may_be_a_task_by_its_own_files(files, expected):
    """Its settings, or its context; other programs have settings too."""
    assert AIDERDESK.begins_folder(files) is expected
