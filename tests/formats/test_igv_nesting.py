"""Panels and their tracks go where the list of parts has them, and nowhere else."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.igv import IGV

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = [
    ROOT / "tests" / "data" / "igv" / "session_8.xml",
    ROOT / "tests" / "data" / "igv" / "global_3.xml",
    *sorted((ROOT.parent / "shared" / "samples" / "igv" / "runnable").glob("igv219_*.xml"))[:6],
]
SESSION = SAMPLES[0].read_bytes()
STRAYS = (
    b'<Session genome="g" version="8">\n'
    b'    <Resources kept="1">\n        <Note by="Ana"/>\n        <Resource path="a"/>\n    </Resources>\n'
    b'    <Panel name="P">\n        <Track id="a"/>\n        <Sort by="x"/>\n        <Track id="b"/>\n    </Panel>\n'
    b'    <Panel name="Q"/>\n</Session>\n'
)


def read(content):
    return list(IGV.read({b"": content}).parts)


def laid(parts):
    """Each panel with the names of its tracks, in order."""
    panels = []
    for part in parts:
        if part.kind == "panel":
            panels.append((part.name, []))
        elif part.kind == "track":
            panels[-1][1].append(part.name)
    return panels


def around(content):
    """What stands before the first panel and behind the last one."""
    panels = [*re.finditer(rb"<(Panel|DataTracks|FeatureTracks)\b.*?</\1>", content, re.DOTALL)]
    return content[: panels[0].start()], content[panels[-1].end() :]


def element_of(content, panel):
    """A panel with all that it holds, as it stands."""
    tag = panel.content.removesuffix(b"/>")
    begin = content.index(tag)
    end = b"</" + tag[1:].split(b" ")[0] + b">"
    return content[begin : content.index(end, begin) + len(end)]


def by_panel(parts):
    """Lists of a panel and its tracks, apart from everything else."""
    groups = []
    for part in parts:
        if part.kind == "panel":
            groups.append([part])
        elif part.kind == "track":
            groups[-1].append(part)
    return groups, [part for part in parts if part.kind not in ("panel", "track")]


def substance(groups):
    return [[(part.kind, part.content) for part in group] for group in groups]


CONTENTS = [path.read_bytes() for path in SAMPLES]
STRANGERS = [part for content in CONTENTS for part in read(content) if part.kind in ("panel", "track")]


@st.composite
def rearranged(draw, parts):
    """Panels and tracks of a session moved, removed, and joined by those of other sessions; facts as they were."""
    groups, rest = by_panel(parts)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(groups) - 1)) if groups else None
        what = draw(st.sampled_from(["move track", "move panel", "remove track", "remove panel", "add"]))
        if what == "add" or at is None:
            part = draw(st.sampled_from(STRANGERS))
            if part.kind == "panel" or not groups:
                groups.insert(draw(st.integers(0, len(groups))), [part] if part.kind == "panel" else [*STRANGERS[:1]])
            else:
                groups[at].insert(draw(st.integers(1, len(groups[at]))), part)
        elif what == "move panel":
            groups.insert(draw(st.integers(0, len(groups) - 1)), groups.pop(at))
        elif what == "remove panel":
            del groups[at]
        elif len(groups[at]) > 1:
            track = groups[at].pop(draw(st.integers(1, len(groups[at]) - 1)))
            if what == "move track":
                there = groups[draw(st.integers(0, len(groups) - 1))]
                there.insert(draw(st.integers(1, len(there))), track)
    return [*rest, *(part for group in groups for part in group)]


@given(st.sampled_from(CONTENTS), st.data())
@settings(max_examples=150, deadline=None)
def test_panels_and_tracks_are_read_back_in_the_order_and_nesting_asked(content, data):
    """Whatever moved, went or came; what stands around the panels, and each panel that is as it was, stays to the
    byte."""
    parts = read(content)
    wanted = data.draw(rearranged(parts))
    written = IGV.write(wanted, {b"": content})[b""]
    groups, rest = by_panel(wanted)
    read_groups, read_rest = by_panel(read(written))
    assert substance(read_groups) == substance(groups)
    assert sorted((part.kind, part.content) for part in read_rest) == sorted((p.kind, p.content) for p in rest)
    assert IGV.write(wanted, {b"": written}) == {b"": written}
    old_groups, _ = by_panel(parts)
    for group in groups:
        alike = sum(other[0].content == group[0].content for other in (*groups, *old_groups))
        if group in old_groups and alike == 2 and len(group) > 1:
            assert element_of(content, group[0]) in written
    if groups and groups[0] in old_groups and groups[-1] in old_groups and all(len(group) > 1 for group in groups):
        assert around(written) == around(content)


def test_a_track_goes_into_the_panel_that_it_is_listed_under():
    """Not into the one that it says it was in, nor into that of its namesake in the template."""
    parts = read(SESSION)
    signal = next(part for part in parts if part.name == "signal")
    assert signal.facts["panel"] == "DataPanel"
    without = IGV.write([part for part in parts if part is not signal], {b"": SESSION})
    again = IGV.write([*read(without[b""]), signal], without)
    assert laid(read(again[b""]))[-1] == ("FeaturePanel", ["Reference sequence", "genes", "signal"])


def test_a_track_of_another_session_goes_into_the_panel_that_it_is_listed_under():
    """Also where a panel of its own panel's name is there."""
    other = Part(key="n", name="n", kind="track", content=b'<Track id="n" name="n"/>', facts={"panel": "DataPanel"})
    assert laid(read(IGV.write([*read(SESSION), other], {b"": SESSION})[b""]))[-1][1][-1] == "n"


def test_a_removed_panel_takes_its_element_with_it():
    """And its tracks go under the panel before it, where the list still has them."""
    parts = [part for part in read(SESSION) if part.name != "FeaturePanel"]
    written = IGV.write(parts, {b"": SESSION})[b""]
    assert b"FeaturePanel" not in written
    assert laid(read(written))[-1] == (
        "Panel1700000000000", ["reads coverage", "reads", "Reference sequence", "genes"],
    )  # fmt: skip


def test_a_track_before_any_panel_is_refused():
    """It would have to go somewhere that nobody asked for."""
    parts = read(SESSION)
    signal = next(part for part in parts if part.name == "signal")
    with pytest.raises(CannotHold, match="none stands before it") as caught:
        IGV.write([signal, *(part for part in parts if part is not signal)], {b"": SESSION})
    assert caught.value.problems[0][0] == signal.key


def test_a_track_twice_stays_where_it_is_twice():
    """The same track in two panels, one of them taken out: the other is not touched."""
    panels = b'<Panel name="P"> <Track  id="a"/></Panel><Panel name="Q"><Track  id="a"/></Panel>'
    content = b'<Session genome="g">' + panels + b"</Session>"
    parts = read(content)
    kept = [part for part in parts if part.key != "a"]
    assert IGV.write(kept, {b"": content})[b""] == content.replace(b' <Track  id="a"/>', b"", 1)


def test_what_a_panel_holds_beside_tracks_is_its_own():
    """An element that IGV does not know goes where its panel goes."""
    parts = read(STRAYS)
    panel = next(part for part in parts if part.name == "P")
    assert panel.content == b'<Panel name="P"><Sort by="x"/></Panel>'
    assert IGV.write(parts, {b"": STRAYS}) == {b"": STRAYS}
    made = IGV.write(parts)
    assert b'<Sort by="x"/>' in made[b""]
    assert [part.content for part in read(made[b""]) if part.kind == "panel"] == [panel.content, b'<Panel name="Q"/>']
    without = [part for part in parts if part.kind not in ("panel", "track")]
    assert IGV.describe_change(panel, replace(panel, content=b'<Panel name="P"/>')) == "panel P: Sort removed"
    assert b"Sort" not in IGV.write(without, {b"": STRAYS})[b""]
    assert ("P", "IGV does not write back Sort") in IGV.losses(parts)


@pytest.mark.parametrize(
    ("new", "wanted"),
    [
        (b'<Panel name="P"/>', STRAYS.replace(b'\n        <Sort by="x"/>', b"")),
        (b'<Panel name="R"><Sort by="x"/></Panel>', STRAYS.replace(b'"P"', b'"R"')),
        (b'<Panel name="P"><Sort by="y"/></Panel>', None),
        (b'<Panel name="P"><A/><Sort by="x"/><B/></Panel>', None),
    ],
)
def test_what_a_panel_holds_beside_tracks_can_be_changed(new, wanted):
    """What stays keeps its place among the tracks."""
    parts = [replace(part, content=new) if part.name == "P" else part for part in read(STRAYS)]
    written = IGV.write(parts, {b"": STRAYS})[b""]
    assert [(p.kind, p.content) for p in read(written)] == [(p.kind, p.content) for p in parts]
    assert wanted is None or written == wanted


def test_what_resources_hold_beside_resources_is_a_part():
    """It can be seen, taken out, and put into another session."""
    parts = read(STRAYS)
    note = next(part for part in parts if part.name == "Note")
    assert (note.kind, note.content) == ("other", b'<Note by="Ana"/>')
    less = IGV.write([part for part in parts if part is not note], {b"": STRAYS})[b""]
    assert less == STRAYS.replace(b'\n        <Note by="Ana"/>', b"")
    assert note.content in IGV.write([*read(SESSION), note], {b"": SESSION})[b""]
    changed = [replace(part, content=b'<Note by="Bo"/>') if part is note else part for part in parts]
    assert IGV.write(changed, {b"": STRAYS})[b""] == STRAYS.replace(b"Ana", b"Bo")


def test_a_panel_with_tracks_in_it_is_no_panel_alone():
    """Tracks are parts of their own."""
    panel = Part(key="n", name="n", kind="panel", content=b'<Panel name="n"><Track id="x"/></Panel>')
    with pytest.raises(CannotHold, match="tracks are parts of their own"):
        IGV.write([*read(SESSION), panel], {b"": SESSION})
    for content in (b'<Panel name="n"></Panel>', b'<Panel name="n"> <Sort/></Panel>'):
        with pytest.raises(CannotHold, match="with nothing between"):
            IGV.write([*read(SESSION), replace(panel, content=content)], {b"": SESSION})


def test_a_panel_becomes_one_of_another_name():
    """IGV's old ones were called otherwise; the end tag goes with it."""
    content = b'<Session genome="g"><DataTracks name="D"> <Track id="a"/></DataTracks ></Session>'
    parts = read(content)
    changed = [replace(part, content=b'<Panel name="D"/>') if part.kind == "panel" else part for part in parts]
    assert IGV.write(changed, {b"": content})[b""] == content.replace(b"DataTracks", b"Panel")
