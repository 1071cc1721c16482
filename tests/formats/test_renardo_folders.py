"""Where Renardo keeps its sessions, by its own rules."""

from pathlib import Path

import pytest

from holdfast_daemon.formats.renardo import RENARDO, sessions_folder
from holdfast_daemon.formats.renardo.folders import known_places
from holdfast_daemon.layouts import enters, is_candidate, session_path


def absent(path):
    return None


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"XDG_CONFIG_HOME": "/elsewhere"}, "/home/me/.config/renardo/livecoding_sessions"),
        ("darwin", {}, "/home/me/Library/Application Support/renardo/livecoding_sessions"),
        ("win32", {"APPDATA": "C:\\Roaming"}, "C:\\Roaming\\renardo\\livecoding_sessions"),
        ("win32", {}, "/home/me\\AppData\\Roaming\\renardo\\livecoding_sessions"),
        ("linux", {"RENARDO_USER_DIR": "~/$X"}, "~/$X/livecoding_sessions"),
        ("linux", {"RENARDO_USER_DIR": ""}, "/home/me/.config/renardo/livecoding_sessions"),
    ],
)
def test_fact_1_the_variable_then_the_default(platform, environment, expected):
    """Fact 1: $RENARDO_USER_DIR as it stands, else the system's default, on Linux without XDG."""
    assert sessions_folder(environment, "/home/me", platform, absent) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('RENARDO_USER_DIR_PATH = "/music"', "/music/livecoding_sessions"),
        ("other = 1", "/home/me/.config/renardo/livecoding_sessions"),
        ("RENARDO_USER_DIR_PATH = 5", "/home/me/.config/renardo/livecoding_sessions"),
        ("broken =", "/home/me/.config/renardo/livecoding_sessions"),
        ("deep = " + "[" * 100_000, "/home/me/.config/renardo/livecoding_sessions"),
        ('RENARDO_USER_DIR_PATH = ""', "/home/me/.config/renardo/livecoding_sessions"),
    ],
)
def test_fact_1_user_dir_toml_names_the_folder(text, expected):
    """Fact 1: user_dir.toml in the standard directory is next; a broken one counts as none."""
    asked = []

    def read_text(path):
        asked.append(path)
        return text

    assert sessions_folder({}, "/home/me", "linux", read_text) == expected
    assert asked == ["/home/me/.config/renardo/user_dir.toml"]


def test_fact_1_the_variable_goes_before_the_file():
    """Fact 1: with the variable set the file is not even read."""
    assert sessions_folder({"RENARDO_USER_DIR": "/a"}, "/h", "linux", pytest.fail) == "/a/livecoding_sessions"


def test_fact_1_a_change_is_followed_at_once():
    """Fact 1: nothing is remembered from one question to the next."""
    answers = iter(['RENARDO_USER_DIR_PATH = "/one"', 'RENARDO_USER_DIR_PATH = "/two"', None])
    folders = [sessions_folder({}, "/h", "darwin", lambda _: next(answers)) for _ in range(3)]
    assert folders[:2] == ["/one/livecoding_sessions", "/two/livecoding_sessions"]
    assert folders[2] == "/h/Library/Application Support/renardo/livecoding_sessions"


NAMED = (Path(__file__).resolve().parents[1] / "data" / "renardo" / "f3.py").read_bytes()
RULED = b"import x\n" + b"#" * 80 + b"\n\nd1 >> play('x')\n"


@pytest.mark.parametrize(
    ("folder", "files", "folders", "expected"),
    [
        ("livecoding_sessions", {}, [], "sessions"),
        ("livecoding_sessions", {"a.py": RULED}, ["a"], "sessions"),
        ("startup_files", {"startup.py": RULED}, [], "startup"),
        ("sets", {"notes.txt": b"", "old.py": RULED, "new.py": NAMED}, ["a"], "sessions"),
        ("song", {"drums.py": RULED, "empty.py": b""}, ["samples"], "project"),
        ("song", {"frontend_state.json": b"{}"}, [], "project"),
        ("song", {"holdfast-session.json": b"{}"}, ["startup"], "project"),
        ("songs", {"readme.txt": NAMED}, ["one", "two"], "projects"),
        ("songs", {}, [".git"], "sessions"),
        ("new", {}, [], "sessions"),
    ],
)
def test_the_layout_of_a_folder_is_told_by_its_name_or_its_python_files(folder, files, folders, expected):
    """Renardo's own names first; then whether a file has named buffers, which an ordinary banner is not."""
    assert RENARDO.layout_for(folder, files, folders) == expected


def test_fact_2_sessions_are_the_python_files_of_the_folder_itself():
    """Fact 2: this folder only, hidden ones included, as Renardo lists them; and startup files beside it (fact 12)."""
    sessions = RENARDO.layouts["sessions"]
    paths = [b"a.py", b".py", b"a.PY", b"a.txt", b"below/a.py"]
    assert [is_candidate(sessions, path, is_folder=False) for path in paths] == ["certain", "certain", None, None, None]
    assert sessions.beside == ("../startup_files",)
    assert is_candidate(RENARDO.layouts["startup"], b"default.py", is_folder=False) == "certain"


def test_fact_16_a_project_is_one_session_without_what_is_not_its_own():
    """Fact 16: its files and its state; not version control, caches and environments, which change all the time."""
    project, projects = RENARDO.layouts["project"], RENARDO.layouts["projects"]
    assert session_path(project, b"lib/a.py") == session_path(project, b"frontend_state.json") == b""
    left_out = [b".git", b"__pycache__", b"lib/__pycache__", b"venv", b"mine/lib/python3.11/site-packages"]
    assert not any(enters(project, folder) for folder in left_out)
    assert session_path(projects, b"song/lib/a.py") == b"song"
    assert not any(enters(projects, b"song/" + folder) for folder in left_out)
    assert project.fixed
    assert projects.fixed


@pytest.mark.parametrize(
    ("state", "project"),
    [
        ('{"project-path": "/music/song", "editor-tabs": {}}', ["/music/song"]),
        ('{"project-path": ""}', []),
        ('{"project-path": 5}', []),
        ('{"editor-tabs": {}}', []),
        ("[]", []),
        ("{", []),
        ("[" * 100_000, []),
        (None, []),
    ],
)
def test_known_places_are_sessions_startup_files_and_the_project_that_was_open(state, project):
    """Page 2.1, 2.3 and 2.5; a state that cannot be read names none."""
    texts = {"/home/me/.config/renardo/frontend_state.json": state}
    found = [*known_places({}, "/home/me", "linux", texts.get)]
    user_folder = "/home/me/.config/renardo"
    assert found == [f"{user_folder}/livecoding_sessions", f"{user_folder}/startup_files", *project]


def test_known_places_follow_the_configured_user_directory():
    """Fact 1: of all that lies there."""
    found = RENARDO.known_places({"RENARDO_USER_DIR": "/set"}, "/home/me", absent)
    assert found == ["/set/livecoding_sessions", "/set/startup_files"]


def test_the_folder_of_sessions_is_meant_where_the_user_directory_is_named():
    """``folder add ~/.config/renardo``."""
    assert RENARDO.within == ("livecoding_sessions",)


def test_what_may_be_a_session_is_told_by_its_beginning():
    """A header of Renardo's in a file, its state or our index in a folder; not just any Python."""
    assert RENARDO.begins(b"#" * 80 + b"\n######## a\n" + b"#" * 80 + b"\n")
    rule = b"//" + b"=" * 78 + b"\n"
    assert RENARDO.begins(rule + b"// STARTUP_FILE: s.py\n" + rule)
    assert not RENARDO.begins(b"print('nobody')\n" + b"#" * 80 + b"\n\nprint(1)\n")
    assert RENARDO.begins_folder({b"frontend_state.json": b"{}"})
    assert RENARDO.begins_folder({b"holdfast-session.json": b"{}"})
    assert not RENARDO.begins_folder({b"setup.py": b"", b"state.json": b"{}"})
