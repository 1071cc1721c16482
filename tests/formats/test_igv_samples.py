"""The same promises over sessions that real IGV 2.16, 2.19 and 3.0 wrote, and over public ones."""

from pathlib import Path

import pytest

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.igv import IGV

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "igv"
pytestmark = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the collected samples are not on this machine")

FILES = sorted(str(path.relative_to(SAMPLES)) for path in SAMPLES.rglob("*") if path.suffix in (".xml", ".json"))
#: What IGV does not take for a session, or cannot open.
FOREIGN = [name for name in FILES if "foreign" in name or "marbl" in name or "e02_" in name or "e21e_" in name]
BROKEN = [name for name in FILES if "e22" in name]
SESSIONS = [name for name in FILES if name not in FOREIGN + BROKEN]


def document(name):
    return {b"": (SAMPLES / name).read_bytes()}


def substance(parts):
    return sorted((part.kind, part.name, part.content) for part in parts)


@pytest.mark.parametrize("name", FOREIGN + BROKEN)
def test_fact_1_look_alikes_and_ruins_are_refused(name):
    """Fact 1: Notepad++, data servers, genomes, other roots; and what is no document at all."""
    assert IGV.recognise(document(name)) is None
    with pytest.raises(DamagedDocument):
        IGV.read(document(name))


@pytest.mark.parametrize("name", SESSIONS)
def test_fact_3_every_sample_is_written_back_to_the_byte(name):
    """Facts 1 to 3: recognised, read, written; its parts fill a new session too."""
    sample = document(name)
    reading = IGV.read(sample)
    assert IGV.recognise(sample) == reading.recognition
    assert reading.recognition.certain
    assert IGV.write(reading.parts, sample) == sample
    if reading.facts["genome"]:
        assert substance(IGV.read(IGV.write(reading.parts)).parts) == substance(reading.parts)


@pytest.mark.parametrize("name", SESSIONS)
def test_fact_3_every_part_of_every_sample_can_go_and_come_back(name):
    """Fact 3: the last track, resource and region each; then a panel's worth is a session of its own."""
    sample = document(name)
    parts = list(IGV.read(sample).parts)
    for kind in ("track", "resource", "region"):
        if chosen := [part for part in parts if part.kind == kind]:
            less = [part for part in parts if part is not chosen[-1]]
            without = IGV.write(less, sample)
            assert substance(IGV.read(without).parts) == substance(less)
            assert substance(IGV.read(IGV.write([*less, chosen[-1]], without)).parts) == substance(parts)
            alone = IGV.needed(parts, chosen[-1:])
            if any(part.kind == "genome" for part in alone):
                assert substance(IGV.read(IGV.write(alone)).parts) == substance(alone)


def counted():
    """Name and counts of resources, panels and tracks, as an independent reader of XML found them."""
    rows = (SAMPLES / "INDEX.tsv").read_text().splitlines()[1:] if SAMPLES.is_dir() else []
    for name, _, root, _, *counts in (row.split("\t") for row in rows):
        if name in SESSIONS and root in ("Session", "Global"):
            yield pytest.param(name, [int(count) for count in counts[:3]], id=name)


@pytest.mark.parametrize(("name", "counts"), [*counted()])
def test_fact_2_everything_that_is_in_a_sample_is_a_part(name, counts):
    """Fact 2: as many as were counted; nested tracks are in their own."""
    parts = IGV.read(document(name)).parts
    nested = sum(
        part.content.count(b"<Track ") - 1 for part in parts if part.kind == "track" and b"<Track " in part.content
    )
    found = [sum(part.kind == kind for part in parts) for kind in ("resource", "panel", "track")]
    assert [found[0], found[1], found[2] + nested] == counts


@pytest.mark.parametrize("name", ["basic", "samples_seg"])
def test_fact_8_saving_by_another_igv_is_no_change(name):
    """Fact 8: what 2.16 and 2.19 wrote of the same session."""
    old, new = (IGV.read(document(f"runnable/igv{version}_{name}.xml")).parts for version in (216, 219))
    assert changes(IGV, old, new) == []


def test_fact_16_what_another_version_adds_is_told():
    """Fact 16: 2.19 writes attributes that 2.16 does not know."""
    old, new = (IGV.read(document(f"runnable/igv{version}_alignments.xml")).parts for version in (216, 219))
    lines = [row.line for row in changes(IGV, old, new)]
    assert "track reads.sam: RenderOptions/duplicatesOption FILTER" in lines
    assert len(lines) == 3


def test_fact_14_two_public_sessions_differ_as_a_person_would_say():
    """Fact 14: the same reads at another place."""
    names = ("real/igv-repo/schatz_skbr3.xml", "real/igv-repo/schatz_skbr3_inversion.xml")
    old, new = (IGV.read(document(name)).parts for name in names)
    lines = [row.line for row in changes(IGV, old, new)]
    assert "track PacBio coverage: range 0..146 → 0..93" in lines


@pytest.mark.parametrize("name", [name for name in SESSIONS if name.startswith("runnable")])
def test_real_sessions_give_no_warning_without_a_reason(name):
    """What IGV itself wrote it opens; an overlay that 3.0 loses is known."""
    warnings = IGV.read(document(name)).warnings
    assert len(warnings) == ("30beta4_overlay" in name), warnings
