"""What every engine of the search index must do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from store_engines import INDEXES

from holdfast_daemon.store.base import Index
from holdfast_daemon.store.nouns import IndexedPart, IndexedSession
from holdfast_protocol.errors import Damaged

ONE, TWO = b"1" * 16, b"2" * 16


@pytest.fixture(params=INDEXES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    made = INDEXES[request.param](tmp_path)
    yield made
    made.close()


def entry(
    identity: bytes = ONE, name: str = "verse", *texts: str, document: bytes = b"d", **more: str
) -> IndexedSession:
    """A session with parts of these texts."""
    parts = tuple(IndexedPart(f"k{number}", f"part {number}", text) for number, text in enumerate(texts))
    said = {"app": "notes", "tags": "", "note": "", **more}
    return IndexedSession(identity, said["app"], name, said["tags"], said["note"], b"h" * 16, document, parts)


def places(index: Index, *words: str, app: str | None = None) -> list[tuple[bytes, str | None]]:
    return [(hit.session, hit.part) for hit in index.find(words, (app,) if app else (), None)]


def test_all_words_stand_in_one_place(index: Index) -> None:
    """In what is said of a session, or in a part; within words, too."""
    index.put([entry(ONE, "verse", "p1 >> play", "bass line", tags="live")], [], (1, 10))
    assert places(index, "play") == places(index, "p1", ">>", "la") == [(ONE, "k0")]
    assert places(index, "play", "bass") == []
    assert places(index, "ers", "liv") == [(ONE, None)]


def test_what_is_said_of_sessions_comes_first_then_the_newest(index: Index) -> None:
    """A page goes on behind any place."""
    index.put([entry(ONE, "one", "a tern", "the tern")], [], (1, 10))
    index.put([entry(TWO, "tern", "terns")], [], (2, 20))
    whole = [*index.find(["tern"], (), None)]
    assert [(hit.session, hit.part) for hit in whole] == [(TWO, None), (TWO, "k0"), (ONE, "k0"), (ONE, "k1")]
    for at, hit in enumerate(whole):
        assert [*index.find(["tern"], (), hit.position)] == whole[at + 1 :]


def test_what_is_put_again_takes_the_place(index: Index) -> None:
    """Former words are gone, unchanged parts stay where they are; without parts those of before stay."""
    index.put([entry(ONE, "one", "a heron", "an ibis")], [], (1, 10))
    (ibis,) = index.find(["ibis"], (), None)
    index.put([entry(ONE, "two", "a stork", "an ibis")], [], (2, 20))
    assert (places(index, "heron"), places(index, "one"), places(index, "two")) == ([], [], [(ONE, None)])
    assert [*index.find(["ibis"], (), None)] == [ibis]
    index.put([entry(ONE, "three")._replace(parts=None)], [], (3, 30))
    assert (places(index, "stork"), places(index, "three")) == ([(ONE, "k0")], [(ONE, None)])
    index.put([], [ONE], (4, 40))
    assert (places(index, "stork"), places(index, "three"), index.document(ONE)) == ([], [], None)


def test_what_was_seen_is_committed_with_it(index: Index, tmp_path: Path) -> None:
    """Nothing of a batch that fails is there."""
    assert index.seen() == (0, 0)
    index.put([entry(document=b"e")], [], (7, 70))
    index.put([], [], None)

    def failing() -> Iterator[IndexedSession]:
        yield entry(TWO, "other")
        raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError):
        index.put(failing(), [], (8, 80))
    assert (index.seen(), index.document(ONE), places(index, "other")) == ((7, 70), b"e", [])


def test_one_application(index: Index) -> None:
    """Where the engine can: a name of three signs or more."""
    index.put([entry(ONE, "gull"), entry(TWO, "gull", app="renardo")], [], (1, 10))
    assert places(index, "gull", app="renardo") == [(TWO, None)]


def test_it_can_begin_anew(index: Index) -> None:
    """Nothing is there any more, for whoever asks."""
    index.put([entry(ONE, "gull")], [], (1, 10))
    index.begin_anew()
    assert (places(index, "gull"), index.seen()) == ([], (0, 0))


def test_damage_is_said(index: Index, tmp_path: Path) -> None:
    """A file that is none of ours is Damaged, and it can begin anew."""
    (tmp_path / "search.sqlite").write_bytes(b"something else " * 1000)
    with pytest.raises(Damaged):
        index.seen()
    index.begin_anew()
    assert index.seen() == (0, 0)
