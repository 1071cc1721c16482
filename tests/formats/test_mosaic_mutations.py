"""Whatever the bytes: a reading, or a sentence that says what is wrong; never anything else."""

import sys
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, DamagedDocument
from holdfast_daemon.formats.mosaic import MOSAIC, opcodes

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

SESSIONS = [
    made.session(),
    made.session(made.V1_1_0),
    made.everything(),
    made.indexed(made.session(), thumbnail=b"\x89PNG", meta=b'{"volume_paths":[]}'),
]
CODES = [code for name, code in vars(opcodes).items() if name.isupper() and code != opcodes.PROTO]
NAMES = [
    *(
        b"\x8c\x05numpy\x8c\x05dtype\x93",
        b"\x8c\x0fmosaic.geometry\x8c\x08Geometry\x93",
        b"\x8c\x05posix\x8c\x06system\x93",
    ),
    *(b"\x8c\x02f4\x89\x88\x87R", b"\x8c\x06points", b"\x8c\x04data", b"\x8c\x05_data", b"\x8c\x07_models"),
]
PIECES = st.one_of(
    st.sampled_from(CODES),
    st.sampled_from(NAMES),
    st.binary(max_size=3),
    st.sampled_from([b"K\x01", b"h\x00", b"h\x02"]),
)
MARK = b"\x8c\x10mosaic.container\x94\x8c\x0dDataContainer\x94\x93\x94"


def survives(content):
    """Reads it, and whatever can be read can be written, described, matched and compared too."""
    document = {b"": content}
    MOSAIC.recognise(document)
    try:
        reading = MOSAIC.read(document)
    except DamagedDocument:
        return
    assert MOSAIC.write(reading.parts, document) == document
    assert len({part.key for part in reading.parts}) == len(reading.parts)
    assert len(MOSAIC.match(reading.parts, reading.parts)) == len(reading.parts)
    MOSAIC.resources(reading.parts)
    for part in reading.parts:
        assert MOSAIC.same(part, part)
        MOSAIC.describe_change(part, part)
    try:
        MOSAIC.write([part for part in reading.parts if part.kind != "model"], document)
        MOSAIC.cleared(document)
    except CannotHold:
        return


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    content=st.sampled_from(SESSIONS),
    edits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3), st.binary(max_size=4)), min_size=1, max_size=4),
)
def test_mutated_sessions_are_read_or_damaged(content, edits):
    """A few bytes replaced, removed or put in, anywhere."""
    for where, removed, bytes_ in edits:
        at = int(where * len(content))
        content = content[:at] + bytes_ + content[at + removed :]
    survives(content)


@settings(max_examples=150)
@given(pieces=st.lists(PIECES, max_size=40))
@example([b"]", b"\x94", b"h\x03", b"a"])
def test_any_opcodes_are_read_or_damaged(pieces):
    """Opcodes, names and stray bytes in any order, with the mark that makes it ours."""
    survives(b"\x80\x05" + MARK + b"".join(pieces) + b".")


@settings(max_examples=100)
@given(pieces=st.lists(PIECES, max_size=30))
def test_a_session_that_holds_any_opcodes_is_read_or_damaged(pieces):
    """The same as a value among those of a good session."""
    container = b"h\x02)\x81}\x8c\x04data]sb"
    survives(
        b"\x80\x05}(\x8c\x01a" + MARK + b"\x8c\x05_data" + container + b"\x8c\x07_models" + container
        + b"\x8c\x01b(" + b"".join(pieces) + b"tu."
    )  # fmt: skip


@settings(max_examples=100)
@given(content=st.binary(max_size=200), begin=st.sampled_from([b"", b"\x80\x04", b"\x80\x05", b"\x00\x00\x00\x20{"]))
def test_any_bytes_are_read_or_damaged(content, begin):
    """Nobody's bytes."""
    survives(begin + content)
