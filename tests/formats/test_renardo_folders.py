"""Where Renardo keeps its sessions, by its own rules."""

import pytest

from holdfast_daemon.formats.renardo import sessions_folder


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
