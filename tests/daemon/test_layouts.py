"""Which path of a folder belongs to which session: over tables, and over all layouts and paths."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon import layouts
from holdfast_daemon.formats.base import Layout
from holdfast_daemon.layouts import SESSIONS, enters, is_candidate, is_fleeting, is_folder_session, session_path

FILES = Layout(files=("*.py",))
TASKS = Layout(files=("sessions/*",), folders=("tasks/*",), skipped=("tasks/*/worktree", "tasks/internal"))
WHOLE = Layout(whole=True, skipped=(".*", "__pycache__"))
ANY = Layout(files=("*",), folders=("*",))
NESTED = Layout(files=("*/*",), folders=("*/b", "a"))
MIXED = Layout(files=("auto*.xml", "auto/auto*.xml"), recognised=("*.xml",))


@pytest.mark.parametrize(
    ("layout", "path", "session"),
    [
        (SESSIONS, b"renardo/set.py", b"renardo/set.py"),
        (SESSIONS, b"renardo/project/a/b.py", b"renardo/project"),
        (SESSIONS, b"renardo/.hidden/a", b"renardo/.hidden"),
        (SESSIONS, b"renardo/archived/set.py", b"renardo/archived/set.py"),
        (SESSIONS, b"renardo/archived/project/a/b.py", b"renardo/archived/project"),
        (SESSIONS, b"renardo/project/archived/b.py", b"renardo/project"),
        (SESSIONS, b"renardo/.autosaved.json", b"renardo/.autosaved.json"),
        (SESSIONS, b".git/HEAD", None),
        (SESSIONS, b"renardo", None),
        (SESSIONS, b"", None),
        (SESSIONS, b"renardo/.holdfast-x", None),
        (SESSIONS, b".holdfast-marker", None),
        (SESSIONS, b"renardo/project/.holdfast-x/a", None),
        (SESSIONS, b"renardo/x.holdfast-y", b"renardo/x.holdfast-y"),
        (SESSIONS, b"n\xffme/\xfe\xff", b"n\xffme/\xfe\xff"),
        (FILES, b"a.py", b"a.py"),
        (FILES, b".py", b".py"),
        (FILES, b".hidden.py", b".hidden.py"),
        (FILES, b"\xff\n.py", b"\xff\n.py"),
        (FILES, b"a.PY", None),
        (FILES, b"a.py/b", None),
        (FILES, b"below/a.py", None),
        (TASKS, b"sessions/.autosaved.json", b"sessions/.autosaved.json"),
        (TASKS, b"sessions/notes/a", None),
        (TASKS, b"tasks/1/context.json", b"tasks/1"),
        (TASKS, b"tasks/1/.aider.chat.history.md", b"tasks/1"),
        (TASKS, b"tasks/1/deep/er/x", b"tasks/1"),
        (TASKS, b"tasks/1", b"tasks/1"),
        (TASKS, b"tasks/1/worktree/src/main.py", None),
        (TASKS, b"tasks/1/worktree", b"tasks/1"),
        (TASKS, b"tasks/1/deep/worktree/x", b"tasks/1"),
        (TASKS, b"tasks/internal/context.json", None),
        (TASKS, b"tasks/.trash/context.json", None),
        (TASKS, b"tasks", None),
        (TASKS, b"rules/x.md", None),
        (WHOLE, b"", b""),
        (WHOLE, b"a/b.py", b""),
        (WHOLE, b".hidden.py", b""),
        (WHOLE, b".git/HEAD", None),
        (WHOLE, b"a/__pycache__/b.pyc", None),
        (WHOLE, b"a/.holdfast-x", None),
        (ANY, b"a", b"a"),
        (ANY, b"a/b/c", b"a"),
        (ANY, b".git/HEAD", None),
        (ANY, b".file", b".file"),
        (MIXED, b"a.xml", b"a.xml"),
        (MIXED, b"auto/auto1.xml", b"auto/auto1.xml"),
        (MIXED, b"auto/a.xml", None),
        (NESTED, b"a/b/c", b"a"),
        (NESTED, b"x/b/c", b"x/b"),
        (NESTED, b"x/c", b"x/c"),
        (Layout(), b"a", None),
    ],
)
def test_a_path_belongs_to_one_session_or_to_none(layout: Layout, path: bytes, session: bytes | None) -> None:
    """Files by their own pattern; what lies in a folder that is a session, to that one, unless it is skipped."""
    assert session_path(layout, path) == session


@pytest.mark.parametrize(
    ("layout", "path", "as_file", "as_folder"),
    [
        (SESSIONS, b"renardo/set.py", "certain", "certain"),
        (SESSIONS, b"renardo/project/a.py", None, None),
        (SESSIONS, b"renardo", None, None),
        (SESSIONS, b".git/HEAD", None, None),
        (FILES, b"a.py", "certain", None),
        (FILES, b"a.txt", None, None),
        (TASKS, b"sessions/x", "certain", None),
        (TASKS, b"tasks/1", None, "certain"),
        (TASKS, b"tasks/internal", None, None),
        (TASKS, b"tasks/.hidden", None, None),
        (WHOLE, b"", None, "certain"),
        (WHOLE, b"a", None, None),
        (ANY, b".git", "certain", None),
        (ANY, b".holdfast-x", None, None),
        (NESTED, b"a/b", None, None),
        (NESTED, b"x/b", "certain", "certain"),
        (MIXED, b"a.xml", "recognised", None),
        (MIXED, b"auto.xml", "certain", None),
        (MIXED, b"auto/auto.xml", "certain", None),
    ],
)
def test_a_file_or_a_folder_may_be_a_session(
    layout: Layout, path: bytes, as_file: str | None, as_folder: str | None
) -> None:
    """In any case, or where its content says so; folders only where the layout has such."""
    assert is_candidate(layout, path, is_folder=False) == as_file
    assert is_candidate(layout, path, is_folder=True) == as_folder
    assert is_folder_session(layout, path) is (as_folder is not None)


@pytest.mark.parametrize(
    ("layout", "entered", "left_alone"),
    [
        (SESSIONS, [b"", b"renardo", b"renardo/p", b"renardo/.p/q", b"n\xff"], [b".git", b".holdfast-x"]),
        (FILES, [b""], [b"below", b"a.py"]),
        (
            TASKS,
            [b"", b"sessions", b"tasks", b"tasks/1", b"tasks/1/a/b", b"tasks/1/.a"],
            [b"rules", b"sessions/x", b"tasks/1/worktree", b"tasks/1/worktree/src", b"tasks/internal", b"tasks/.x"],
        ),
        (WHOLE, [b"", b"a", b"a/b"], [b".git", b"a/.git/objects", b"__pycache__", b"a/.holdfast-x"]),
        (ANY, [b"", b"a", b"a/.b"], [b".git"]),
        (MIXED, [b"", b"auto"], [b"data", b"auto/x"]),
    ],
)
def test_a_folder_is_entered_where_sessions_may_be(
    layout: Layout, entered: list[bytes], left_alone: list[bytes]
) -> None:
    """The root always; nothing that no pattern leads into, and nothing that is skipped."""
    assert [enters(layout, folder) for folder in entered] == [True] * len(entered)
    assert [enters(layout, folder) for folder in left_alone] == [False] * len(left_alone)


@pytest.mark.parametrize(
    ("leaf", "fleeting"),
    [
        (b".set.py.swp", True),
        (b".set.py.swx", True),
        (b"4913", True),
        (b".#set.py", True),
        (b"#set.py#", True),
        (b".goutputstream-AB12", True),
        (b"a\n.swp", False),
        (b"set.py", False),
        (b"set.py~", False),
        (b"4914", False),
        (b".autosaved.json", False),
    ],
)
def test_what_an_editor_puts_beside_an_open_file_is_known_by_its_name(leaf: bytes, fleeting: bool) -> None:
    """Vim's swap and probe, Emacs' lock and autosave, GLib's stream; not a backup that stays."""
    assert is_fleeting(leaf) is fleeting


NAMES = st.text("ab.*?[!]é\n\udcff", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
PATHS = st.lists(NAMES, max_size=4).map("/".join)
PATTERNS = st.lists(PATHS.filter(bool), max_size=3).map(tuple)
LAYOUTS = st.builds(
    Layout, files=PATTERNS, recognised=PATTERNS, folders=PATTERNS, skipped=PATTERNS, whole=st.booleans()
)
RAW = PATHS.map(lambda path: path.encode("utf-8", "surrogateescape"))


def _folders_above(path: bytes) -> list[bytes]:
    names = path.split(b"/")
    return [b"/".join(names[:depth]) for depth in range(len(names))]


@given(LAYOUTS, RAW)
def test_the_session_of_a_session_is_itself(layout: Layout, path: bytes) -> None:
    """Whatever belongs to a session leads to it in one step."""
    session = session_path(layout, path)
    assert session is None or session_path(layout, session) == session


@given(LAYOUTS, RAW, RAW.filter(bool))
def test_everything_below_a_folder_that_is_a_session_belongs_to_it(layout: Layout, path: bytes, below: bytes) -> None:
    """Unless a folder on the way is skipped, which is then not entered either."""
    whole = b"/".join(filter(None, (path, below)))
    if is_folder_session(layout, path):
        is_reached = all(enters(layout, folder) for folder in _folders_above(whole))
        assert session_path(layout, whole) == (path if is_reached else None)


@given(LAYOUTS, RAW)
def test_a_session_lies_where_its_folders_are_entered(layout: Layout, path: bytes) -> None:
    """Whoever walks the folders that are entered finds every candidate."""
    for is_folder in (False, True):
        if is_candidate(layout, path, is_folder=is_folder) is not None:
            assert session_path(layout, path) == path
            assert all(enters(layout, folder) for folder in _folders_above(path))
            assert not is_folder or enters(layout, path)


@given(NAMES, NAMES)
def test_a_component_is_met_as_in_a_shell(pattern: str, name: str) -> None:
    """As ``fnmatchcase`` does, of a file hidden or not."""
    found = is_candidate(Layout(files=(pattern,)), name.encode("utf-8", "surrogateescape"), is_folder=False)
    assert (found is not None) is fnmatch.fnmatchcase(name, pattern)


def test_the_daemons_own_names_are_those_of_its_files() -> None:
    """One word for both: what may not be in a document is what is nobody's in a folder."""
    from holdfast_daemon.visible_files import OWN_PREFIX

    assert layouts.TEMPORARY == OWN_PREFIX
