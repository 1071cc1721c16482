"""Task folders, which AiderDesk keeps since 0.36: a session, its settings, its todos and whatever else lies there."""

import json
from pathlib import Path

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK, LEFT_OUT
from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part

FOLDER = Path(__file__).resolve().parents[1] / "data" / "aiderdesk" / "task"
TASK = {path.name.encode(): path.read_bytes() for path in FOLDER.iterdir()}
OTHERS = {b"notes/\xff.txt": b"\0", b"context.backup.001.json": b"{"}
USER = Part(key="x", name="x", kind="message", content=b'{"role": "user", "content": "new"}')


def test_fact_1_a_task_comes_back_to_the_byte():
    """Fact 1: every file, also those that are nobody's."""
    given = {**TASK, **OTHERS}
    reading = AIDERDESK.read(given)
    assert AIDERDESK.write(reading.parts, given) == given
    assert AIDERDESK.recognise(given) == reading.recognition
    assert (reading.recognition.generation, reading.recognition.inferred) == ("task", False)
    assert reading.warnings == ()


def test_a_task_is_its_settings_its_session_its_todos_and_its_other_files():
    """In that order; facts say what each is about."""
    reading = AIDERDESK.read({**TASK, **OTHERS})
    kinds = ["settings", *["message"] * 6, "file", "todos", *["attachment"] * 3]
    assert [part.kind for part in reading.parts] == kinds
    assert dict(reading.facts) == {
        "messages": 6, "files": 1, "task": "Find the bug", "state": "IN_PROGRESS", "archived": False,
    }  # fmt: skip
    assert dict(reading.parts[8].facts) == {"items": 2, "completed": 1}
    names = [".aider.chat.history.md", "context.backup.001.json", "notes/\\xff.txt"]
    assert [part.key for part in reading.parts[9:]] == names


def test_a_message_of_a_task_is_changed_alone():
    """The other files are the same bytes."""
    parts = [*AIDERDESK.read(TASK).parts]
    written = AIDERDESK.write([*parts[:7], USER, *parts[7:]], TASK)
    assert {path for path in written if written[path] != TASK[path]} == {b"context.json"}
    assert written[b"context.json"].count(USER.content) == 1
    assert written.keys() == TASK.keys()


def test_files_of_a_task_are_added_and_removed():
    """By their name."""
    parts = [*AIDERDESK.read(TASK).parts]
    added = Part(key="other", name="notes/a.md", kind="attachment", content=b"a")
    written = AIDERDESK.write([*parts[:-1], added], TASK)
    assert written == {path: TASK[path] for path in TASK if not path.startswith(b".aider")} | {b"notes/a.md": b"a"}


def test_fact_14_no_context_is_written_without_settings():
    """Fact 14: neither into a task that has them nor as a new one."""
    parts = [part for part in AIDERDESK.read(TASK).parts if part.kind != "settings"]
    for template in (TASK, None):
        with pytest.raises(CannotHold, match=r"settings\.json is missing"):
            AIDERDESK.write(parts, template)


def test_fact_14_a_task_that_has_no_settings_warns_and_can_be_written():
    """Fact 14: it was so, and it can be given some."""
    given = {b"context.json": TASK[b"context.json"]}
    reading = AIDERDESK.read(given)
    assert reading.recognition.inferred
    assert "AiderDesk removes such a folder" in reading.warnings[0]
    assert AIDERDESK.write(reading.parts, given) == given
    settings = AIDERDESK.read(TASK).parts[0]
    assert AIDERDESK.write([settings, *reading.parts], given) == given | {b"settings.json": TASK[b"settings.json"]}


def test_settings_come_along_with_any_part_of_a_task():
    """So that AiderDesk does not remove what was loaded; the result is a task that reads as that."""
    parts = AIDERDESK.read(TASK).parts
    needed = AIDERDESK.needed(parts, [parts[2]])
    assert needed == [parts[0], parts[2]]
    loaded = AIDERDESK.write(needed)
    assert loaded.keys() == {b"context.json", b"settings.json"}
    assert json.loads(loaded[b"context.json"])["version"] == 2
    assert [part.content for part in AIDERDESK.read(loaded).parts] == [part.content for part in needed]


def test_a_new_task_is_all_that_the_old_one_was():
    """Built from its parts alone."""
    assert AIDERDESK.write(AIDERDESK.read(TASK).parts) == TASK


def test_a_cleared_task_keeps_its_settings():
    """Neither messages, files, todos nor other files; the context is there, and empty."""
    cleared = AIDERDESK.cleared(TASK)
    assert cleared == {
        b"settings.json": TASK[b"settings.json"],
        b"context.json": b'{\n  "version": 2,\n  "contextMessages": [],\n  "contextFiles": []\n}',
    }
    assert AIDERDESK.cleared(TASK, ["todos"]).keys() == {b"settings.json", b"context.json", b"todos.json"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({b"context.json": b""}, "context.json: the file is empty"),
        ({b"context.json": TASK[b"context.json"][:300]}, r"context.json: .* cut off"),
        ({b"settings.json": b"{"}, "settings.json: .* cut off"),
        ({b"settings.json": b"[]"}, "settings.json is no JSON object"),
        ({b"todos.json": b"nothing"}, "todos.json: not readable"),
    ],
)
def test_fact_6_a_damaged_file_damages_the_task(change, words):
    """Fact 6: which one and how is said; one bad settings.json stops AiderDesk loading all later tasks."""
    with pytest.raises(DamagedDocument, match=words):
        AIDERDESK.read({**TASK, **change})


@pytest.mark.parametrize(
    "folder",
    [
        {b"a.py": b""},
        {b"settings.json": b'{"editor.fontSize": 12}'},
        {b"settings.json": b'{"baseDir": 5, "id": 1}'},
        {b"context.json": b"{}"},
        {b"x/context.json": TASK[b"context.json"]},
        {},
    ],
)
def test_other_folders_are_no_tasks(folder):
    """Many an application has a settings.json."""
    assert AIDERDESK.recognise(folder) is None


def test_a_task_with_a_damaged_context_is_still_one():
    """Its settings say so, so that the damage is seen as one."""
    assert AIDERDESK.recognise({**TASK, b"context.json": b"{"}).certain


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (Part(key="k", name="settings.json", kind="settings", content=b"x"), "is JSON, and this is not"),
        (Part(key="k", name="settings.json", kind="settings", content=b"[]"), "is a JSON object"),
        (Part(key="k", name="other.json", kind="settings", content=b"{}"), "are the file settings.json"),
        (Part(key="k", name="context.json", kind="attachment", content=b"{}"), "no attachment"),
        (Part(key="k", name="context.json/a", kind="attachment", content=b"{}"), "no attachment"),
        (Part(key="k", name="../a", kind="attachment", content=b"{}"), "not a relative path"),
        (Part(key="k", name="\ud800", kind="attachment", content=b""), "not valid Unicode"),
    ],
)
def test_files_that_would_break_a_task_are_refused(part, words):
    """Before anything is written."""
    parts = [each for each in AIDERDESK.read(TASK).parts if each.kind != part.kind or part.kind == "attachment"]
    with pytest.raises(CannotHold, match=words):
        AIDERDESK.write([*parts, part], TASK)


def test_a_session_holds_no_settings():
    """A task's parts do not go into a session file."""
    with pytest.raises(CannotHold, match="a session holds no settings"):
        AIDERDESK.write(AIDERDESK.read(TASK).parts, {b"": TASK[b"context.json"]})


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("settings.json", b"{}", "settings"),
        ("todos.json", b"{}", "todos"),
        ("a.md", b"a", "attachment"),
        ("said", USER.content, "message"),
    ],
)
def test_a_new_part_of_a_task_is_a_file_or_a_message(name, content, kind):
    """By its name, then by its content."""
    made = AIDERDESK.new_part(name, content, AIDERDESK.read({b"settings.json": TASK[b"settings.json"]}).parts)
    assert (made.kind, made.content) == (kind, content)


def test_fact_16_a_work_tree_in_a_task_is_left_out():
    """Fact 16: whoever gathers a task's files asks here what is none of it."""
    assert LEFT_OUT == (b"worktree/",)
