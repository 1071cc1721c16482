"""Sessions in other forms of their application, by the command line, and taken in again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from e2e_daemon import Daemon

RULE, HASHES = "//" + "=" * 78, "#" * 80
SONG = (
    f"{RULE}\n// STARTUP_FILE: startup.py\n{RULE}\ns = 1\n\n"
    f"{HASHES}\n######## loop\n{HASHES}\np1 >> pluck()\n{HASHES}\n######## loop\n{HASHES}\np2 >> pluck()"
).encode()
CHAT = {
    "version": 2,
    "contextMessages": [
        {"id": "t", "role": "tool", "content": [
            {"type": "tool-result", "toolCallId": "c", "toolName": "a---b",
             "output": {"type": "error-text", "value": "no"}}]},
    ],
    "contextFiles": [{"path": "a.py"}],
}  # fmt: skip


def test_a_song_becomes_a_project_and_a_song_again(shared: Daemon, tmp_path: Path) -> None:
    """The folder is recognised as Renardo's when it is taken in, and what was a session file comes back to the byte."""
    shared.ok("save", "renardo/song", "-", content=SONG)
    assert "project, session" in shared.ok("show", "renardo/song").text
    folder = tmp_path / "taken"
    said = shared.ok("export", "renardo/song", "--to", "project", "--strict", "-o", str(folder))
    assert "exported renardo/song" in said.text
    assert (folder / "loop-2.py").read_bytes() == b"p2 >> pluck()"
    assert "taken renardo/taken" in shared.ok("import", str(folder)).text
    assert shared.show("renardo/taken")["generation"] == "project"
    shared.ok("export", "renardo/taken", "--to", "session", "--strict", "-o", str(tmp_path))
    assert (tmp_path / "taken.py").read_bytes() == SONG


def test_what_a_form_cannot_hold_is_said_first_and_refused_if_asked(shared: Daemon, tmp_path: Path) -> None:
    """By the part's name; nothing is written then."""
    folder = tmp_path / "jam"
    folder.mkdir()
    (folder / "a.py").write_bytes(HASHES.encode())
    (folder / "kick.wav").write_bytes(b"\0")
    shared.ok("import", str(folder), "--app", "renardo")
    place = tmp_path / "jam.py"
    said = shared.cli("export", "renardo/jam", "--to", "session", "--strict", "-o", str(place))
    assert said.code != 0
    assert not place.exists()
    said = shared.ok("export", "renardo/jam", "--to", "session", "-o", str(place))
    assert "a.py: 80 or more #" in said.err
    assert "kick.wav: a session file holds .py files only" in said.err
    assert place.read_bytes().endswith(HASHES.encode()[1:] + b" #")


def test_a_chat_becomes_a_task_and_a_chat_again(shared: Daemon, tmp_path: Path) -> None:
    """Known by its folder's name, in its project, begun and named as the session is; and it is recognised."""
    document = json.dumps(CHAT, indent=2).encode()
    shared.ok("save", "aiderdesk/login bug", "-", content=document)
    tasks = tmp_path / "shop" / ".aider-desk" / "tasks"
    tasks.mkdir(parents=True)
    shared.ok("export", "aiderdesk/login bug", "--to", "task", "--strict", "-o", str(tasks / "7f3a9c21"))
    settings = json.loads((tasks / "7f3a9c21" / "settings.json").read_bytes())
    assert (settings["id"], settings["name"], settings["baseDir"]) == ("7f3a9c21", "login bug", str(tmp_path / "shop"))
    assert settings["createdAt"] <= settings["updatedAt"]
    assert (tasks / "7f3a9c21" / "context.json").read_bytes() == document
    shared.ok("import", str(tasks / "7f3a9c21"))
    assert shared.show("aiderdesk/7f3a9c21")["generation"] == "task"
    said = shared.ok("export", "aiderdesk/7f3a9c21", "--to", "v1", "-o", str(tmp_path))
    assert "settings.json: a session file has no settings" in said.err
    assert "error-text" in said.err
    old = json.loads((tmp_path / "7f3a9c21.json").read_bytes())
    assert old["contextMessages"][0]["content"][0]["result"] == "no"


def test_a_task_is_called_as_its_folder_also_where_that_is_there_already(shared: Daemon, tmp_path: Path) -> None:
    """By that name AiderDesk knows it; an empty folder is filled, and a separator behind a name changes nothing."""
    shared.ok("save", "aiderdesk/named", "-", content=json.dumps(CHAT).encode())
    (tmp_path / "7f3a9c22").mkdir()
    for place in (f"{tmp_path}/7f3a9c22", f"{tmp_path}/7f3a9c23/"):
        shared.ok("export", "aiderdesk/named", "--to", "task", "-o", place)
        assert json.loads((Path(place) / "settings.json").read_bytes())["id"] == Path(place).name


def test_a_name_of_two_lines_says_nothing_of_its_own(shared: Daemon, tmp_path: Path) -> None:
    """What a form cannot hold is told on one line each, whoever named it, and so is what is refused."""
    folder = tmp_path / "forged"
    folder.mkdir()
    (folder / "a.py").write_bytes(b"x")
    (folder / "b\nexported c").write_bytes(b"")
    shared.ok("import", str(folder), "--app", "renardo")
    said = shared.cli("export", "renardo/forged", "--to", "session", "--strict", "-o", str(tmp_path / "c.py"))
    assert said.err.count("b\\u000aexported c: a session file holds .py files only") == 2
    assert "\nexported" not in said.err


def test_no_form_is_none(shared: Daemon, tmp_path: Path) -> None:
    """As where the variable of a script is empty."""
    shared.ok("save", "renardo/formless", "-", content=SONG)
    said = shared.cli("export", "renardo/formless", "--to", "", "-o", str(tmp_path / "x"))
    assert (said.code, "There is no form ''; there are native" in said.err) == (2, True)
    assert not (tmp_path / "x").exists()


TRACKS = """<Session genome="hg38" version="8"><Resources><Resource path="{0}/data/a.bed"/></Resources>
<Panel name="P"><Track clazz="T.FeatureTrack" id="{0}/data/a.bed" name="a"/></Panel></Session>"""


def test_tracks_are_relative_to_where_they_are_exported_to(shared: Daemon, tmp_path: Path) -> None:
    """Whatever the file is called, and in whatever folder, reached by a link too; references that lie nowhere else lead
    to the same files."""
    shared.ok("save", "igv/tracks", "-", content=TRACKS.format(tmp_path).encode())
    for folder in ("below", "deep/down"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "deep" / "down" / "linked").symlink_to(tmp_path / "below")
    for name, data in (("s.xml", "data"), ("below/s.xml", "../data"), ("deep/down/linked/t.xml", "../data")):
        place = tmp_path / name
        shared.ok("export", "igv/tracks", "--to", "relative", "--strict", "-o", str(place))
        assert place.read_text() == TRACKS.format("x").replace("x/data", data)
    shared.ok("import", str(tmp_path / "below" / "s.xml"), "--name", "below")


def test_a_program_says_where_tracks_will_lie_as_it_says_where_to_write_them(
    shared: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its own folder, which is not the daemon's."""
    shared.ok("save", "igv/placed", "-", content=TRACKS.format(tmp_path).encode())
    monkeypatch.chdir(tmp_path)
    with shared.client() as client:
        for target, data in (("s.xml", "data"), ("below/s.xml", "../data"), ("below/", "../data")):
            made = b"".join(client.export("igv/placed", "relative", target=target).read())
            assert made.decode() == TRACKS.format("x").replace("x/data", data)


def test_tracks_for_a_page_are_made_with_what_is_lost_said_first(shared: Daemon, tmp_path: Path) -> None:
    """A file on this machine is none of a page's; asked, it is refused for that."""
    shared.ok("save", "igv/paged", "-", content=TRACKS.format(tmp_path).encode())
    place = tmp_path / "s.json"
    assert shared.cli("export", "igv/paged", "--to", "igvjs", "--strict", "-o", str(place)).code != 0
    assert not place.exists()
    said = shared.ok("export", "igv/paged", "--to", "igvjs", "-o", str(place))
    assert "data/a.bed is a local file" in said.err
    assert json.loads(place.read_bytes())["tracks"][0]["url"] == "data/a.bed"
