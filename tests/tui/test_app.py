"""``holdfast tui`` as its user sees it, against a real daemon."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from tui_person import Person

from holdfast.testing import PrivateDaemon

AtTheTerminal = Callable[..., None]


@pytest.fixture
def verse(daemon: PrivateDaemon) -> PrivateDaemon:
    """A Renardo session of two buffers, saved twice: the second save changed the bass."""
    with daemon.client() as client:
        client.save("renardo", "verse", parts={"drums": b"d1 >> play('x-o-')", "bass": b"b1 >> bass([0, 4])"})
        client.save(
            "renardo", "verse", parts={"bass": b"b1 >> bass([7])", "drums": b"d1 >> play('xxxx')"}, published=True
        )
    return daemon


def test_sessions_are_listed_and_the_first_is_shown(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """The list has the sessions; the newest one's timeline, parts and code stand beside it."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.list)
        await person.sees("saved", person.timeline)
        await person.sees("b1 >> bass([7])", person.content)
        await person.sees("everything")

    at_the_terminal(does)


def test_typing_narrows_the_list(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """Behind / every letter narrows the list; escape has all again."""
    with verse.client() as client:
        client.save("notes", "ideas", b"a bridge")

    async def does(person: Person) -> None:
        await person.sees("verse", person.list)
        await person.press("slash", *"ver")
        await person.misses("ideas", person.list)
        await person.sees("verse", person.head)
        await person.press("escape")
        await person.sees("ideas", person.list)

    at_the_terminal(does)


def test_words_in_contents_are_found(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """Ctrl-F searches in what sessions hold, and shows the part in which the word stands."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.list)
        await person.press("ctrl+f", *"xxxx")
        await person.sees("xxxx", person.list)
        await person.sees("d1 >> play('xxxx')", person.content)
        await person.misses("bass([7])", person.content)

    at_the_terminal(does)


def test_a_snapshot_is_compared_with_the_one_before(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """D shows what changed with the snapshot, part by part, and once more the snapshot."""

    async def does(person: Person) -> None:
        await person.sees("bass([7])", person.content)
        await person.press("d")
        await person.sees("-b1 >> bass([0, 4])", person.content)
        await person.sees("+b1 >> bass([7])", person.content)
        await person.press("d")
        await person.misses("-b1", person.content)

    at_the_terminal(does)


def test_a_ticked_part_of_an_older_snapshot_is_put_back(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """The ticked buffer is as it was, the others as they are; u takes that back."""

    async def does(person: Person) -> None:
        await person.sees("bass([7])", person.content)
        await person.press("enter", "down")
        await person.sees("bass([0, 4])", person.content)
        await person.press("enter")
        rows = [part.name for part in person.app.view.shown.parts]
        await person.press(*["down"] * (rows.index("bass") + 1), "space")
        await person.sees("✔ bass")
        await person.press("r")
        await person.hears("1 part put back into renardo/verse")
        with verse.client() as client:
            assert client.cat("renardo/verse:bass") == b"b1 >> bass([0, 4])"
            assert client.cat("renardo/verse:drums") == b"d1 >> play('xxxx')"
            await person.press("u")
            await person.hears("undone: restored")
            assert client.cat("renardo/verse:bass") == b"b1 >> bass([7])"

    at_the_terminal(does)


def test_a_snapshot_becomes_a_session_of_its_own(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """C asks for a name, and the older snapshot is a new session of that name."""

    async def does(person: Person) -> None:
        await person.sees("bass([7])", person.content)
        await person.press("enter", "down")
        await person.sees("bass([0, 4])", person.content)
        await person.press("c")
        await person.sees("Name of the copy")
        await person.press(*"older", "enter")
        await person.sees("older", person.list)

    at_the_terminal(does)
    with verse.client() as client:
        assert client.cat("renardo/older:bass") == b"b1 >> bass([0, 4])"


def test_a_deleted_session_is_brought_back(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """Delete takes the session off the list and its file away; u brings both back."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.press("delete")
        await person.hears("renardo/verse is deleted; u takes it back")
        await person.misses("verse", person.list)
        await person.press("u")
        await person.sees("verse", person.list)

    at_the_terminal(does)
    assert (verse.sessions / "renardo/verse.py").exists()


def test_what_was_deleted_before_is_brought_back_after_a_question(
    verse: PrivateDaemon, at_the_terminal: AtTheTerminal
) -> None:
    """Among the deleted ones, u asks before it takes back what was not done here."""
    with verse.client() as client:
        client.delete("renardo/verse", published=True)

    async def does(person: Person) -> None:
        await person.sees("sessions none")
        await person.press("v", "v", "v")
        await person.sees("verse", person.list)
        await person.sees("deleted", person.head)
        await person.press("u")
        await person.sees("Take back: deleted of renardo/verse")
        await person.press("y")
        await person.sees("deleted none")

    at_the_terminal(does)
    assert (verse.sessions / "renardo/verse.py").exists()


def test_a_part_of_a_session_deleted_in_the_file_manager_is_put_back(
    verse: PrivateDaemon, at_the_terminal: AtTheTerminal
) -> None:
    """The row goes when the file goes; its older buffer is found among the deleted ones and alone put back."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.list)
        await person.sees("bass([7])", person.content)
        os.unlink(verse.sessions / "renardo/verse.py")
        await person.hears("was deleted by another program; u takes it back")
        await person.misses("verse", person.list)
        await person.press("v", "v", "v")
        await person.sees("verse", person.list)
        await person.sees("bass([7])", person.content)
        await person.press("enter", "down")
        await person.sees("bass([0, 4])", person.content)
        await person.press("enter")
        rows = [part.name for part in person.app.view.shown.parts]
        await person.press(*["down"] * (rows.index("bass") + 1), "space", "r")
        await person.hears("1 part put back into renardo/verse")

    at_the_terminal(does)
    assert "bass([0, 4])" in (verse.sessions / "renardo/verse.py").read_text()
    assert "xxxx" in (verse.sessions / "renardo/verse.py").read_text()


def test_what_others_save_appears_and_the_place_stays(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """A session saved meanwhile stands on top; the cursor stays on the one that was looked at."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        with verse.client() as client:
            client.save("notes", "ideas", b"a bridge")
            await person.sees("ideas", person.list)
            assert person.app.list.row.session.name == "verse"
            assert person.list().index("ideas") < person.list().index("verse")
            client.save("renardo", "verse", parts={"bass": b"b1 >> silence()"})
        await person.sees("silence()", person.content)
        assert "verse" in person.head()

    at_the_terminal(does)


def test_a_long_list_is_read_as_it_is_looked_at(daemon: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """Of 250 sessions the last is reached with the keys, and is shown."""
    with daemon.client() as client, client.batch() as batch:
        for number in range(250):
            batch.save("notes", f"note {number:03}", b"%d" % number)

    async def does(person: Person) -> None:
        await person.sees("note", person.list)
        await person.press("s")
        await person.sees("by name")
        await person.sees("note 000", person.head)
        await person.sees("sessions 250")
        await person.press("end")
        await person.sees("note 249", person.head)
        await person.press("home")
        await person.sees("note 000", person.head)

    at_the_terminal(does)


def test_the_daemon_goes_away_and_comes_back(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """What is shown stays and a line says so; an act says why it cannot be; then all goes on by itself."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.head)
        await person.misses("The daemon is away")
        verse.kill()
        await person.sees("The daemon is away (unreachable)")
        await person.sees("verse", person.list)
        await person.press("delete")
        await person.sees("unreachable")
        verse.start()
        await person.misses("The daemon is away")
        with verse.client() as client:
            client.save("notes", "ideas", b"a bridge")
        await person.sees("ideas", person.list)

    at_the_terminal(does)


HOSTILE = b"plain [bold red]not markup[/] \x1b[31mred\x1b]0;owned\x07 \xe2\x80\xaeright " + b"x" * 300_000


def test_nothing_in_a_session_is_obeyed(daemon: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """Markup in a name or a content is text, what a terminal would obey is written out, a long line is cut."""
    with daemon.client() as client:
        client.save("notes", "[bold red]name[-]", HOSTILE)

    async def does(person: Person) -> None:
        await person.sees("[bold red]name[-]", person.list)
        await person.sees("[bold red]not markup[/]", person.content)
        await person.sees("\\u001b]0;owned\\u0007 \\u202eright", person.content)
        await person.sees("… and 165.0 KiB more", person.content)
        await person.press("delete")
        await person.hears("notes/[bold red]name[-] is deleted")
        await person.sees("[bold red]name[-] is deleted")
        assert not {"\x1b", "\x07", "\u202e", "\0"} & {*person.screen()}

    at_the_terminal(does)


def test_bytes_are_shown_as_hexadecimal_digits(daemon: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """What is no text stands as digits and letters."""
    with daemon.client() as client:
        client.save("notes", "bytes", b"\0\x01PNG\xff")

    async def does(person: Person) -> None:
        await person.sees("00 01 50 4e 47 ff", person.content)
        await person.sees("··PNG·", person.content)

    at_the_terminal(does)


def test_a_narrow_terminal_has_the_list_or_the_session(verse: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """Enter goes from the list into the session, escape goes back."""

    async def does(person: Person) -> None:
        await person.sees("verse", person.list)
        await person.misses("timeline")
        await person.press("enter")
        await person.sees("timeline")
        await person.misses("search names")
        await person.press("escape")
        await person.sees("search names")

    at_the_terminal(does, (70, 30))


def test_a_long_line_is_reached_sidewards(daemon: PrivateDaemon, at_the_terminal: AtTheTerminal) -> None:
    """What does not fit ends in …, and the arrow keys move to it."""
    with daemon.client() as client:
        client.save("notes", "long", b"begin" + b" word" * 30 + b" end")

    async def does(person: Person) -> None:
        await person.sees("1 begin word")
        await person.sees("word …")
        person.app.view.content.focus()
        await person.press(*["right"] * 20)
        await person.sees("word end")

    at_the_terminal(does)
