"""What a client of the library saves never replaces a document that it has not seen, and never multiplies."""

from __future__ import annotations

import os

import pytest
from e2e_daemon import Daemon, renardo

import holdfast
from holdfast_protocol.errors import BadField
from holdfast_protocol.messages import Save, Saved
from holdfast_protocol.model import FileSource


def _contents(daemon: Daemon, *names: str) -> list[bytes]:
    return [daemon.ok("cat", "--name", f"notes/{name}").out for name in names]


def _forks(daemon: Daemon, name: str) -> list[str]:
    return sorted(each for each in daemon.rows("notes") if each.startswith(f"{name} ("))


def test_a_name_that_means_another_session_by_now_is_not_overwritten(shared: Daemon) -> None:
    """A saves x; B renames it and saves an x of his own; A's next save is a fork that stands on A's document."""
    with shared.client() as one, shared.client() as other:
        first = one.save("notes", "x", b"mine")
        other.rename("notes/x", "x-old")
        other.save("notes", "x", b"theirs")
        saved = one.save("notes", "x", b"mine, longer")
    assert (saved.outcome, saved.session.name) == ("forked", "x (fork)")
    assert _contents(shared, "x", "x-old", "x (fork)") == [b"theirs", b"mine", b"mine, longer"]
    assert shared.log_of("notes/x (fork)")[0]["parents"] == [first.snapshot]


def test_a_new_session_of_the_name_of_a_deleted_one_is_not_overwritten(shared: Daemon) -> None:
    """Nor where both are at the same revision."""
    with shared.client() as one, shared.client() as other:
        one.save("notes", "gone", b"mine")
        other.delete("notes/gone")
        other.save("notes", "gone", b"theirs")
        assert one.save("notes", "gone", b"mine, longer").outcome == "forked"
    assert _contents(shared, "gone", "gone (fork)") == [b"theirs", b"mine, longer"]


def test_the_same_content_as_the_names_new_session_is_no_fork(shared: Daemon) -> None:
    """Nothing could be lost; the client goes on in the session that has the name."""
    with shared.client() as one, shared.client() as other:
        one.save("notes", "equal", b"mine")
        other.rename("notes/equal", "equal-old")
        other.save("notes", "equal", b"theirs")
        assert one.save("notes", "equal", b"theirs").outcome == "unchanged"
        assert one.save("notes", "equal", b"both").outcome == "saved"
    assert _contents(shared, "equal", "equal-old") == [b"both", b"mine"]
    assert _forks(shared, "equal") == []


def test_a_save_after_a_deletion_outside_is_a_new_session(shared: Daemon) -> None:
    """The file was removed, and its application saves once more: that save is kept, and so is the history."""
    with shared.client() as client:
        first = client.save("notes", "rm", b"one", published=True)
        os.unlink(shared.file("notes", "rm"))
        with holdfast.connect(shared.socket) as watcher:
            next(row for row in watcher.events(0) if row.type == "deleted-outside" and row.session == first.session.id)
        saved = client.save("notes", "rm", b"two", published=True)
        assert (saved.outcome, saved.session.revision) == ("saved", 1)
        assert client.save("notes", "rm", b"three").outcome == "saved"
    assert _contents(shared, "rm") == [b"three"]
    assert first.session.id in [row["id"] for row in shared.ok("list", "--deleted", "--json").rows]
    assert shared.file("notes", "rm").read_bytes() == b"three"


def test_a_save_after_a_rename_leaves_the_renamed_session_alone(shared: Daemon) -> None:
    """The name is free: the save is a new session of it."""
    with shared.client() as client:
        client.save("notes", "before", b"one")
        client.rename("notes/before", "after")
        assert client.save("notes", "before", b"two").outcome == "saved"
        assert client.save("notes", "after", b"one, longer").session.revision == 2
    assert _contents(shared, "before", "after") == [b"two", b"one, longer"]


def test_a_client_that_goes_on_saving_after_a_fork_makes_one_fork(shared: Daemon) -> None:
    """It goes on in its fork, the other writer in the session; loading the name again leads back to it."""
    with shared.client() as one, shared.client() as other:
        one.save("notes", "pair", b"base")
        other.load("notes/pair")
        outcomes = [
            (one.save("notes", "pair", b"one %d" % number).outcome, other.save("notes", "pair", b"other %d" % number))
            for number in range(10)
        ]
        assert [mine for mine, _ in outcomes] == ["saved"] * 10
        assert [theirs.outcome for _, theirs in outcomes] == ["forked"] + ["saved"] * 9
        assert {theirs.session.name for _, theirs in outcomes} == {"pair (fork)"}
        assert _contents(shared, "pair", "pair (fork)") == [b"one 9", b"other 9"]
        assert other.load("notes/pair").files == {b"": b"one 9"}
        assert other.save("notes", "pair", b"together").session.name == "pair"
    assert _forks(shared, "pair") == ["pair (fork)"]
    assert _contents(shared, "pair") == [b"together"]


def test_a_fork_that_was_deleted_is_made_anew_once(shared: Daemon) -> None:
    """The saves that go on in it do not fork a second time."""
    with shared.client() as one, shared.client() as other:
        one.save("notes", "tidy", b"base")
        other.load("notes/tidy")
        one.save("notes", "tidy", b"one")
        other.save("notes", "tidy", b"two")
        one.delete("notes/tidy (fork)")
        for number in range(3):
            assert other.save("notes", "tidy", b"two %d" % number).outcome == "saved"
    assert _contents(shared, "tidy", "tidy (fork)") == [b"one", b"two 2"]
    assert _forks(shared, "tidy") == ["tidy (fork)"]


def test_a_save_without_news_does_not_pretend_to_have_seen_the_head(shared: Daemon) -> None:
    """A loads, B saves, A saves what it loaded, then something new: B's document stays the head."""
    with shared.client() as one, shared.client() as other:
        one.save("notes", "stale", b"base")
        other.load("notes/stale")
        one.save("notes", "stale", b"one")
        assert other.save("notes", "stale", b"base").outcome == "unchanged"
        assert other.save("notes", "stale", b"other").outcome == "forked"
    assert _contents(shared, "stale", "stale (fork)") == [b"one", b"other"]


def test_parts_that_are_saved_under_a_taken_name_stand_on_their_own_document(shared: Daemon) -> None:
    """The fork has the other parts of the document that the client saw, not of the one that has the name now."""
    with shared.client() as one, shared.client() as other:
        one.save("renardo", "set", renardo("a = 1", kick="k1", hat="h1"))
        other.rename("renardo/set", "set-old")
        other.save("renardo", "set", renardo("b = 2", kick="theirs"))
        saved: Saved = one.save("renardo", "set", parts={"kick": b"k2\n"})
        assert saved.outcome == "forked"
        assert one.load(f"renardo/{saved.session.name}").files[b""] == renardo("a = 1", kick="k2", hat="h1")
        assert other.load("renardo/set").files[b""] == renardo("b = 2", kick="theirs")


def test_an_id_that_is_none_is_refused(shared: Daemon) -> None:
    """``session`` is 32 hexadecimal digits; one that nobody knows is another session."""
    with shared.client() as client:
        client.save("notes", "id", b"one")
        files = [FileSource(frame=0)]
        with pytest.raises(BadField, match="session"):
            client.ask(Save(app="notes", name="id", files=files, session="no id"), [b"two"])
        answer = client.ask(Save(app="notes", name="id", files=files, session="0" * 32, expect=1), [b"two"]).reply
        assert isinstance(answer, Saved)
        assert answer.outcome == "forked"
    assert _contents(shared, "id") == [b"one"]
