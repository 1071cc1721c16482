"""AiderDesk's session files from parts: what nobody changed stays to the byte, and a new one is as AiderDesk writes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.aiderdesk.writing import EMPTY_V2
from holdfast_daemon.formats.base import CannotHold, Part

DATA = Path(__file__).resolve().parents[1] / "data" / "aiderdesk"
ODD = b"""\xef\xbb\xbf {\r
\t"later" : {"x":1} ,\r
\t"contextFiles":[ {"path":"a","x":1e2} ,{"path":"b"}],\r
\t"version":2, "contextMessages":[{"role":"user","content":"one"},\r
\r
{"content":"two","role":"user"} , {"role":"user","content":"three"}]\r
} \r
"""
USER = b'{"role": "user", "content": "new"}'
OLD_CALL = b'{"role": "assistant", "content": [{"type": "tool-call", "args": {}}]}'
NEW_CALL = b'{"role": "assistant", "content": [{"type": "tool-call", "input": {}}]}'


def document(name):
    return {b"": (DATA / name).read_bytes()}


def parts_of(content):
    return [*AIDERDESK.read({b"": content}).parts]


def part(content, kind="message", name="x"):
    return Part(key="x", name=name, kind=kind, content=content)


def written(parts, content=None):
    return AIDERDESK.write(parts, None if content is None else {b"": content})[b""]


@pytest.mark.parametrize("name", ["v0.json", "chat_v1.json", "chat_v2.json", "task/context.json"])
def test_fact_1_what_nobody_changed_comes_back_to_the_byte(name):
    """Fact 1: with or without facts."""
    given = document(name)
    parts = [replace(each, facts={}) for each in AIDERDESK.read(given).parts]
    assert AIDERDESK.write(parts, given) == given


@pytest.mark.parametrize("name", ["chat_v1.json", "chat_v2.json"])
def test_fact_1_a_new_document_is_as_aiderdesk_writes_it(name):
    """Fact 1: by two spaces, no line end at the end, the version where the tools' words need it."""
    assert AIDERDESK.write(AIDERDESK.read(document(name)).parts) == document(name)


def test_a_new_document_of_nothing_is_an_empty_session():
    """As AiderDesk saves it before anything was said."""
    assert written([]) == b'{\n  "contextMessages": [],\n  "contextFiles": []\n}'


def test_only_what_changed_differs():
    """Byte order mark, white space, line ends, order, unknown members and the spelling of numbers stay."""
    parts = parts_of(ODD)
    assert written(parts, ODD) == ODD
    parts[1] = replace(parts[1], content=b'{"role":"user","content":"2"}')
    assert written(parts, ODD) == ODD.replace(b'{"content":"two","role":"user"}', b'{"role":"user","content":"2"}')
    del parts[1]
    assert written(parts, ODD) == ODD.replace(b',\r\n\r\n{"content":"two","role":"user"} ', b" ")


def test_what_is_added_is_set_as_its_neighbours_are():
    """Messages in their indentation, files too."""
    content = document("chat_v1.json")[b""]
    parts = [*parts_of(content), part(USER), part(b'{"path": "new"}', "file")]
    added = written(parts, content)
    assert added.count(b",\n    " + USER + b"\n  ]") == 1
    assert added.count(b',\n    {"path": "new"}\n  ]') == 1
    assert added.replace(b",\n    " + USER, b"").replace(b',\n    {"path": "new"}', b"") == content


def test_messages_may_stem_from_other_documents():
    """Their keys may repeat; the order is the parts'."""
    one, two = parts_of(document("chat_v1.json")[b""]), parts_of(document("chat_v1.json")[b""])
    merged = written([*one[:2], *two[1:4], *two[6:]], document("chat_v1.json")[b""])
    assert [each.content for each in parts_of(merged)] == [each.content for each in [*one[:2], *two[1:4], *two[6:]]]


def test_fact_7_messages_and_files_are_changed_apart():
    """Fact 7: other files and the same messages, or the other way round; nothing else moves."""
    content = document("chat_v1.json")[b""]
    parts = parts_of(content)
    begin = content.index(b'"contextFiles"')
    assert written([*parts[:6], part(b'{"path": "../x"}', "file")], content)[:begin] == content[:begin]
    assert written(parts[6:], content).endswith(content[begin:])
    assert written(parts[:6], content) == content[:begin] + b'"contextFiles": []\n}'


def test_fields_are_changed_added_and_removed():
    """By name; their order is the template's, as it means nothing."""
    content = b'{"a": 1, "contextMessages": [], "b": [2], "contextFiles": []}'
    fields = {each.name: each for each in parts_of(content)}
    assert written([fields["b"]], content) == b'{"contextMessages": [], "b": [2], "contextFiles": []}'
    assert written([fields["b"], fields["a"]], content) == content
    more = [replace(fields["a"], content=b"0"), fields["b"], part(b"{}", "field", "c")]
    assert written(more, content) == b'{"a": 0, "contextMessages": [], "b": [2], "contextFiles": [], "c": {}}'


def test_of_members_that_are_there_twice_the_last_is_changed():
    """And all are removed."""
    content = b'{"a": 1, "contextMessages": [1], "a": 2, "contextMessages": []}'
    [field] = parts_of(content)
    changed = written([replace(field, content=b"3"), part(USER)], content)
    assert changed == b'{"a": 1, "contextMessages": [1], "a": 3, "contextMessages": [' + USER + b"]}"
    assert written([], content) == b'{"contextMessages": [1], "contextMessages": []}'


def test_fields_that_look_alike_are_no_reason_to_refuse():
    """The name of one shows half a character as what the other is really called."""
    content = b'{"contextMessages": [], "\\ud800": 1, "\\\\ud800": 2}'
    assert written(parts_of(content), content) == content


def test_a_list_that_is_not_there_is_made():
    """A session of files alone takes messages."""
    content = b'{\n  "contextFiles": [\n    {"path": "a"}\n  ]\n}'
    read = parts_of(written([part(USER), *parts_of(content)], content))
    assert [(each.kind, each.content) for each in read] == [("message", USER), ("file", b'{"path": "a"}')]


@pytest.mark.parametrize(
    ("template", "added", "version"),
    [
        (None, OLD_CALL, None),
        (None, NEW_CALL, 2),
        (None, USER, None),
        ("chat_v1.json", NEW_CALL, None),
        ("chat_v2.json", NEW_CALL, 2),
        ("chat_v2.json", USER, 2),
        ("chat_v2.json", OLD_CALL, None),
    ],
)
def test_version_2_is_only_claimed_where_no_old_words_come_in(template, added, version):
    """Without it AiderDesk brings every message up to date at reading; with it, old words make it fail."""
    content = document(template)[b""] if template else None
    parts = parts_of(content) if content else []
    built = written([*parts, part(added)], content)
    assert json.loads(built).get("version") == version
    assert parts_of(built)[len([each for each in parts if each.kind == "message"])].content == added
    assert not any("words of version 1" in warning for warning in AIDERDESK.read({b"": built}).warnings)


def test_a_session_whose_words_are_all_of_version_2_is_marked_so():
    """As the first member, set as its neighbours are; without the mark it would be told as of a version that cannot
    read it."""
    content = b'{\n  "contextMessages": [\n    ' + USER + b'\n  ],\n  "contextFiles": []\n}'
    built = written([part(USER), part(NEW_CALL)], content)
    assert built == EMPTY_V2.replace(b"[],", b"[\n    " + USER + b",\n    " + NEW_CALL + b"\n  ],", 1)
    assert AIDERDESK.recognise({b"": built}).generation == "v2"
    assert AIDERDESK.read({b"": built}).warnings == ()


def test_the_mark_comes_with_whatever_is_written():
    """Also where the new words were there without it, and the last old ones go."""
    content = b'{"contextMessages":[' + OLD_CALL + b"," + NEW_CALL + b'],"contextFiles":[]}'
    old, new = parts_of(content)
    assert written([old, new], content) == content
    assert written([new], content) == b'{"version":2,"contextMessages":[' + NEW_CALL + b'],"contextFiles":[]}'


def test_a_mark_that_went_with_old_words_comes_back_without_them():
    """To the byte."""
    content = document("chat_v2.json")[b""]
    mixed = written([*parts_of(content), part(OLD_CALL)], content)
    rest = [each for each in parts_of(mixed) if each.content != OLD_CALL]
    assert written(rest, mixed) == content


def test_a_session_of_mixed_words_warns():
    """Fact 13: AiderDesk 0.35 brings it up to date, older ones cannot read the newer words, and no mark tells."""
    reading = AIDERDESK.read({b"": written([part(OLD_CALL), part(NEW_CALL), part(USER)])})
    assert (reading.recognition.generation, reading.recognition.writer) == ("v2", None)
    assert reading.recognition.inferred
    [warning] = reading.warnings
    assert "words of version 2" in warning
    assert "AiderDesk 0.34" in warning


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        (b"not JSON", "message", "a message is JSON"),
        (b"", "message", "a message is JSON"),
        (b'{"role": "user"', "message", "cut off"),
        (b'{"role": "\xff"}', "message", "not UTF-8"),
        (b'{"role": "user"}, {}', "message", "behind the end"),
        (b"[" * 100_000, "message", "nested"),
        (b"5", "message", "with a role"),
        (b"{}", "message", "with a role"),
        (b'{"path": 5}', "file", "with a path"),
        (b"src/a.py", "file", "a file is JSON"),
        (b"x", "field", "a field is JSON"),
        (b"{}", "buffer", "no buffer"),
    ],
)
def test_what_would_break_the_session_is_refused(content, kind, words):
    """Before anything is written, by part, with a sentence."""
    for template in (None, document("chat_v1.json")):
        with pytest.raises(CannotHold) as refused:
            AIDERDESK.write([part(content, kind)], template)
        [(key, sentence)] = refused.value.problems
        assert key == "x"
        assert words in sentence


def test_odd_shapes_that_are_there_already_are_no_reason_to_refuse():
    """A message can be added to a session that holds what is none."""
    content = b'{"contextMessages": [5], "contextFiles": [{}]}'
    assert written([*parts_of(content), part(USER)], content).count(b"[5, " + USER + b"]") == 1


@pytest.mark.parametrize("name", ["version", "contextMessages", "contextFiles"])
def test_a_field_takes_no_name_of_aiderdesks_own(name):
    """It would be read as something else."""
    with pytest.raises(CannotHold, match="no field of its own"):
        written([part(b"[]", "field", name), part(USER), part(b'{"path": "a"}', "file")])


def test_two_fields_of_one_name_are_refused():
    """Only one of them could be read."""
    with pytest.raises(CannotHold, match="two parts would be the field"):
        written([part(b"1", "field"), part(b"2", "field")])


def test_a_damaged_template_is_refused():
    """With what is wrong with it."""
    with pytest.raises(CannotHold, match="cut off"):
        written([part(USER)], b'{"contextMessages": [')


def test_white_space_around_an_edited_part_is_not_written():
    """Editors end a file with a line end."""
    assert written([part(b"\xef\xbb\xbf\n" + USER + b"\r\n")]) == written([part(USER)])


def test_fact_2_a_cleared_session_keeps_version_and_fields():
    """No messages, and files only if they are asked for."""
    given = document("chat_v2.json")
    begin = given[b""].index(b'"contextFiles"')
    head = b'{\n  "version": 2,\n  "contextMessages": [],\n  '
    assert AIDERDESK.cleared(given)[b""] == head + b'"contextFiles": []\n}'
    assert AIDERDESK.cleared(given, ["file"])[b""] == head + given[b""][begin:]
    assert AIDERDESK.cleared(given, ["message", "file"]) == given
    assert json.loads(AIDERDESK.cleared(document("v0.json"))[b""])["loadMessages"] is True


def test_a_part_of_a_session_needs_no_other():
    """A chosen message stands for itself."""
    parts = AIDERDESK.read(document("chat_v1.json")).parts
    assert AIDERDESK.needed(parts, [parts[2], parts[1]]) == [parts[1], parts[2]]


@pytest.mark.parametrize(
    ("content", "kind", "key", "name"),
    [
        (USER, "message", "said", "user: new"),
        (b'{"role": "user", "id": "u1"}', "message", "u1~2", "user"),
        (b'{"path": "src/b.py"}', "file", "file:src/b.py", "src/b.py"),
        (b'{"path": "/etc/hosts"}', "file", "file:/etc/hosts~2", "/etc/hosts"),
        (b"[1]", "field", "field:said", "said"),
    ],
)
def test_a_new_part_is_what_its_content_says(content, kind, key, name):
    """And is read back as that."""
    given = document("chat_v1.json")
    before = AIDERDESK.read(given).parts
    made = AIDERDESK.new_part("said", content, before)
    assert (made.kind, made.key, made.name, made.content) == (kind, key, name, content)
    after = AIDERDESK.read(AIDERDESK.write([*before, made], given)).parts
    assert sorted((each.kind, each.name, each.content) for each in after) == sorted(
        (each.kind, each.name, each.content) for each in (*before, made)
    )
