"""The same promises over files that the real AiderDesk wrote."""

import json
from pathlib import Path

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.base import DamagedDocument, Part

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "aiderdesk"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the collected samples are not on this machine")

FILES = sorted(path.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/*.json") if path.parts[-2] != "invalid")
FOLDERS = sorted(
    path.parent.relative_to(SAMPLES).as_posix() for path in SAMPLES.glob("*/*/*.json") if path.name == "context.json"
)
UPGRADED = sorted(path.name for path in SAMPLES.glob("upgraded/*.json") if (SAMPLES / "sessions" / path.name).exists())
USER = Part(
    key="new", name="user: hi", kind="message", content=b'{\n      "role": "user",\n      "content": "hi"\n    }'
)


def sample(name):
    path = SAMPLES / name
    if path.is_file():
        return {b"": path.read_bytes()}
    files = [each for each in path.rglob("*") if each.is_file()]
    return {each.relative_to(path).as_posix().encode(): each.read_bytes() for each in files}


@pytest.mark.parametrize("name", FILES + FOLDERS)
def test_fact_1_every_sample_is_written_back_to_the_byte(name):
    """Fact 1: recognised for certain, read, and written again."""
    document = sample(name)
    assert AIDERDESK.recognise(document).certain
    assert AIDERDESK.write(AIDERDESK.read(document).parts, document) == document


@pytest.mark.parametrize("name", FILES + FOLDERS)
def test_fact_1_a_message_comes_and_goes_without_a_trace(name):
    """Fact 1: put in and taken out again, the file is what it was; all other parts are the same in between."""
    document = sample(name)
    parts = AIDERDESK.read(document).parts
    longer = AIDERDESK.write([*parts, USER], document)
    there = AIDERDESK.read(longer).parts
    assert sorted(part.content for part in there) == sorted(part.content for part in [*parts, USER])
    rest = [part for part in there if part.content != USER.content]
    assert AIDERDESK.write(rest, longer) == document


@pytest.mark.parametrize("name", [name for name in FILES if name.startswith("sessions/")])
def test_fact_1_every_session_is_built_anew_from_its_parts(name):
    """Fact 1: the parts carry all of it, and it is set as AiderDesk sets it."""
    document = sample(name)
    assert AIDERDESK.write(AIDERDESK.read(document).parts) == document


@pytest.mark.parametrize("name", UPGRADED)
def test_fact_13_an_upgraded_session_is_the_same_in_every_part(name):
    """Fact 13: what 0.35.0 saved again is no change, and the messages are as it made them."""
    old, new = (AIDERDESK.read(sample(f"{folder}/{name}")).parts for folder in ("sessions", "upgraded"))
    pairs = AIDERDESK.match(old, new)
    assert pairs == [(at, at) for at in range(len(old))]
    assert all(AIDERDESK.same(old[one], new[other]) for one, other in pairs)


def test_fact_7_every_context_file_of_a_sample_is_there_verbatim():
    """Fact 7: in order, with its flag."""
    document = sample("sessions/08-files-only.json")
    wanted = [(each["path"], each.get("readOnly", False)) for each in json.loads(document[b""])["contextFiles"]]
    assert [(part.name, part.facts["read_only"]) for part in AIDERDESK.read(document).parts] == wanted
    assert [each.reference for each in AIDERDESK.resources(AIDERDESK.read(document).parts)] == [
        path for path, _ in wanted
    ]


@pytest.mark.parametrize("name", ["truncated.json", "zero-bytes.json"])
def test_fact_6_a_broken_file_is_no_session(name):
    """Fact 6: not recognised, and said to be damaged."""
    document = sample(f"invalid/{name}")
    assert AIDERDESK.recognise(document) is None
    with pytest.raises(DamagedDocument):
        AIDERDESK.read(document)


def test_fact_2_wrong_shapes_are_read_and_warned_of():
    """Fact 2: nothing of them is lost."""
    document = sample("invalid/wrong-shapes.json")
    reading = AIDERDESK.read(document)
    assert len(reading.parts) == 3
    assert len(reading.warnings) == 2
    assert AIDERDESK.write(reading.parts, document) == document


def test_fact_14_a_task_without_settings_warns():
    """Fact 14: AiderDesk would remove it."""
    assert "settings.json is missing" in AIDERDESK.read(sample("invalid/task-without-settings")).warnings[0]


def test_fact_13_the_session_over_which_aiderdesk_fails_says_so():
    """Fact 13: sample 11."""
    parts = AIDERDESK.read(sample("sessions/11-tool-result-missing.json")).parts
    assert [key for key, _ in AIDERDESK.losses(parts)] == ["msg-undef-2"]
