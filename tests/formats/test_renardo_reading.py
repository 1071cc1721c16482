"""Reading Renardo's session files strictly: nothing lost, and where Renardo itself differs, said so."""

from pathlib import Path

import pytest

from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.renardo import RENARDO

FILES = Path(__file__).resolve().parents[1] / "data" / "renardo"

KICK = ("buffer", "kick", b'k1 >> play("X ")\n')
HAT = ("buffer", "hat", b'  h1 >> play("-")\n\nh1.amp = .5')
F3 = [
    ("startup", "startup.py", b"# setup\nClock.bpm = 96\n"),
    KICK,
    HAT,
    ("buffer", "blank", b""),
    ("buffer", "kick", b"\n\tk2.stop()  \n\n"),
]


def read(name):
    return RENARDO.read({b"": (FILES / name).read_bytes()})


def substance(reading):
    return [(part.kind, part.name, part.content) for part in reading.parts]


@pytest.mark.parametrize(
    ("name", "generation", "certain", "newline"),
    [
        ("f0.py", "F0", False, "lf"),
        ("f1.py", "F1", True, "lf"),
        ("f1_crlf.py", "F1", True, "crlf"),
        ("f2.py", "F2", True, "lf"),
        ("f3.py", "F3", True, "lf"),
        ("f3_crlf.py", "F3", True, "crlf"),
        ("f3_cr.py", "F3", True, "cr"),
        ("f3_mixed.py", "F3", True, "mixed"),
    ],
)
def test_fact_4_every_generation_and_newline_is_read_and_named(name, generation, certain, newline):
    """Fact 4: F0 to F3, whatever the line ends, and it is said which one it was."""
    reading = read(name)
    assert (reading.recognition.generation, reading.recognition.certain) == (generation, certain)
    assert RENARDO.recognise({b"": (FILES / name).read_bytes()}) == reading.recognition
    assert reading.facts["newline"] == newline


@pytest.mark.parametrize("name", ["f3.py", "f3_crlf.py", "f3_cr.py", "f3_bom.py"])
def test_fact_5_contents_come_back_exact(name):
    """Fact 5: trailing newlines, blank lines and first-line indent survive reading, line ends shown as LF."""
    assert substance(read(name)) == F3


def test_fact_4_unnamed_buffers_get_the_names_renardo_gives():
    """Fact 4: the buffers of F1 have no names, so they are called as Renardo would call them."""
    expected = [("buffer", "Untitled 1", KICK[2]), ("buffer", "Untitled 2", HAT[2])]
    assert substance(read("f1.py")) == substance(read("f1_crlf.py")) == expected


def test_fact_4_a_file_without_any_header_is_one_buffer():
    """Fact 4: F0 is the one editor's text."""
    assert substance(read("f0.py")) == [("buffer", "Untitled 1", KICK[2])]


def test_fact_6_duplicate_names_have_keys_of_their_own():
    """Fact 6: order is kept, and no buffer is known by its name."""
    assert [part.key for part in read("f3.py").parts] == [
        "startup",
        "buffer-1",
        "buffer-2",
        "buffer-3",
        "buffer-4",
    ]


def test_fact_7_an_empty_buffer_is_not_an_absent_one():
    """Fact 7: the empty buffer is a part, and the startup file's name is a fact of the whole."""
    reading = read("f3.py")
    assert reading.facts["buffers"] == 4
    assert reading.facts["startup"] == "startup.py"


def test_fact_7_a_session_without_startup_section_has_none():
    """Fact 7: no startup section reads as None, not as an empty one."""
    assert read("f2.py").facts["startup"] is None
    assert read("startup_empty.py").parts[0].content == b""


def test_fact_10_a_banner_is_kept_and_warned_of():
    """Fact 10: a banner of 80 # stays inside its buffer here, and the warning says that Renardo cuts it."""
    reading = read("banner.py")
    assert [part.name for part in reading.parts] == ["startup.py", "song", "tail"]
    assert any("song" in warning and "80" in warning for warning in reading.warnings)
    assert not any("tail" in warning for warning in reading.warnings)


def test_fact_10_a_blank_line_in_the_startup_text_is_kept_and_warned_of():
    """Fact 10: the startup text is whole here, and the warning says that Renardo cuts it."""
    reading = read("startup_blank_line.py")
    assert reading.parts[0].content == b"one = 1\n\ntwo = 2\n"
    assert any("startup.py" in warning and "blank line" in warning for warning in reading.warnings)


def test_fact_10_an_empty_startup_text_is_kept_and_warned_of():
    """Fact 10: an empty startup text swallows buffers in Renardo, and the warning says so."""
    reading = read("startup_empty.py")
    assert [part.name for part in reading.parts] == ["startup.py", "song", "tail"]
    assert any("empty" in warning for warning in reading.warnings)


@pytest.mark.parametrize("name", ["f0.py", "f1.py", "f2.py", "f3.py", "f3_crlf.py"])
def test_fact_10_no_warning_where_renardo_reads_the_same(name):
    """Fact 10: what Renardo merely trims is no warning, or every session would have one."""
    assert read(name).warnings == ()


def test_fact_3_bytes_that_are_no_text_stay_in_the_content():
    """Fact 3: a file that is not UTF-8 is read to the byte; its names are valid text; Renardo's refusal is told."""
    reading = read("latin1.py")
    assert substance(reading)[1] == ("buffer", "caf\\xe9", b'n = "\xe9"\n')
    assert "not UTF-8" in reading.warnings[0]


def test_fact_14_only_three_things_end_a_line():
    """Fact 14: U+0085, U+2028, vertical tab and form feed are inside lines."""
    content = "a\x0bb\x0cc\x85d\u2028e\u2029f\x1cg\nh".encode()
    part = RENARDO.read({b"": b"#" * 80 + b"\n######## x\n" + b"#" * 80 + b"\n" + content}).parts[0]
    assert part.content == content
    assert part.facts["lines"] == 2


def test_fact_17_a_line_of_120_kilobytes_is_one_line():
    """Fact 17: length is no limit."""
    line = b"x" * 120_000
    part = RENARDO.read({b"": b"#" * 80 + b"\n######## long\n" + b"#" * 80 + b"\n" + line}).parts[0]
    assert (part.content, part.facts["lines"]) == (line, 1)


def test_fact_19_names_and_texts_are_not_normalised():
    """Fact 19: composed and decomposed letters stay what they were."""
    composed, decomposed = "é", "e\u0301"
    text = f"{'#' * 80}\n######## {composed}{decomposed}\n{'#' * 80}\n{decomposed}{composed}".encode()
    part = RENARDO.read({b"": text}).parts[0]
    assert part.name == composed + decomposed
    assert part.content == (decomposed + composed).encode()


def test_fact_10_both_readings_are_shown():
    """Fact 10: a warning names the part as it is, and others the tabs that Renardo makes of it, with their text."""
    assert read("startup_blank_line.py").warnings == (
        "startup startup.py: Renardo shows something else: "
        "the startup text has a blank line, where Renardo would cut it; a space on it would do",
        "Renardo shows a tab startup.py that is no part of this session: 'one = 1'",
        "Renardo shows a tab Untitled 1 that is no part of this session: 'two = 2'",
    )


def test_fact_10_warnings_have_an_end():
    """Fact 10: a file of separators only says so a hundred times and no more."""
    assert len(RENARDO.read({b"": (b"#" * 80 + b"\n######## a\n") * 500}).warnings) <= 100


def test_an_85_hash_line_is_no_header():
    """A header line has exactly 80 #."""
    text = b"#" * 80 + b"\n######## a\n" + b"#" * 80 + b"\nx\n" + b"#" * 85 + b"\n######## b\n" + b"#" * 80
    assert [part.name for part in RENARDO.read({b"": text}).parts] == ["a"]


def test_an_empty_file_is_one_empty_buffer_and_not_certain():
    """Nothing at all reads as F0 and chooses no application."""
    reading = RENARDO.read({b"": b""})
    assert substance(reading) == [("buffer", "Untitled 1", b"")]
    assert not reading.recognition.certain


def test_a_folder_without_python_files_is_not_renardos():
    """What is neither a file nor a project folder is refused in words."""
    assert RENARDO.recognise({b"a.txt": b""}) is None
    with pytest.raises(DamagedDocument, match="neither"):
        RENARDO.read({b"a.txt": b""})


def test_fact_2_a_cut_down_session_is_suspicious():
    """Fact 2: only the startup section left, every buffer empty, the file empty, the headers gone."""
    old = read("f3.py")
    startup_only = (FILES / "f3.py").read_bytes().partition(b"#" * 80)[0]
    emptied = RENARDO.write([*old.parts[:1], *(replaced(part) for part in old.parts[1:])])
    assert "only the startup section" in RENARDO.suspicion(old, RENARDO.read({b"": startup_only}))
    assert "every buffer is empty" in RENARDO.suspicion(old, RENARDO.read(emptied))
    assert "empty" in RENARDO.suspicion(old, RENARDO.read({b"": b""}))
    assert "headers" in RENARDO.suspicion(old, RENARDO.read({b"": b"something else"}))


def test_fact_2_ordinary_work_is_not_suspicious():
    """Fact 2: losing one buffer of several, or starting from a startup section only, is nobody's damage."""
    old = read("f3.py")
    assert RENARDO.suspicion(old, RENARDO.read(RENARDO.write(old.parts[:2]))) is None
    assert RENARDO.suspicion(RENARDO.read(RENARDO.write(old.parts[:1])), old) is None


@pytest.mark.parametrize("name", ["f2.py", "f3.py", "f3_crlf.py"])
def test_fact_2_a_session_that_was_cut_off_is_suspicious(name):
    """Fact 2: wherever a write broke off, but between two buffers, where somebody may have closed those that followed,
    and in the last one, which somebody may have shortened."""
    content, rule = (FILES / name).read_bytes(), b"#" * 80
    last = content.rindex(rule) + len(rule)
    found = [at for at in range(last) if RENARDO.suspicion(read(name), RENARDO.read({b"": content[:at]})) is None]
    assert all(content[at:].lstrip().startswith(rule) for at in found)


def test_fact_2_closed_and_shortened_buffers_are_not_suspicious():
    """Fact 2: the last buffers closed, with the line end that an editor adds or drops; the last one shortened."""
    old = RENARDO.read(RENARDO.write([made(f"b{number}", b"one\ntwo\n") for number in range(4)]))
    for kept in (1, 2, 3):
        written = RENARDO.write(old.parts[:kept])[b""]
        for each in (written, written + b"\n", written.rstrip()):
            assert RENARDO.suspicion(old, RENARDO.read({b"": each})) is None
    shorter = RENARDO.write([*old.parts[:3], made("b3", b"one")])
    assert RENARDO.suspicion(old, RENARDO.read(shorter)) is None
    edited = RENARDO.write([made("b0", b"another"), made("b1", b"one")])
    assert RENARDO.suspicion(old, RENARDO.read(edited)) is None


def made(name, content):
    return Part(key=name, name=name, kind="buffer", content=content)


def replaced(part):
    return type(part)(key=part.key, name=part.name, kind=part.kind, content=b"")
