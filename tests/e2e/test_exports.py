"""Sessions that leave the house by the command line, and come back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest
from e2e_daemon import CLI, DEADLINE_SECONDS, Daemon, on_terminal, until

import holdfast
from holdfast_protocol import messages as m
from holdfast_protocol.model import Ref

CHAT = {
    "contextMessages": [{"role": "user", "content": "Größe?"}, {"role": "assistant", "content": "x" * 3_000_000}],
    "contextFiles": [],
}
SHORT_CHAT = {"contextMessages": [{"role": "user", "content": "Größe? " * 900}], "contextFiles": []}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    place = tmp_path / "small"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=2m,mode=0700", "none", str(place)]
    try:
        mounted = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount here")
    if mounted.returncode != 0:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_document_goes_out_as_it_is(shared: Daemon, tmp_path: Path) -> None:
    """Of one file, of several, of an older snapshot; into a directory that is there, under its own name."""
    shared.ok("save", "renardo/verse", "-", content=b"p1 >> a\n")
    shared.ok("save", "renardo/verse", "-", content=b"p1 >> b\n")
    shared.ok("export", "renardo/verse@-1", "--to", "native", "-o", str(tmp_path))
    assert (tmp_path / "verse.py").read_bytes() == b"p1 >> a\n"
    (tmp_path / "song" / "more").mkdir(parents=True)
    (tmp_path / "song" / "a.py").write_bytes(b"1")
    (tmp_path / "song" / "more" / "b.py").write_bytes(b"2")
    shared.ok("import", str(tmp_path / "song"), "--app", "renardo")
    shared.ok("export", "renardo/song", "--to", "native", "-o", str(tmp_path / "again"))
    files = [path for path in (tmp_path / "again").rglob("*") if path.is_file()]
    assert {str(path.relative_to(tmp_path / "again")): path.read_bytes() for path in files} == {
        "a.py": b"1", "more/b.py": b"2",
    }  # fmt: skip


def test_what_is_there_is_not_replaced_unasked(shared: Daemon, tmp_path: Path) -> None:
    """Exit 4 without a terminal; on one it asks; --force does not."""
    shared.ok("save", "notes/asked", "-", content=b"new")
    place = tmp_path / "out"
    place.write_bytes(b"old")
    words = ("export", "notes/asked", "--to", "native", "-o", str(place))
    assert shared.cli(*words).code == 4
    assert on_terminal(shared, *words, answer=b"n\n").returncode == 4
    assert place.read_bytes() == b"old"
    assert on_terminal(shared, *words, answer=b"y\n").returncode == 0
    assert place.read_bytes() == b"new"
    place.write_bytes(b"old")
    shared.ok(*words, "--force")
    assert place.read_bytes() == b"new"


def test_a_directory_that_is_there_keeps_its_other_files(shared: Daemon, tmp_path: Path) -> None:
    """--force replaces what has the same path, and removes nothing."""
    shared.ok("save", "myapp/parts", "--part", "a=-", content=b"1")
    place = tmp_path / "out"
    place.mkdir()
    (place / "mine").write_bytes(b"mine")
    assert shared.cli("export", "myapp/parts", "--to", "parts", "-o", str(place)).code == 4
    assert os.listdir(place) == ["mine"]
    shared.ok("export", "myapp/parts", "--to", "parts", "-o", str(place), "--force")
    assert sorted(os.listdir(place)) == ["manifest.json", "mine", "parts"]


def test_a_full_disk_leaves_the_old_file(shared: Daemon, small_disk: Path) -> None:
    """And nothing beside it; the code is that of a full disk."""
    content = os.urandom(3_000_000)
    shared.ok("save", "notes/toolarge", "-", content=content)
    (small_disk / "out").write_bytes(b"old")
    for form in ("native", "bundle"):
        said = shared.cli("export", "notes/toolarge", "--to", form, "-o", str(small_disk / "out"), "--force", "-v")
        assert said.code == 1, said
        assert "no-space" in said.err
    assert os.listdir(small_disk) == ["out"]
    assert (small_disk / "out").read_bytes() == b"old"


@pytest.fixture
def full_disk(small_disk: Path) -> Path:
    """With room for a page of memory and no more."""
    state = os.statvfs(small_disk)
    (small_disk / "filler").write_bytes(bytes((state.f_bavail - 1) * state.f_frsize))
    return small_disk


@pytest.mark.parametrize("form", ["html", "pdf", "png", "native", "parts"])
def test_a_disk_that_gets_full_leaves_what_was_there(shared: Daemon, full_disk: Path, form: str) -> None:
    """Of each form that is made here, and of documents of several files, of which a new folder is not there at all."""
    several = form in ("native", "parts")
    if several:
        shared.ok("import", str(_song(full_disk.parent)), "--app", "renardo")
        words = ("export", "renardo/song", "--to", form, "-o")
    else:
        shared.ok("save", "aiderdesk/shortchat", "-", content=json.dumps(SHORT_CHAT).encode())
        words = ("export", "aiderdesk/shortchat", "--to", form, "-o")
        (full_disk / "out").write_bytes(b"old")
    said = shared.cli(*words, str(full_disk / "out"), "--force", "-v")
    assert said.code == 1, said
    assert "no-space" in said.err
    assert "out cannot be written: No space left on device" in said.err
    assert sorted(os.listdir(full_disk)) == (["filler"] if several else ["filler", "out"])
    if not several:
        assert (full_disk / "out").read_bytes() == b"old"
        return
    (full_disk / "out" / "parts").mkdir(parents=True)
    for path in ("a.py", "manifest.json"):
        (full_disk / "out" / path).write_bytes(b"")
    assert shared.cli(*words, str(full_disk / "out"), "--force").code == 1
    left = [path.name for path in (full_disk / "out").rglob("*") if path.is_file()]
    assert not [name for name in left if name.startswith(".holdfast")]


def _song(folder: Path) -> Path:
    (folder / "song").mkdir()
    for name in ("a.py", "b.py"):
        (folder / "song" / name).write_bytes(os.urandom(9000))
    return folder / "song"


def test_standard_output_and_json(shared: Daemon, tmp_path: Path) -> None:
    """The bytes alone, of an archive too; with --json a row that says where it went."""
    shared.ok("save", "notes/out", "-", content=b"a bridge")
    assert shared.ok("export", "notes/out", "--to", "native", "-o", "-").out == b"a bridge"
    (tmp_path / "b.zip").write_bytes(shared.ok("export", "notes/out", "--to", "bundle", "-o", "-").out)
    with ZipFile(tmp_path / "b.zip") as archive:
        assert archive.read("document/out") == b"a bridge"
    place = str(tmp_path / "row")
    (row,) = shared.ok("export", "notes/out", "--to", "native", "-o", place, "--json").rows
    assert (row["name"], row["path"], row["files"]) == ("out", place, [""])


def test_markdown_of_a_long_chat(shared: Daemon, client: holdfast.Client) -> None:
    """It travels in windows, each of the one snapshot, and the last one has the hash of the whole."""
    client.save("aiderdesk", "long", json.dumps(CHAT).encode())
    said = shared.ok("export", "aiderdesk/long", "--to", "markdown", "-o", "-").out
    assert said == f"### User\n\nGröße?\n\n### Assistant\n\n{'x' * 3_000_000}\n\n".encode()
    reply = client.ask(m.Export(ref=Ref(app="aiderdesk", name="long"), to="markdown", offset=10, length=5))
    assert isinstance(reply.reply, m.Content)
    assert (reply.payload[0], reply.reply.size_bytes, reply.reply.hash) == (said[10:15], len(said), None)


def test_an_empty_chat_says_that_it_is(shared: Daemon, tmp_path: Path) -> None:
    """An empty result is no error."""
    shared.ok("save", "aiderdesk/empty", "-", content=b'{"contextMessages": [], "contextFiles": []}')
    said = shared.ok("export", "aiderdesk/empty", "--to", "markdown", "-o", str(tmp_path / "e.md"))
    assert "empty" in said.err
    assert (tmp_path / "e.md").read_bytes() == b""
    assert shared.ok("export", "aiderdesk/empty", "--to", "markdown", "--full", "-o", "-").out == b""


def test_a_bundle_between_two_houses(shared: Daemon, daemon: Daemon, tmp_path: Path) -> None:
    """With its resources, which replace no other file, and to which the colleague's session is pointed as it is told;
    the second import says that nothing was added."""
    (tmp_path / "genes.bed").write_bytes(b"chr1\t0\t10\n")
    document = (
        f'<?xml version="1.0"?>\n<Session genome="hg38" version="8"><Resources>'
        f'<Resource path="{tmp_path / "genes.bed"}" type="bed"/></Resources></Session>'
    ).encode()
    shared.ok("save", "igv/genes", "-", content=document)
    bundle = str(tmp_path / "genes.zip")
    shared.ok("export", "igv/genes", "--to", "bundle", "--resources", "-o", bundle)
    brought = str(tmp_path / "brought")
    said = daemon.ok("import", bundle, "--resources", brought)
    assert "taken igv/genes" in said.text
    assert f"to point igv/genes to them: holdfast relink igv/genes --search {brought}\n" in said.err
    assert (tmp_path / "brought" / "genes.bed").read_bytes() == b"chr1\t0\t10\n"
    assert daemon.ok("cat", "igv/genes").out == document
    again = daemon.ok("import", bundle, "--resources", brought)
    assert "known igv/genes" in again.text
    (tmp_path / "genes.bed").unlink()
    assert daemon.cli("check-resources", "igv/genes").code == 3
    daemon.ok("relink", "igv/genes", "--search", brought)
    assert str(tmp_path / "brought" / "genes.bed").encode() in daemon.ok("cat", "igv/genes").out
    (tmp_path / "brought" / "genes.bed").write_bytes(b"mine")
    said = daemon.cli("import", bundle, "--resources", brought)
    assert (said.code, "is another file" in said.err, "--name" in said.err) == (4, True, False)
    assert (tmp_path / "brought" / "genes.bed").read_bytes() == b"mine"


def test_a_damaged_bundle_among_others(daemon: Daemon, tmp_path: Path) -> None:
    """Exit 8 and its path; the others are taken in."""
    daemon.ok("save", "notes/a", "-", content=b"a")
    daemon.ok("export", "notes/a", "--to", "bundle", "-o", str(tmp_path / "good.zip"))
    daemon.ok("purge", "--yes", "notes/a")
    (tmp_path / "bad.zip").write_bytes((tmp_path / "good.zip").read_bytes()[:-30])
    said = daemon.cli("import", str(tmp_path / "bad.zip"), str(tmp_path / "good.zip"))
    assert said.code == 8
    assert "bad.zip" in said.err
    assert [row["name"] for row in daemon.ok("list", "--json").rows] == ["a"]


def test_forms_that_are_not_there_are_named(shared: Daemon) -> None:
    """All that there are; a part has no form."""
    shared.ok("save", "notes/forms", "-", content=b"a")
    said = shared.cli("export", "notes/forms", "--to", "marble")
    assert said.code == 2
    assert "native, parts, bundle, markdown" in said.err
    assert shared.cli("export", "notes/forms:file", "--to", "native").code == 2
    assert shared.cli("export", "notes/forms", "--to", "markdown", "--history", "3").code == 2


def test_a_history_survives_a_restart(daemon: Daemon, tmp_path: Path) -> None:
    """What an import took in is as durable as what was saved, and any of it can be restored."""
    for number in range(3):
        daemon.ok("save", "notes/ideas", "-", content=str(number).encode() * 100_000)
    daemon.ok("export", "notes/ideas", "--to", "bundle", "--history", "all", "-o", str(tmp_path / "b.zip"))
    daemon.ok("purge", "--yes", "notes/ideas")
    daemon.ok("import", str(tmp_path / "b.zip"))
    daemon.kill()
    daemon.start()
    assert len(daemon.ok("log", "notes/ideas", "--json").rows) == 3
    daemon.ok("restore", "notes/ideas@-2")
    assert daemon.ok("cat", "notes/ideas").out == b"0" * 100_000
    assert (daemon.sessions / daemon.show("notes/ideas")["path"]).read_bytes() == b"0" * 100_000


def test_a_chat_of_forty_thousand_messages(shared: Daemon, client: holdfast.Client, tmp_path: Path) -> None:
    """Its parts are more than an answer holds: a client asks for the others, and one that does not know of them (it is
    older) is told. Every form can be had of it."""
    message = '{"role":"user","content":"' + "please " * 60 + '"}'
    content = f'{{"contextMessages":[{",".join([message] * 40_000)}],"contextFiles":[]}}'.encode()
    client.save("aiderdesk", "many", content)
    shown = client.show("aiderdesk/many")
    assert [part.facts.get("number") for part in shown.parts] == [*range(1, 40_001)]
    assert (shown.facts["messages"], shown.generation, shown.warnings, shown.more) == (40_000, "v1", [], False)
    older = client.ask(m.Show(ref=Ref(app="aiderdesk", name="many"))).reply
    assert isinstance(older, m.Shown)
    assert (older.parts, older.more) == ([], False)
    assert "40,000 parts" in older.warnings[0]
    said = shared.ok("export", "aiderdesk/many", "--to", "markdown", "-o", "-").out
    assert said.count(b"### User\n") == 40_000
    shared.ok("export", "aiderdesk/many", "--to", "bundle", "-o", str(tmp_path / "b.zip"))
    client.purge("aiderdesk/many")
    client.import_bundle(tmp_path / "b.zip")
    assert client.cat("aiderdesk/many") == content


def test_what_is_told_of_parts_has_room_in_an_answer(client: holdfast.Client) -> None:
    """However much a session says of each, and though they are not many, it is shown, with all of them."""
    names = ("clazz", "id", "name", "color", "altColor", "displayMode", "renderer")
    said = " ".join(f'{name}="{"🎵" * 300}"' for name in names)
    tracks = f"<Track {said}/>" * 1_200
    text = f'<Session version="8"><Resources/><Panel name="P" height="1">{tracks}</Panel></Session>'
    client.save("igv", "wordy", text.encode())
    assert sum(part.kind == "track" for part in client.show("igv/wordy").parts) == 1_200


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGHUP])
def test_a_print_that_is_ended_leaves_nothing(
    shared: Daemon, client: holdfast.Client, tmp_path: Path, told: signal.Signals
) -> None:  # fmt: skip
    """Where the terminal is closed, or the machine goes down, as after Ctrl-C."""
    message = '{"role":"user","content":"' + "please " * 60 + '"}'
    client.save("aiderdesk", "long", f'{{"contextMessages":[{",".join([message] * 2_000)}]}}'.encode())
    below = {**shared.environment, "TMPDIR": str(tmp_path)}
    words = [*CLI, "export", "aiderdesk/long", "--to", "pdf", "-o", str(tmp_path / "long.pdf")]
    with subprocess.Popen(words, env=below) as process:
        until(lambda: [*tmp_path.glob("holdfast-print-*/sheet.json")])
        process.send_signal(told)
        assert process.wait(DEADLINE_SECONDS) == 130
    assert [*tmp_path.iterdir()] == []
