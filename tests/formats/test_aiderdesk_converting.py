"""AiderDesk's sessions in another generation: the words change, all else keeps its bytes, and what is lost is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.base import CannotHold, Converted, DamagedDocument, Document, Origin

FILES = Path(__file__).resolve().parents[1] / "data" / "aiderdesk"
SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "aiderdesk"
UPGRADED = sorted(path.name for path in SAMPLES.glob("upgraded/*.json"))
V1, V2, V0 = ({b"": (FILES / name).read_bytes()} for name in ("chat_v1.json", "chat_v2.json", "v0.json"))
TASK = {path.name.encode(): path.read_bytes() for path in (FILES / "task").iterdir()}
HERE = Origin(
    name="login bug", created=1_700_000_000_123, modified=1_700_000_060_000,
    path="/home/ana/shop/.aider-desk/sessions/login bug.json",
)  # fmt: skip


def to(form: str, document: Document, origin: Origin = HERE) -> Converted:
    return AIDERDESK.converted(document, form, origin)


def content(form: str, document: Document) -> bytes:
    return to(form, document).document[b""]


def written(value: object, *, indent: int | None = 2) -> dict[bytes, bytes]:
    return {b"": json.dumps(value, indent=indent, ensure_ascii=False).encode()}


def session(*messages: object, **members: object) -> dict[bytes, bytes]:
    return written({"contextMessages": [*messages], "contextFiles": [], **members})


def result(output: object, name: str = "power---bash") -> dict[str, object]:
    piece = {"type": "tool-result", "toolCallId": "c", "toolName": name, "output": output}
    return {"id": "t", "role": "tool", "content": [piece]}


def messages(document: Document) -> list[dict]:
    return json.loads(document.get(b"", document.get(b"context.json")))["contextMessages"]


@pytest.mark.parametrize("name", UPGRADED)
def test_fact_13_a_session_is_brought_up_as_the_application_saves_it_again(name):
    """Fact 13: to the byte what 0.35.0 wrote, from the same session of version 1."""
    document = {b"": (SAMPLES / "sessions" / name).read_bytes()}
    made = to("v2", document)
    assert made.document == {b"": (SAMPLES / "upgraded" / name).read_bytes()}
    assert (made.suffix, made.losses) == (".json", [])
    assert content("v1", made.document) == document[b""]


def test_fact_13_conversations_of_subagents_are_brought_up_too():
    """Fact 13: a result that holds messages, to the byte, and down again."""
    assert content("v2", V1) == V2[b""]
    assert content("v1", V2) == V1[b""]


@pytest.mark.parametrize("indent", [None, 1, 4, "\t"])
def test_fact_13_a_session_stays_set_as_it_is(indent):
    """Fact 13: on one line, or indented otherwise; there and back it is the same file."""
    old, new = (written(json.loads(each[b""]), indent=indent) for each in (V1, V2))
    assert content("v2", old) == new[b""]
    assert content("v1", new) == old[b""]


def test_fact_13_the_session_over_which_aiderdesk_fails_survives():
    """Fact 13: a result that holds nothing is null from then on, and that is told by its message."""
    document = {b"": (FILES / "chat_v1.json").read_bytes().replace(b',\n          "result": "x = 1\\n"', b"")}
    made = to("v2", document)
    assert messages(made.document)[2]["content"][0]["output"] == {"type": "json", "value": None}
    assert [key for key, _ in made.losses] == ["t1"]
    assert AIDERDESK.losses(AIDERDESK.read(made.document).parts) == []


def test_fact_1_whatever_need_not_change_keeps_its_bytes():
    """Facts 1 and 19: odd numbers, escapes, half of a pair, U+2028, unknown members, a key twice, odd white space."""
    odd = (
        b'{"zzz" :1e400,"contextMessages":[ {"id":"\\ud800 \xe2\x80\xa8","role":"tool","x":-0.0,"content":['
        b'{"type":"tool-result","n":12345678901234567890,"result":{"big":9007199254740993,"a":1,"a":2.50}},7]}  ],'
        b'"contextFiles":[{"path":"\\u0061"}]}\n'
    )
    wanted = odd.replace(b'{"zzz"', b'{"version":2,"zzz"').replace(
        b'"result":{"big":9007199254740993,"a":1,"a":2.50}',
        b'"output":{"type":"json","value":{"big":9007199254740993,"a":1,"a":2.50}}',
    )
    assert content("v2", {b"": odd}) == wanted
    assert content("v2", {b"": wanted}) == wanted


@pytest.mark.parametrize("form", ["v1", "v2"])
def test_a_session_that_is_in_the_form_comes_back_as_it_is(form):
    """Nothing is set anew; a byte order mark, with which AiderDesk cannot open it, is not kept."""
    document = {"v1": V1, "v2": V2}[form]
    assert to(form, document) == Converted(document=document, suffix=".json", losses=[])
    assert content(form, {b"": b"\xef\xbb\xbf" + document[b""]}) == document[b""]


@pytest.mark.parametrize(
    ("output", "held", "kind"),
    [
        ({"type": "error-text", "value": "no"}, "no", "error-text"),
        ({"type": "error-json", "value": {"status": 404}}, {"status": 404}, "error-json"),
        ({"type": "content", "value": [{"type": "text", "text": "x"}]}, [{"type": "text", "text": "x"}], "content"),
        ({"type": "json", "value": "a text"}, "a text", "json"),
        ({"type": "text", "value": "x", "providerOptions": {}}, "x", "text"),
        ("bare", "bare", "of no kind"),
    ],
)
def test_what_version_1_does_not_tell_of_a_result_is_told(output, held, kind):
    """The value stays, that it was an error does not; also in a conversation of a subagent."""
    inner = result(output)
    outer = result({"type": "json", "value": {"messages": [inner]}}, "subagents---run_task")
    for message, path in ((inner, []), (outer, ["content", 0, "result", "messages", 0])):
        made = to("v1", session(message, version=2))
        assert [key for key, _ in made.losses] == ["t"]
        assert made.losses[0][1].endswith(f": {kind}")
        found = messages(made.document)[0]
        for step in path:
            found = found[step]
        assert found["content"] == [
            {"type": "tool-result", "toolCallId": "c", "toolName": "power---bash", "result": held}
        ]


def test_what_version_1_does_not_use_is_told_and_stays():
    """Moments, rules and attachments of later ones; AiderDesk 0.34 keeps what it does not know."""
    attached = {"id": "u", "role": "user", "content": [{"type": "file", "data": "", "mediaType": "image/png"}]}
    document = session({**attached, "timestamp": 5}, version=2, contextFiles=[{"path": "a", "source": "project-rule"}])
    made = to("v1", document)
    assert [key for key, _ in made.losses] == ["", "", "u"]
    assert made.document == {b"": document[b""].replace(b',\n  "version": 2', b"")}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
CALLS = st.builds(lambda args: {"type": "tool-call", "toolCallId": "c", "toolName": "a---b", "args": args}, VALUES)
TEXTS = st.builds(lambda text: {"type": "text", "text": text}, st.text(max_size=5))


def answers(value):
    return st.builds(
        lambda given, name: {"type": "tool-result", "toolCallId": "c", "toolName": name, "result": given},
        value, st.sampled_from(["a---b", "subagents---run_task", "aider---run_prompt"]),
    )  # fmt: skip


def said(pieces):
    return st.builds(lambda role, all_of: {"role": role, "content": all_of}, st.sampled_from(["user", "tool"]), pieces)


PLAIN = said(st.text(max_size=5) | st.lists(CALLS | TEXTS | answers(VALUES), max_size=3))
INNER = st.builds(lambda all_of: {"messages": all_of, "responses": all_of, "n": 1}, st.lists(PLAIN, max_size=2))
CHATS = st.lists(said(st.lists(answers(INNER | VALUES) | CALLS, max_size=3)) | PLAIN, max_size=4)


@given(CHATS, st.sampled_from([None, 2]))
def test_what_goes_up_comes_down_to_the_byte(chat, indent):
    """A session of version 1 loses nothing by being one of version 2 for a while, whatever tools gave."""
    document = written({"contextMessages": chat, "contextFiles": []}, indent=indent)
    up = to("v2", document)
    down = to("v1", up.document)
    assert (down.document, up.losses, down.losses) == (document, [], [])
    assert AIDERDESK.recognise(up.document).generation == "v2"


def test_langchains_messages_become_ones_that_aiderdesk_can_use_again():
    """Generation v0: roles, texts, calls and answers; the flags that later ones do not have are told of."""
    made = to("v1", V0)
    call = {"type": "tool-call", "toolCallId": "c1", "toolName": "power---bash", "args": {}}
    answer = {"type": "tool-result", "toolCallId": "c1", "toolName": "power---bash", "result": "done"}
    assert json.loads(made.document[b""]) == {
        "contextMessages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [call]},
            {"role": "tool", "content": [answer]},
        ],
        "contextFiles": [{"path": "a.py"}],
    }
    assert [key for key, _ in made.losses] == [""]
    assert made.document[b""] == json.dumps(json.loads(made.document[b""]), indent=2).encode()
    assert AIDERDESK.recognise(made.document).generation == "v1"
    assert to("v2", V0).document == to("v2", made.document).document


@pytest.mark.parametrize("form", ["v2", "task"])
@pytest.mark.parametrize("key", ["result", "output"])
def test_fact_13_a_result_that_holds_nothing_is_filled_in_a_subagents_conversation_too(form, key):
    """Fact 13: AiderDesk reads that one as well when it shows the session, and would fail over it."""
    gap = {"role": "tool", "content": [{"type": "tool-result", "toolCallId": "c", "toolName": "a---b"}]}
    own = {"messages": [gap, {"role": "assistant", "content": "done"}]}
    outer = {"type": "tool-result", "toolCallId": "s", "toolName": "subagents---run_task"}
    outer |= {key: own if key == "result" else {"type": "json", "value": own}}
    made = to(form, session({"role": "tool", "content": [outer]}))
    text = made.document[b"" if form == "v2" else b"context.json"]
    (message,) = json.loads(text)["contextMessages"]
    filled, rest = message["content"][0]["output"]["value"]["messages"]
    assert filled["content"][0]["output"] == {"type": "json", "value": None}
    assert rest == own["messages"][1]
    assert [key for key, _ in made.losses] == ["message-1"]
    assert text == json.dumps(json.loads(text), indent=2).encode()


def test_langchains_content_that_is_no_text_is_told_of_where_it_goes_and_only_there():
    """A text or a list is all that LangChain keeps; a tool's answer holds whatever it was."""
    odd = {"a": 1}
    talk = [{"type": "human", "data": {"content": odd}}, {"type": "human", "data": {"content": None}}]
    talk += [{"type": "tool", "data": {"tool_call_id": "c", "content": each}} for each in (odd, [{"type": "audio"}])]
    made = to("v1", session(*talk))
    assert [key for key, _ in made.losses] == ["message-1"]
    assert "left out: dict" in made.losses[0][1]
    messages = json.loads(made.document[b""])["contextMessages"]
    assert [message["content"][0]["result"] for message in messages[2:]] == [odd, [{"type": "audio"}]]


def test_langchains_odder_messages_are_told_of():
    """Tools were named with one dash; what has no place is named by its message, and pieces keep their order."""
    talk = [
        {"type": "ai", "data": {
            "content": [{"type": "text", "text": "see"}, {"type": "tool_use"}, {"type": "image_url", "image_url": "x"},
                        {"type": "audio"}],
            "tool_calls": [{"name": "srv-my-tool", "id": "c", "args": {"n": 1}}],
            "usage_metadata": {"total_tokens": 3}, "id": "a"}},
        {"type": "tool", "data": {"content": "x", "tool_call_id": "c", "status": "error"}},
        {"type": "generic", "data": {"content": "y", "role": "critic"}},
    ]  # fmt: skip
    made = to("v1", session(*talk))
    assistant, tool, other = messages(made.document)
    assert [piece["type"] for piece in assistant["content"]] == ["text", "image", "tool-call"]
    assert assistant["content"][2]["toolName"] == tool["content"][0]["toolName"] == "srv---my-tool"
    assert (assistant["id"], other["role"]) == ("a", "user")
    told = [sentence for _, sentence in made.losses]
    assert [re.findall("usage_metadata|audio|status|critic|generic|role", each) for each in told] == [
        ["usage_metadata"], ["audio"], ["status"], ["role"], ["role", "generic"],
    ]  # fmt: skip


@pytest.mark.parametrize("document", [V0, V1, V2], ids=["v0", "v1", "v2"])
def test_fact_14_a_session_becomes_a_task_with_settings(document):
    """Fact 14: named as it is, begun and changed when it was, in its project; its context is of version 2."""
    made = to("task", document)
    assert (made.suffix, [*made.document]) == ("", [b"settings.json", b"context.json"])
    assert made.document[b"context.json"] == content("v2", document)
    said = json.loads(made.document[b"settings.json"])
    assert said.pop("id")
    assert said == {
        "baseDir": "/home/ana/shop", "name": "login bug", "aiderTotalCost": 0, "agentTotalCost": 0, "mainModel": "",
        "archived": False, "currentMode": "code", "weakModelLocked": False,
        "createdAt": "2023-11-14T22:13:20.123Z", "updatedAt": "2023-11-14T22:14:20.000Z",
    }  # fmt: skip
    assert AIDERDESK.recognise(made.document).inferred is False
    assert made.losses == to("v2", document).losses
    assert content("v2", made.document) == content("v2", document)


@pytest.mark.parametrize(
    ("target", "identity"),
    [
        ("/p/.aider-desk/tasks/7f3a9c21", "7f3a9c21"),
        ("/p/.aider-desk/tasks/3f0c1f52-7d0e-4b1c-9a55-1c2d3e4f5a6b", "3f0c1f52-7d0e-4b1c-9a55-1c2d3e4f5a6b"),
        ("/tmp/out/", None),
        ("/tmp/my task", None),
        ("/p/.aider-desk/tasks/internal", None),
        ("", None),
    ],
)
def test_fact_14_a_task_is_known_by_its_folder(target, identity):
    """Fact 14: where that is no name that AiderDesk gives, by digits that are always the same for the same session."""
    origin = Origin(name="login bug", created=0, modified=0, path=HERE.path, target=target)
    said, again = (json.loads(to("task", V1, origin).document[b"settings.json"]) for _ in range(2))
    assert said == again
    assert said["id"] == identity or (identity is None and re.fullmatch("[0-9a-f]{8}", said["id"]))
    assert said["baseDir"] == ("/p" if target.startswith("/p") else "/home/ana/shop")


def test_fact_14_the_autosave_becomes_the_task_that_aiderdesk_makes_of_it():
    """Fact 14: by its own name, in a folder that it goes into."""
    origin = Origin(name=".autosaved", created=5, modified=5, target="/p/x/")
    assert json.loads(to("task", V1, origin).document[b"settings.json"])["name"] == "autosaved"


def test_fact_14_no_task_is_without_settings():
    """Fact 14: one that has none gets them, and one from 0.36 what it lacks; all else of it stays."""
    bare = {path: data for path, data in TASK.items() if path != b"settings.json"}
    made = to("task", bare).document
    assert {**made, b"settings.json": b""} == {**bare, b"settings.json": b""}
    early = {**TASK, b"settings.json": b'{"id": "a", "name": "n", "mine": 1.0}'}
    assert to("task", early).document[b"settings.json"] == (
        b'{"id": "a", "name": "n", "mine": 1.0, "baseDir": "/home/ana/shop", '
        b'"aiderTotalCost": 0, "agentTotalCost": 0, "mainModel": ""}'
    )
    whole = to("task", TASK).document
    assert to("task", {**whole, b"worktree/a": b"x"}) == Converted(document=whole, suffix="")


def test_fact_14_what_a_session_file_has_no_place_for_is_told_by_part():
    """Fact 14: settings, with what is in them, what is to be done, other files; the context is the session."""
    document = {**TASK, b"notes.md": b"x"}
    made = to("v2", document)
    assert made.document == {b"": TASK[b"context.json"]}
    assert [key for key, _ in made.losses] == ["settings.json", "todos.json", ".aider.chat.history.md", "notes.md"]
    assert "name" in made.losses[0][1]


def test_a_task_that_nobody_talked_to_yet_is_an_empty_session():
    """Its folder has settings only."""
    made = to("v1", {b"settings.json": TASK[b"settings.json"]})
    assert made.document == {b"": b'{\n  "contextMessages": [],\n  "contextFiles": []\n}'}


@pytest.mark.parametrize("form", ["v1", "v2", "task"])
@pytest.mark.parametrize("document", [{b"": b"{"}, {b"context.json": b"{", b"settings.json": b"{}"}, {b"a": b""}])
def test_what_cannot_be_read_is_not_converted(form, document):
    """It is said to be damaged; nothing is made up."""
    with pytest.raises(DamagedDocument):
        to(form, document)


def test_a_version_of_tomorrow_is_refused():
    """Its words are not known."""
    with pytest.raises(CannotHold, match="version 3"):
        to("v1", session(version=3))


def test_conversations_in_conversations_are_followed_so_far():
    """Each level is read anew: what no application writes is refused before it takes minutes."""
    message = result("x")
    for _ in range(30):
        message = result({"type": "json", "value": {"messages": [message]}}, "subagents---run_task")
    with pytest.raises(DamagedDocument, match="20 deep"):
        to("v1", session(message, version=2))
