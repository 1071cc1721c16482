"""Who is told which operations, in what turns; the loop, the store and the socket are the test's."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import msgpack
import pytest

from holdfast_daemon import feed, log_pages
from holdfast_daemon.feed import Feed
from holdfast_daemon.outbound import Outbound
from holdfast_daemon.store.nouns import Wanted
from holdfast_protocol.connection import Frames
from holdfast_protocol.messages import LIMITS, Subscribe, Subscribed
from holdfast_protocol.model import OperationRow


class House:
    """A log, a loop that turns when it is told to, and peers that take what they are sent, or nothing."""

    def __init__(self) -> None:
        self.rows: list[OperationRow] = []
        self.asked = 0
        self.sent: dict[bytes, list[Frames]] = {}
        self.full: set[bytes] = set()
        self.due: list[Callable[[], None]] = []
        self.rests: list[float] = []
        self.outbound = Outbound(self._send, lambda peer: None, lambda peer: self.cut.append(self.feed.cut(peer)))
        self.cut: list[bool] = []
        self.feed = Feed(self, self.outbound, self.outbound.put, self._later)  # type: ignore[arg-type]  # what it asks of a service is here

    def _later(self, seconds: float, work: Callable[[], None]) -> None:
        self.due.append(work)
        self.rests.append(seconds)

    def _send(self, peer: bytes, frames: Frames) -> str:
        if peer in self.full:
            return "full"
        self.sent.setdefault(peer, []).append(frames)
        return "sent"

    def happen(self, count: int, **fields: object) -> None:
        for _ in range(count):
            self.rows.append(row(len(self.rows) + 1, **fields))

    def turn(self) -> None:
        """What the loop was asked to do, once."""
        due, self.due[:] = [*self.due], []
        for each in due:
            each()

    def run(self) -> None:
        while self.due:
            self.turn()

    def told(self, peer: bytes, kind: str) -> list[dict[str, int]]:
        headers = [msgpack.unpackb(frames[0]) for frames in self.sent.get(peer, [])]
        return [header["body"] for header in headers if header["kind"] == kind]

    def numbers(self, peer: bytes) -> list[int]:
        """Of the operations that a peer was told."""
        headers = [msgpack.unpackb(frames[0]) for frames in self.sent.get(peer, [])]
        rows = [
            row for header in headers if header["kind"] in ("event", "events")
            for row in header["body"].get("rows", [header["body"].get("row")])
        ]  # fmt: skip
        return [row["number"] for row in rows]

    def subscribe(self, peer: bytes, since: int = 0, *, app: str | None = None, in_pages: bool = False) -> None:
        self.feed.subscribe(peer, b"s" * 16, Subscribe(since=since, app=app), in_pages=in_pages)

    @property
    def commits(self) -> int:
        return len(self.rows)

    # What the feed asks of the service.

    def newest_operation(self) -> int:
        return len(self.rows)

    def subscribed(self, newest: int) -> Subscribed:
        return Subscribed(number=newest)

    def operations_fitting(self, wanted: Wanted, after: int, up_to: int, limit: int) -> list[OperationRow]:
        self.asked += 1
        return [row for row in self.rows[after:up_to] if wanted.app in (None, row.app)][:limit]


def row(number: int, **fields: object) -> OperationRow:
    ordinary: dict[str, object] = {
        "number": number, "time": 1, "type": "saved", "session": None, "app": "notes", "folder": "sessions",
        "name": "x", "cause": "saved", "author": "me", "undoable": True,
    }  # fmt: skip
    return OperationRow(**{**ordinary, **fields})  # type: ignore[arg-type]  # the test gives the right ones


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> House:
    """Each turn has time for one piece."""
    monkeypatch.setattr(feed, "TURN_SECONDS", 0)
    return House()


def test_a_long_history_is_looked_through_in_turns(house: House) -> None:
    """However long it is and however little of it fits: the loop does what else there is after each piece."""
    house.happen(20 * log_pages.LOOKED_COUNT)
    house.subscribe(b"a", 0, app="nosuch")
    assert house.asked == 0
    turns = 0
    while house.due:
        before = house.asked
        house.turn()
        assert house.asked - before <= 1
        turns += 1
    assert turns >= 20
    assert house.numbers(b"a") == []


def test_all_that_fits_is_told_once(house: House) -> None:
    """Over the borders of pieces, and what happens meanwhile."""
    house.happen(log_pages.LOOKED_COUNT, app="igv")
    house.happen(3 * log_pages.ROWS_COUNT)
    house.subscribe(b"a", 0, app="notes")
    house.turn()
    house.happen(5)
    house.feed.pump()
    house.run()
    assert house.numbers(b"a") == [*range(log_pages.LOOKED_COUNT + 1, len(house.rows) + 1)]


def test_a_long_history_of_one_keeps_no_other_waiting(house: House) -> None:
    """Each gets a piece in its turn."""
    house.happen(10 * log_pages.ROWS_COUNT)
    house.subscribe(b"long", 0)
    house.subscribe(b"short", len(house.rows) - 1)
    house.turn()
    house.turn()
    assert house.numbers(b"short") == [len(house.rows)]
    assert len(house.numbers(b"long")) == log_pages.ROWS_COUNT


def test_who_takes_nothing_is_left_alone(house: House) -> None:
    """It costs no turns, and goes on from its number once it has room."""
    house.happen(10 * log_pages.ROWS_COUNT)
    house.full = {b"slow"}
    house.subscribe(b"slow", 0)
    house.run()
    assert house.outbound.size_bytes(b"slow") > 0
    asked = house.asked
    house.happen(10)
    house.feed.pump()
    house.run()
    assert house.asked == asked
    house.full = set()
    house.outbound.flush()
    house.feed.pump()
    house.run()
    assert house.numbers(b"slow") == [*range(1, len(house.rows) + 1)]


def test_nothing_follows_the_end_of_a_subscription(house: House) -> None:
    """Neither of one that was given up, nor of a peer that is gone, though a turn was to come."""
    house.happen(1)
    house.subscribe(b"a", 0)
    house.feed.unsubscribe(b"a", b"s" * 16)
    house.subscribe(b"b", 0)
    house.feed.forget(b"b")
    house.run()
    assert (house.numbers(b"a"), house.numbers(b"b")) == ([], [])


def test_a_page_is_made_once_for_all_who_want_it(house: House) -> None:
    """However many there are; and again after a commit, which may have changed its rows."""
    house.happen(3 * log_pages.ROWS_COUNT)
    for number in range(20):
        house.subscribe(b"%d" % number, in_pages=number % 2 == 0)
    house.run()
    assert house.asked == 3
    assert all(house.numbers(b"%d" % number) == [*range(1, len(house.rows) + 1)] for number in range(20))
    assert (len(house.sent[b"0"]), len(house.sent[b"1"])) == (1 + 3, 1 + len(house.rows))
    house.happen(1)
    house.subscribe(b"late", in_pages=True)
    house.run()
    assert house.asked == 3 + 4


def test_a_page_is_bounded_in_bytes(house: House) -> None:
    """Rows with long notes make more pages, and none is left out."""
    house.happen(100, note="x" * 10_000)
    house.subscribe(b"a", in_pages=True)
    house.run()
    assert max(len(frames[0]) for frames in house.sent[b"a"]) < log_pages.PAGE_BYTES + 11_000
    assert house.numbers(b"a") == [*range(1, 101)]


def test_who_was_told_nothing_is_told_how_far_it_is(house: House) -> None:
    """A beat in the place of silence: how far the log was looked through, and what was told last."""
    house.happen(2)
    house.happen(3, app="igv")
    house.subscribe(b"a", app="notes")
    house.run()
    house.feed.beat()
    assert house.told(b"a", "beat") == []  # it was told something
    house.feed.beat()
    assert house.told(b"a", "beat") == [{"number": 5, "told": 2}]
    house.happen(1)
    house.feed.pump()
    house.run()
    house.feed.beat()
    house.feed.beat()
    assert house.told(b"a", "beat")[1:] == [{"number": 6, "told": 6}]


def test_no_beats_pile_up_for_who_takes_nothing(house: House) -> None:
    """What waits for it is enough."""
    house.happen(1)
    house.full = {b"a"}
    house.subscribe(b"a")
    house.run()
    waiting = house.outbound.size_bytes(b"a")
    for _ in range(3):
        house.feed.beat()
    assert house.outbound.size_bytes(b"a") == waiting


def test_a_number_that_is_not_in_the_log_is_a_gap(house: House) -> None:
    """It is another store, or an older state of it; what comes from now on is told."""
    house.happen(3)
    house.subscribe(b"a", since=7)
    house.subscribe(b"b", since=3)
    house.happen(1)
    house.feed.pump()
    house.run()
    assert (house.told(b"a", "gap"), house.told(b"b", "gap")) == ([{"number": 3}], [])
    assert house.numbers(b"a") == house.numbers(b"b") == [4]


def test_what_was_dropped_is_a_gap(house: House) -> None:
    """A subscriber for whom more waited than may is told where it goes on, as soon as it reads."""
    house.happen(5)
    house.subscribe(b"a")
    house.full = {b"a"}
    house.run()
    house.outbound.put(b"a", [bytes(LIMITS["outbound_bytes"])])
    house.outbound.put(b"other", [b"more"])
    assert house.cut == [True]
    assert house.outbound.size_bytes(b"a") < 1000
    house.full = set()
    house.outbound.flush()
    house.happen(1)
    house.feed.pump()
    house.run()
    assert (house.told(b"a", "gap"), house.numbers(b"a")) == ([{"number": 5}], [6])


def test_who_subscribed_to_nothing_has_no_gap(house: House) -> None:
    """It is left to those who know what else it is to be told."""
    house.full = {b"a"}
    house.outbound.put(b"a", [b"x"])
    house.outbound.put(b"a", [bytes(LIMITS["outbound_bytes"])])
    assert house.cut == [False]
    assert house.outbound.size_bytes(b"a") == 0


def test_after_much_telling_the_feed_rests(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that what happens meanwhile is told at once, and requests have most of the time; one listener hardly waits."""
    moments = iter(range(10_000))
    monkeypatch.setattr(feed, "time", SimpleNamespace(monotonic=lambda: next(moments) / 100_000))
    house.subscribe(b"0")
    for listeners, least, most in ((1, 0, 0.001), (300, 0.01, feed.LONGEST_REST_SECONDS)):
        for number in range(listeners):
            house.subscribe(b"%d" % number, since=len(house.rows))
        house.run()
        house.happen(1)
        house.feed.pump()
        house.run()
        house.feed.pump()
        assert least < house.rests[-1] <= most
        house.run()
