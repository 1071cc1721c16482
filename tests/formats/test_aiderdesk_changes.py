"""What changed in a chat in words, what is no change, what two sides' changes make, and what looks like damage."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.aiderdesk.rewording import upgraded
from holdfast_daemon.formats.base import Part
from holdfast_daemon.merge import merge

DATA = Path(__file__).resolve().parents[1] / "data" / "aiderdesk"
V1, V2 = ({b"": (DATA / name).read_bytes()} for name in ("chat_v1.json", "chat_v2.json"))
TASK = {path.name.encode(): path.read_bytes() for path in (DATA / "task").iterdir()}


def session(messages=(), files=()):
    return {b"": json.dumps({"contextMessages": [*messages], "contextFiles": [*files]}, indent=2).encode()}


def said(*texts):
    return [{"role": "user" if at % 2 == 0 else "assistant", "content": text} for at, text in enumerate(texts)]


def lines(old, new):
    rows = changes(AIDERDESK, AIDERDESK.read(old).parts, AIDERDESK.read(new).parts)
    return [row.line for row in rows]


def part(value, kind="message"):
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return Part(key="k", name="n", kind=kind, content=content)


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (session(), session(said("a")), ["message user 1 added"]),
        (session(said("a", "b")), session(said("a")), ["message assistant 2 removed"]),
        (
            session(said("a", "b\nc\nd")),
            session(said("a", "b\nx\nd")),
            ["message assistant 2 changed: +1 −1 lines"],
        ),
        (
            session([{"role": "user", "content": "a", "b": 1, "c": 2}]),
            session([{"role": "user", "content": "a", "c": 3, "d": 4}]),
            ["message user 1: b, c, d changed"],
        ),
        (
            session([{"role": "user", "content": "a", "b": 1}]),
            session([{"b": 1.0, "role": "user", "content": "a"}]),
            [],
        ),
        (
            session([], [{"path": "a", "readOnly": True}, {"path": "b"}]),
            session([], [{"path": "a"}, {"path": "b", "source": "x"}, {"path": "c", "readOnly": True}]),
            ["file a: read-only → editable", "file b: source changed", "file c added (read-only)"],
        ),
    ],
)
def test_a_change_is_told_in_words(old, new, wanted):
    """What a person sees of messages and files."""
    assert lines(old, new) == wanted


def test_an_added_message_tells_its_tool_calls():
    """How many."""
    calls = [{"type": "tool-call", "toolName": "a---b", "args": {}}] * 3
    answer = {"role": "assistant", "content": calls}
    assert lines(session(), session([answer])) == ["message assistant 1 added (3 tool calls)"]
    assert lines(session(), session([{**answer, "content": calls[:1]}])) == ["message assistant 1 added (1 tool call)"]


def test_what_a_tool_gave_is_part_of_what_changed():
    """By lines, also where it is no text."""
    old, new = ({"role": "tool", "content": [{"type": "tool-result", "result": {"a": n}}]} for n in (1, 2))
    assert lines(session([old]), session([new])) == ["message tool 1 changed: +1 −1 lines"]


def test_files_of_a_task_are_told_by_what_changed_in_them():
    """Members of settings and todos, lines of other files."""
    settings = json.loads(TASK[b"settings.json"]) | {"name": "x", "archived": True}
    changed = TASK | {b"settings.json": json.dumps(settings).encode(), b".aider.chat.history.md": b"new\n"}
    assert lines(TASK, changed) == [
        "settings: name, archived changed",
        "attachment .aider.chat.history.md: +1 −7 lines",
    ]


def test_a_change_without_facts_is_told_by_name():
    """A part that was merged or edited has none."""
    assert AIDERDESK.describe_change(part({"role": "user"}), part(b"{")) == "message n changed"
    assert AIDERDESK.describe_change(part(b"[1]", "field"), part(b"[2]", "field")) == "field n changed"
    assert AIDERDESK.describe_change(part({"a": 1}), part(b'{"a":1.0}')) == "message n only spelled otherwise"
    assert AIDERDESK.describe_change(None, part(b"[1]", "field")) == "field n added"
    assert AIDERDESK.describe_change(part(b"[1]", "field"), part(b"[1]", "field")) == "field n unchanged"


def test_fact_13_a_message_that_was_only_brought_up_to_date_is_the_same():
    """Fact 13: version 2 renames what tools were given and gave, also in what a subagent's result holds."""
    old, new = (AIDERDESK.read(each).parts for each in (V1, V2))
    pairs = AIDERDESK.match(old, new)
    assert pairs == [(at, at) for at in range(10)]
    assert [old[at].content == new[at].content for at in range(3)] == [True, False, False]
    assert all(AIDERDESK.same(old[one], new[other]) for one, other in pairs)
    assert [upgraded(each.content).encode() for each in old] == [each.content for each in new]


def test_fact_13_what_holds_no_result_is_left_as_it_is():
    """Fact 13: AiderDesk itself fails there."""
    message = {
        "role": "tool",
        "content": [{"type": "tool-result", "toolName": []}, {"type": "tool-result", "result": "x"}],
    }
    wanted = [
        {"type": "tool-result", "toolName": []},
        {"type": "tool-result", "output": {"type": "text", "value": "x"}},
    ]
    assert json.loads(upgraded(json.dumps(message).encode()))["content"] == wanted
    assert upgraded(b"5") == "5"


@pytest.mark.parametrize(
    ("old", "new", "kind", "same"),
    [
        (b'{"a": 1, "b": "c"}', b'{"b":"\\u0063","a":1e0}', "message", True),
        (b'{"a": 1}', b'{"a": 2}', "message", False),
        (b'{"a": 1}', b'{"a": true}', "field", False),
        (b"[1, 2]", b"[2, 1]", "field", False),
        (b'{"a":1}', b'{"a": 1}', "settings", True),
        (b'{"a":1}', b'{"a": 1}', "attachment", False),
        (b"{", b"{ ", "message", False),
        (b"{", b"{", "message", True),
    ],
)
def test_only_the_spelling_is_no_change(old, new, kind, same):
    """Order of keys, white space, escapes and numbers; a file of which nothing is known counts by its bytes."""
    assert AIDERDESK.same(part(old, kind), part(new, kind)) == same


def merged(base, ours, theirs):
    """The document that the daemon would make of both."""
    parts = merge(*(AIDERDESK.read(each).parts for each in (base, ours, theirs)), AIDERDESK)
    assert not parts.conflicts
    return AIDERDESK.write(parts.parts, ours)


def test_a_chat_appended_to_on_both_sides_is_ours_then_theirs():
    """Behind what both had; the file is written as ours is."""
    base, ours, theirs = (said("a", "b", *more) for more in ((), ("c", "d"), ("c", "e", "f")))
    wanted = [*ours, *theirs[3:]]
    assert merged(*(session(each) for each in (base, ours, theirs))) == session(wanted)


def test_an_upgrade_on_one_side_and_a_message_of_the_older_version_on_the_other_are_both_kept():
    """The file no longer claims version 2, so that AiderDesk brings the older message up to date."""
    tool = {"role": "tool", "content": [{"type": "tool-result", "toolName": "a---b", "result": 1}]}
    content = json.loads(V1[b""])
    longer = {b"": json.dumps(content | {"contextMessages": [*content["contextMessages"], tool]}, indent=2).encode()}
    both = json.loads(merged(V1, V2, longer)[b""])
    assert both == {
        "contextMessages": [*json.loads(V2[b""])["contextMessages"], tool],
        "contextFiles": content["contextFiles"],
    }


def test_messages_of_one_side_and_files_of_the_other_are_both_kept():
    """Fact 7: the two lists have nothing to do with one another."""
    files = [{"path": "a", "readOnly": False}, {"path": "b"}]
    base, ours = session(said("a"), files), session(said("a", "b"), files)
    theirs = session(said("a"), [{"path": "a", "readOnly": True}, {"path": "c"}])
    assert merged(base, ours, theirs) == session(said("a", "b"), [{"path": "a", "readOnly": True}, {"path": "c"}])


def test_a_message_that_one_side_removed_stays_away():
    """And later ones that the other edited are no conflict, although their places differ."""
    base, ours, theirs = (said(*"abcd"), [*said(*"abcd")[:1], *said(*"abcd")[2:]], [*said("a", "b", "c", "D")])
    assert merged(session(base), session(ours), session(theirs)) == session([base[0], base[2], theirs[3]])


def test_two_changes_of_a_message_are_merged_by_member():
    """What it says on one side, and what it cost on the other."""
    base = part({"role": "user", "content": "a", "usageReport": 1})
    ours, theirs = (replace(base, content=base.content.replace(*each)) for each in ((b'"a"', b'"b"'), (b"1", b"2")))
    both = AIDERDESK.merge_part(base, ours, theirs)
    assert json.loads(both.content) == {"role": "user", "content": "b", "usageReport": 2}
    assert (both.name, both.kind, both.key) == ("user: b", "message", "k")
    assert AIDERDESK.merge_part(base, ours, replace(base, content=b'{"role": "user", "content": "c"}')) is None
    assert AIDERDESK.merge_part(base, ours, replace(base, content=b"{")) is None


def test_two_changes_of_settings_take_the_later_moment():
    """Both sides set it at every change."""
    base, ours, theirs = (
        part({"name": name, "archived": archived, "updatedAt": f"2026-08-22T11:0{minute}:00.000Z"}, "settings")
        for name, archived, minute in (("a", False, 0), ("b", False, 1), ("a", True, 2))
    )
    wanted = {"name": "b", "archived": True, "updatedAt": "2026-08-22T11:02:00.000Z"}
    assert json.loads(AIDERDESK.merge_part(base, ours, theirs).content) == wanted
    assert json.loads(AIDERDESK.merge_part(base, theirs, ours).content) == wanted


def test_two_changes_of_an_attachment_are_merged_by_line():
    """Unless it looks like a tree."""
    base, ours, theirs = (part(text, "attachment") for text in (b"a\nb\nc\n", b"x\nb\nc\n", b"a\nb\nz\n"))
    assert AIDERDESK.merge_part(base, ours, theirs).content == b"x\nb\nz\n"
    tree = part(b'{"a":\n1,\n"b":2}', "attachment")
    assert AIDERDESK.merge_part(tree, ours, theirs) is None


def suspicion(old, new):
    return AIDERDESK.suspicion(AIDERDESK.read(old), AIDERDESK.read(new))


def test_a_chat_that_loses_nearly_everything_is_suspect():
    """Page 4.1: after a start with an empty chat the first message replaced fifty."""
    long = session(said(*map(str, range(50))))
    assert suspicion(long, session(said("hello"))) == "none of 50 messages is left, and there are only 1 others"
    assert suspicion(long, session()) == "every message is gone, and there were 50"
    assert suspicion(session([], [{"path": "a"}]), session()) == "every context file is gone"
    assert "every message" in suspicion(TASK, AIDERDESK.cleared(TASK))


def version_2(messages):
    """The same chat as AiderDesk 0.35 saves it."""
    return {b"": json.dumps({"version": 2, "contextMessages": messages, "contextFiles": []}, indent=2).encode()}


def test_a_chat_of_version_2_that_loses_nearly_everything_is_suspect():
    """Page 4.1, with the mark of 0.35; that each message was brought up to date meanwhile is no loss."""
    assert "none of 50 messages" in suspicion(version_2(said(*map(str, range(50)))), version_2(said("hello")))
    assert (
        suspicion(
            V1,
            version_2(
                [json.loads(upgraded(json.dumps(each).encode())) for each in json.loads(V1[b""])["contextMessages"]]
            ),
        )
        is None
    )


def test_a_cleared_chat_is_suspect_even_with_its_files():
    """It may have been cleared on purpose; both are kept, and nobody can ask AiderDesk."""
    files = [{"path": "a"}, {"path": "b"}]
    assert suspicion(session(said("a"), files), session([], files)) == "every message is gone, and there were 1"


def with_context(messages, files=()):
    """A task with other files, which are as large as all of its chat."""
    return {**TASK, b"context.backup.001.json": b" " * 9_000_000, b"context.json": session(messages, files)[b""]}


def test_a_task_whose_context_was_overwritten_is_suspect():
    """Page 4.4: a damaged context counts as none, and what comes next replaces 4 MB by 146 bytes. There may have been
    few messages in it, and the task's other files are still there."""
    large = with_context(said("the question", "x" * 4_000_000))
    assert "none of 2 messages" in suspicion(large, with_context(said("hello")))
    assert "every message is gone" in suspicion(large, with_context([], [{"path": "a"}]))
    assert suspicion(large, with_context(said("the question", "x" * 4_000_000, "and"))) is None


def test_a_task_without_its_settings_is_suspect():
    """Page 4.7: AiderDesk removes such a folder with all that it holds."""
    assert "settings.json is missing" in suspicion(TASK, {b"context.json": TASK[b"context.json"]})


def test_only_a_task_forgets_files_that_are_missing():
    """Page 4.6: when it is opened; a session file is not opened so."""
    assert [each.fragile for each in AIDERDESK.resources(AIDERDESK.read(TASK).parts)] == [True]
    assert {each.fragile for each in AIDERDESK.resources(AIDERDESK.read(V1).parts)} == {False}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (said(*map(str, range(50))), said("0")),
        (said(*map(str, range(50))), said(*map(str, range(100, 120)))),
        (said("a", "b"), said("c")),
        ([], []),
        ([], said("a")),
    ],
)
def test_what_people_do_is_not_suspect(old, new):
    """A chat cut down to its beginning, one of the same length, a short one that another short one replaces."""
    assert suspicion(session(old), session(new)) is None
