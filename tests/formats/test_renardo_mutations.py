"""Any bytes at all, and real files with some bytes changed: nothing of them is ever lost."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.renardo import RENARDO, as_renardo_would, for_renardo, problems, refusals
from holdfast_daemon.formats.renardo.layout import BOM, layout_of
from holdfast_daemon.formats.renardo.shown import trimmed

ROOT = Path(__file__).resolve().parents[2]
OWN = sorted((ROOT / "tests" / "data" / "renardo").glob("*.py"))
COLLECTED = sorted((ROOT.parent / "shared" / "samples" / "renardo").glob("*.py"))

HASHES = "#" * 80
RULE = "//" + "=" * 78
HEADER = f"\n{HASHES}\n######## b\n{HASHES}\n"
STARTUP = f"{RULE}\n// STARTUP_FILE: s.py\n{RULE}\ns = 1\n\n"
PIECES = ["\n", "\r", "\r\n", "\0", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\ufeff", "\u00a0", "𝄞", " ", "x = 1"]
PIECES += [HASHES, "#" * 79, "#" * 85, "######## ", "######## a\n", HEADER, RULE, STARTUP, "// STARTUP_FILE: "]
BYTES = st.lists(st.sampled_from([piece.encode() for piece in PIECES] + [b"\xff", b"\xed\xa0\x80", b"\xe2\x80"]))
FILES = BYTES.map(b"".join)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


def lines_as_read(content):
    """The file as the layout shows it: without its mark, line ends as \\n where they are all alike."""
    layout = layout_of(content)
    raw = content.removeprefix(BOM)
    return raw if layout.newline in ("lf", "mixed") else raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def substance(parts):
    return [(part.kind, part.name, part.content) for part in parts]


@given(FILES)
def test_fact_5_the_pieces_of_a_file_are_the_whole_file(content):
    """Fact 5: headers, texts and joints one behind the other are all that is there."""
    pieces = layout_of(content).pieces
    assert b"".join(piece.header + piece.content + piece.joint for piece in pieces) == lines_as_read(content)


@given(FILES)
def test_fact_6_keys_are_there_once_and_names_are_text(content):
    """Fact 6: whatever the file, each part has a key of its own, and at most one is the startup text."""
    parts = RENARDO.read({b"": content}).parts
    assert len({part.key for part in parts}) == len(parts) > 0
    assert not any("\ud800" <= character <= "\udfff" for part in parts for character in part.name)
    assert sum(part.kind == "startup" for part in parts) <= 1


@pytest.mark.parametrize("path", OWN + COLLECTED, ids=lambda path: path.name)
def test_fact_3_a_file_with_bytes_changed_is_written_back_to_the_byte(path):
    """Fact 3: cut, doubled, overwritten and with something put in, at 60 places each."""
    chance = random.Random(path.name)
    content = path.read_bytes()
    for _ in range(60):
        begin = chance.randint(0, len(content))
        end = min(len(content), begin + chance.choice([0, 1, 3, 81, 200]))
        piece = chance.choice([b"", content[begin:end] * 2, chance.choice(PIECES).encode(), b"\xff\0"])
        document = {b"": content[:begin] + piece + content[end:]}
        assert RENARDO.write(RENARDO.read(document).parts, document) == document


@given(FILES)
def test_fact_10_a_warning_is_there_exactly_when_renardo_reads_something_else(content):
    """Fact 10: for every named session of valid text; what is merely trimmed is no difference."""
    reading = RENARDO.read({b"": content})
    if reading.recognition.generation not in ("F2", "F3") or not is_utf8(content):
        return
    tabs = as_renardo_would(content)
    has_startup = reading.parts[0].kind == "startup"
    shown = [
        (name, text.rstrip("\n") if has_startup and not n else trimmed(text)) for n, (name, text) in enumerate(tabs)
    ]
    wanted = [(as_shown(part), text_as_shown(part)) for part in reading.parts]
    assert bool(reading.warnings) == (shown != wanted)


@st.composite
def sessions(draw):
    names = st.sampled_from(["Untitled", "a", " a", "a ", "######## c", "夜", "x\x85y", "#", "/", "\ufeffn", "\tq"])
    rows = draw(st.lists(st.tuples(names, TEXTS), max_size=4))
    parts = [Part(key=f"b{n}", name=name, kind="buffer", content=text.encode()) for n, (name, text) in enumerate(rows)]
    if draw(st.booleans()):
        parts.insert(0, Part(key="s", name="startup.py", kind="startup", content=draw(TEXTS).encode()))
    return parts


@given(sessions())
def test_fact_9_what_is_written_is_never_split_otherwise_by_renardo(parts):
    """Fact 9: names, order and texts are Renardo's too, outer white space apart; or it is refused by part."""
    try:
        written = RENARDO.write(parts)[b""]
    except CannotHold as refused:
        keys = {key for key, _ in refused.problems}
        assert keys <= {part.key for part in parts} | {"session"}
        return
    shown = [(name, trimmed(text)) for name, text in as_renardo_would(written)]
    assert shown == [(as_shown(part), trimmed(lf(part.content))) for part in parts]
    assert RENARDO.read({b"": written}).warnings == ()


@given(sessions())
def test_fact_8_a_session_without_problems_comes_back_from_renardo_exactly(parts):
    """Fact 8: no text with outer white space, and nothing at all is different, the names' white space included."""
    if parts and not problems(parts):
        wanted = tuple((part.name, part.content.decode()) for part in parts)
        assert as_renardo_would(RENARDO.write(parts)[b""]) == wanted
        assert as_renardo_would(for_renardo(parts)[b""]) == wanted


@given(FILES, TEXTS)
def test_fact_9_a_new_buffer_goes_into_any_file_unless_it_is_refused_itself(content, text):
    """Fact 9: what the file holds already is no reason to refuse. Line ends that are the file's own are lines' ends."""
    document = {b"": content}
    added = Part(key="new", name="added", kind="buffer", content=text.encode())
    parts = [*RENARDO.read(document).parts, added]
    try:
        written = RENARDO.write(parts, document)
    except CannotHold:
        assert refusals(parts)
        return
    read_back, wanted = substance(RENARDO.read(written).parts), substance(parts)
    end = {"crlf": b"\r\n", "cr": b"\r"}.get(layout_of(content).newline, b"\n")
    assert read_back in (wanted, [*wanted[:-1], (*wanted[-1][:2], added.content.replace(end, b"\n"))])


def as_shown(part):
    return part.name if part.kind == "startup" else part.name.rstrip(" \t\x0b\x0c\u00a0\ufeff")


def text_as_shown(part):
    text = lf(part.content)
    return text.rstrip("\n") if part.kind == "startup" else trimmed(text)


def lf(content):
    return content.decode().replace("\r\n", "\n").replace("\r", "\n")


def is_utf8(content):
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
