"""The four applications through a real daemon: what a person does with a session of each, in a person's words."""

from __future__ import annotations

import hashlib
import json
import random
import sys
from pathlib import Path
from xml.etree import ElementTree

from e2e_daemon import Daemon

sys.path.insert(0, str(Path(__file__).parents[1] / "data" / "mosaic"))

from mosaic_sessions import World

from holdfast import values

DATA = Path(__file__).parents[1] / "data"
IGV = (DATA / "igv" / "session_8.xml").read_bytes()
CHAT = (DATA / "aiderdesk" / "chat_v2.json").read_bytes()


def _chat(*texts: str, files: tuple[str, ...] = ()) -> bytes:
    """A chat as AiderDesk writes it."""
    messages = [{"id": text[:20], "role": "user", "content": text} for text in texts]
    return json.dumps(
        {"version": 2, "contextMessages": messages, "contextFiles": [{"path": path} for path in files]}, indent=2
    ).encode()


def _texts(content: bytes) -> list[str]:
    return [message["content"] for message in json.loads(content)["contextMessages"]]


def _paths(content: bytes) -> list[str]:
    return [file["path"] for file in json.loads(content)["contextFiles"]]


def _clusters(world: World, *counts: int, **more: object) -> list[object]:
    return [world.geometry(f"membrane {place}", count, seed=place, **more) for place, count in enumerate(counts, 1)]


def _mosaic(*counts: int) -> bytes:
    world = World()
    return world.pickled(world.session(_clusters(world, *counts)))


def _lines(shared: Daemon, ref: str) -> list[str]:
    return [row["line"] for row in shared.ok("diff", ref, "--json").rows]


# AiderDesk


def test_a_chat_that_two_windows_went_on_with_keeps_both(shared: Daemon) -> None:
    """What both appended is there, in the order of their saves."""
    shared.ok("save", "aiderdesk/two", "-", content=_chat("one", "two", files=("a.py",)))
    shared.ok("save", "aiderdesk/two", "-", "--expect", "1", content=_chat("one", "two", "mine", files=("a.py",)))
    theirs = _chat("one", "two", "yours", "more", files=("a.py", "b.py"))
    assert "merged" in shared.ok("save", "aiderdesk/two", "-", "--expect", "1", content=theirs).text
    merged = shared.ok("cat", "aiderdesk/two").out
    assert _texts(merged) == ["one", "two", "mine", "yours", "more"]
    assert _paths(merged) == ["a.py", "b.py"]
    assert _lines(shared, "aiderdesk/two") == [
        "message user 4 added", "message user 5 added", "file b.py added",
    ]  # fmt: skip
    assert "2 messages added, 1 file added" in shared.ok("diff", "aiderdesk/two").text


def test_messages_and_files_are_loaded_apart(shared: Daemon) -> None:
    """Messages into another session leave its files; files leave its messages."""
    shared.ok("save", "aiderdesk/from", "-", content=_chat("a", "b", files=("x.py", "../y.py")))
    for name in ("m", "f"):
        shared.ok("save", f"aiderdesk/{name}", "-", content=_chat("own", files=("own.py",)))
    only = shared.ok("load", "aiderdesk/from", "--kind", "message").out
    assert (_texts(only), _paths(only)) == (["a", "b"], [])
    only = shared.ok("load", "aiderdesk/from", "--kind", "file").out
    assert (_texts(only), _paths(only)) == ([], ["x.py", "../y.py"])
    shared.ok("restore", "aiderdesk/from", "--kind", "file", "--into", "aiderdesk/f")
    found = shared.ok("cat", "aiderdesk/f").out
    assert (_texts(found), _paths(found)) == (["own"], ["x.py", "../y.py"])
    shared.ok("restore", "aiderdesk/from", "--kind", "message", "--into", "aiderdesk/m")
    found = shared.ok("cat", "aiderdesk/m").out
    assert (_texts(found), _paths(found)) == (["a", "b"], ["own.py"])
    shared.ok("restore", "aiderdesk/m@-1", "--kind", "message")
    assert _texts(shared.ok("cat", "aiderdesk/m").out) == ["own"]


def test_a_new_chat_may_keep_the_files(shared: Daemon) -> None:
    """Cleared: no messages; and the files only on request."""
    shared.ok("save", "aiderdesk/full", "-", content=_chat("a", files=("x.py",)))
    shared.ok("new", "aiderdesk/bare", "--clear", "aiderdesk/full")
    shared.ok("new", "aiderdesk/kept", "--clear", "aiderdesk/full", "--keep", "file")
    assert json.loads(shared.ok("cat", "aiderdesk/bare").out) == {
        "version": 2, "contextMessages": [], "contextFiles": [],
    }  # fmt: skip
    assert _paths(shared.ok("cat", "aiderdesk/kept").out) == ["x.py"]


def test_a_chat_that_lost_its_messages_is_a_suspect(shared: Daemon) -> None:
    """Fifty messages, and then one that is none of them: kept beside the head."""
    whole = _chat(*(f"message {number}" for number in range(50)))
    shared.ok("save", "aiderdesk/lost", "-", content=whole)
    assert shared.cli("save", "aiderdesk/lost", "-", content=_chat("hello")).code == 8
    assert shared.cli("save", "aiderdesk/lost", "-", content=whole[:900]).code == 8
    assert shared.ok("cat", "aiderdesk/lost").out == whole


def test_a_message_is_a_value(shared: Daemon) -> None:
    """Role, text, tool calls and results, from the Python client."""
    shared.ok("save", "aiderdesk/typed", "-", content=CHAT)
    with shared.client() as client:
        messages = [part.value for part in client.parts("aiderdesk/typed", kinds=["message"])]
    assert all(isinstance(message, values.Message) for message in messages)
    assert {message.role for message in messages} >= {"user", "assistant", "tool"}
    assert any(call.name == "power---file_read" for message in messages for call in message.tool_calls)


def test_messages_that_are_loaded_keep_their_order(shared: Daemon) -> None:
    """Whatever the chat that they come into has in common with them."""
    shared.ok("save", "aiderdesk/order", "-", content=_chat("1", "2", "3"))
    shared.ok("save", "aiderdesk/order", "-", content=_chat("3", "x", "1"))
    shared.ok("restore", "aiderdesk/order@-1", "--kind", "message")
    assert _texts(shared.ok("cat", "aiderdesk/order").out) == ["1", "2", "3"]


def test_two_windows_that_add_one_file_otherwise_are_told(shared: Daemon) -> None:
    """One says read-only and the other not: both sessions are kept."""
    shared.ok("save", "aiderdesk/flags", "-", content=_chat("a"))
    shared.ok("save", "aiderdesk/flags", "-", "--expect", "1", content=_chat("a", files=("x.py",)))
    theirs = _chat("a", files=("x.py",)).replace(b'"x.py"', b'"x.py",\n      "readOnly": true')
    assert shared.cli("save", "aiderdesk/flags", "-", "--expect", "1", content=theirs).code == 4
    assert _paths(shared.ok("cat", "aiderdesk/flags").out) == ["x.py"]


# IGV


def test_a_mere_saving_by_igv_is_no_change(shared: Daemon) -> None:
    """The locus creeps by one, numbers are spelled otherwise, the resources are shuffled."""
    shared.ok("save", "igv/noise", "-", content=IGV)
    noise = IGV.replace(b"chr1:1999-", b"chr1:1998-").replace(b'baseline="0.0"', b'baseline="0"')
    noise = noise.replace(b'nextAutoscaleGroup="2"', b'nextAutoscaleGroup="3"')
    shared.ok("save", "igv/noise", "-", content=noise)
    assert shared.ok("diff", "igv/noise").text == ""
    assert shared.ok("cat", "igv/noise").out == noise


def test_changes_are_told_in_the_words_of_igv(shared: Daemon) -> None:
    """By track and resource, not by line."""
    shared.ok("save", "igv/words", "-", content=IGV)
    changed = IGV.replace(b'color="0,0,178"', b'color="178,0,0"').replace(b'maximum="10.0"', b'maximum="60.0"')
    shared.ok("save", "igv/words", "-", content=changed)
    assert _lines(shared, "igv/words") == ["track signal: color 0,0,178 → 178,0,0, range 0..10 → 0..60"]


def test_two_people_who_styled_different_tracks_are_merged(shared: Daemon) -> None:
    """And even one track, where one changed its color and the other its height; comments stay."""
    shared.ok("save", "igv/two", "-", content=IGV)
    shared.ok("save", "igv/two", "-", "--expect", "1", content=IGV.replace(b'"200,30,30"', b'"0,0,0"'))
    theirs = IGV.replace(b'height="40"', b'height="80"')
    shared.ok("save", "igv/two", "-", "--expect", "1", content=theirs)
    shared.ok("save", "igv/two", "-", "--expect", "1", content=IGV.replace(b'"0,0,178"', b'"9,9,9"'))
    expected = IGV.replace(b'"200,30,30"', b'"0,0,0"').replace(b'height="40"', b'height="80"')
    assert shared.ok("cat", "igv/two").out == expected.replace(b'"0,0,178"', b'"9,9,9"')


def _session(*panels: str) -> bytes:
    """``DataPanel:a,b`` each; the tracks' files are resources."""
    tracks = [track for panel in panels for track in panel.partition(":")[2].split(",")]
    lines = ['<Session genome="hg19" locus="All" version="8">', "    <Resources>"]
    lines += [f'        <Resource path="{track}.bed"/>' for track in sorted(tracks)] + ["    </Resources>"]
    for panel in panels:
        name, _, held = panel.partition(":")
        lines += [f'    <Panel name="{name}">']
        lines += [f'        <Track clazz="FeatureTrack" id="{track}.bed" name="{track}"/>' for track in held.split(",")]
        lines += ["    </Panel>"]
    return "\n".join([*lines, "</Session>", ""]).encode()


def _panels(content: bytes) -> list[str]:
    """What ``_session`` was given, for any document."""
    root = ElementTree.fromstring(content)
    return [
        f"{panel.get('name')}:{','.join(str(track.get('name')) for track in panel.iter('Track'))}"
        for panel in root.iter("Panel")
    ]


def test_a_track_lands_in_no_panel_where_nobody_put_it(shared: Daemon) -> None:
    """One side turns two tracks, the other adds a panel behind them."""
    shared.ok("save", "igv/nest", "-", content=_session("A:t1,t2"))
    shared.ok("save", "igv/nest", "-", "--expect", "1", content=_session("A:t2,t1"))
    shared.ok("save", "igv/nest", "-", "--expect", "1", content=_session("A:t1,t2", "B:r"))
    assert _panels(shared.ok("cat", "igv/nest").out) == ["A:t2,t1", "B:r"]
    assert _lines(shared, "igv/nest") == ["resource r.bed added", "panel B added", "track r added to B"]


def test_a_panel_that_comes_back_takes_no_track_along(shared: Daemon) -> None:
    """And a track goes back into the panel that it was in."""
    shared.ok("save", "igv/panels", "-", content=_session("A:a", "B:b"))
    shared.ok("save", "igv/panels", "-", "--accept", content=_session("A:a,c,d"))
    shared.ok("restore", "igv/panels@-1", "--part", "B")
    assert _panels(shared.ok("cat", "igv/panels").out) == ["A:a,c,d", "B:b"]
    shared.ok("save", "igv/panels", "-", content=_session("A:c,d", "B:b,a"))
    shared.ok("restore", "igv/panels@-1", "--part", "a")
    assert _panels(shared.ok("cat", "igv/panels").out) == ["A:a,c,d", "B:b"]


def test_a_track_in_another_panel_is_told_so(shared: Daemon) -> None:
    """By the names of both."""
    shared.ok("save", "igv/moved", "-", content=_session("A:a,b", "B:c"))
    shared.ok("save", "igv/moved", "-", content=_session("A:a", "B:c,b"))
    assert _lines(shared, "igv/moved") == ["track b: panel A → panel B"]


def test_a_comment_that_one_side_adds_survives_a_merge(shared: Daemon) -> None:
    """It is no part; where only one side changed what stands beside the parts, that is kept."""
    shared.ok("save", "igv/comment", "-", content=_session("A:a", "B:b"))
    shared.ok("save", "igv/comment", "-", "--expect", "1", content=_session("A:a,c", "B:b"))
    theirs = _session("A:a", "B:b").replace(b"    <Panel", b"    <!-- cohort 7 -->\n    <Panel", 1)
    shared.ok("save", "igv/comment", "-", "--expect", "1", content=theirs)
    found = shared.ok("cat", "igv/comment").out
    assert b"<!-- cohort 7 -->" in found
    assert _panels(found) == ["A:a,c", "B:b"]


def test_one_panel_is_loaded_with_its_resources(shared: Daemon) -> None:
    """A session that IGV opens: the genome, the panel, its tracks and their files, and no other."""
    shared.ok("save", "igv/panel", "-", content=IGV)
    found = shared.ok("load", "igv/panel", "--part", "Panel1700000000000").out
    assert b'genome="genomes/toy.fa"' in found
    assert b"tracks/reads.bam" in found
    assert b"genes.bed" not in found
    assert b"DataPanel" not in found


def test_a_new_igv_session_keeps_the_genome(shared: Daemon) -> None:
    """And loses tracks and view."""
    shared.ok("save", "igv/whole", "-", content=IGV)
    shared.ok("new", "igv/fresh", "--clear", "igv/whole")
    found = shared.ok("cat", "igv/fresh").out
    assert b'genome="genomes/toy.fa"' in found
    assert b"<Track" not in found
    assert b"chr1" not in found


def test_a_session_without_its_missing_files_does_not_replace_one_with_them(shared: Daemon) -> None:
    """IGV drops what it cannot find and says nothing; the save is kept beside the good one."""
    folder = shared.sessions / "igv"
    shared.ok("save", "igv/drive", "-", content=IGV)
    without = IGV.replace(b'        <Resource path="tracks/signal.wig" type="wig"/>\n', b"")
    said = shared.cli("save", "igv/drive", "-", content=without)
    assert said.code == 8
    assert "tracks/signal.wig" in said.err
    (folder / "tracks").mkdir()
    (folder / "tracks" / "signal.wig").touch()
    shared.ok("save", "igv/drive", "-", content=without)  # the file is there: its user has taken it out


def test_what_a_session_points_to_is_looked_for(shared: Daemon) -> None:
    """There, missing or moved, and exit 3 where not all are there."""
    shared.ok("save", "igv/files", "-", content=IGV.replace(b"tracks/reads.bam", b"/gone/reads.bam"))
    (shared.sessions / "igv" / "reads.bam").touch()
    said = shared.cli("check-resources", "igv/files", "--json")
    states = {row["reference"]: row["state"] for row in said.rows}
    assert said.code == 3
    assert states["/gone/reads.bam"] == "moved"
    assert states["genomes/toy.fa"] == "missing"


def test_igv_json_lies_in_a_file_that_igv_reads_as_json(shared: Daemon) -> None:
    """IGV goes by the name; a session that becomes JSON gets another file, and one that becomes XML again too."""
    as_json = (DATA / "igv" / "desktop_3.json").read_bytes()
    shared.ok("save", "igv/three", "-", content=as_json)
    assert shared.file("igv", "three.json").read_bytes() == as_json
    shared.ok("save", "igv/three", "-", "--accept", content=IGV)
    assert shared.file("igv", "three.xml").read_bytes() == IGV
    assert not shared.file("igv", "three.json").exists()
    shared.ok("restore", "igv/three@-1")
    assert shared.file("igv", "three.json").read_bytes() == as_json
    assert not shared.file("igv", "three.xml").exists()


def test_a_track_is_a_value(shared: Daemon) -> None:
    """Its name, id and attributes, from the Python client."""
    shared.ok("save", "igv/typed", "-", content=IGV)
    with shared.client() as client:
        signal = client.parts("igv/typed", parts=["signal"])[0].value
        regions = [part.value for part in client.parts("igv/typed", kinds=["region"])]
    assert isinstance(signal, values.Track)
    assert (signal.id, signal.attributes["color"]) == ("/home/ann/toy/tracks/signal.wig", "0,0,178")
    assert regions[0] == values.Region(chromosome="chr1", start=1499, end=2500, description="first")


# Mosaic


def test_changes_are_told_in_the_words_of_mosaic(shared: Daemon) -> None:
    """By geometry, in points."""
    shared.ok("save", "mosaic/words", "-", content=_mosaic(1792, 20))
    shared.ok("save", "mosaic/words", "-", content=_mosaic(1568, 20))
    assert _lines(shared, "mosaic/words") == ["cluster membrane 1: 1,792 → 1,568 points"]


def test_one_object_of_an_older_version_comes_back(shared: Daemon) -> None:
    """Only that one changes."""
    shared.ok("save", "mosaic/back", "-", content=_mosaic(30, 20))
    shared.ok("save", "mosaic/back", "-", content=_mosaic(10, 25))
    shared.ok("restore", "mosaic/back@-1:membrane 1")
    assert _lines(shared, "mosaic/back") == ["cluster membrane 1: 10 → 30 points"]
    facts = {part["name"]: part["facts"] for part in shared.show("mosaic/back")["parts"] if part["kind"] == "cluster"}
    assert [facts[name]["points"] for name in ("membrane 1", "membrane 2")] == [30, 25]


def test_arrays_come_as_they_are_in_memory(shared: Daemon) -> None:
    """Type, shape, unit and bytes, with neither Mosaic nor NumPy, and no code run."""
    shared.ok("save", "mosaic/arrays", "-", content=_mosaic(30, 20))
    expected = random.Random("1/30").randbytes(360)
    with shared.client() as client:
        [cluster] = client.parts("mosaic/arrays", parts=["membrane 1"])
        value = cluster.value
        assert isinstance(value, values.Geometry)
        points = value.arrays["points"]
        assert (points.dtype, points.shape, points.unit, points.data) == ("<f4", (30, 3), "Å", expected)
    assert shared.ok("cat", "mosaic/arrays:membrane 1/points").out == expected


def test_one_geometry_is_loaded_and_a_new_session_keeps_the_shape(shared: Daemon) -> None:
    """The first has the one, the second none; both have the shape of the volume."""
    shared.ok("save", "mosaic/volume", "-", content=_mosaic(30, 20))
    one = shared.ok("load", "mosaic/volume:membrane 2").out
    shared.ok("save", "mosaic/one", "-", content=one)
    shared.ok("new", "mosaic/none", "--clear", "mosaic/volume")
    for name, clusters in (("one", 1), ("none", 0)):
        facts = shared.show(f"mosaic/{name}")["facts"]
        assert (facts["clusters"], facts["shape"]) == (clusters, "400 × 400 × 200")


def test_a_session_that_would_run_code_is_refused_and_kept(shared: Daemon, tmp_path: Path) -> None:
    """Nothing runs; it is a plain file, and never a head of a Mosaic session by itself."""
    trap = tmp_path / "trapped"
    attack = b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c" + bytes([len(f"touch {trap}")])
    attack += f"touch {trap}".encode() + b"\x85R."
    shared.ok("save", "mosaic/safe", "-", content=_mosaic(30))
    assert shared.cli("save", "mosaic/safe", "-", content=attack).code == 8
    assert "not recognised as a session of mosaic" in shared.ok("save", "mosaic/attack", "-", content=attack).err
    shared.ok("show", "mosaic/attack")
    assert shared.ok("cat", "mosaic/attack").out == attack
    assert not trap.exists()


def test_a_large_session_with_one_object_changed_costs_little(shared: Daemon) -> None:
    """At most a twentieth of its size, for each of two that follow it."""

    def kept() -> int:
        return sum(path.stat().st_size for path in (shared.home / "store" / "packs").iterdir())

    counts = [90_000] * 40
    shared.ok("save", "mosaic/large", "-", content=_mosaic(*counts))
    for changed in (10, 30):
        before = kept()
        counts[changed] = 82_000
        content = _mosaic(*counts)
        shared.ok("save", "mosaic/large", "-", content=content)
        assert kept() - before < len(content) / 20
        assert hashlib.sha256(shared.ok("cat", "mosaic/large").out).digest() == hashlib.sha256(content).digest()


def test_a_track_of_another_session_replaces_none_of_this_one(shared: Daemon) -> None:
    """Files of one name in two folders are two files; the track brings its own along."""
    sessions = {
        name: _session("A:peaks").replace(b'"peaks.bed"', f'"/{name}/peaks.bed"'.encode())
        for name in ("liver", "brain")
    }
    for name, content in sessions.items():
        shared.ok("save", f"igv/{name}", "-", content=content.replace(b'name="peaks"', f'name="{name}"'.encode()))
    shared.ok("restore", "igv/liver", "--part", "liver", "--into", "igv/brain")
    found = shared.ok("cat", "igv/brain").out
    assert _panels(found) == ["A:brain,liver"]
    assert (found.count(b"/liver/peaks.bed"), found.count(b"/brain/peaks.bed")) == (2, 2)
