"""Documents as Markdown: AiderDesk's to the byte, every other application's so that nothing in it is obeyed."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.aiderdesk.stringify import number_text, stringified, utf8
from holdfast_daemon.formats.base import DamagedDocument, Document, Part, Reading, Recognition
from holdfast_daemon.formats.defaults import Defaults
from holdfast_daemon.formats.igv import IGV
from holdfast_daemon.formats.plain import PLAIN
from holdfast_daemon.formats.renardo import RENARDO
from holdfast_daemon.guarded import Guarded

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
EXPECTED = sorted((SAMPLES / "aiderdesk" / "expected").glob("*.md"))


def chat(*messages: Any, **members: Any) -> Document:
    """A session as AiderDesk writes it."""
    return {b"": json.dumps({**members, "contextMessages": messages, "contextFiles": []}).encode()}


def exported(document: Document, *, full: bool = False) -> str:
    return AIDERDESK.markdown("chat", AIDERDESK.read(document), full=full).decode()


def tool(**members: Any) -> dict[str, Any]:
    piece = {"type": "tool-result", "toolCallId": "c1", "toolName": "power---bash", **members}
    return {"role": "tool", "content": [piece]}


@pytest.mark.skipif(not EXPECTED, reason="the collected samples are not on this machine")
@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_aiderdesks_own_export_to_the_byte(path: Path) -> None:
    """What the application's own code gave for its own sessions."""
    document = {b"": (path.parents[1] / "sessions" / f"{path.stem}.json").read_bytes()}
    assert AIDERDESK.markdown("any", AIDERDESK.read(document), full=False) == path.read_bytes()


def test_a_chat_has_headings_texts_and_results() -> None:
    """Texts as they stand, parts of a message with an empty line between; a message without text has its heading."""
    document = chat(
        {"role": "user", "content": "### not *escaped*"},
        {"role": "assistant", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
        {"role": "assistant", "content": [{"type": "tool-call", "toolCallId": "c1", "toolName": "a---b", "args": {}}]},
        tool(result={"exit": 0}),
    )
    assert exported(document) == (
        "### User\n\n### not *escaped*\n\n### Assistant\n\none\n\ntwo\n\n### Assistant\n\n### Tool\n\n"
        '**Tool Call ID:** `c1`\n**Tool:** `bash`\n**Result:**\n```json\n{\n  "exit": 0\n}\n```\n\n'
    )


@pytest.mark.parametrize(
    ("members", "result"),
    [
        ({"result": "text"}, '"text"'),
        ({}, "undefined"),
        ({"result": None}, "null"),
        ({"output": {"type": "text", "value": "v2"}}, '"v2"'),
    ],
)
def test_a_result_is_shown_as_javascript_does(members: dict[str, Any], result: str) -> None:
    """One that is missing is undefined; of version 2 only the value is shown."""
    assert f"```json\n{result}\n```" in exported(chat(tool(**members)))


def test_a_tool_without_a_server_has_no_name_before_tasks() -> None:
    """AiderDesk 0.35 and earlier show what is behind the separator; tasks show the whole name."""
    message = tool(result=1, toolName="bash")
    assert "**Tool:** ``" in exported(chat(message))
    task = {b"context.json": chat(message, version=2)[b""], b"settings.json": b"{}"}
    assert "**Tool:** `bash`" in exported(task)


def test_a_chat_without_messages_is_empty() -> None:
    """As AiderDesk has it; its context files are in the full one."""
    document = {b"": b'{"contextMessages": [], "contextFiles": [{"path": "a|b.py", "readOnly": true}]}'}
    assert exported(document) == ""
    assert "| a\\|b.py | read-only |" in exported(document, full=True)


def test_the_full_chat_has_what_the_application_leaves_out() -> None:
    """Arguments, reasoning, attachments, commits and usage."""
    pieces = [
        {"type": "reasoning", "text": "first\nthen"},
        {"type": "tool-call", "toolCallId": "c1", "toolName": "a---b", "input": {"path": "x"}},
        {"type": "file", "filename": "cat.png", "mediaType": "image/png", "data": "AAAA"},
    ]
    beside = {
        "usageReport": {"model": "m", "messageCost": 0.5},
        "commitHash": "abc",
        "diff": "```\n-a",
        "editedFiles": ["x.py"],
    }
    full = exported(chat({"role": "assistant", "content": pieces, **beside}), full=True)
    for said in (
        "> first\n> then\n", '"path": "x"', "cat.png (image/png)", "model m, messageCost 0.5", "`abc`", "`x.py`",
        "````diff\n```\n-a\n````",
    ):  # fmt: skip
        assert said in full
    assert "AAAA" not in full


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (-0.0, "0"), (1.0, "1"), (-1.5, "-1.5"), (1e21, "1e+21"),
        (123456789012345680000, "123456789012345680000"),
        (2**60, "1152921504606847000"), (2**53 + 1, "9007199254740992"), (1e-6, "0.000001"), (1.5e-7, "1.5e-7"),
        (5e-324, "5e-324"), (1.7976931348623157e308, "1.7976931348623157e+308"), (10**400, "null"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_javascript_writes_them(value: float, text: str) -> None:
    """They are doubles there."""
    assert number_text(value) == text


def test_json_is_written_as_javascript_writes_it() -> None:
    """Keys that are numbers first, two spaces, few escapes; half of a pair is an escape, or U+FFFD in a text."""
    value = {"b": [], "10": {}, "2": [True, None], "é": "\u2028\x7f\x01\ud800"}
    assert stringified(value) == (
        '{\n  "2": [\n    true,\n    null\n  ],\n  "10": {},\n  "b": [],\n  "é": "\u2028\x7f\\u0001\\ud800"\n}'
    )
    assert utf8("a\ud800") == "a\ufffd".encode()


@pytest.mark.parametrize("levels", [300, 900, 985, 5000])
def test_values_nested_too_deeply_are_damage(levels: int) -> None:
    """Or they are written: nothing else comes of them."""
    nested = "[" * levels + "1" + "]" * levels
    content = json.dumps({"contextMessages": [tool(result="HERE")], "contextFiles": []}).replace('"HERE"', nested)
    with suppress(DamagedDocument):
        assert exported({b"": content.encode()}).count("[") == levels


def test_code_stays_within_its_fence() -> None:
    """Whatever fences the buffers themselves hold; names are only text."""
    hostile = b'print("```")\n````\n# <script>alert(1)</script>\n'
    parts = RENARDO.read({b"": hostile}).parts
    said = RENARDO.markdown("<b>*x*", RENARDO.read(RENARDO.write(parts)), full=False).decode()
    tokens = MarkdownIt("commonmark").parse(said)
    assert [token.type for token in tokens if token.type.startswith(("html", "strong", "em_"))] == []
    assert [token.content for token in tokens if token.type == "fence"] == [
        parts[0].content.decode() + "\n" * (not parts[0].content.endswith(b"\n"))
    ]
    assert [token.info for token in tokens if token.type == "fence"] == ["python"]


def test_tracks_are_a_table() -> None:
    """With panel and colour; what no track has is no column."""
    document = b"""<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<Session genome="hg38" locus="chr1:1-100" version="8">
    <Resources><Resource path="https://example.org/a|b.bed" type="bed"/></Resources>
    <Panel name="DataPanel" height="100"><Track id="https://example.org/a|b.bed" name="a|b" color="0,0,178"/></Panel>
</Session>"""
    said = IGV.markdown("genes", IGV.read({b"": document}), full=False).decode()
    assert "| genome | hg38 |" in said
    assert "| Name | Panel | Color |" in said
    assert "| a\\|b | DataPanel | 0,0,178 |" in said
    table = [token for token in MarkdownIt("commonmark").enable("table").parse(said) if token.type == "td_open"]
    assert len(table) == 2 * 2 + 3 + 3


def test_what_is_no_text_is_told_by_its_size() -> None:
    """Of any application."""
    said = PLAIN.markdown("picture", PLAIN.read({b"": bytes(1000)}), full=False).decode()
    assert "1,000 bytes" in said


class Strange(Defaults):
    """Of another distribution; its Markdown is none."""

    app = "strange"

    def recognise(self, document: Document) -> Recognition | None:
        return None

    def read(self, document: Document) -> Reading:
        raise DamagedDocument("never")

    def write(self, parts: Any, template: Document | None = None) -> Document:
        return {}

    def new_part(self, name: str, content: bytes, beside: Any) -> Part:
        raise NotImplementedError

    def markdown(self, name: str, reading: Reading, *, full: bool) -> bytes:
        raise SystemExit(1)


def test_a_format_that_fails_is_shown_as_any_other() -> None:
    """Its parts are there all the same."""
    reading = PLAIN.read({b"": b"a bridge"})
    assert b"a bridge" in Guarded(Strange()).markdown("ideas", reading, full=False)
