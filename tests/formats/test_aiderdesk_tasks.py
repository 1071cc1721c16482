"""Task folders, which AiderDesk keeps since 0.36: a session, its settings, its todos and whatever else lies there."""

import json
import re
from pathlib import Path

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
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


def test_a_cleared_task_holds_nothing():
    """Neither messages, files, todos nor other files; the context is there, and empty."""
    cleared = AIDERDESK.cleared(TASK)
    assert cleared.keys() == {b"settings.json", b"context.json"}
    assert cleared[b"context.json"] == b'{\n  "version": 2,\n  "contextMessages": [],\n  "contextFiles": []\n}'
    assert AIDERDESK.cleared(TASK, ["todos"]).keys() == {b"settings.json", b"context.json", b"todos.json"}


#: What ``TaskDataSchema`` demands, what a user set up, and what tells of the old task alone.
DEMANDED = {
    "id": "7f3a9c21",
    "baseDir": "/p",
    "name": "x",
    "aiderTotalCost": 1,
    "agentTotalCost": 2.5,
    "mainModel": "m",
}
SET_UP = {
    "weakModel": None, "architectModel": "a", "currentMode": "code", "workingMode": "worktree", "autoApprove": True,
    "agentProfileId": "power", "provider": "p", "model": "m", "reasoningEffort": "low", "thinkingTokens": "1k",
    "weakModelLocked": True, "contextCompactingThreshold": 80, "unknown": [1],
}  # fmt: skip
OF_THE_OLD_TASK = {
    "parentId": "3f0c1f52", "state": "DONE", "pinned": True, "createdAt": "2026", "updatedAt": "2026",
    "startedAt": "2026", "interruptedAt": "2026", "completedAt": "2026", "worktree": {"path": "/w"},
    "lastMergeState": {"timestamp": 1}, "handoff": True, "lastAgentProviderMetadata": {}, "metadata": {"a": 1},
}  # fmt: skip


def cleared_settings(settings, **others):
    document = {b"settings.json": json.dumps(settings, indent=2).encode(), **others}
    return json.loads(AIDERDESK.cleared(document)[b"settings.json"])


def test_a_cleared_task_is_a_new_one():
    """It has what its user set up and what AiderDesk demands of a task; neither costs nor anything that the old one
    went through, and is not archived. Without a moment of creation AiderDesk takes it for one not begun."""
    new = cleared_settings({**DEMANDED, **SET_UP, **OF_THE_OLD_TASK, "archived": True})
    empty = {"name": "", "archived": False, "aiderTotalCost": 0, "agentTotalCost": 0}
    assert new == {**DEMANDED, **SET_UP, **empty, "id": new["id"]}


def test_a_cleared_task_has_an_id_of_its_own():
    """Of eight hexadecimal digits, as AiderDesk gives; another for every document, the same for the same."""
    given = {**DEMANDED, **SET_UP}
    ids = [cleared_settings(each)["id"] for each in (given, {**given, "name": "y"}, given)]
    assert all(re.fullmatch("[0-9a-f]{8}", each) for each in ids)
    assert len({DEMANDED["id"], *ids}) == 3
    assert ids[0] == ids[2]
    [again] = {cleared_settings({**given, "id": ids[0]})["id"]}
    assert again not in ids


def test_a_cleared_task_says_what_it_costs():
    """Also where the old one did not: AiderDesk adds to the numbers."""
    new = cleared_settings({"id": "1a2b3c4d", "baseDir": "/p", "name": "x"})
    assert (new["aiderTotalCost"], new["agentTotalCost"]) == (0, 0)


def test_the_other_bytes_of_cleared_settings_stay():
    """Order, white space and spelling."""
    settings = (
        b'{ "name" : "x",\r\n\t"currentMode":"code" , "id":"a",\r\n\t"createdAt":"2026", "mainModel": "\\u006d" }\r\n'
    )
    cleared = AIDERDESK.cleared({b"settings.json": settings})[b"settings.json"]
    assert cleared.startswith(b'{ "name" : "",\r\n\t"currentMode":"code" , "id":"')
    assert b'"mainModel": "\\u006d"' in cleared
    assert b"createdAt" not in cleared


def test_a_task_without_settings_is_cleared_too():
    """It stays one without."""
    assert AIDERDESK.cleared({b"context.json": TASK[b"context.json"]}).keys() == {b"context.json"}


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


WORK_TREE = {b"worktree/.git": b"gitdir: x", b"worktree/src/main.py": b"pass\n" * 9999, b"worktree/\xff": b""}


def test_fact_16_a_work_tree_is_no_part_of_a_task():
    """Fact 16: with it in the document or without, the parts, the facts and the warnings are the same."""
    assert AIDERDESK.read({**TASK, **WORK_TREE}) == AIDERDESK.read(TASK)
    assert AIDERDESK.recognise({**TASK, **WORK_TREE}) == AIDERDESK.recognise(TASK)


def test_fact_16_a_work_tree_that_is_there_stays():
    """Fact 16: nothing is taken out of a document; only the changed file is another one."""
    parts = AIDERDESK.read(TASK).parts
    whole = {**TASK, **WORK_TREE}
    assert AIDERDESK.write(parts, whole) == whole
    written = AIDERDESK.write([*parts[:7], USER, *parts[7:]], whole)
    assert {path for path in whole if written.get(path) != whole[path]} == {b"context.json"}


def test_fact_16_a_work_tree_that_comes_or_goes_is_no_damage():
    """Fact 16: neither looks like a loss."""
    with_it, without = AIDERDESK.read({**TASK, **WORK_TREE}), AIDERDESK.read(TASK)
    assert AIDERDESK.suspicion(with_it, without) is AIDERDESK.suspicion(without, with_it) is None


def test_fact_16_a_new_task_has_no_work_tree_of_another():
    """Fact 16: a task that is emptied to begin with is one of its own, and the same one either way."""
    assert AIDERDESK.cleared({**TASK, **WORK_TREE}) == AIDERDESK.cleared(TASK)


def test_fact_16_nothing_is_written_into_a_work_tree():
    """Fact 16: it is another program's."""
    part = Part(key="k", name="worktree/a.py", kind="attachment", content=b"")
    with pytest.raises(CannotHold, match="no attachment"):
        AIDERDESK.write([*AIDERDESK.read(TASK).parts, part], TASK)
