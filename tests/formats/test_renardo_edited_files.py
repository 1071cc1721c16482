"""Session files that people changed with another editor: what stands before the first header, overlapping headers."""

from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.renardo import RENARDO, as_renardo_would

FILES = Path(__file__).resolve().parents[1] / "data" / "renardo"
F2 = (FILES / "f2.py").read_bytes()
F3 = (FILES / "f3.py").read_bytes()
SEPARATOR = b"#" * 80


def read(content):
    return RENARDO.read({b"": content})


def substance(parts):
    return [(part.kind, part.name, part.content) for part in parts]


def triple(name):
    return SEPARATOR + b"\n######## " + name + b"\n" + SEPARATOR + b"\n"


@pytest.mark.parametrize("lead", [b"\n", b"\n\n \n", b"\r\n"])
@pytest.mark.parametrize(("content", "generation"), [(F2, "F2"), (F3, "F3")])
def test_fact_4_blank_lines_before_the_first_header_change_no_part(lead, content, generation):
    """Fact 4: such a file is what it was, but that is now a conclusion."""
    reading = read(lead + content)
    assert (reading.recognition.generation, reading.recognition.inferred) == (generation, True)
    assert reading.recognition.certain
    assert substance(reading.parts) == substance(read(content).parts)


def test_fact_5_a_comment_before_the_first_header_is_a_buffer_of_its_own():
    """Fact 5: it is kept, called as Renardo calls it, and the named buffers are all there."""
    reading = read(b"# my set\n" + F2)
    assert substance(reading.parts) == [("buffer", "Untitled 1", b"# my set"), *substance(read(F2).parts)]
    assert [part.key for part in reading.parts] == ["buffer-1", "buffer-2", "buffer-3"]
    assert as_renardo_would(b"# my set\n" + F2)[0] == ("Untitled 1", "# my set")
    assert reading.warnings == ()


def test_fact_10_a_comment_before_the_startup_section_is_warned_of():
    """Fact 10: strictly nothing is lost; Renardo cuts the file at the wrong place, and that is said."""
    reading = read(b"# my set\n" + F3)
    assert substance(reading.parts) == [("buffer", "Untitled 1", b"# my set"), *substance(read(F3).parts)]
    assert reading.facts["startup"] == "startup.py"
    assert any("Untitled 1" in warning for warning in reading.warnings)


@pytest.mark.parametrize("lead", [b"\n", b"# my set\n"])
@pytest.mark.parametrize("content", [F2, F3])
def test_fact_2_a_comment_on_top_is_not_taken_for_damage(lead, content):
    """Fact 2: the headers are all there, and so is every buffer."""
    assert RENARDO.suspicion(read(content), read(lead + content)) is None


@pytest.mark.parametrize("lead", [b"\n\n", b"# my set\n", b"\r\n# my set\r\n"])
@pytest.mark.parametrize("content", [F2, F3, F3.replace(b"\n", b"\r\n")])
def test_fact_3_what_stands_before_the_first_header_outlives_a_change(lead, content):
    """Fact 3: the last buffer changed, and all before it is the same bytes."""
    document = {b"": lead + content}
    parts = list(RENARDO.read(document).parts)
    parts[-1] = replace(parts[-1], content=b"changed = 1")
    written = RENARDO.write(parts, document)[b""]
    assert substance(read(written).parts) == substance(parts)
    header = document[b""].rindex(SEPARATOR)
    assert written[:header] == document[b""][:header]


def test_a_buffer_put_before_a_text_without_header_gives_it_one():
    """Only the first buffer can do without a header."""
    document = {b"": b"# my set\n" + F2}
    parts = [Part(key="n", name="new", kind="buffer", content=b"n = 1"), *RENARDO.read(document).parts]
    written = RENARDO.write(parts, document)
    assert written[b""].startswith(triple(b"new"))
    assert substance(RENARDO.read(written).parts) == substance(parts)


def test_the_first_buffer_moves_without_the_blank_lines_before_it():
    """Blank lines on top are the file's and not the text of the buffer that comes before."""
    document = {b"": b"\n\n" + F2}
    parts = RENARDO.read(document).parts[::-1]
    assert substance(RENARDO.read(RENARDO.write(parts, document)).parts) == substance(parts)


def test_a_banner_in_a_script_does_not_make_it_certainly_a_session():
    """A comment that happens to look like a header chooses no application."""
    recognition = read(b"import os\n" + triple(b"Setup") + b"x = 1\n").recognition
    assert (recognition.generation, recognition.certain) == ("F2", False)


def test_fact_5_a_header_after_a_longer_line_of_hashes_is_found():
    """Fact 5: 85 # and a line that looks like a name swallow nothing of the true header behind them."""
    first = b"x\n" + b"#" * 85 + b"\n######## not a name"
    content = triple(b"a") + first + b"\n" + triple(b"b") + b"y"
    assert substance(read(content).parts) == [("buffer", "a", first), ("buffer", "b", b"y")]


def test_fact_5_of_two_headers_that_share_a_line_the_first_is_one():
    """Fact 5: what cannot be told apart is told the same way each time, and as Renardo does."""
    content = triple(b"a") + b"######## b\n" + SEPARATOR + b"\ny"
    assert [part.name for part in read(content).parts] == ["a"]
    assert as_renardo_would(content)[0][0] == "a"


@pytest.mark.parametrize("near", [b"#" * 79, b"#" * 81, SEPARATOR + b" ", b" " + SEPARATOR])
def test_fact_5_only_exactly_80_make_a_header(near):
    """Fact 5: a look-alike stays in the text, and Renardo's other reading of it is warned of."""
    text = b"x\n" + near + b"\n######## b\n" + near + b"\ny"
    reading = read(triple(b"a") + text)
    assert substance(reading.parts) == [("buffer", "a", text)]
    assert bool(reading.warnings) == (b"#" * 80 in near)


@pytest.mark.parametrize("cut", range(0, len(F3), 7))
def test_fact_2_a_session_cut_anywhere_is_read(cut):
    """Fact 2: a file that was being written is a session of fewer or shorter parts, byte for byte there."""
    document = {b"": F3[:cut]}
    reading = RENARDO.read(document)
    assert RENARDO.write(reading.parts, document) == document
    assert len(reading.parts) <= len(read(F3).parts)
