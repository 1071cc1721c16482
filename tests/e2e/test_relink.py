"""``relink``: a session whose files were moved points to them again, and nothing else of it changes."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from adopted import adopt
from e2e_daemon import Daemon

import holdfast
from holdfast_protocol.errors import Ambiguous, BadField, CannotHold, Exists, Unreadable
from holdfast_protocol.messages import Relinked
from holdfast_protocol.model import RelinkRow

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!-- cohort 7 -->\n<Session genome="hg38" version="8">\n'


def session(*paths: object) -> bytes:
    """A session of these resources, each with a track of its id and a coverage track."""
    resources = "".join(f'    <Resource  path="{path}" name="x"/>\n' for path in paths)
    tracks = "".join(
        f'    <Track clazz="F" color="0,0,178" id="{path}"/>\n    <Track clazz="C" id="{path}_coverage" />\n'
        for path in paths
    )
    body = f'  <Resources>\n{resources}  </Resources>\n  <Panel name="DataPanel">\n{tracks}  </Panel>\n'
    return f"{HEAD}{body}</Session>\n".encode()


def touch(path: Path, content: bytes = b"chr1\t1\t2\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def save(client: holdfast.Client, name: str, content: bytes) -> str:
    client.save("igv", name, content, published=True)
    return f"igv/{name}"


def the_row(relinked: Relinked) -> RelinkRow:
    [row] = relinked.rows
    return row


def test_a_moved_directory_is_found_and_the_file_on_disk_points_to_it(
    shared: Daemon, client: holdfast.Client, house: Path
) -> None:
    """Resources, ids and coverage tracks with them; every other byte, and the old snapshot, stays as it was."""
    old, new = house / "old" / "reads.bam", touch(house / "new" / "deep" / "reads.bam")
    before = session(old, "https://example.org/genes.bed")
    ref = save(client, "moved", before)
    relinked = client.relink(ref, search=[bytes(house / "new")], published=True)
    assert relinked.saved is not None
    assert (relinked.saved.outcome, relinked.saved.session.revision) == ("saved", 2)
    assert (the_row(relinked).reference, the_row(relinked).new) == (str(old), str(new))
    after = before.replace(os.fsencode(old), os.fsencode(new))
    assert shared.file("igv", "moved.xml").read_bytes() == after
    assert client.cat(f"{ref}@-1") == before
    assert [row.cause for row in client.log(ref).rows] == ["saved", "saved"]


def test_what_is_missing_is_found_by_its_end_whatever_system_wrote_it(client: holdfast.Client, house: Path) -> None:
    """A path of Windows, and the most names alike come first."""
    touch(house / "far" / "data" / "a.bed")
    touch(house / "far" / "b" / "a.bed")
    ref = save(client, "windows", session("C:\\Users\\ann\\data\\a.bed"))
    relinked = client.relink(ref, search=[bytes(house)], dry_run=True)
    found = [(os.path.relpath(row.path, bytes(house)), row.common_count) for row in the_row(relinked).candidates]
    assert found == [(b"far/data/a.bed", 2), (b"far/b/a.bed", 1)]


def test_a_dry_run_changes_nothing(client: holdfast.Client, house: Path) -> None:
    """It says what would be."""
    new = touch(house / "new" / "a.bed")
    ref = save(client, "dry", session("/gone/a.bed"))
    newest = client.operations(newest=True, limit=1).rows[-1].number
    relinked = client.relink(ref, search=[bytes(house)], dry_run=True)
    assert relinked.saved is None
    assert (the_row(relinked).state, the_row(relinked).new) == ("missing", str(new))
    assert client.operations(newest=True, limit=1).rows[-1].number == newest
    assert client.cat(ref) == session("/gone/a.bed")


def test_without_a_search_a_dry_run_looks_near(shared: Daemon, client: holdfast.Client, house: Path) -> None:
    """Beside the session and where its other files are, and says where that is; nothing is decided by it."""
    there, other = touch(house / "data" / "there.bed"), touch(house / "data" / "b.bed")
    ref = save(client, "near", session(there, "/gone/b.bed"))
    relinked = client.relink(ref, dry_run=True)
    assert the_row(relinked).new is None
    assert [each.path for each in the_row(relinked).candidates] == [bytes(other)]
    assert relinked.near == [bytes(shared.sessions / "igv"), bytes(house / "data")]


def test_several_files_of_the_name_are_never_guessed_at(client: holdfast.Client, house: Path) -> None:
    """The refusal lists what may be said instead; said so, it is done."""
    one, two = touch(house / "1" / "a.bed"), touch(house / "2" / "a.bed")
    ref = save(client, "several", session("/gone/a.bed"))
    with pytest.raises(Ambiguous) as refused:
        client.relink(ref, search=[bytes(house)])
    assert refused.value.details["candidates"] == [f"/gone/a.bed={one}", f"/gone/a.bed={two}"]
    client.relink(ref, search=[bytes(house)], map={"/gone/a.bed": str(two)})
    assert client.cat(ref) == session(two)


def test_a_renamed_file_is_known_by_its_content_where_it_was_watched(
    shared: Daemon, client: holdfast.Client, house: Path
) -> None:
    """The history has its hash: another of its name is not taken for it, nor another of its size."""
    place = adopt(shared, client, house / "watched")
    lost = place.write("tracks.bed", b"chr1\t7\t9\n")
    ref = save(client, "renamed", session(lost))
    renamed = house / "away" / "renamed.bed"
    renamed.parent.mkdir()
    lost.rename(renamed)
    place.settle()
    touch(house / "away" / "tracks.bed", b"chr1\t7\t9\nchr2\t1\t2\n")
    touch(house / "away" / "z" / "tracks.bed", b"chr3\t7\t9\n")
    touch(house / "away" / "other.bed", b"chr2\t7\t9\n")
    relinked = client.relink(ref, search=[bytes(house / "away")], dry_run=True)
    assert [(each.path, each.why) for each in the_row(relinked).candidates] == [
        (bytes(renamed), "content"),
        (bytes(house / "away" / "z" / "tracks.bed"), "size"),
        (bytes(house / "away" / "tracks.bed"), "name"),
    ]
    client.relink(ref, search=[bytes(house / "away")])
    assert client.cat(ref) == session(renamed)


def test_a_map_moves_everything_below_a_folder(client: holdfast.Client, house: Path) -> None:
    """URLs too, whether anything is there or not; the longest entry that fits counts."""
    ref = save(client, "below", session("/old/a.bed", "/old/deep/b.bed", "https://one.org/c.bed"))
    client.relink(ref, map={"/old/": "/new", "/old/deep/": "/deep/", "https://one.org/": "https://two.org/"})
    assert client.cat(ref) == session("/new/a.bed", "/deep/b.bed", "https://two.org/c.bed")


def test_what_is_relative_stays_relative(shared: Daemon, client: holdfast.Client) -> None:
    """To the session's own folder; what has no folder in common with it becomes absolute."""
    data = shared.sessions / "igv" / "data"
    touch(data / "a.bed")
    ref = save(client, "relative", session("old/a.bed"))
    client.relink(ref, search=[bytes(data)])
    assert client.cat(ref) == session("data/a.bed")
    with pytest.raises(BadField):
        client.relink(f"{ref}@-1", map={"old/": "/elsewhere/"})
    client.relink(ref, map={str(data / "a.bed"): "/elsewhere/a.bed"})
    assert client.cat(ref) == session("/elsewhere/a.bed")


def test_a_relink_is_undone(shared: Daemon, client: holdfast.Client) -> None:
    """The file on disk is as it was, too."""
    ref = save(client, "undone", session("/old/a.bed"))
    relinked = client.relink(ref, map={"/old/": "/new/"}, published=True)
    assert relinked.saved is not None
    client.undo(relinked.saved.operation, published=True)
    assert shared.file("igv", "undone.xml").read_bytes() == session("/old/a.bed")
    assert client.show(ref).session.revision == 3


def test_what_was_changed_meanwhile_is_not_relinked(client: holdfast.Client) -> None:
    """Whoever chose among what another revision points to is told; nothing is changed."""
    ref = save(client, "meanwhile", session("/old/a.bed"))
    revision = client.relink(ref, dry_run=True).revision
    client.save("igv", "meanwhile", session("/old/a.bed", "/old/b.bed"))
    with pytest.raises(Exists):
        client.relink(ref, map={"/old/": "/new/"}, expect=revision)
    assert client.cat(ref) == session("/old/a.bed", "/old/b.bed")


def test_a_relink_with_nothing_to_change_makes_no_snapshot(client: holdfast.Client, house: Path) -> None:
    """What is still missing is said."""
    ref = save(client, "nothing", session("/gone/a.bed"))
    relinked = client.relink(ref, search=[bytes(house)])
    assert relinked.saved is not None
    assert (relinked.saved.outcome, relinked.saved.session.revision) == ("unchanged", 1)
    assert [row.reference for row in relinked.rows] == ["/gone/a.bed"]


def test_a_relinked_session_is_not_taken_for_damage(client: holdfast.Client) -> None:
    """Although it no longer points to what is missing, for which a save of IGV's is kept beside the head."""
    ref = save(client, "gate", session("/old/a.bed"))
    assert client.save("igv", "gate", session("/new/a.bed")).outcome == "suspect"
    relinked = client.relink(ref, map={"/old/": "/new/"})
    assert relinked.saved is not None
    assert relinked.saved.outcome == "saved"
    assert client.show(ref).session.suspect is False


def test_an_adopted_file_is_written_because_a_person_asked(
    shared: Daemon, client: holdfast.Client, house: Path
) -> None:
    """In place, in its application's own folder."""
    place = adopt(shared, client, house / "igv", "igv")
    path = place.write("s.xml", session("/old/a.bed"))
    [row] = place.rows().values()
    client.relink(holdfast.Ref(id=row.id), map={"/old/": "/new/"}, published=True)
    assert path.read_bytes() == session("/new/a.bed")


def test_loops_of_links_end_and_links_out_are_not_followed(client: holdfast.Client, house: Path) -> None:
    """Links to folders are not entered, a link to a file outside is no candidate, one to a file inside is that file."""
    inside = touch(house / "in" / "deep" / "a.bed")
    touch(house / "out" / "a.bed")
    (house / "in" / "loop").symlink_to(house / "in")
    (house / "in" / "out").symlink_to(house / "out")
    (house / "in" / "link").mkdir()
    (house / "in" / "link" / "a.bed").symlink_to(house / "out" / "a.bed")
    (house / "in" / "same").mkdir()
    (house / "in" / "same" / "a.bed").symlink_to(inside)
    ref = save(client, "loops", session("/gone/a.bed"))
    found = the_row(client.relink(ref, search=[bytes(house / "in")], dry_run=True)).candidates
    assert [each.path for each in found] == [bytes(inside)]


def test_a_folder_of_twenty_thousand_files_is_searched(client: holdfast.Client, house: Path) -> None:
    """In one answer."""
    for folder in range(20):
        (house / str(folder)).mkdir()
        for number in range(1000):
            os.close(os.open(house / str(folder) / f"{number}.bed", os.O_CREAT | os.O_WRONLY, 0o600))
    wanted = touch(house / "19" / "reads.bam")
    ref = save(client, "many", session("/gone/reads.bam"))
    client.relink(ref, search=[bytes(house)])
    assert client.cat(ref) == session(wanted)
    shutil.rmtree(house / "19")


def test_what_cannot_be_done_is_refused_with_nothing_changed(client: holdfast.Client, house: Path) -> None:
    """No folder, no absolute path, a snapshot, what no session can hold."""
    ref = save(client, "refused", session("/gone/a.bed"))
    touch(house / os.fsdecode(b"gr\xf6\xdfe") / "a.bed")
    with pytest.raises(Unreadable):
        client.relink(ref, search=[bytes(house / "nowhere")])
    for fields in ({"search": [b"data"]}, {"map": {"": "/a"}}, {"map": {"/a": ""}}, {}):
        with pytest.raises(BadField):
            client.relink(ref, **fields)  # type: ignore[arg-type]  # one of these at a time
    with pytest.raises(BadField):
        client.relink(f"{ref}:session", map={"/gone/": "/new/"})
    with pytest.raises(CannotHold):
        client.relink(ref, search=[bytes(house)])
    for new in ("/new/\x01.bed", "data:,no file"):
        with pytest.raises(CannotHold):
            client.relink(ref, map={"/gone/a.bed": new})
    assert client.show(ref).session.revision == 1


def test_a_context_file_of_aiderdesk_is_relinked(shared: Daemon, client: holdfast.Client, house: Path) -> None:
    """Relative to its project, and what was said of the file is not rewritten."""
    root = house / "project"
    place = adopt(shared, client, root / ".aider-desk", "aiderdesk", layout=".aider-desk")
    content = (
        b'{"version": 1, "contextMessages": [{"role":"user","content":"see {\\"path\\": \\"src/a.py\\"}"}],\n'
        b' "contextFiles": [ {"path":"src/a.py",  "readOnly": false} ]}'
    )
    touch(root / ".aider-desk" / "sessions" / "s.json", content)
    touch(root / "lib" / "a.py")
    place.settle()
    [row] = client.list(app="aiderdesk", folder=place.folder).rows
    client.relink(holdfast.Ref(id=row.id), search=[bytes(root / "lib")], published=True)
    expected = content.replace(b'{"path":"src/a.py",  ', b'{"path":"lib/a.py",  ')
    assert (root / ".aider-desk" / "sessions" / "s.json").read_bytes() == expected


def test_the_command_line_relinks(shared: Daemon, client: holdfast.Client, house: Path) -> None:
    """By a map or a search; 3 while something is missing, 2 where somebody has to choose."""
    ref = save(client, "shell", session("/gone/a.bed", "/old/b.bed"))
    touch(house / "1" / "a.bed")
    dry = shared.cli("relink", ref, "--search", str(house), "--dry-run")
    assert dry.code == 3
    assert str(house / "1" / "a.bed") in dry.text
    assert "/old/b.bed" in dry.text
    said = shared.ok("relink", ref, "--search", str(house), "--map", "/old/=/new/", "--json")
    [whole] = said.rows
    assert whole["saved"]["session"]["revision"] == 2
    assert [row["new"] for row in whole["rows"]] == [str(house / "1" / "a.bed"), "/new/b.bed"]
    assert shared.file("igv", "shell.xml").read_bytes() == session(house / "1" / "a.bed", "/new/b.bed")
    touch(house / "2" / "b.bed")
    touch(house / "3" / "b.bed")
    several = shared.cli("relink", ref, "--search", str(house))
    assert several.code == 2
    assert f"/new/b.bed={house / '2' / 'b.bed'}" in several.err
    assert shared.cli("relink", ref, "--map", "nonsense").code == 2
    assert shared.cli("relink", ref, "--map", "/new/=/newer/", "--expect", "1").code == 4
