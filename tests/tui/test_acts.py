"""What one does at the terminal to a session, and to unsaved work: the keys, what they ask, and what becomes of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tui_person import Person

from holdfast.testing import PrivateDaemon
from holdfast.tui.acts import ACTS

AtTheTerminal = Callable[..., None]


@pytest.fixture
def verse(daemon: PrivateDaemon) -> PrivateDaemon:
    """A Renardo session of two buffers."""
    with daemon.client() as client:
        client.save("renardo", "verse", parts={"drums": b"d1 >> play('x-o-')", "bass": b"b1 >> bass([0, 4])"})
    return daemon


def test_a_session_is_renamed_and_tagged(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """E asks for the name, # for the tags; both stand in the list, and u takes each back."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.press("e")
        await person.sees("New name of verse")
        await person.press(*"chorus", "enter")
        await person.hears("It is renardo/chorus now; u takes it back")
        await person.sees("chorus", person.list)
        await person.press("number_sign")
        await person.sees("Tags of chorus")
        await person.press(*"live, slow", "enter")
        await person.sees("#live #slow", person.list)
        await person.press("u")
        await person.misses("#live", person.list)
        await person.press("u")
        await person.sees("verse", person.list)

    at_the_terminal(does)


def test_all_tags_can_go(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """An empty answer is one here; escape is none."""
    with verse.client() as client:
        client.tag("renardo/verse", add=["live"])

    async def does(person: Person) -> None:
        await person.sees("#live", person.head)
        await person.press("number_sign")
        await person.sees("Tags of verse")
        await person.press("escape", "number_sign")
        await person.sees("Tags of verse")
        await person.press("backspace", "enter")
        await person.hears("Tags of renardo/verse: none")
        await person.misses("#live", person.list)

    at_the_terminal(does)


def test_a_snapshot_is_pinned_and_unpinned(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """P asks for a label, which stands in the timeline; p once more takes it off."""

    async def does(person: Person) -> None:
        await person.sees("saved", person.timeline)
        await person.press("p")
        await person.sees("Label of the pin")
        await person.press(*"good", "enter")
        await person.sees("⚑good", person.timeline)
        await person.until(lambda: bool(person.app.view.shown.snapshot.pins), "the pin")
        await person.press("p")
        await person.misses("⚑good", person.timeline)

    at_the_terminal(does)


def test_a_session_is_archived_and_comes_back(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """A takes it off the list; among the archived ones A puts it back."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.press("A")
        await person.hears("renardo/verse is archived")
        await person.misses("verse", person.list)
        await person.press("v")
        await person.sees("verse", person.list)
        await person.sees("archived", person.head)
        await person.press("A")
        await person.hears("renardo/verse is in the list again")

    at_the_terminal(does)


def test_a_template_begins_new_sessions(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """T makes it one, n begins another session with all that it has; of an ordinary session n begins an emptied one."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.press("n")
        await person.sees("begins as this one emptied")
        await person.press(*"empty", "enter")
        await person.hears("renardo/empty is begun")
        await person.press("T")
        await person.hears("renardo/verse is a template now")
        await person.press("v", "v")
        await person.sees("template", person.head)
        await person.press("n")
        await person.sees("begins as this template")
        await person.press(*"tonight", "enter")
        await person.hears("renardo/tonight is begun")

    at_the_terminal(does)
    with verse.client() as client:
        assert client.cat("renardo/tonight:bass") == b"b1 >> bass([0, 4])"
        assert [part.name for part in client.show("renardo/empty").parts if part.kind == "buffer"] == ["Untitled"]


def test_a_session_is_duplicated_without_a_question(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """D gives it the first free name."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.press("D")
        await person.sees("verse copy", person.list)
        await person.press("D")
        await person.sees("verse copy 2", person.list)

    at_the_terminal(does)


def test_ticked_parts_become_a_session_of_their_own(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """C takes only those that are ticked, and says how many."""

    async def does(person: Person) -> None:
        await person.sees("bass([0, 4])", person.content)
        await person.press("enter", "enter")
        rows = [part.name for part in person.app.view.shown.parts]
        await person.press(*["down"] * (rows.index("bass") + 1), "space")
        await person.sees("✔ bass")
        await person.press("c")
        await person.sees("Name of the copy of 1 part")
        await person.press(*"only", "enter")
        await person.sees("only", person.list)

    at_the_terminal(does)
    with verse.client() as client:
        assert "drums" not in [part.name for part in client.show("renardo/only").parts]
        assert client.cat("renardo/only:bass") == b"b1 >> bass([0, 4])"


def test_a_suspect_is_accepted(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """Y makes the suspect save the session; u puts the good one back."""
    with verse.client() as client:
        assert client.save("renardo", "verse", b"").outcome == "suspect"

    async def does(person: Person) -> None:
        await person.sees("suspect", person.head)
        await person.press("y")
        await person.hears("renardo/verse is what was suspect")
        await person.misses("suspect", person.head)
        await person.press("u")
        await person.hears("undone: accepted")

    at_the_terminal(does)
    with verse.client() as client:
        assert client.cat("renardo/verse:bass") == b"b1 >> bass([0, 4])"


def test_unsaved_work_is_recovered(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """W lists what was left, with what was never saved; R saves it under another name, r as it is called."""
    with verse.client() as client:
        with client.workspace("renardo/verse") as left:
            left["bass"] = "b1 >> bass([7])"
        with client.workspace("renardo/sketches") as never:
            never["sketch"] = "p1 >> pluck()"

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.sees("✎ verse", person.list)
        await person.press("w")
        await person.sees("unsaved work")
        await person.sees("never saved")
        await person.press("escape")
        await person.until(lambda: len(person.app.screen_stack) == 1, "the session again")
        assert "verse" in person.head()
        await person.press("w")
        await person.sees("never saved")
        await person.press("home", "R")
        await person.sees("Name of the session that it becomes")
        await person.press(*"ideas", "enter")
        await person.hears("renardo/ideas is recovered")
        await person.press("w")
        await person.sees("left")
        await person.misses("never saved")
        await person.press("r")
        await person.hears("renardo/verse is recovered")
        await person.misses("✎", person.list)
        await person.sees("verse", person.head)
        await person.press("w")
        await person.sees("there is none")
        await person.press("escape")
        await person.misses("there is none")
        assert "verse" in person.head()

    at_the_terminal(does)
    with verse.client() as client:
        assert client.cat("renardo/verse:bass") == b"b1 >> bass([7])"
        assert client.cat("renardo/ideas:sketch") == b"p1 >> pluck()"


def test_unsaved_work_is_looked_at_and_discarded(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """Enter shows the session with what was autosaved of it; x discards it, and the session is as it was saved."""
    with verse.client() as client, client.workspace("renardo/verse") as left:
        left["bass"] = "b1 >> bass([7])"

    async def does(person: Person) -> None:
        await person.sees("✎ verse", person.list)
        await person.press("w")
        await person.sees("left")
        await person.press("enter")
        await person.sees("bass([7])", person.content)
        await person.press("w")
        await person.sees("left")
        await person.press("x")
        await person.hears("The unsaved work of renardo is discarded")
        await person.misses("✎", person.list)

    at_the_terminal(does)
    with verse.client() as client:
        assert client.cat("renardo/verse:bass") == b"b1 >> bass([0, 4])"
        assert not client.workspaces().rows


def test_every_act_has_its_key_in_the_help(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """The question mark names them all, with what they do."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.press("question_mark")
        for act in ACTS.values():
            await person.sees(act.name)

    at_the_terminal(does, (140, 60))


def test_a_question_is_answered_while_the_daemon_is_away(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """The line that says so stands below the question, and the act is refused with the reason."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.press("e")
        await person.sees("New name of verse")
        verse.kill()
        await person.until(lambda: person.app.screen_stack[0].has_class("is-away"), "away")
        await person.press(*"chorus", "enter")
        await person.sees("The daemon is away")
        await person.sees("unreachable")

    at_the_terminal(does)


def test_a_name_is_obeyed_in_no_question(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """A file found outside keeps its name: markup stays text, and what a terminal would obey is written out, in
    questions, answers and unsaved work."""
    with verse.client() as client:
        client.archive("renardo/verse", published=True)
    (verse.sessions / "renardo" / "[bold red]a\x1b[31m\u202egnp.py").write_text("d1 >> play('x')")

    async def does(person: Person) -> None:
        await person.sees("[bold red]a", person.head)
        with verse.client() as client, client.workspace(client.list().rows[0].name, app="renardo") as left:
            left["bass"] = "b1 >> bass([7])"
        await person.sees("✎ [bold red]a", person.list)
        await person.press("e")
        await person.sees("New name of [bold red]a\\u001b[31m\\u202egnp")
        assert not {"\x1b", "\u202e"} & {*person.screen()}
        await person.press("escape")
        await person.until(lambda: len(person.app.screen_stack) == 1, "no question")
        await person.press("w")
        await person.sees("unsaved work")
        await person.sees("renardo   left")
        assert not {"\x1b", "\u202e"} & {*person.screen()}

    at_the_terminal(does)
