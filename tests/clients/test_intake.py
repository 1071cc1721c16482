"""Many documents taken in at once, by a real daemon: what is taken, what is known, what is left alone."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from clients_cli_words import Sent
from clients_fake_daemon import FakeDaemon, saved
from hypothesis import given
from hypothesis import strategies as st

from holdfast import AsyncClient, Client, intake
from holdfast.calling import allowed, names_for
from holdfast.intake import Intake
from holdfast.taking import Imported
from holdfast.testing import PrivateDaemon, holdfast_client, holdfast_daemon
from holdfast.walking import listing
from holdfast_protocol import messages as wire
from holdfast_protocol.errors import BadName, Exists, NoSpace, TooLarge, UnknownVerb
from holdfast_protocol.names import check_name

__all__ = ["holdfast_client", "holdfast_daemon"]  # fixtures

LINE = "#" * 80
TASK = json.dumps({"id": "7f3a9c21", "baseDir": "/home/me/project", "name": "a task"}).encode()


def song(text: str) -> bytes:
    """Of Renardo, with one buffer."""
    return f"{LINE}\n######## drums\n{LINE}\n{text}\n".encode()


def chat(text: str) -> bytes:
    """Of AiderDesk."""
    return json.dumps({"version": 1, "contextMessages": [{"role": "user", "content": text}]}).encode()


def put(folder: Path, files: dict[str, bytes]) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def became(client: Client, *paths: Path | str, app: str | None = None) -> dict[str, tuple[str, str | None]]:
    """By path: the outcome, and the session that it is."""
    found = client.import_documents(*paths, app=app)
    return {each.path: (each.outcome, _called(each)) for each in found}


def _called(each: Imported) -> str | None:
    return None if each.saved is None else f"{each.saved.session.app}/{each.saved.session.name}"


def names(client: Client) -> list[str]:
    return [f"{row.app}/{row.name}" for row in client.list(sort="name", limit=1000).rows]


def newest(client: Client) -> int:
    return client.operations(newest=True, limit=1).rows[0].number


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """With sessions of two applications between files of nobody."""
    outside = put(tmp_path / "outside", {"linked.py": song("linked")})
    yield put(
        tmp_path / "all",
        {
            "verse.py": song("p1 >> pluck()"), "notes.txt": b"a bridge", "plain.py": b"print('nobody')\n",
            "project/.aider-desk/sessions/.autosaved.json": chat("autosaved"),
            "project/.aider-desk/tasks/1a2b/settings.json": TASK,
            "project/.aider-desk/tasks/1a2b/context.json": chat("in a task"),
            "project/.aider-desk/tasks/1a2b/worktree/copied.py": song("of the project"),
            "project/.git/hidden.py": song("a version"), "project/node_modules/x/y.py": song("a package"),
            "live/frontend_state.json": b'{"editor-tabs": []}', "live/drums.py": b"d1 >> play('x')",
            "live/deep/bass.py": song("b1 >> bass()"),
        },
    )  # fmt: skip
    os.unlink(outside / "linked.py")


def test_a_folder_is_walked_and_documents_of_several_files_are_one(holdfast_client: Client, folder: Path) -> None:
    """What an application is certain of is taken in, hidden files too; links, histories and packages are not looked at,
    and the rest is told and left."""
    (folder / "link.py").symlink_to(folder.parent / "outside" / "linked.py")
    (folder / "circle").symlink_to(folder)
    found = {os.path.relpath(path, folder): each for path, each in became(holdfast_client, folder).items()}
    assert found == {
        "notes.txt": ("unrecognised", None), "plain.py": ("unrecognised", None), "verse.py": ("taken", "renardo/verse"),
        "project/.aider-desk/sessions/.autosaved.json": ("taken", "aiderdesk/autosaved"),
        "project/.aider-desk/tasks/1a2b": ("taken", "aiderdesk/1a2b"), "live": ("taken", "renardo/live"),
    }  # fmt: skip
    assert {*holdfast_client.load("aiderdesk/1a2b").files} == {b"context.json", b"settings.json"}
    assert {*holdfast_client.load("renardo/live").files} == {b"frontend_state.json", b"drums.py", b"deep/bass.py"}


def test_what_was_imported_before_adds_nothing(holdfast_client: Client, folder: Path, tmp_path: Path) -> None:
    """No session, no snapshot, no operation: also where the session was renamed, archived, or has moved on since."""
    taken = Counter(each for each, _ in became(holdfast_client, folder).values())
    holdfast_client.rename("renardo/verse", "chorus")
    holdfast_client.archive("aiderdesk/1a2b")
    holdfast_client.save("aiderdesk", "autosaved", chat("more"))
    before, sessions = newest(holdfast_client), names(holdfast_client)
    again = became(holdfast_client, folder, folder / "verse.py")
    assert (taken["taken"], taken["unrecognised"]) == (4, 2)
    assert Counter(each for each, _ in again.values()) == {"known": 4, "unrecognised": 2}
    assert again[str(folder / "verse.py")] == ("known", "renardo/chorus")
    assert (newest(holdfast_client), names(holdfast_client)) == (before, sessions)
    copy = put(tmp_path, {"copy.py": song("p1 >> pluck()")}) / "copy.py"
    assert became(holdfast_client, copy, app="notes") == {str(copy): ("taken", "notes/copy")}


def test_what_many_a_file_looks_like_is_taken_in_where_it_is_named(holdfast_client: Client, tmp_path: Path) -> None:
    """A line of 80 # makes no session of any Python file in a folder."""
    path = put(tmp_path / "in", {"two.py": f"d1 >> play('x')\n{LINE}\n\nb1 >> bass()\n".encode()}) / "two.py"
    assert became(holdfast_client, tmp_path / "in") == {str(path): ("unrecognised", None)}
    assert became(holdfast_client, path) == {str(path): ("taken", "renardo/two")}


def test_what_was_deleted_is_taken_in_anew(holdfast_client: Client, tmp_path: Path) -> None:
    """Whoever imports it wants to have it; the deleted one can still be looked at."""
    path = put(tmp_path, {"verse.py": song("p1")}) / "verse.py"
    became(holdfast_client, path)
    holdfast_client.delete("renardo/verse")
    assert became(holdfast_client, path) == {str(path): ("taken", "renardo/verse")}
    assert len(holdfast_client.list(deleted=True).rows) == 1


def test_files_of_one_name_are_told_apart_by_their_folders(holdfast_client: Client, tmp_path: Path) -> None:
    """And by a number where that is not enough; the session that has the name stays as it is."""
    holdfast_client.save("renardo", "verse", b"mine")
    put(tmp_path, {f"{folder}/verse.py": song(folder) for folder in ("live", "old/.hidden/deep", "a/live", "b/live")})
    found = {os.path.relpath(path, tmp_path): name for path, (_, name) in became(holdfast_client, tmp_path).items()}
    assert found == {
        "a/live/verse.py": "renardo/live verse", "b/live/verse.py": "renardo/live verse (2)",
        "live/verse.py": "renardo/live verse (3)", "old/.hidden/deep/verse.py": "renardo/old verse",
    }  # fmt: skip
    assert holdfast_client.cat("renardo/verse") == b"mine"


@given(st.text())
def test_any_file_gets_a_name_that_a_session_may_have(said: str) -> None:
    """Whatever it is called."""
    check_name(allowed(said))


@pytest.mark.parametrize("said", [" .", ". .x", "..", "\u3000.y", "\x85. .", ""])
def test_dots_and_blanks_at_its_beginning_go(said: str) -> None:
    """However they are mixed."""
    check_name(allowed(said))


def test_a_name_is_the_files_own_where_that_can_be(tmp_path: Path) -> None:
    """Without its suffix; a folder has none; bytes that are no text do no harm."""
    assert names_for("/songs/one.v2.xml", is_folder=False) == ("one.v2", ["songs one.v2"], ".xml")
    assert names_for("/songs/one.v2", is_folder=True) == ("one.v2", ["songs one.v2"], "")
    assert names_for("/p/.aider-desk/tasks/1a", is_folder=True) == ("1a", ["p 1a"], "")
    assert names_for(os.fsdecode(b"/x\xff/..\xff.py"), is_folder=False) == (".\ufffd"[1:], ["x\ufffd \ufffd"], ".py")
    assert names_for("/..py", is_folder=False)[0]
    for each in names_for("/" + "n" * 255 + "/" + "ü" * 127, is_folder=True)[1]:
        check_name(each)


def test_a_name_that_is_insisted_on_is_refused_where_another_has_it(holdfast_client: Client) -> None:
    """Nothing is known under another name then, and nothing is numbered."""
    first = holdfast_client.import_document("verse", song("p1"), unless_known=True)
    assert holdfast_client.import_document("verse", song("p1"), unless_known=True).outcome == "unchanged"
    assert holdfast_client.import_document("other", song("p1"), unless_known=True).outcome == "saved"
    with pytest.raises(Exists):
        holdfast_client.import_document("verse", song("p2"), unless_known=True)
    numbered = holdfast_client.import_document("verse", song("p2"), unless_known=True, other_names=["other"])
    assert numbered.session.name == "other (2)"
    same = holdfast_client.import_document("third", song("p1"), unless_known=True, other_names=[])
    assert (same.outcome, same.operation) == ("unchanged", None)
    assert first.session.id in (same.session.id, holdfast_client.show("renardo/verse").session.id)
    with pytest.raises(BadName):
        holdfast_client.import_document("verse", song("p3"), other_names=["a/b"])


def test_without_being_asked_an_import_is_a_new_session_as_ever(holdfast_client: Client) -> None:
    """Older clients do not say the fields."""
    for name in ("one", "two"):
        assert holdfast_client.import_document(name, b"nobody's").outcome == "saved"


def test_the_same_at_the_same_time_is_one_session(holdfast_daemon: PrivateDaemon) -> None:
    """Whether it is known is decided where it is written."""

    async def work() -> list[wire.Saved]:
        async with AsyncClient(holdfast_daemon.socket) as client:
            plans = (client.import_document(f"n{n}", song("p1"), unless_known=True, other_names=[]) for n in range(40))
            return await asyncio.gather(*plans)

    found = asyncio.run(work())
    assert Counter(each.outcome for each in found) == {"saved": 1, "unchanged": 39}
    assert len({each.session.id for each in found}) == 1


def test_what_is_damaged_is_told_and_not_taken_in(holdfast_client: Client, tmp_path: Path) -> None:
    """By what it begins with and is called, or because its format says so; with the application named it is taken."""
    cut = put(tmp_path, {"cut.json": chat("x" * 100)[:-20], "genes.xml": b'<Session genome="hg38" version="8"><Res'})
    found = {Path(each.path).name: each for each in holdfast_client.import_documents(cut)}
    assert {name: each.outcome for name, each in found.items()} == {"cut.json": "damaged", "genes.xml": "damaged"}
    assert all(each.problem is not None and "Not a readable" in each.problem.sentence for each in found.values())
    assert names(holdfast_client) == []
    assert became(holdfast_client, cut / "cut.json", app="aiderdesk")[str(cut / "cut.json")][0] == "taken"


def test_a_bundle_among_files_is_taken_in_once(holdfast_client: Client, tmp_path: Path) -> None:
    """With its history; under another name too, where its own is another session's by now."""
    for text in ("one", "two"):
        holdfast_client.save("notes", "ideas", text.encode())
    put(tmp_path / "in" / "box", {"other.zip": b"PK\x03\x04 no archive"})
    holdfast_client.export("notes/ideas", "bundle", history="all").write(tmp_path / "in" / "box" / "b.zip")
    holdfast_client.purge("notes/ideas")
    holdfast_client.save("notes", "ideas", b"another")
    path, other = (str(tmp_path / "in" / "box" / name) for name in ("b.zip", "other.zip"))
    assert became(holdfast_client, tmp_path / "in") == {
        path: ("taken", "notes/box ideas"), other: ("unrecognised", None),
    }  # fmt: skip
    assert [row.cause for row in holdfast_client.log("notes/box ideas").rows] == ["imported", "imported"]
    before = newest(holdfast_client)
    assert became(holdfast_client, path) == {path: ("known", "notes/box ideas")}
    assert newest(holdfast_client) == before


def test_a_bundle_whose_history_is_not_known_is_not_known(holdfast_client: Client, tmp_path: Path) -> None:
    """A session that has only its last document lacks the rest."""
    for text in ("one", "two"):
        holdfast_client.save("notes", "ideas", text.encode())
    holdfast_client.export("notes/ideas", "bundle", history="all").write(tmp_path / "b.zip")
    holdfast_client.purge("notes/ideas")
    holdfast_client.save("notes", "same", b"two")
    assert became(holdfast_client, tmp_path / "b.zip")[str(tmp_path / "b.zip")] == ("taken", "notes/ideas")


def test_a_named_application_takes_each_folder_as_one_document(holdfast_client: Client, folder: Path) -> None:
    """With all that is in it."""
    found = became(holdfast_client, folder / "project", app="notes")
    assert found == {str(folder / "project"): ("taken", "notes/project")}
    assert b".git/hidden.py" in holdfast_client.load("notes/project").files


def test_what_is_not_there_or_no_file_is_refused(holdfast_client: Client, tmp_path: Path) -> None:
    """And the others are taken in."""
    os.mkfifo(tmp_path / "pipe")
    put(tmp_path, {"verse.py": song("p1")})
    found = became(holdfast_client, tmp_path / "absent", tmp_path / "pipe", tmp_path / "verse.py")
    assert [each for each, _ in found.values()] == ["refused", "refused", "taken"]


def test_a_link_that_one_names_is_meant(holdfast_client: Client, tmp_path: Path) -> None:
    """To a file or to a folder; it is called as the link."""
    put(tmp_path / "there", {"verse.py": song("p1")})
    (tmp_path / "linked.py").symlink_to(tmp_path / "there" / "verse.py")
    (tmp_path / "folder").symlink_to(tmp_path / "there")
    assert [*became(holdfast_client, tmp_path / "linked.py").values()] == [("taken", "renardo/linked")]
    assert [*became(holdfast_client, tmp_path / "folder").values()] == [("known", "renardo/linked")]


def test_another_file_system_is_not_entered(tmp_path: Path) -> None:
    """What is mounted in a folder is not what was named."""
    folder = put(tmp_path / "all", {"a": b"", "sub/b": b""})
    device = folder.stat().st_dev
    assert listing(str(folder), device).folders == [str(folder / "sub")]
    assert listing(str(folder), device + 1).folders == []


def test_foreign_files_are_not_sent(daemon: FakeDaemon, tmp_path: Path) -> None:
    """By their beginnings the daemon says that they are nobody's; what is larger than any format reads, too."""
    put(tmp_path, {f"{number}.bin": bytes(300_000) for number in range(40)})
    with open(tmp_path / "large.bin", "wb") as file:
        file.truncate(wire.LIMITS["format_bytes"] + 1)
    Sent(daemon, wire.Recognise, wire.Recognised(files=[], folder=False))
    with Client(daemon.path) as client:
        assert {each.outcome for each in client.import_documents(tmp_path)} == {"unrecognised"}
        daemon.answers[wire.Recognise] = lambda asked: wire.Recognised(
            files=[number for number, each in enumerate(asked.request.files) if each.path == b"large.bin"],  # type: ignore[attr-defined]  # Recognise
            folder=False,
        )
        assert {each.outcome for each in client.import_documents(tmp_path)} == {"unrecognised"}
    assert not [each for each in daemon.asked if isinstance(each.request, (wire.Import, wire.Missing, wire.Put))]
    assert all(len(frame) <= 65536 for each in daemon.requests(wire.Recognise) for frame in each.payload)


def test_an_older_daemon_cannot_be_asked(daemon: FakeDaemon, tmp_path: Path) -> None:
    """It would take in everything: what to say instead is said, and nothing is sent."""
    put(tmp_path, {"verse.py": song("p1")})
    daemon.answers[wire.Recognise] = lambda asked: UnknownVerb("recognise")
    Sent(daemon, wire.Import, saved())
    with Client(daemon.path) as client:
        with pytest.raises(UnknownVerb, match="say --app"):
            [*client.import_documents(tmp_path)]
        assert daemon.requests(wire.Import) == []
        assert [each.outcome for each in client.import_documents(tmp_path / "verse.py", app="renardo")] == ["taken"]


def test_what_ends_all_of_it_is_raised_when_the_rest_was_told(daemon: FakeDaemon, tmp_path: Path) -> None:
    """A full disk is no fault of one document; what was taken in before is known."""
    put(tmp_path, {f"{number}.py": b"x" for number in range(5)})
    outcomes = iter([saved(), saved(), NoSpace("The disk is full"), saved(), saved()])
    daemon.answers[wire.Import] = lambda asked: next(outcomes)
    daemon.answers[wire.Recognise] = lambda asked: wire.Recognised(files=[0, 1, 2, 3, 4], folder=False)
    told: list[Imported] = []
    with Client(daemon.path) as client, pytest.raises(NoSpace):
        told.extend(client.import_documents(tmp_path))
    assert [each.outcome for each in told] == ["taken"] * 4


def test_what_is_nobodys_is_told_on_the_way(holdfast_client: Client, tmp_path: Path) -> None:
    """Of a large folder, long before its end: whoever waits sees that something happens, and can stop it."""
    put(tmp_path / "in", {f"{number:02}/{each}": b"x" for number in range(30) for each in range(20)})
    taking = Intake(holdfast_client.verbs, [tmp_path / "in"])
    first = holdfast_client.run(taking.next())
    assert 0 < len(first) < 200
    rest = 0
    while came := holdfast_client.run(taking.next()):
        rest += len(came)
    assert len(first) + rest == 600


def test_a_folder_without_end_is_given_up(
    holdfast_client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever names it means another one."""
    monkeypatch.setattr(intake, "_MOST_FILES", 9)
    put(tmp_path, {f"{number}/{each}": b"" for number in range(4) for each in "abc"})
    with pytest.raises(TooLarge):
        [*holdfast_client.import_documents(tmp_path)]


def test_many_are_under_way_together(
    holdfast_daemon: PrivateDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than one round of them, and more than one question, by the client for asyncio."""
    monkeypatch.setattr(intake, "_ROUND_COUNT", 8)
    monkeypatch.setattr(intake, "_ASKED_COUNT", 7)
    put(tmp_path, {f"song {number}.py": song(str(number)) for number in range(30)})

    async def work() -> list[Imported]:
        async with AsyncClient(holdfast_daemon.socket) as client:
            return [each async for each in client.import_documents(tmp_path)]

    found = asyncio.run(work())
    assert Counter(each.outcome for each in found) == {"taken": 30}
    with holdfast_daemon.client() as client:
        assert client.cat("renardo/song 7") == song("7")
