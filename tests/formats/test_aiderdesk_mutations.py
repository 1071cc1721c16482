"""Generated sessions, edits of them and damage to them: what is written is what was asked for, and nothing fails."""

import json
import random
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.aiderdesk.generations import has_new_words, has_old_words
from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Part

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "tests" / "data" / "aiderdesk", ROOT.parent / "shared" / "samples" / "aiderdesk")
FILES = sorted(path for folder in FOLDERS for path in folder.rglob("*.json"))

TEXTS = st.text(max_size=6) | st.sampled_from(["\ud800", "\u2028", "\x1b", "👩‍👩‍👧‍👦", "a---b", "user", "tool-call"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(TEXTS, each, max_size=3), max_leaves=5
)
PIECES = st.fixed_dictionaries(
    {"type": st.sampled_from(["text", "tool-call", "tool-result", "image"]) | VALUES},
    optional={
        "text": TEXTS,
        "toolName": TEXTS | VALUES,
        "args": VALUES,
        "input": VALUES,
        "result": VALUES,
        "output": VALUES,
    },
)
MESSAGES = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "tool", "system"])},
    optional={
        "id": st.sampled_from(["a", "b", "c", "message-1", "file:a", ""]),
        "content": TEXTS | st.lists(PIECES, max_size=3) | VALUES,
    },
)
ENTRIES = st.fixed_dictionaries({"path": st.sampled_from(["a", "b", "../c"]) | TEXTS}, optional={"readOnly": VALUES})
FIELDS = st.dictionaries(
    TEXTS.filter(lambda key: key not in ("version", "contextMessages", "contextFiles")), VALUES, max_size=2
)
STYLES = st.sampled_from([{"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}, {}])


@st.composite
def sessions(draw, odd=True):
    """Any session at all; with ``odd`` also one with entries that are none."""
    whole = {
        "contextMessages": draw(st.lists(MESSAGES | VALUES if odd else MESSAGES, max_size=5)),
        "contextFiles": draw(st.lists(ENTRIES | VALUES if odd else ENTRIES, max_size=4)),
        **draw(FIELDS),
    }
    if draw(st.booleans()):
        whole["version"] = 2
    order = draw(st.permutations(sorted(whole)))
    content = json.dumps({key: whole[key] for key in order}, **draw(STYLES))
    return {b"": content.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()}


def substance(parts):
    """Messages, files, then fields, whose order means nothing, as they are read again."""
    rows = [(part.kind, part.name, part.content) for part in parts]
    lists = [row for kind in ("message", "file") for row in rows if row[0] == kind]
    return lists + sorted(row for row in rows if row[0] == "field")


def damage_of(document):
    """What is wrong with it, or nothing."""
    try:
        AIDERDESK.read(document)
    except DamagedDocument as error:
        return str(error) or "?"
    return ""


@given(sessions())
def test_fact_1_any_session_comes_back_to_the_byte(document):
    """Fact 1: recognised, read, written; keys are there once, all that is told is valid text."""
    assert AIDERDESK.recognise(document) is not None
    reading = AIDERDESK.read(document)
    assert AIDERDESK.write(reading.parts, document) == document
    assert len({part.key for part in reading.parts}) == len(reading.parts)
    told = [dict(reading.facts), reading.warnings, [(part.key, part.name, dict(part.facts)) for part in reading.parts]]
    json.dumps([told, AIDERDESK.losses(reading.parts)], ensure_ascii=False).encode("utf-8")


@settings(max_examples=200)
@given(sessions(), sessions(odd=False), st.data())
def test_a_session_holds_the_parts_that_it_was_given(document, other, data):
    """Kept, removed, reordered and taken from another document; what is no part stays as it was."""
    parts = AIDERDESK.read(document).parts
    names = {part.name for part in parts if part.kind == "field"}
    strangers = [p for p in AIDERDESK.read(other).parts if p.kind != "field" or p.name not in names]
    strangers = [part for part in strangers if part.kind != "field" or "\\ud800" not in part.name]
    asked = data.draw(st.lists(st.sampled_from([*parts, *strangers]), unique_by=id)) if parts or strangers else []
    written = AIDERDESK.write(asked, document)
    assert substance(AIDERDESK.read(written).parts) == substance(asked)
    assert AIDERDESK.write(AIDERDESK.read(written).parts, written) == written
    whole = json.loads(written[b""])
    if written != document and not any(map(has_old_words, whole["contextMessages"])):
        assert "version" in whole or not any(map(has_new_words, whole["contextMessages"]))


@given(sessions(odd=False))
def test_a_session_can_be_built_anew_from_its_parts(document):
    """Fact 1: the parts carry all that is in them."""
    parts = AIDERDESK.read(document).parts
    assert substance(AIDERDESK.read(AIDERDESK.write(parts)).parts) == substance(parts)


@given(sessions(), sessions())
def test_any_two_sessions_can_be_compared(old, new):
    """Every part once, every row in words."""
    before, after = (AIDERDESK.read(each) for each in (old, new))
    pairs = AIDERDESK.match(before.parts, after.parts)
    assert Counter(one for one, _ in pairs if one is not None) == Counter(range(len(before.parts)))
    assert Counter(other for _, other in pairs if other is not None) == Counter(range(len(after.parts)))
    for one, other in pairs:
        was, now = (None if at is None else side.parts[at] for at, side in ((one, before), (other, after)))
        assert AIDERDESK.describe_change(was, now).encode()
        if was and now:
            AIDERDESK.same(was, now)
            AIDERDESK.merge_part(was, now, was)
    AIDERDESK.suspicion(before, after)


def problems_of(parts, document):
    """Why they cannot be held, or nothing."""
    try:
        AIDERDESK.write(parts, document)
    except CannotHold as refused:
        return refused.problems
    return None


@given(sessions(), st.binary(max_size=6), st.sampled_from(["message", "file", "field"]))
def test_any_content_is_written_or_refused(document, content, kind):
    """By part; what is written is read again."""
    parts = [*AIDERDESK.read(document).parts, Part(key="x", name="x~", kind=kind, content=content)]
    if (problems := problems_of(parts, document)) is not None:
        assert {key for key, _ in problems} == {"x"}
        return
    written = AIDERDESK.write(parts, document)
    assert len(AIDERDESK.read(written).parts) == len(parts)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_fact_6_whatever_is_damaged_is_read_or_said_to_be_damaged(path):
    """Fact 6: cut, doubled, overwritten, at 60 places each; never another error, and never other bytes."""
    chance = random.Random(path.name)
    content = path.read_bytes()
    for _ in range(60):
        begin = chance.randint(0, len(content))
        end = min(len(content), begin + chance.choice([0, 1, 3, 20, 10_000]))
        piece = chance.choice([b"", content[begin:end] * 2, b"\xff", b'"', b"[", b"}", b"0", b"null", b","])
        document = {b"": content[:begin] + piece + content[end:]}
        recognition = AIDERDESK.recognise(document)
        if damage_of(document):
            assert recognition is None
            continue
        reading = AIDERDESK.read(document)
        assert reading.recognition == recognition
        assert AIDERDESK.write(reading.parts, document) == document


SLOW = 5
CHAT = b'{"contextFiles": [], "contextMessages": [%s]}'
HOSTILE = {
    "100,000 messages": CHAT % b",".join([b'{"role":"user"}'] * 100_000),
    "as many messages as may be": CHAT % b",".join([b'{"role":"user","id":"message-1"}'] * 16_000),
    "one path many times": b'{"contextMessages":[],"contextFiles":[%s]}' % b",".join([b'{"path":"a"}'] * 16_000),
    "100,000 pieces": CHAT % (b'{"role":"tool","content":[%s]}' % b",".join([b'{"type":"tool-result"}'] * 100_000)),
    "900 levels": CHAT % (b"[" * 900 + b"]" * 900),
    "100,000 levels": CHAT % (b'{"a":' * 100_000),
    "a number of a million digits": CHAT % (b'{"role":"user","content":%s}' % (b"9" * 1_000_000)),
    "a wide text": CHAT % b'{"role":"user","content":"\xf0\x9f\x98\x80%s"}' % (b"a" * 2_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_takes_more_time_than_it_may(name):
    """A second for each megabyte and one more, five times over as the machine is shared; what follows is quick too."""
    document = {b"": HOSTILE[name]}
    begin = time.process_time()
    damage = damage_of(document)
    assert time.process_time() - begin < SLOW * (1 + len(document[b""]) / 1e6)
    assert not damage or "memory" in damage or "nested" in damage
    if not damage:
        parts = AIDERDESK.read(document).parts
        assert AIDERDESK.write(parts, document) == document
        AIDERDESK.match(parts, parts[1:])
    assert time.process_time() - begin < 4 * SLOW


def test_more_messages_than_there_is_memory_for_are_refused():
    """Before they are parts."""
    assert "memory" in damage_of({b"": HOSTILE["100,000 messages"]})


def test_fact_18_a_session_of_five_megabytes_is_read_and_written_in_no_time():
    """Fact 18: 1320 messages. It takes a tenth of this."""
    text = "Some line of text with äöü and {brackets}.\n" * 90
    messages = [{"id": str(number), "role": "user", "content": text} for number in range(1320)]
    content = json.dumps({"contextMessages": messages, "contextFiles": []}, indent=2, ensure_ascii=False).encode()
    assert len(content) > 5_000_000
    begin = time.process_time()
    parts = AIDERDESK.read({b"": content}).parts
    shorter = AIDERDESK.write(parts[:-1], {b"": content})
    assert len(AIDERDESK.match(parts, AIDERDESK.read(shorter).parts)) == len(parts) == 1320
    assert time.process_time() - begin < SLOW
