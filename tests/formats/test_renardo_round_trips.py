"""Round trips over generated sessions, built from the pieces that have broken readers before."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.renardo import (
    RENARDO,
    as_renardo_would,
    for_renardo,
    refusals,
)
from holdfast_daemon.formats.renardo.layout import layout_of
from holdfast_daemon.formats.renardo.shown import trimmed

HASHES = "#" * 80
RULE = "//" + "=" * 78
TOKENS = [
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    HASHES,
    "#" * 79,
    "######## a",
    "######## ",
    RULE,
    "// STARTUP_FILE: x",
    " ",
]
TOKENS += [
    "\t",
    "\x85",
    "\u2028",
    "\ufeff",
    "\u00a0",
    "\x0c",
    "𝄞",
    "e\u0301",
    "x = 1",
    "#",
    "'",
    "\n######## b\n",
]
TEXTS = st.lists(st.sampled_from(TOKENS), max_size=8).map("".join)
NAMES = st.one_of(st.sampled_from(["Untitled", "a", "b", "######## c"]), TEXTS)
RAW = st.one_of(TEXTS.map(str.encode), st.binary(max_size=40))


@st.composite
def sessions(draw):
    """A startup text or none, then buffers; no care is taken that it can be held."""
    rows = draw(st.lists(st.tuples(NAMES, RAW), max_size=4))
    parts = [Part(key=f"b{n}", name=name, kind="buffer", content=raw) for n, (name, raw) in enumerate(rows)]
    if draw(st.booleans()):
        parts.insert(0, Part(key="s", name=draw(NAMES), kind="startup", content=draw(RAW)))
    return parts


def documents():
    """Any file that may lie in the folder: pieces joined at random, in each line end."""
    lines = st.lists(st.sampled_from([HASHES, RULE, "// STARTUP_FILE: s.py", "######## a", "######## ", "x", "", " y"]))
    joined = st.tuples(lines, st.sampled_from(["\n", "\r\n", "\r"])).map(lambda pair: pair[1].join(pair[0]).encode())
    return st.one_of(joined, TEXTS.map(str.encode), st.binary(max_size=60))


def substance(parts):
    return [(part.kind, part.name, part.content) for part in parts]


@given(sessions())
def test_fact_9_what_is_written_reads_back_the_same_or_is_refused(parts):
    """Fact 9: there is no third way; and what is not refused is not split by Renardo either."""
    try:
        written = RENARDO.write(parts)
    except CannotHold:
        return
    assert substance(RENARDO.read(written).parts) == substance(parts)
    if all(b"\xff" not in part.content and is_utf8(part.content) for part in parts):
        assert [name for name, _ in as_renardo_would(written[b""])] == [as_shown(part) for part in parts]


@given(documents())
def test_fact_3_any_file_is_read_and_written_back_to_the_byte(content):
    """Fact 3: reading never fails on one file, and unchanged parts give its bytes."""
    document = {b"": content}
    assert RENARDO.write(RENARDO.read(document).parts, document) == document


@given(documents(), RAW)
def test_fact_3_a_change_reads_back_and_the_others_are_untouched(content, raw):
    """Fact 3: one buffer changed in any file: the parts are the ones asked for, or it is refused. Line ends that are
    the file's own end its lines."""
    document = {b"": content}
    parts = list(RENARDO.read(document).parts)
    assume(parts)
    parts[-1] = replace(parts[-1], content=raw)
    try:
        written = RENARDO.write(parts, document)
    except CannotHold:
        return
    end = {"crlf": b"\r\n", "cr": b"\r"}.get(layout_of(content).newline, b"\n")
    in_lines = [*parts[:-1], replace(parts[-1], content=raw.replace(end, b"\n"))]
    assert substance(RENARDO.read(written).parts) in (substance(parts), substance(in_lines))


@given(sessions())
def test_fact_8_for_renardo_gives_every_part_up_to_outer_white_space(parts):
    """Fact 8: every session without refusals, its startup text made fit, comes back from Renardo's reading."""
    try:
        written = for_renardo(parts)[b""]
    except CannotHold as refused:
        keys = {key for key, _ in refused.problems}
        assert keys <= {part.key for part in parts}
        return
    tabs = as_renardo_would(written)
    shown = [(name, plain(text)) for name, text in tabs]
    wanted = [(as_shown(part), plain(part.content.decode())) for part in parts]
    assert shown == (wanted or [("Untitled", [])])


HOLDABLE_NAMES = st.sampled_from(["Untitled", "a", "######## c", "夜", "e\u0301", "x\x85y", "#", " a"])
HOLDABLE_TEXTS = st.lists(st.sampled_from([t for t in TOKENS if t != HASHES]), max_size=8).map("".join)


@given(st.lists(st.tuples(HOLDABLE_NAMES, HOLDABLE_TEXTS), min_size=1, max_size=5), HOLDABLE_TEXTS)
def test_fact_8_a_session_without_refusals_is_always_written(rows, text):
    """Fact 8: for every session that Renardo can hold there is a file, by both ways of writing."""
    parts = [Part(key=f"b{n}", name=name, kind="buffer", content=text.encode()) for n, (name, text) in enumerate(rows)]
    parts.insert(0, Part(key="s", name="startup.py", kind="startup", content=text.encode()))
    assume(not any(HASHES in part.content.decode() for part in parts))
    assert for_renardo(parts)
    if not refusals(parts):
        assert substance(RENARDO.read(RENARDO.write(parts)).parts) == substance(parts)


def as_shown(part):
    """A buffer's name loses the white space behind it."""
    return part.name if part.kind == "startup" else part.name.rstrip(" \t\x0c\u00a0\ufeff")


def plain(text):
    """Up to outer white space, line ends, and the spaces put on blank lines."""
    lines = trimmed(text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line for line in lines if line.strip(" ")]


def is_utf8(content):
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
