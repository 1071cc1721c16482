"""AiderDesk's session files as parts: every generation, whatever is missing in it, and what is no session."""

import json
from pathlib import Path

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.base import DamagedDocument, Part

DATA = Path(__file__).resolve().parents[1] / "data" / "aiderdesk"
EMPTY = b'{\n  "contextMessages": [],\n  "contextFiles": []\n}'


def document(name):
    return {b"": (DATA / name).read_bytes()}


def session(messages=(), files=(), **fields):
    return {b"": json.dumps({"contextMessages": [*messages], "contextFiles": [*files], **fields}, indent=2).encode()}


@pytest.mark.parametrize(
    ("name", "generation", "writer", "inferred"),
    [
        ("v0.json", "v0", "0.7.0 – 0.8", True),
        ("chat_v1.json", "v1", "0.26.0 – 0.34.0", True),
        ("chat_v2.json", "v2", "0.35.0 or later", False),
        ("task/context.json", "v2", "0.36.0 or later", True),
    ],
)
def test_fact_1_every_generation_is_recognised(name, generation, writer, inferred):
    """Fact 1: what the bytes tell of the version; a task's context alone looks like a session of version 2."""
    recognition = AIDERDESK.recognise(document(name))
    assert (recognition.generation, recognition.writer, recognition.inferred) == (generation, writer, inferred)
    assert recognition.certain
    assert AIDERDESK.read(document(name)).recognition == recognition


def test_a_mark_counts_for_more_than_messages_of_langchain():
    """AiderDesk 0.35 and later load them and save them with its mark, and then cannot use them."""
    content = json.loads(document("v0.json")[b""])
    saved = session(content["contextMessages"], version=2)
    assert AIDERDESK.recognise(saved).generation == "v2"
    assert len(AIDERDESK.losses(AIDERDESK.read(saved).parts)) == 3


def test_a_message_of_langchain_makes_no_session_of_langchain():
    """The others are of no AiderDesk that wrote such."""
    content = json.loads(document("v0.json")[b""])
    mixed = session([{"role": "user", "content": "a"}, content["contextMessages"][0]])
    assert AIDERDESK.recognise(mixed).generation == "v1"
    assert AIDERDESK.recognise(session(content["contextMessages"])).generation == "v0"


def test_a_session_without_ids_may_be_older():
    """Messages had none before 0.26.0."""
    assert AIDERDESK.recognise(session([{"role": "user", "content": "a"}])).writer == "0.9.0 – 0.34.0"


def test_an_empty_session_is_certain():
    """Both lists are there, with nothing in them."""
    assert AIDERDESK.recognise({b"": EMPTY}).certain
    assert AIDERDESK.read({b"": EMPTY}).facts == {"messages": 0, "files": 0}


@pytest.mark.parametrize(
    ("content", "certain"),
    [
        (b'{"contextMessages": [{"role": "user", "content": "a"}]}', True),
        (b'{"contextFiles": [{"path": "a"}]}', True),
        (b'{"contextFiles": ["a"]}', False),
        (b'{"contextMessages": []}', False),
        (b'{"contextMessages": [1], "contextFiles": 1}', False),
    ],
)
def test_one_list_is_a_session_where_it_holds_what_it_should(content, certain):
    """Else it may be another application's."""
    assert AIDERDESK.recognise({b"": content}).certain == certain


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'"contextMessages"',
        b'{"contextMessages": {}, "contextFiles": null}',
        b'{"contextMessages": [], "contextFiles": [',
        b'{"contextMessages": [], "contextFiles": []} x',
        b'x "contextMessages" "contextFiles"',
        b'{"x": {"contextMessages": [], "contextFiles": []}}',
        b"\x80\x05contextMessages",
    ],
)
def test_fact_6_what_is_no_session_is_not_recognised_and_damaged(content):
    """Fact 6: cut, empty, with something behind its end, or something else: a sentence says what."""
    assert AIDERDESK.recognise({b"": content}) is None
    with pytest.raises(DamagedDocument, match=r"\w \w"):
        AIDERDESK.read({b"": content})


def test_a_cut_session_says_where_it_ends():
    """Fact 6: line and byte, for people."""
    content = document("chat_v1.json")[b""][:600]
    with pytest.raises(DamagedDocument, match=r"cut off in line \d+, after byte 600"):
        AIDERDESK.read({b"": content})


def test_messages_and_files_are_parts_with_their_very_text():
    """Messages first, then files, then other members; the content is the slice of the file."""
    content = document("chat_v1.json")[b""]
    parts = AIDERDESK.read({b"": content}).parts
    assert [part.kind for part in parts] == ["message"] * 6 + ["file"] * 4
    assert all(part.content in content for part in parts)
    assert [part.key for part in parts[:6]] == ["u1", "a1", "t1", "message-4", "message-5", "a2"]
    assert [part.name for part in parts[6:]] == ["src/a.py", "../b/ünï.md", "C:\\notes\\c.md", "/etc/hosts"]
    assert [part.key for part in parts[6:]] == [f"file:{part.name}" for part in parts[6:]]


@pytest.mark.parametrize("name", ["chat_v1.json", "chat_v2.json", "task/context.json"])
def test_a_message_tells_what_it_says(name):
    """Role, place, beginning and tools, in either version's words."""
    parts = AIDERDESK.read(document(name)).parts
    assert dict(parts[0].facts) == {"role": "user", "number": 1, "text": "Where is the bug?"}
    assert dict(parts[1].facts) == {
        "role": "assistant", "number": 2, "text": "I look.", "tools": "file_read, run_task", "tool_calls": 2,
        "tool_results": 0,
    }  # fmt: skip
    assert dict(parts[2].facts) == {
        "role": "tool", "number": 3, "text": "x = 1", "tools": "file_read, run_task", "tool_calls": 0,
        "tool_results": 2,
    }  # fmt: skip
    assert parts[5].facts["text"] == "Line one. Line two."
    names = ["user: Where is the bug?", "assistant: I look.", "tool: file_read, run_task"]
    assert [part.name for part in parts[:3]] == names


def test_messages_of_langchain_tell_the_same():
    """Generation v0 wrapped each in its own way; its flags are fields."""
    parts = AIDERDESK.read(document("v0.json")).parts
    assert [part.facts.get("role") for part in parts[:3]] == ["user", "assistant", "tool"]
    assert [part.name for part in parts] == [
        "user: Hello", "assistant: bash", "tool: bash", "a.py", "loadMessages", "loadFiles",
    ]  # fmt: skip
    assert [(part.kind, part.content) for part in parts[4:]] == [("field", b"true"), ("field", b"false")]
    assert len(AIDERDESK.losses(parts)) == 3


def test_a_file_tells_whether_it_is_read_only():
    """Fact 2: without ``readOnly`` it is not."""
    parts = AIDERDESK.read(document("chat_v1.json")).parts
    assert [part.facts["read_only"] for part in parts if part.kind == "file"] == [False, True, False, True]
    [rule] = [part for part in AIDERDESK.read(document("task/context.json")).parts if part.kind == "file"]
    assert dict(rule.facts) == {"read_only": True, "source": "project-rule"}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user"},
        {"role": "user", "content": None},
        {"role": "user", "content": []},
        {"role": "user", "content": [1, None, "a", {"type": 1}, {"type": []}, {"text": "a"}]},
        {"role": "system", "content": "a"},
        {"role": "tool", "content": "a"},
        {"role": "tool", "content": [{"type": "tool-result"}]},
        {"role": "tool", "content": [{"type": "tool-result", "toolName": [], "output": 1}]},
        {"role": "assistant", "content": [{"type": "tool-call", "toolName": 1, "args": 1}], "id": 5},
        {"role": "assistant", "content": "", "id": ""},
        {"role": 1},
        {"type": "human", "data": {}},
        {"type": "ai", "data": {"content": 5, "tool_calls": [1, {"name": 1}]}},
        {},
        [],
        None,
        7,
    ],
)
def test_fact_2_whatever_is_missing_it_is_read(message):
    """Fact 2: no id, no content, no result, an unknown role, no message at all; nothing is lost."""
    given = session([message])
    [part] = AIDERDESK.read(given).parts
    assert json.loads(part.content) == message
    assert part.key == "message-1"
    assert AIDERDESK.write([part], given) == given


def test_odd_shapes_warn():
    """A person is told what AiderDesk would stumble over."""
    given = session([{"role": "tool", "content": "a"}, 5], [{"path": 7}])
    assert AIDERDESK.read(given).warnings == (
        "message 1 is a tool's, and its content is no list",
        "message 2 is no message: it has no role",
        "file 1 has no path",
    )


def test_old_words_in_version_2_warn():
    """AiderDesk brings only what has no version up to date."""
    old = {"role": "tool", "content": [{"type": "tool-result", "result": 1}]}
    [warning] = AIDERDESK.read(session([old], version=2)).warnings
    assert warning.startswith("message 1 is in the words of version 1")
    assert AIDERDESK.read(session([old])).warnings == ()


def test_a_byte_order_mark_and_a_member_that_is_there_twice_warn():
    """The document is read as JavaScript reads it, but for the mark, over which AiderDesk fails."""
    content = b'\xef\xbb\xbf{"contextMessages": [1], "contextFiles": [], "contextMessages": []}'
    reading = AIDERDESK.read({b"": content})
    assert reading.parts == ()
    assert [warning[:20] for warning in reading.warnings] == ["it begins with a byt", "contextMessages is t"]
    assert AIDERDESK.write((), {b"": content}) == {b"": content}


def test_a_part_is_told_by_its_id_its_path_or_its_name():
    """In whatever document; not by its place, nor by a key that is its own only here."""
    messages = [{"role": "user", "id": each} if each else {"role": "user"} for each in ("a", "", "b", "b", "message-9")]
    files = [{"path": "x"}, {"path": "x"}, {"path": "y"}, {"nothing": 1}]
    parts = AIDERDESK.read(session(messages, files, more=1)).parts
    assert [AIDERDESK.identity(part) for part in parts] == [
        "a", None, None, None, "message-9", "file:x", None, "file:y", None, "field:more",
    ]  # fmt: skip
    task = {path.name.encode(): path.read_bytes() for path in (DATA / "task").iterdir()}
    whole_files = [part for part in AIDERDESK.read(task).parts if part.kind not in ("message", "file")]
    assert [AIDERDESK.identity(part) for part in whole_files] == [part.name for part in whole_files]


@pytest.mark.parametrize(
    ("name", "content", "identity"),
    [
        ("said", b'{"role": "user"}', None),
        ("said", b'{"role": "user", "id": "new"}', "new"),
        ("said", b'{"role": "user", "id": "u1"}', None),
        ("said", b'{"path": "new"}', "file:new"),
        ("said", b'{"path": "src/a.py"}', None),
        ("said", b"1", "field:said"),
    ],
)
def test_a_new_part_is_told_by_what_it_will_be_read_as(name, content, identity):
    """The name by which it was put in is no id of a message, and an id that is taken is none."""
    made = AIDERDESK.new_part(name, content, AIDERDESK.read(document("chat_v1.json")).parts)
    assert AIDERDESK.identity(made) == identity


def test_content_that_is_no_json_tells_of_no_one():
    """A part may be given from anywhere."""
    assert AIDERDESK.identity(Part(key="a", name="a", kind="message", content=b"{")) is None
    assert AIDERDESK.identity(Part(key="file:a", name="a", kind="file", content=b"{")) is None


def test_an_id_that_is_there_twice_is_no_key():
    """Nor can an id take another message's key; every key is there once."""
    messages = [{"role": "user", "id": each} for each in ("a", "a", "message-1", "file:x", "\ud800")]
    parts = AIDERDESK.read(session(messages, [{"path": "x"}, {"path": "x"}])).parts
    keys = ["message-1~2", "message-2", "message-1", "file:x", "\\ud800", "file:x~2", "file:x~3"]
    assert [part.key for part in parts] == keys


def test_fact_19_names_and_facts_are_valid_text():
    """Fact 19: half characters and control characters are shown as what they are, the content keeps them."""
    given = session([{"role": "\ud800", "content": "a\x1b[31m\u2028\n\ud900 b"}], [{"path": "\udfff"}], **{"\udc00": 1})
    parts = AIDERDESK.read(given).parts
    for part in parts:
        json.dumps([part.key, part.name, dict(part.facts)], ensure_ascii=False).encode("utf-8")
    assert parts[0].name == "\\ud800: a [31m \\ud900 b"
    assert AIDERDESK.write(parts, given) == given


def test_a_long_text_is_cut_for_its_name():
    """And for its preview; the content is whole."""
    [part] = AIDERDESK.read(session([{"role": "user", "content": "wörd " * 1000}])).parts
    assert len(part.name) <= 50
    assert len(part.facts["text"]) <= 80
    assert part.facts["text"].endswith("…")


def test_fact_7_every_context_file_is_a_resource():
    """Facts 7 and 8: paths verbatim, relative ones below the project's folder, none dropped."""
    resources = AIDERDESK.resources(AIDERDESK.read(document("chat_v1.json")).parts)
    paths = ["src/a.py", "../b/ünï.md", "C:\\notes\\c.md", "/etc/hosts"]
    assert [each.reference for each in resources] == paths
    assert {(each.role, each.below) for each in resources} == {("context", ".aider-desk")}
    assert [each.key for each in resources] == [f"file:{path}" for path in paths]
    assert AIDERDESK.resources(AIDERDESK.read(session([], [{"path": 1}, 2, {}])).parts) == []


def test_fact_13_what_makes_aiderdesk_fail_is_a_loss():
    """Fact 13: a tool's result that holds nothing."""
    given = session([{"role": "tool", "content": [{"type": "tool-result", "toolName": "a---b"}]}], version=2)
    [(key, sentence)] = AIDERDESK.losses(AIDERDESK.read(given).parts)
    assert key == "message-1"
    assert "0.35 fails" in sentence
    assert AIDERDESK.losses(AIDERDESK.read(document("chat_v1.json")).parts) == []
