"""What we write is loaded and saved by the real IGV, our change in it and nothing lost; its own saving is no change."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from programs import tiny_genome
from programs.igv import Igv
from programs.igv_view import View, difference, view
from programs.presence import there

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.igv import IGV
from holdfast_daemon.merge import merge

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples" / "igv" / "runnable"
SIMPLE = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<Session genome="data/tiny.fa" locus="chr1:1000-5000" version="8">
    <Resources>
        <Resource name="genes" path="data/genes.bed"/>
        <Resource path="data/other genes é.bed"/>
        <Resource name="signal" path="data/signal.wig"/>
        <Resource path="data/cover.bedgraph"/>
        <Resource path="data/variants.vcf"/>
    </Resources>
    <Regions>
        <Region chromosome="chr1" start="1200" end="2200" description="first &amp; &lt;b&gt;"/>
    </Regions>
</Session>
"""


class Desk:
    """A folder with a genome and tracks below ``data``, and IGV to open sessions that lie in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._igv = Igv(folder / "data" / "tiny.fa", folder.parent / "home")

    def saved(self, document: bytes, *commands: str, is_relative: bool = False) -> bytes:
        """The session as IGV saves it after loading ``document`` from this folder. It must not complain."""
        (self.folder / "ours.xml").write_bytes(document)
        saved = self._igv.saved_again(
            self.folder / "ours.xml", self.folder / "igvs.xml", commands, is_relative=is_relative
        )
        assert not saved.complaints, saved.complaints
        return saved.xml

    def seen(self, document: bytes) -> View:
        """What IGV has after loading ``document``."""
        return view(self.saved(document), self.folder)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    there("igv")
    folder = tmp_path_factory.mktemp("igv") / "work"
    tiny_genome.make(folder / "data")
    return Desk(folder)


@pytest.fixture(scope="module")
def session(desk: Desk) -> bytes:
    """As IGV itself writes one."""
    return desk.saved(SIMPLE.encode())


@pytest.fixture(scope="module")
def plain(desk: Desk, session: bytes) -> View:
    """What IGV has after loading ``session`` untouched."""
    return desk.seen(session)


def parts_of(document: bytes) -> tuple[Part, ...]:
    return IGV.read({b"": document}).parts


def written(parts: Sequence[Part], template: bytes | None) -> bytes:
    return IGV.write(parts, None if template is None else {b"": template})[b""]


def track(parts: Sequence[Part], name: str) -> Part:
    """The part that is the track of that name."""
    (found,) = [each for each in parts if each.kind == "track" and each.name == name]
    return found


def put(parts: Sequence[Part], old: Part, new: Part) -> list[Part]:
    """``parts`` with one replaced."""
    return [new if each is old else each for each in parts]


def coloured(parts: Sequence[Part], name: str) -> list[Part]:
    """``parts`` with a colour for one track that has none."""
    old = track(parts, name)
    return put(parts, old, replace(old, content=old.content.replace(b"<Track ", b'<Track color="0,100,0" ', 1)))


def lines(old: bytes, new: bytes) -> list[str]:
    return [row.line for row in changes(IGV, parts_of(old), parts_of(new))]


def test_a_changed_colour_is_seen_and_nothing_else_differs(desk: Desk, session: bytes, plain: View):
    """Facts 3 and 4: one track edited, the file otherwise as IGV wrote it."""
    ours = written(coloured(parts_of(session), "genes"), session)
    assert difference(plain, desk.seen(ours)) == {("Track", "genes", "color"): (None, "0,100,0")}


def test_a_track_restored_from_an_older_session_is_as_it_was(desk: Desk, session: bytes, plain: View):
    """Fact 14: put back over IGV's own later saving, only that track changes."""
    later = desk.saved(session, "setColor 200,0,0 signal", "setColor 0,0,200 genes")
    old, new = parts_of(session), parts_of(later)
    ours = written(put(new, track(new, "signal"), track(old, "signal")), later)
    changed = difference(plain, desk.seen(ours))
    assert {where[1] for where in changed} == {"genes"}


def test_a_removed_track_is_gone_with_its_resource_and_nothing_else(desk: Desk, session: bytes, plain: View):
    """Facts 3 and 14: what is taken out is out."""
    parts = parts_of(session)
    ours = written([each for each in parts if "cover.bedgraph" not in each.name], session)
    gone = difference(plain, desk.seen(ours))
    assert {where[:2] for where in gone} >= {("Track", "cover.bedgraph"), ("Resource", "cover.bedgraph")}
    assert {where[1] for where in gone if where[2] != "is"} == {"cover.bedgraph"}


def test_two_sides_merged_show_what_both_did(desk: Desk, session: bytes, plain: View):
    """Fact 14: IGV itself cannot merge since 2.12."""
    parts = parts_of(session)
    ours = desk.saved(session, "setColor 200,0,0 signal", "region chr1 3000 3500")
    theirs = written(coloured(parts, "genes"), session)
    both = merge(parts, parts_of(ours), parts_of(theirs), IGV)
    assert not both.conflicts
    seen = desk.seen(written(both.parts, ours))
    assert difference(plain, seen) == {
        **difference(plain, desk.seen(ours)),
        ("Track", "genes", "color"): (None, "0,100,0"),
    }


def test_a_cleared_session_opens_with_its_genome_and_no_tracks(desk: Desk, session: bytes):
    """Fact 12: without a genome 2.19 would mix it into the running session."""
    seen = desk.seen(IGV.cleared({b"": session})[b""])
    assert seen["Session", "genome"] == str(desk.folder / "data" / "tiny.fa")
    assert not [where for where in seen if where[0] in ("Resource", "Region")]
    assert {where[1] for where in seen if where[0] == "Track"} <= {"Reference sequence"}


def test_one_panel_alone_opens_with_all_its_tracks(desk: Desk, session: bytes, plain: View):
    """A part of a session, and what it needs, is a session."""
    parts = parts_of(session)
    (panel,) = [each for each in parts if each.kind == "panel" and "FeaturePanel" in each.name]
    ours = written(IGV.needed(parts, [panel]), session)
    seen = desk.seen(ours)
    names = {"genes", "other genes é.bed", "Reference sequence"}
    assert {where[1] for where in seen if where[0] == "Track"} == names
    assert {where: seen.get(where) for where in plain if where[0] == "Track" and where[1] in names} == {
        where: text for where, text in plain.items() if where[0] == "Track" and where[1] in names
    }


def test_one_track_alone_opens_with_its_resource(desk: Desk, session: bytes, plain: View):
    """The genome and the resource of a chosen track come along."""
    parts = parts_of(session)
    seen = desk.seen(written(IGV.needed(parts, [track(parts, "signal")]), session))
    wanted = {where: text for where, text in plain.items() if where[:2] == ("Track", "signal") and where[2] != "is"}
    assert {where: text for where, text in seen.items() if where in wanted} == wanted
    assert {where[1] for where in seen if where[0] == "Resource"} == {"signal"}


def test_a_session_built_without_a_template_is_the_same_to_igv(desk: Desk, session: bytes, plain: View):
    """Fact 4: parts alone make a whole session."""
    assert difference(plain, desk.seen(written(parts_of(session), None))) == {}


def test_a_relative_session_of_ours_opens_where_its_folder_was_moved(desk: Desk, session: bytes, plain: View):
    """Facts 5 and 6: as IGV saves it relative, edited by us, in another place; a track's id IGV leaves as it was."""
    relative = desk.saved(session, is_relative=True)
    ours = written(coloured(parts_of(relative), "genes"), relative)
    moved = Desk(desk.folder.parent / "moved")
    tiny_genome.make(moved.folder / "data")
    expected = {where: text.replace(str(desk.folder), str(moved.folder)) for where, text in plain.items()}
    changed = difference(expected, moved.seen(ours))
    assert {where: texts for where, texts in changed.items() if where[2] != "id"} == {
        ("Track", "genes", "color"): (None, "0,100,0")
    }


@pytest.mark.parametrize(
    "commands",
    [(), ("region chr2 100 200", "setColor 200,0,0 signal"), ("goto chr1:100-900 chr2:200-700",), ("squish genes",)],
    ids=["as it is", "with a new region", "with several places", "with a squished track"],
)
def test_igvs_own_saving_is_no_change(desk: Desk, session: bytes, commands: Sequence[str]):
    """Fact 8: opened and saved, and there is nothing to tell of."""
    first = desk.saved(session, *commands)
    assert lines(first, desk.saved(first)) == []


def test_after_many_savings_no_more_than_the_place_has_drifted(desk: Desk, session: bytes):
    """Fact 8: one base at each saving, which sooner or later is a difference."""
    last = session
    for _ in range(3):
        last = desk.saved(last)
    assert last != session
    assert not [line for line in lines(session, last) if not line.startswith("locus ")]


def test_only_what_a_user_did_in_igv_is_told(desk: Desk, session: bytes):
    """Facts 8 and 14: among the noise of a saving, the one track that got a colour and the new region."""
    again = desk.saved(session, "setColor 0,0,200 signal", "region chr2 500 700")
    told = lines(session, again)
    assert len(told) == 2
    assert any("signal" in line for line in told)


def test_where_the_user_went_is_told(desk: Desk, session: bytes):
    """A real change of place is more than the drift by one."""
    assert lines(session, desk.saved(session, "goto chr2:100-900"))


RUNNABLE = sorted(SAMPLES.glob("igv216_*.xml"))


@pytest.mark.skipif(not RUNNABLE, reason="no samples of real sessions beside the project")
@pytest.mark.parametrize("sample", RUNNABLE, ids=lambda path: path.stem)
def test_a_real_session_saved_by_igv_is_no_change_and_its_parts_make_it_again(tmp_path: Path, sample: Path):
    """Facts 4 and 8, over the relative sessions that open offline: alignments, overlays, samples, interactions."""
    there("igv")
    shutil.copytree(SAMPLES / "data", tmp_path / "work" / "data", copy_function=shutil.copyfile)
    desk = Desk(tmp_path / "work")
    first = desk.saved(sample.read_bytes(), is_relative=True)
    second = desk.saved(first, is_relative=True)
    assert lines(first, second) == []
    again = desk.saved(written(parts_of(first), None), is_relative=True)
    assert difference(view(second, desk.folder), view(again, desk.folder)) == {}
