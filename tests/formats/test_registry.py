"""Which formats there are, and which one a document is of."""

from importlib.metadata import EntryPoint
from pathlib import Path

from holdfast_daemon.formats.base import Recognition
from holdfast_daemon.formats.parts import PARTS
from holdfast_daemon.formats.plain import PLAIN, Plain
from holdfast_daemon.formats.registry import GROUP, load_formats, recognise
from holdfast_daemon.formats.renardo import RENARDO

FILES = Path(__file__).resolve().parents[1] / "data" / "renardo"
OURS = {"parts": PARTS, "plain": PLAIN, "renardo": RENARDO}


class Stranger(Plain):
    """A third party's format that is certain of everything, or fails on it."""

    app = "stranger"
    fails = False

    def recognise(self, document):
        if self.fails:
            raise RuntimeError("a bug")
        return Recognition(generation="1", inferred=True)


STRANGER = Stranger()


def point(name, value):
    return EntryPoint(name, value, GROUP)


def test_ours_are_found_by_their_entry_points():
    """Renardo, plain and parts come the way that a third party's would."""
    assert load_formats().items() >= OURS.items()


def test_a_broken_one_is_left_out_with_its_reason():
    """No stranger's package keeps the others from being loaded."""
    broken = {}
    points = [
        point("gone", "no_such_module:X"),
        point("nothing", "holdfast_daemon.formats.registry:GROUP"),
        point("plain", "holdfast_daemon.formats.plain:PLAIN"),
        point("again", "holdfast_daemon.formats.plain:Plain"),
    ]
    assert load_formats(broken, points) == {"plain": PLAIN}
    assert broken.keys() == {"gone", "nothing", "again"}
    assert "ModuleNotFoundError" in broken["gone"]
    assert "lacks" in broken["nothing"]


def test_certain_recognitions_go_first():
    """A session with headers is Renardo's; a zip with a manifest is of parts."""
    session = {b"": (FILES / "f3.py").read_bytes()}
    assert recognise(session, OURS, ".py")[0] is RENARDO
    assert recognise(PARTS.write([]), OURS, ".zip")[0] is PARTS


def test_what_nobody_is_certain_of_is_plain():
    """Almost any text would pass for F0, so no application is chosen on that."""
    chosen, recognition = recognise({b"": (FILES / "f0.py").read_bytes()}, OURS, ".py")
    assert chosen is PLAIN
    assert recognition.generation == "plain"


def test_among_several_certain_ones_the_suffix_decides():
    """A format that is certain of everything does not take a Renardo session away."""
    session = {b"": (FILES / "f3.py").read_bytes()}
    assert recognise(session, {"stranger": STRANGER, **OURS}, ".py")[0] is RENARDO
    assert recognise(session, {"stranger": STRANGER, **OURS}, "")[0] is STRANGER


def test_a_format_that_fails_has_not_recognised_anything():
    """A stranger's bug on one file is not the daemon's."""
    failing = Stranger()
    failing.fails = True
    assert recognise({b"": b"x"}, {"stranger": failing, **OURS}, "")[0] is PLAIN
