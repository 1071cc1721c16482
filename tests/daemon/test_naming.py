"""What a person says, and the snapshot or part that is meant."""

from __future__ import annotations

import pytest
from daemon_store import ME, SECOND, Store, part

from holdfast_daemon.naming import find, find_part, find_parts, find_session
from holdfast_protocol.errors import Ambiguous, BadField, NotFound
from holdfast_protocol.model import Ref


@pytest.fixture
def three(store: Store) -> Store:
    """A session saved three times, an hour between."""
    for number in (1, 2, 3):
        store.save("x", b"number %d" % number)
        store.now += 3600 * SECOND
    return store


def _meant(store: Store, said: str) -> bytes:
    return store.bytes_of(find(store.catalog.reader, Ref(name="x", snapshot=said), store.now).snapshot.id)


@pytest.mark.parametrize(
    ("said", "number"),
    [("latest", 3), ("head", 3), ("-0", 3), ("-1", 2), ("-2", 1), ("good", 3), ("{2 hours ago}", 2),
     ("{ 180 minutes ago }", 1), ("{1 second ago}", 3)],
)  # fmt: skip
def test_a_snapshot_by_word(three: Store, said: str, number: int) -> None:
    """latest, -N, good and times."""
    assert _meant(three, said) == b"number %d" % number


def test_a_snapshot_by_the_beginning_of_its_id(three: Store) -> None:
    """Four digits or more, either case."""
    oldest = three.snapshots("x")[-1].id.hex()
    assert _meant(three, oldest) == _meant(three, oldest[:12].upper()) == b"number 1"


def test_a_beginning_that_fits_several_is_refused(three: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the candidates listed."""
    for tail in (1, 2):
        identity = b"\xab\xcd" + bytes(13) + bytes([tail])
        monkeypatch.setattr("holdfast_daemon.sessions.new_id", lambda identity=identity: identity)
        three.save("x", b"twin %d" % tail)
    with pytest.raises(Ambiguous) as caught:
        _meant(three, "abcd")
    assert len(caught.value.details["candidates"]) == 2


@pytest.mark.parametrize(
    ("said", "problem"),
    [("-3", NotFound), ("{9 weeks ago}", NotFound), ("0000", NotFound), ("yesterday", BadField), ("abc", BadField)],
)
def test_what_is_not_there_is_said_so(three: Store, said: str, problem: type[Exception]) -> None:
    """Not found, or not understood."""
    with pytest.raises(problem):
        _meant(three, said)


def test_good_is_the_newest_that_is_no_suspect(three: Store) -> None:
    """A suspect is passed over."""
    three.save("x", b"")
    assert _meant(three, "good") == b"number 3"


def test_a_name_in_two_applications_needs_one(store: Store) -> None:
    """Ambiguous without the application, found with it; a deleted namesake does not count."""
    for app in ("one", "two"):
        store.save("x", app.encode(), app)
    with pytest.raises(Ambiguous):
        find_session(store.catalog.reader, Ref(name="x"))
    assert find_session(store.catalog.reader, Ref(name="x", app="two")).app == "two"
    store.run(store.lifecycle.delete(store.session("x", "one").id, ME))
    assert find_session(store.catalog.reader, Ref(name="x")).app == "two"
    assert find_session(store.catalog.reader, Ref(name="x", app="one")).deleted
    with pytest.raises(NotFound):
        find_session(store.catalog.reader, Ref(name="x", app="one"), deleted=False)


def test_parts_by_key_name_and_kind() -> None:
    """A key wins; a name that fits several is refused with the keys; order is the document's."""
    parts = [part("Untitled", key="1"), part("Untitled", key="2"), part("bass", key="3"), part("s", "", "startup", "4")]
    assert find_part(parts, "2") is parts[1]
    assert find_part(parts, "bass") is parts[2]
    with pytest.raises(Ambiguous) as caught:
        find_part(parts, "Untitled")
    assert caught.value.details["candidates"] == ["1", "2"]
    with pytest.raises(NotFound):
        find_part(parts, "drums")
    assert find_parts(parts, ["bass", "1"], ["startup"]) == [parts[0], parts[2], parts[3]]
    with pytest.raises(NotFound):
        find_parts(parts, [], ["chord"])
