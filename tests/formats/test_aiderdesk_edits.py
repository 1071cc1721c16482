"""Random edits of every sample, with parts of any other one: what is written is what was asked for, nothing else."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.base import CannotHold

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "tests" / "data" / "aiderdesk", ROOT.parent / "shared" / "samples" / "aiderdesk")
EDITS = 60
UNORDERED = ("field", "settings", "todos", "attachment")


def documents():
    """Every file and every folder of a task that can be read, and the files in other spellings."""
    found = {}
    for path in sorted(each for folder in FOLDERS for each in folder.rglob("*.json") if "invalid" not in each.parts):
        if path.name == "settings.json":
            files = [each for each in path.parent.rglob("*") if each.is_file()]
            found[f"{path.parent.name}/"] = {
                each.relative_to(path.parent).as_posix().encode(): each.read_bytes() for each in files
            }
        elif path.name != "todos.json":
            content, name = path.read_bytes(), f"{path.parent.name}/{path.name}"
            found[name] = {b"": content}
            found[f"{name} with CRLF"] = {b"": content.replace(b"\n", b"\r\n")}
            found[f"{name} on one line"] = {b"": json.dumps(json.loads(content)).encode()}
    return found


DOCUMENTS = documents()
POOL = [part for document in DOCUMENTS.values() for part in AIDERDESK.read(document).parts]


def edited(parts, chance):
    """The parts with one to three edits, none of which asks for two things of one name where only one can be."""
    parts = [*parts]
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(parts) + 1)
        alike = [part for part in POOL if at < len(parts) and part.kind == parts[at].kind]
        match chance.choice(["remove", "change", "duplicate", "move", "take"]):
            case "remove":
                del parts[at : at + 1]
            case "change" if alike:
                parts[at] = replace(parts[at], content=chance.choice(alike).content)
            case "duplicate" if alike and parts[at].kind in ("message", "file"):
                parts.insert(chance.randrange(len(parts)), parts[at])
            case "move" if parts:
                parts.insert(at, parts.pop(chance.randrange(len(parts))))
            case "take":
                parts.insert(at, chance.choice([part for part in POOL if part.kind in ("message", "file")]))
    return parts


def substance(parts):
    """By kind, in order where it means something; a message's and a file's name comes from its content."""
    rows = [(part.kind, part.name if part.kind in UNORDERED else "", part.content) for part in parts]
    return [
        sorted(each for each in rows if each[0] == kind)
        if kind in UNORDERED
        else [each for each in rows if each[0] == kind]
        for kind in ("message", "file", *UNORDERED)
    ]


def mark(document):
    """What it says of its version."""
    return json.loads(document.get(b"", document.get(b"context.json", b"{}")).decode("utf-8-sig")).get("version")


def fields(parts):
    return {part.name for part in parts if part.kind == "field"}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_edited_sample_holds_what_was_asked_for(name):
    """In that order; edited back it is what it was, to the byte, unless it has become one of version 2, or a field
    that was gone is now behind others."""
    document, chance = DOCUMENTS[name], random.Random(name)
    parts = AIDERDESK.read(document).parts
    for _ in range(EDITS):
        asked = edited(parts, chance)
        try:
            written = AIDERDESK.write(asked, document)
        except CannotHold:
            assert "settings" in {part.kind for part in parts} - {part.kind for part in asked}
            continue
        reading = AIDERDESK.read(written)
        assert substance(reading.parts) == substance(asked)
        assert AIDERDESK.recognise(written) == reading.recognition
        back = AIDERDESK.write(parts, written)
        assert substance(AIDERDESK.read(back).parts) == substance(parts)
        if mark(written) == mark(document) and fields(asked) == fields(parts):
            assert back == document


@pytest.mark.parametrize("name", DOCUMENTS)
def test_parts_of_all_samples_make_a_document(name):
    """Fact 14: of any generation, into any; what AiderDesk cannot use of it is said."""
    document, chance = DOCUMENTS[name], random.Random(name)
    parts = AIDERDESK.read(document).parts
    mixed = [*parts, *chance.sample([part for part in POOL if part.kind in ("message", "file")], 20)]
    written = AIDERDESK.write(mixed, document)
    assert substance(AIDERDESK.read(written).parts) == substance(mixed)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_sample_matched_with_an_edited_one_pairs_every_part_once(name):
    """Only parts of one kind, and the same identity wherever both sides have it."""
    document, chance = DOCUMENTS[name], random.Random(name)
    old = AIDERDESK.read(document).parts
    for _ in range(EDITS // 4):
        try:
            new = AIDERDESK.read(AIDERDESK.write(edited(old, chance), document)).parts
        except CannotHold:
            continue
        pairs = AIDERDESK.match(old, new)
        assert sorted(one for one, _ in pairs if one is not None) == [*range(len(old))]
        assert sorted(other for _, other in pairs if other is not None) == [*range(len(new))]
        assert all(old[one].kind == new[other].kind for one, other in pairs if None not in (one, other))
        again = {part.name for part in new if part.kind == "file" and AIDERDESK.identity(part) is None}
        known = {(part.kind, AIDERDESK.identity(part)): at for at, part in enumerate(old)}
        for one, other in pairs:
            part = None if other is None else new[other]
            if part and part.name not in again and (mark := AIDERDESK.identity(part)):
                assert one == known.get((part.kind, mark), one)
