"""Two writers of one session: parts merged by the daemon's own merge and written in the manner of the head."""

from pathlib import Path

import pytest

from holdfast_daemon.diff import changes
from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.renardo import RENARDO
from holdfast_daemon.merge import merge

FILES = Path(__file__).resolve().parents[1] / "data" / "renardo"


def session(*texts, startup="s = 1"):
    """A session of 1.0.0a10: every buffer is called Untitled. ``name=text`` gives another name."""
    parts = []
    for number, text in enumerate(texts):
        name, _, content = text.rpartition("§")
        parts.append(Part(key=f"b{number}", name=name or "Untitled", kind="buffer", content=content.encode()))
    if startup is not None:
        parts.insert(0, Part(key="s", name="startup.py", kind="startup", content=startup.encode()))
    return RENARDO.write(parts)


def merged(base, ours, theirs):
    """The texts of the merged session as it is read again, or the conflicts."""
    parts = [RENARDO.read(document).parts for document in (base, ours, theirs)]
    outcome = merge(*parts, RENARDO)
    if outcome.conflicts:
        return outcome.conflicts
    return [part.content.decode() for part in RENARDO.read(RENARDO.write(outcome.parts, ours)).parts]


KICK, BASS, PAD, LEAD = 'd1 >> play("X ")', "b1 >> bass([0, 4])\n", "p1 >> pads(0, dur=4)", "l1 >> pluck(P[:8])"


def test_fact_6_changes_of_different_namesakes_are_both_kept():
    """Fact 6: one side changes the first Untitled, the other the third."""
    base = session(KICK, BASS, PAD)
    ours, theirs = session(KICK + "\nd1.amp = 2", BASS, PAD), session(KICK, BASS, PAD + "\np1.stop()")
    assert merged(base, ours, theirs) == ["s = 1", KICK + "\nd1.amp = 2", BASS, PAD + "\np1.stop()"]


def test_fact_6_a_namesake_put_in_the_middle_and_another_changed():
    """Fact 6: the one that comes behind the new buffer is still itself."""
    base = session(KICK, BASS, PAD)
    ours, theirs = session(KICK, LEAD, BASS, PAD), session(KICK, BASS, PAD + "\np1.stop()")
    assert merged(base, ours, theirs) == ["s = 1", KICK, LEAD, BASS, PAD + "\np1.stop()"]
    assert merged(base, theirs, ours) == ["s = 1", KICK, LEAD, BASS, PAD + "\np1.stop()"]


def test_fact_6_a_side_that_puts_one_in_and_changes_its_neighbour():
    """Fact 6: one side does both, the other deletes a third."""
    base = session(KICK, BASS, PAD)
    ours, theirs = session(KICK, LEAD, "b1 >> bass([0, 4, 7])\n", PAD), session(KICK, BASS)
    assert merged(base, ours, theirs) == ["s = 1", KICK, LEAD, "b1 >> bass([0, 4, 7])\n"]


def test_fact_6_a_reordered_session_and_a_change_in_it():
    """Fact 6: the order of one side, the text of the other."""
    base = session(KICK, BASS, PAD)
    ours, theirs = session(PAD, KICK, BASS), session(KICK, BASS + "b1.stop()\n", PAD)
    assert merged(base, ours, theirs) == ["s = 1", PAD, KICK, BASS + "b1.stop()\n"]


def test_fact_6_a_rename_and_a_change_elsewhere():
    """Fact 6: a renamed buffer is no new one."""
    base = session("drums§" + KICK, "bass§" + BASS)
    ours, theirs = session("drums§" + KICK, "low§" + BASS), session("drums§" + KICK + "\n#", "bass§" + BASS)
    assert merged(base, ours, theirs) == ["s = 1", KICK + "\n#", BASS]


def test_one_buffer_changed_on_both_sides_is_a_conflict_with_its_name():
    """Nothing is chosen for anybody."""
    base = session("bass§" + BASS, PAD)
    assert merged(base, session("bass§" + BASS + "1", PAD), session("bass§" + BASS + "2", PAD)) == ("bass",)


def test_both_sides_add_a_buffer_of_the_same_name():
    """Both new Untitled are kept; the same one twice is there once."""
    base = session(KICK)
    assert merged(base, session(KICK, BASS), session(KICK, PAD)) == ["s = 1", KICK, BASS, PAD]
    assert merged(base, session(KICK, BASS), session(KICK, BASS)) == ["s = 1", KICK, BASS]


def test_fact_7_a_startup_text_added_by_one_side():
    """Fact 7: it comes first, whoever wrote it."""
    base = session(KICK, startup=None)
    ours, theirs = session(KICK + "\n#", startup=None), session(KICK)
    assert merged(base, ours, theirs) == merged(base, theirs, ours) == ["s = 1", KICK + "\n#"]


def test_fact_7_an_empty_buffer_deleted_by_one_side_is_gone():
    """Fact 7: empty is not absent, in a merge too."""
    base = session(KICK, "", PAD)
    assert merged(base, session(KICK, PAD), session(KICK, "", PAD + "\n#")) == ["s = 1", KICK, PAD + "\n#"]
    assert merged(base, session(KICK, "", PAD), session(KICK, "", PAD + "\n#")) == ["s = 1", KICK, "", PAD + "\n#"]


@pytest.mark.parametrize("name", ["f2.py", "f3.py", "f3_crlf.py", "f3_cr.py", "f3_bom.py", "f3_mixed.py", "latin1.py"])
def test_fact_3_a_merge_keeps_the_manner_of_the_head(name):
    """Fact 3: what neither side changed is there byte for byte, whatever the line ends and the mark."""
    base = {b"": (FILES / name).read_bytes()}
    parts = [*RENARDO.read(base).parts]
    added = Part(key="new", name="added", kind="buffer", content=b"z = 1")
    theirs = RENARDO.write([*parts, added], base)
    ours = RENARDO.write([parts[0], *parts[2:]], base)
    outcome = merge(parts, RENARDO.read(ours).parts, RENARDO.read(theirs).parts, RENARDO)
    assert not outcome.conflicts
    written = RENARDO.write(outcome.parts, ours)
    assert written[b""].startswith(ours[b""])
    assert [part.name for part in RENARDO.read(written).parts] == [part.name for part in [parts[0], *parts[2:], added]]


def test_fact_9_a_merge_that_renardo_could_not_hold_is_refused():
    """Fact 9: the startup section that kept a look-alike harmless is deleted by the other side."""
    fake = session(KICK)[b""].decode().partition("#" * 80)[0]
    base = session(fake, KICK)
    ours, theirs = session(fake, KICK + "\n#"), {b"": base[b""].partition(b"\n\n")[2]}
    with pytest.raises(CannotHold, match="startup header"):
        merged(base, ours, theirs)


def rows_of(old, new):
    rows = changes(RENARDO, RENARDO.read(old).parts, RENARDO.read(new).parts)
    return [(row.what, row.key, row.line) for row in rows]


def test_the_difference_of_two_sessions_is_told_buffer_by_buffer():
    """In the words of Renardo, and what is the same is not listed."""
    old = session("drums§" + KICK, "bass§" + BASS, "pad§" + PAD)
    new = session("drums§" + KICK + "\n#", "lead§" + LEAD, "low§" + BASS, startup="s = 2")
    assert set(rows_of(old, new)) == {
        ("changed", "startup", "startup startup.py: +1 −1 lines"),
        ("changed", "buffer-1", "buffer drums: +1 −0 lines"),
        ("added", "buffer-2", "buffer lead added"),
        ("renamed", "buffer-3", "buffer bass renamed to low"),
        ("removed", "buffer-3", "buffer pad removed"),
    }


def test_a_buffer_put_in_between_namesakes_is_the_only_difference():
    """Not every Untitled behind it."""
    old, new = session(KICK, BASS, PAD), session(KICK, LEAD, BASS, PAD)
    assert rows_of(old, new) == [("added", "buffer-2", "buffer Untitled added")]


def test_only_moved_buffers_are_told_as_moved():
    """An order that changed is a difference."""
    assert {what for what, _, _ in rows_of(session(KICK, BASS), session(BASS, KICK))} == {"moved"}


def test_line_ends_alone_are_no_difference_of_buffers():
    """A session that went through Windows has the same parts."""
    old = session(KICK, BASS)
    assert rows_of(old, {b"": old[b""].replace(b"\n", b"\r\n")}) == []
