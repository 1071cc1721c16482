"""The same promises over files that the real Renardo 1.0.0a4 and 1.0.0a22 wrote."""

import json
from pathlib import Path

import pytest

from holdfast_daemon.formats.renardo import RENARDO, as_renardo_would, for_renardo

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "renardo"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the collected samples are not on this machine")

TRUTHS = sorted(path.name.removesuffix(".truth.json") for path in SAMPLES.glob("0*.truth.json"))
SHOWN = sorted(path.name.removesuffix(".shown_after_load.json") for path in SAMPLES.glob("*.shown_after_load.json"))
FILES = sorted(path.name for path in SAMPLES.glob("*.py"))


def truth_of(name):
    truth = json.loads((SAMPLES / f"{name}.truth.json").read_text("utf-8"))
    startup = [("startup", truth["startup"])] if truth["startup"] else []
    return [
        (kind, each["name"], each["content"].encode())
        for kind, each in startup + [("buffer", each) for each in truth["buffers"]]
    ]


def substance(parts):
    return [(part.kind, part.name, part.content) for part in parts]


@pytest.mark.parametrize("name", [name for name in TRUTHS if not name.startswith("05")])
def test_fact_5_every_sample_comes_back_as_it_was_typed(name):
    """Fact 5: the strict reading is the truth, to the byte."""
    reading = RENARDO.read({b"": (SAMPLES / f"{name}.py").read_bytes()})
    assert substance(reading.parts) == truth_of(name)


def test_fact_5_the_ambiguous_sample_is_exact_in_its_other_buffers():
    """Fact 5: in sample 05 only the buffer with an injected header is read as two."""
    reading = RENARDO.read({b"": (SAMPLES / "05_delimiters_in_content.py").read_bytes()})
    wrong = [row for row in truth_of("05_delimiters_in_content") if row not in substance(reading.parts)]
    assert [name for _, name, _ in wrong] == ["fake header"]


def test_fact_4_the_oldest_named_file_is_read():
    """Fact 4: a file of the day on which buffers got names is F2 and has no startup section."""
    truth = truth_of("f1_f2")
    reading = RENARDO.read({b"": (SAMPLES / "f2_named_no_startup_86840c6a.py").read_bytes()})
    assert (reading.recognition.generation, reading.facts["startup"]) == ("F2", None)
    assert substance(reading.parts) == truth


@pytest.mark.parametrize("name", SHOWN)
def test_fact_10_renardos_view_is_what_renardo_showed(name):
    """Fact 10: the other reading, for showing both, equals the tabs of the real 1.0.0a4."""
    shown = json.loads((SAMPLES / f"{name}.shown_after_load.json").read_text("utf-8"))
    tabs = as_renardo_would((SAMPLES / f"{name}.py").read_bytes())
    assert list(tabs) == [(tab["name"], tab["content"]) for tab in shown]


@pytest.mark.parametrize("name", FILES)
def test_fact_10_exactly_the_samples_that_renardo_reads_otherwise_warn(name):
    """Fact 10: 05 and 08 warn and the others do not."""
    assert bool(RENARDO.read({b"": (SAMPLES / name).read_bytes()}).warnings) == name.startswith(("05", "08"))


@pytest.mark.parametrize("name", FILES)
def test_fact_3_every_sample_is_written_back_to_the_byte(name):
    """Fact 3: parts that nobody changed give the same file."""
    document = {b"": (SAMPLES / name).read_bytes()}
    assert RENARDO.write(RENARDO.read(document).parts, document) == document


@pytest.mark.parametrize("name", FILES)
def test_fact_9_a_buffer_can_be_added_to_every_sample(name):
    """Fact 9: what a session holds already is no reason to refuse a change elsewhere in it."""
    document = {b"": (SAMPLES / name).read_bytes()}
    parts = RENARDO.read(document).parts
    added = type(parts[0])(key="new", name="added", kind="buffer", content=b"z = 1\n")
    assert substance(RENARDO.read(RENARDO.write([*parts, added], document)).parts) == substance([*parts, added])


@pytest.mark.parametrize("name", [name for name in TRUTHS if not name.startswith("05")])
def test_fact_8_every_sample_can_be_written_so_that_renardo_reads_it(name):
    """Fact 8: by the rules of 1.6 Renardo gets every part, white space around it apart."""
    parts = RENARDO.read({b"": (SAMPLES / f"{name}.py").read_bytes()}).parts
    tabs = as_renardo_would(for_renardo(parts)[b""])
    assert [name for name, _ in tabs] == [part.name for part in parts]
    assert [text.split() for _, text in tabs] == [part.content.decode().split() for part in parts]


def test_fact_16_a_real_project_is_read_file_by_file():
    """Fact 16: a folder of 1.0.0a22 with its state is a project, and the state holds no texts."""
    root = SAMPLES / "a22_project"
    document = {
        path.relative_to(root).as_posix().encode(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }
    reading = RENARDO.read(document)
    assert reading.recognition.certain
    assert {part.kind for part in reading.parts} == {"file", "state"}
    assert reading.warnings == ()
    assert RENARDO.write(reading.parts, document) == document
