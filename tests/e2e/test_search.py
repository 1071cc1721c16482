"""Searching: what was saved is found, and nothing else, whatever happened in between."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from e2e_daemon import Daemon, renardo, until

from holdfast import HoldfastError


def found(daemon: Daemon, *words: str) -> list[dict[str, Any]]:
    """The places, as the shell gives them."""
    return daemon.ok("search", *words, "--json").rows


def names(daemon: Daemon, *words: str) -> list[str]:
    """The sessions' names, each once."""
    return [*dict.fromkeys(row["name"] for row in found(daemon, *words))]


def test_what_was_saved_just_now_is_found(shared: Daemon) -> None:
    """The part that has it, with the text around and where in it; a part of a word will do, and any sign."""
    shared.ok("save", "renardo/gig", "-", content=renardo("Scale.default = 'minor'", bass="p1 >> play('x-o-')"))
    (row,) = found(shared, "p1 >> play")
    assert (row["where"], row["app"]) == ("part", "renardo")
    assert shared.ok("cat", f"renardo/gig:{row['part']}").text.startswith("p1 >> play")
    marked = [row["snippet"][start:end] for start, end in zip(row["matches"][::2], row["matches"][1::2], strict=True)]
    assert marked == ["p1", ">>", "play"]
    assert names(shared, "fault", "MINO") == ["gig"]
    assert names(shared, "p1", "minor") == []  # in no one place
    assert "renardo/gig:" in shared.ok("search", "x-o-").text


def test_names_tags_and_notes_come_first(shared: Daemon) -> None:
    """And go where they change; the former words are found no more."""
    shared.ok("save", "s/other", "-", content=b"a chanterelle in a text")
    shared.ok("save", "s/Chanterelle", "-", "--tag", "pfifferling", content=b"one")
    assert names(shared, "chanterelle") == ["Chanterelle", "other"]
    shared.ok("note", "s/other", "girolle or pfifferling")
    assert [(row["name"], row["where"]) for row in found(shared, "pfiffer")] == [
        ("other", "note"), ("Chanterelle", "tags"),
    ]  # fmt: skip
    shared.ok("rename", "s/Chanterelle", "boletus")
    assert names(shared, "chanterelle") == ["other"]
    assert names(shared, "boletus") == ["boletus"]
    shared.ok("save", "s/other", "-", content=b"no mushroom")
    assert names(shared, "chanterelle") == []


def test_any_script_and_short_words(shared: Daemon) -> None:
    """Chinese, accents left out, a word of one or two signs, at the end of a text too."""
    shared.ok("save", "w/诗", "-", content="床前明月光，疑是地上霜。Größe é".encode())
    shared.ok("save", "w/e1", "-", content=b"nothing but zq")
    assert names(shared, "明月") == names(shared, "诗") == names(shared, "gro") == ["诗"]
    assert names(shared, "GROßE") == names(shared, "größe") == ["诗"]
    assert names(shared, "zq") == ["e1"]
    assert names(shared, "e1") == ["e1"]


@pytest.mark.parametrize("text", ['"', "'", "*", "-", "a*", "NEAR(a b)", "a OR b", "name:x", "^a", '"a" "b', "(", "{}"])
def test_no_sign_is_an_order(shared: Daemon, text: str) -> None:
    """Each is looked for as it is."""
    shared.ok("save", f"q/{text.encode().hex()}", "-", content=b"signs: " + text.encode())
    assert text.encode().hex() in names(shared, "--", text)


def test_what_cannot_be_searched_is_refused(shared: Daemon) -> None:
    """Nothing, and far too much; a NUL is a space."""
    assert shared.cli("search", " ").code == 2
    assert shared.cli("search", " ".join(f"w{number}" for number in range(40))).code == 2
    with shared.client() as client:
        assert client.search("nowhere\0at all").rows == []


def test_deleted_and_archived_sessions(shared: Daemon) -> None:
    """The deleted are found only when asked for, those put away always; after undo as before."""
    shared.ok("save", "d/gone", "-", content=b"a quokka")
    shared.ok("save", "d/kept", "-", content=b"two quokkas")
    shared.ok("archive", "d/kept")
    shared.ok("delete", "d/gone")
    assert names(shared, "quokka") == ["kept"]
    assert names(shared, "quokka", "--deleted") == ["gone"]
    shared.ok("undo")
    assert sorted(names(shared, "quokka")) == ["gone", "kept"]
    assert names(shared, "quokka", "--app", "other") == []


def test_the_history_on_request(shared: Daemon) -> None:
    """A text that no head has any more is found in the snapshot that had it, which ``cat`` gives."""
    shared.ok("save", "h/poem", "-", content=b"a heron waits")
    shared.ok("save", "h/poem", "-", content=b"a heron waits for fish")
    shared.ok("save", "h/poem", "-", content=b"an egret sleeps")
    assert found(shared, "heron") == []
    (row,) = found(shared, "heron", "--history")
    assert row["snippet"] == "a heron waits for fish"
    assert shared.ok("cat", f"h/poem@{row['snapshot'][:12]}").text == "a heron waits for fish"
    assert [each["snippet"] for each in found(shared, "egret", "--history")] == ["an egret sleeps"]


def test_messages_are_found_by_what_they_say(shared: Daemon) -> None:
    """Not by how JSON writes it."""
    said = 'Use "quotes"\nand 引号'
    content = json.dumps({"version": 1, "contextMessages": [{"id": "1", "role": "user", "content": said}],
                          "contextFiles": []})  # fmt: skip
    shared.ok("save", "aiderdesk/talk", "-", content=content.encode())
    assert names(shared, 'use "quotes"') == names(shared, "引号") == ["talk"]


def test_pages_of_places(shared: Daemon) -> None:
    """Each place once, whatever the page."""
    with shared.client() as client:
        for number in range(25):
            client.save("many", f"n{number}", f"an ibis, number {number}".encode())
        whole = [row.session.name for row in client.search("ibis").rows]
        assert (len(whole), whole[0]) == (25, "n24")
        parts: list[str] = []
        page = client.search("ibis", limit=4)
        while page.rows:
            parts += [row.session.name for row in page.rows]
            if not page.more:
                break
            page = client.search("ibis", limit=4, after=page.next)
        assert parts == whole


@pytest.mark.parametrize("step", ["before-index", "after-index"])
def test_right_after_a_crash(stopped: Daemon, step: str) -> None:
    """Killed while indexing: after the start everything is found, each place once."""
    stopped.environment["HOLDFAST_FAULT"] = f"{step}#2=kill"
    stopped.start()
    process = stopped.process
    assert process is not None
    with contextlib.suppress(HoldfastError), stopped.client() as client:
        for number in range(5):
            client.save("c", f"n{number}", f"a kestrel {number}".encode())
            if number == 2:
                client.search("kestrel")
    until(lambda: process.poll() is not None)
    del stopped.environment["HOLDFAST_FAULT"]
    stopped.start()
    assert sorted(names(stopped, "kestrel")) == sorted(stopped.rows("c"))
    assert len(found(stopped, "kestrel")) == len(stopped.rows("c")) >= 3


def test_an_index_that_is_lost_damaged_or_of_another_store(stopped: Daemon) -> None:
    """It is made anew from the store, and nobody is kept from starting."""
    index = stopped.home / "store" / "search.sqlite"
    stopped.start()
    stopped.ok("save", "l/one", "-", content=b"a dunlin")
    stopped.ok("save", "l/two", "-", content=b"another dunlin")
    assert sorted(names(stopped, "dunlin")) == ["one", "two"]
    stopped.stop()
    whole = index.read_bytes()
    cut, overwritten = whole[: len(whole) // 2], whole[:8192] + b"\xff" * (len(whole) - 8192)
    for damage in (b"", b"no database at all" * 500, cut, overwritten):
        for each in index.parent.glob("search.sqlite*"):
            each.unlink()
        if damage:
            index.write_bytes(damage)
        stopped.start()
        until(lambda: sorted(names(stopped, "dunlin")) == ["one", "two"])
        assert index.stat().st_mode & 0o777 == 0o600
        stopped.stop()
