"""The machine reads pickles without ever running them, and refuses what would cost more than it has bytes."""

import struct
import sys
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.formats.mosaic.allowed import is_known
from holdfast_daemon.formats.mosaic.machine import unpickled
from holdfast_daemon.formats.mosaic.nodes import Made, Name, Table

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

#: The first three places of the memo: module, name and class of the container.
CONTAINER = b"\x8c\x10mosaic.container\x94\x8c\x0dDataContainer\x94\x93\x94"


def text(content):
    return b"\x8c" + bytes([len(content)]) + content.encode()


def session(data=b"]", extra=b""):
    """A session written by hand: the opcodes of one list of clusters, and of further keys and values."""
    container = b"h\x02)\x81}(" + text("data") + b"%s" + b"ub"
    models = text("_models") + container % b"]"
    return b"\x80\x05}(" + text("about") + CONTAINER + text("_data") + container % data + models + extra + b"u."


def refusal(content):
    with pytest.raises(DamagedDocument) as caught:
        MOSAIC.read({b"": content})
    return str(caught.value)


def opaque_reason(content):
    reading = MOSAIC.read({b"": content})
    assert [part.kind for part in reading.parts] == ["opaque"]
    assert reading.parts[0].content == content
    return reading.warnings[0]


def test_the_session_by_hand_is_one():
    """What the attacks below are made of is read without them."""
    assert MOSAIC.read({b"": session()}).facts["clusters"] == 0


def test_fact_4_a_call_is_recorded_and_not_made(tmp_path):
    """Fact 4: a document that would run a command makes a node, and the command does not run."""
    target = tmp_path / "ran"
    command = f"touch {target}"
    content = b"\x80\x05" + text("posix") + text("system") + b"\x93" + text(command) + b"\x85R."
    pickle = unpickled(content)
    assert isinstance(pickle.root, Made)
    assert (str(pickle.root.callee), pickle.root.arguments) == ("posix.system", (command,))
    assert "posix.system" in pickle.unknown
    assert not target.exists()
    assert "no Mosaic session" in refusal(content)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        *[("posix", "system"), ("builtins", "eval"), ("builtins", "exec"), ("numpy", "save"), ("numpy", "load")],
        *[("mosaic.geometry", "Geometry.swap"), ("mosaic.geometry", "os"), ("numpy.core.multiarray", "fromfile")],
        *[("builtins", "getattr.__call__"), ("Mosaic.geometry", "Geometry"), ("copyreg", "_reconstructor")],
    ],
)
def test_fact_4_an_unknown_name_makes_the_session_opaque(module, name):
    """Facts 4 and 13: what is not on the list is stored and not looked into, and the warning names it."""
    content = session(extra=text("later") + text(module) + text(name) + b"\x93")
    assert f"{module}.{name}" in opaque_reason(content)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(b"h\x02)\x81" + text("_h_linear"), id="of another object"),
        pytest.param(text("scipy.interpolate._rbf") + text("Rbf") + b"\x93" + text("_h_linear"), id="of the class"),
        pytest.param(
            text("scipy.interpolate._rbf") + text("Rbf") + b"\x93)\x81" + text("__class__"), id="of another name"
        ),
    ],
)
def test_fact_4_getattr_is_only_that_of_rbf(arguments):
    """Fact 4: ``getattr`` is known for the bound method that scipy's Rbf holds of itself, and for nothing else."""
    call = text("builtins") + text("getattr") + b"\x93" + arguments + b"\x86R"
    assert "builtins.getattr called" in opaque_reason(session(extra=text("later") + call))


@pytest.mark.parametrize(
    ("opcodes", "reason"),
    [
        pytest.param(b"h\x02}b", "given a state", id="BUILD on a class"),
        pytest.param(b"h\x02)R", "mosaic.container.DataContainer called", id="REDUCE of a class"),
        pytest.param(text("numpy") + text("dtype") + b"\x93)\x81", "numpy.dtype called", id="NEWOBJ of a function"),
        pytest.param(b"h\x02)\x81}b}b", "given a state", id="BUILD twice"),
        pytest.param(b"h\x02)}\x92", "called", id="NEWOBJ_EX"),
        pytest.param(b"h\x02)\x81(K\x01e", "with items", id="items of an object"),
        pytest.param(b"K\x01)R", "of type int called", id="REDUCE of a number"),
    ],
)
def test_fact_4_what_mosaic_never_does_makes_the_session_opaque(opcodes, reason):
    """Facts 4 and 13: objects made in another way than Mosaic's own are not looked into."""
    assert reason in opaque_reason(session(extra=text("later") + opcodes))


@pytest.mark.parametrize(
    "opcodes",
    [
        b"\x82\x01",
        b"\x83\x01\x00",
        b"\x84\x01\x00\x00\x00",
        b"Pid\n",
        b"K\x01Q",
        b"\x97",
        b"\x98",
        b"I1\n",
        b"(i",
        b"2",
    ],
    ids=["EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER", "INT", "INST", "DUP"],
)
def test_fact_4_opcodes_that_mosaic_cannot_load_are_damage(opcodes):
    """Fact 4: without a registry, persistent ids or buffers Mosaic's own reader fails on these too."""
    assert "no opcode that Mosaic writes" in refusal(session(extra=text("later") + opcodes))


def test_the_list_of_names_is_the_pages_and_no_longer():
    """Fact 4: exactly mosaic.md 3.1."""
    from holdfast_daemon.formats.mosaic import allowed

    tables = (allowed._CLASSES, allowed._FUNCTIONS, allowed._VALUES)
    assert sum(len(names) for table in tables for names in table.values()) == 63
    assert all(is_known(Name(m, n)) for table in tables for m, names in table.items() for n in names)
    assert not is_known(Name("mosaic.geometry", "Sphere"))


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x04Nr\xff\xff\xff\x7f.",
        b"\x80\x04\x8e" + struct.pack("<Q", 1 << 40),
        b"\x80\x05\x96" + struct.pack("<Q", 1 << 63),
        b"\x80\x05\x8d" + struct.pack("<Q", 1 << 40),
        b"\x80\x05\x95" + struct.pack("<Q", 1 << 40),
        b"\x80\x04\x8b" + struct.pack("<I", 0xFFFFFFFF) + b"1",
        b"\x80\x04X" + struct.pack("<I", 0xFFFFFFFF),
        b"\x80\x04j\xff\xff\xff\x7f.",
    ],
    ids=["memo", "bytes", "bytearray", "text", "frame", "number", "short text", "get"],
)
def test_fact_5_a_length_that_is_not_there_is_refused(content):
    """Fact 5: nothing is taken for a claim; the document ends before it could be met."""
    assert refusal(content)


def test_fact_5_the_memo_grows_by_one():
    """Fact 5: no pickler leaves a place out, so one that does is not believed."""
    assert "not the next one" in refusal(session(extra=text("later") + b"Nr\x04\x00\x00\x00"))
    assert MOSAIC.read({b"": session(extra=text("later") + b"Nr\x03\x00\x00\x00")}).parts


@pytest.mark.parametrize("data", [b"](K\x01e", b"](h\x02e", b"](h\x02)\x81}be", b"N", b")"])
def test_a_list_of_anything_else_is_opaque(data):
    """What stands among the clusters and is no geometry, and what is no list."""
    assert opaque_reason(session(data=data))


@pytest.mark.parametrize("unit", [b"]", b"}\x94", b"K\x01\x85", b"\x8c\x00"])
def test_fact_5_objects_of_far_more_weight_than_bytes_are_refused(unit):
    """Fact 5: a million empty objects are refused at the point where their weight passes the document's."""
    content = session(extra=text("many") + b"](" + unit * (1_000_000 // len(unit)) + b"e")
    assert "more memory than it has bytes" in refusal(content)


@pytest.mark.parametrize("opcodes", [b"]" * 100_000 + b"a" * 99_999, b"(" * 9_000 + b"t" * 9_000])
def test_deep_nesting_is_opaque_and_does_not_recurse(opcodes):
    """A hundred thousand lists in each other end no stack: no pickler could have written them."""
    assert "too deeply" in opaque_reason(session(extra=text("deep") + opcodes))


def test_too_many_marks_are_refused():
    """Deeper than any pickler nests."""
    assert "too deeply" in refusal(session(extra=text("deep") + b"(" * 20_000 + b"t" * 20_000))


@pytest.mark.parametrize(("begin", "end"), [(b"(", b"t"), (b"](", b"e"), (b"}(", b"u")])
def test_shared_objects_do_not_multiply(begin, end):
    """Fact 5: ten of ten of ten …, sixty times, is few bytes and would be more than there are atoms."""
    layers = [begin + (b"h" + bytes([place])) * 10 + end + b"\x94" for place in range(3, 63)]
    content = session(extra=text("laughs") + b"](]\x94" + b"".join(layers) + b"e")
    assert "too many" in opaque_reason(content)


def test_a_number_of_a_million_digits_is_read_in_no_time():
    """Fact 5: its digits are never written out."""
    content = session(extra=text("n") + b"\x8b" + struct.pack("<i", 1_000_000) + b"\x7f" * 1_000_000)
    assert MOSAIC.read({b"": content}).facts["clusters"] == 0


def test_a_cycle_is_no_trouble():
    """A list that holds itself, and a dict in a tuple that holds the tuple, are read and written."""
    cycles = text("self") + b"]\x94h\x03a" + text("round") + b"}\x94(" + text("k") + b"h\x04\x85u"
    document = {b"": session(extra=cycles)}
    reading = MOSAIC.read(document)
    again = MOSAIC.read(MOSAIC.write(reading.parts[:-1], document))
    assert [part.content for part in again.parts] == [part.content for part in reading.parts[:-1]]


@pytest.mark.parametrize("protocol", [2, 3])
def test_older_protocols_are_read(protocol):
    """No Mosaic wrote them, but Mosaic reads them."""
    world = made.World(made.V1_0_10)
    content = world.pickled(world.session([world.geometry("one")]), protocol)
    pickle = unpickled(content)
    assert isinstance(pickle.root, Table)
    assert pickle.protocol == protocol


@pytest.mark.parametrize("content", [b"", b"\x80", b"\x80\x05", b"\x80\x00.", b"\x80\x06N.", b"N.", b"\x80\x05NN."])
def test_no_pickle_of_ours_is_refused(content):
    """Other protocols, nothing, and values left over."""
    with pytest.raises(DamagedDocument):
        unpickled(content)
