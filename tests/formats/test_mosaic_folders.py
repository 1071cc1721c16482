"""Which files beside the data are sessions of Mosaic, and where the last ones were."""

import sys
from pathlib import Path

import pytest

from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.layouts import is_candidate

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

SOME = 64 << 10


@pytest.mark.parametrize("path", [b"a.pickle", b"a.PICKLE", b"a.mosaic", b"no suffix", b"tomogram.mrc"])
def test_fact_1_a_session_may_have_any_name(path):
    """Fact 1: its content tells; what lies in folders below is another matter."""
    assert is_candidate(MOSAIC.layouts["sessions"], path, is_folder=False) == "recognised"
    assert is_candidate(MOSAIC.layouts["sessions"], b"below/" + path, is_folder=False) is None


@pytest.mark.parametrize("era", made.ERAS)
def test_fact_1_a_session_is_told_by_its_beginning(era):
    """Fact 1: of every version, plain or indexed, also where a large picture comes before the pickle."""
    content = made.session(made.ERAS[era])
    assert MOSAIC.begins(content[:SOME])
    assert MOSAIC.begins(made.indexed(content)[:SOME])
    assert MOSAIC.begins(made.indexed(content, thumbnail=bytes(SOME))[:SOME])


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"\x80",
        b"\x80\x04\x95" + bytes(SOME),
        (512).to_bytes(4, "little") * 256,
        b"\0\0\0\x10{" + b" " * SOME,
        b"\xff\xff\xff\xff{",
        b'{"state": 1}',
    ],
)
def test_fact_1_other_pickles_and_volumes_are_not_read(beginning):
    """Fact 1: a tomogram has gigabytes, and so has another program's pickle."""
    assert not MOSAIC.begins(beginning)


SEVERAL = r"""[rendering]
multisamples=0

[ui]
tab_height=40
recent_files=/a b/x.pickle, "/c,d/é.mosaic", "/q\"uo;te/=1\\z.pickle", /data/volume.mrc, /a b/y.pickle

[widget]
recent_files=/not/this.pickle
"""
ONE = r"@Variant(\0\0\0\t\0\0\0\x1\0\0\0\n\0\0\0\x16\0/\0\xe9\0/\0o\0.\0p\0i\0\x63\0k\0l\0\x65)"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (SEVERAL, ["/a b", "/c,d", '/q"uo;te']),
        (f"[ui]\nrecent_files={ONE}\n", ["/é"]),
        ("[ui]\nrecent_files=@Invalid()\n", []),
        (r"[ui]" + "\n" + r"recent_files=@Variant(\0\0\0\x7f\0\0\0\xePyQt_PyObject)", []),
        ("[widget]\nrecent_files=/not/this.pickle\n", []),
        ("", []),
        (None, []),
    ],
)
def test_known_places_are_where_the_last_sessions_were(settings, expected):
    """As Qt writes several files, one and none; data that was opened is no session."""
    assert MOSAIC.known_places({}, "/home/me", {"/home/me/.config/Mosaic.conf": settings}.get) == expected


def test_known_places_are_asked_for_where_qt_keeps_settings():
    """XDG_CONFIG_HOME goes first."""
    texts = {"/x/Mosaic.conf": "[ui]\nrecent_files=/a/x.pickle, /b/y.pickle\n"}
    assert MOSAIC.known_places({"XDG_CONFIG_HOME": "/x"}, "/home/me", texts.get) == ["/a", "/b"]
