"""IGV's sessions as pictures: what lies where, in which color, and what is missing."""

import pytest

from holdfast.looking import genome, lanes
from holdfast.looking.colors import color_of
from holdfast_protocol.model import PartRow, ResourceRow


def track(key, panel="DataPanel", **facts):
    return PartRow(key=key, name=key, kind="track", size_bytes=1, facts={"panel": panel, **facts})


def panel(name, height):
    return PartRow(key=name, name=name, kind="panel", size_bytes=1, facts={"height": height})


def region(name):
    return PartRow(key=name, name=name, kind="region", size_bytes=1, facts={"description": "odd"})


def lost(path, state="missing"):
    return ResourceRow(key=path, role="data", reference=path, state=state)


@pytest.mark.parametrize(
    ("told", "color"),
    [
        ("0,0,178", "#0000b2"),
        ("rgb(255, 0, 1)", "#ff0001"),
        ("#ABC", "#aabbcc"),
        ("#0000b2", "#0000b2"),
        ("256,0,0", None),
        ('"/><script>', None),
        ("url(http://example.invalid)", None),
        (None, None),
    ],
)
def test_a_color_is_six_digits_or_nothing(told, color):
    """Whatever a document has for a color, no more than a color reaches the page."""
    assert color_of(told) == color


def test_panels_have_the_proportions_of_the_session():
    """A panel that is three times as high is drawn so, and its tracks stay in it."""
    rows = [panel("DataPanel", "300"), track("a"), panel("FeaturePanel", "100"), track("b", "FeaturePanel")]
    high, low = lanes.panels_of(rows, [rows[1], rows[3]], ())
    assert (high.name, low.name) == ("DataPanel", "FeaturePanel")
    assert high.height == pytest.approx(3 * low.height, rel=0.01)
    assert low.top > high.top + high.height
    for each in (high, low):
        assert all(each.top <= lane.top and lane.top + lane.height <= each.top + each.height for lane in each.lanes)


def test_a_hundred_tracks_are_all_high_enough_to_read():
    """A crowded panel grows instead of squeezing its tracks."""
    rows = [panel("DataPanel", "120"), *(track(f"t{number}", height="40") for number in range(100))]
    (only,) = lanes.panels_of(rows, rows[1:], ())
    assert min(lane.height for lane in only.lanes) >= lanes.LANE_HEIGHT
    assert only.height >= 100 * lanes.LANE_HEIGHT


@pytest.mark.parametrize(
    "key",
    ["/data/reads.bam", "/data/reads.bam_coverage", "DataPanel//data/reads.bam", "/data/reads.bam~2", "reads.bam"],
)
def test_a_track_of_a_missing_file_is_marked(key):
    """Also what is drawn beside reads of the same file, and a file named without its folder."""
    (only,) = lanes.panels_of([], [track(key)], [lost("/data/reads.bam"), lost("/data/other.bed", "there")])
    assert only.lanes[0].is_lost


def test_tracks_of_the_genome_and_of_files_that_are_there_are_not_marked():
    """What comes with the genome has no file of its own."""
    files = [lost("/data/reads.bam"), lost("/data/other.bed", "there")]
    (only,) = lanes.panels_of([], [track("Reference sequence"), track("/data/other.bed")], files)
    assert [lane.is_lost for lane in only.lanes] == [False, False]


def test_regions_lie_where_they_are_in_the_locus():
    """Those of another chromosome or out of view are not drawn, those that begin before it are cut."""
    spans = genome.spans_of("chr1:1,000-2,000", 200, 1200, 8)
    rows = [region("chr1:1250-1500"), region("chr2:1250-1500"), region("chr1:500-1100"), region("chr1:3000-4000")]
    inside, cut = lanes.regions_of(rows, spans)
    assert (inside.left, inside.width) == (450, 250)
    assert (cut.left, cut.width) == (200, 100)
    assert inside.name == "odd"


def test_several_loci_lie_beside_one_another():
    """Each has a column of its own with its own ruler."""
    left, right = genome.spans_of("chr1:1000-2000 chr7:5,000,000-6,000,000", 200, 1200, 8)
    assert left.left + left.width < right.left
    assert left.marks[0].text.endswith("kb")
    assert right.marks[0].text.endswith("Mb")
    assert all(left.left <= mark.left <= left.left + left.width for mark in left.marks)


@pytest.mark.parametrize("locus", ["All", "EGFR", "", "chr1", "chr1:abc-def", "chr1:5-5", "chr1:9999999999999999999-1"])
def test_a_locus_that_is_no_place_has_a_ruler_without_numbers_or_few(locus):
    """A gene or the whole genome is told by its name; the session does not say where it is."""
    for span in genome.spans_of(locus, 200, 1200, 8):
        assert len(span.marks) < 20


def test_the_range_of_a_track_says_where_zero_is():
    """Values below zero have the other color, from there down."""
    files = ()
    (only,) = lanes.panels_of([], [track("a", range="-1..3", color="1,2,3", alt_color="4,5,6"), track("b")], files)
    first, second = only.lanes
    assert (first.low, first.high, first.zero) == ("-1", "3", 0.75)
    assert (first.color, first.alt_color) == ("#010203", "#040506")
    assert (second.zero, second.color) == (None, lanes.COLOR)
