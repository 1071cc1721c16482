"""Lists and searches among a million sessions: the first page, and the last.

The catalog and the index are filled directly, as a daemon would have filled them, and asked over the wire. Sessions
stand in a folder that is not watched, so that no file is missed.
"""

from __future__ import annotations

import random
import statistics
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from measure import Measured, at_most, percentile, ratio, seconds
from processes import daemon
from wire import Line, frames_of, lines

from holdfast_daemon.fault import Faults
from holdfast_daemon.store.base import SORTS, Transaction
from holdfast_daemon.store.nouns import IndexedPart, IndexedSession, Session
from holdfast_daemon.store.sqlite.catalog import SqliteCatalog
from holdfast_daemon.store.sqlite.index import SqliteIndex
from holdfast_protocol.codec import decode
from holdfast_protocol.messages import List, Ping, Search

SESSIONS_COUNT = 1_000_000
BATCH_COUNT = 20_000
ROUNDS = 9
TARGET_MS = 20.0
APPS = [f"app{number}" for number in range(20)]
WORDS = (
    *("play", "loop", "minor", "bass", "drums", "intro", "verse", "chorus", "synth"),
    *("chord", "filter", "reverb", "delay", "noise", "pan", "echo", "scale"),
)
#: How many sessions have it → a word in a part, a tag.
RARE = {10: "zyzzyva", 1000: "quokka", 9000: "dunlin"}
TAGS = {10: "seldom", 2000: "live", 10_000: "take", 200_000: "draft"}
#: Tag and folder of the oldest twentieth, which stands behind all others in most lists.
OLDEST = "old"
EVERY_ARCHIVED, EVERY_DELETED, EVERY_TEMPLATE = 50, 60, 1000

SEARCHES = {
    "a word in 10 parts": Search(text=RARE[10]),
    "a word in 9,000 parts": Search(text=RARE[9000]),
    "a word in most parts": Search(text="bass"),
    "a rare word and a frequent one": Search(text=f"{RARE[1000]} bass"),
    "a word of two signs": Search(text="zy"),
    "in one application": Search(text="bass", app=APPS[7]),
    "a word that is nowhere": Search(text="xylophon"),
}
_MANY_OF_APP = {"app": APPS[7], "tag": TAGS[200_000]}
FILTERS: dict[str, dict[str, Any]] = {
    "of one application": {"app": APPS[7]},
    **{f"with a tag that {count:,} have": {"tag": tag} for count, tag in TAGS.items()},
    "with a tag of the oldest twentieth": {"tag": OLDEST},
    "of a folder with nearly all": {"folder": "elsewhere"},
    "of a folder with the oldest twentieth": {"folder": OLDEST},
    "of an application, with a tag that 10,000 have": {"app": APPS[7], "tag": TAGS[10_000]},
    "of an application, with a tag that 200,000 have": _MANY_OF_APP,
    "of an application, in a folder": {"app": APPS[7], "folder": OLDEST},
    "of a folder, with a tag": {"folder": OLDEST, "tag": TAGS[200_000]},
    "of an application, a folder, and with a tag": {"folder": OLDEST, **_MANY_OF_APP},
    "archived": {"archived": True},
    "archived, with a tag": {"archived": True, "tag": OLDEST},
    "deleted": {"deleted": True},
    "deleted, of a folder": {"deleted": True, "folder": OLDEST},
    "templates": {"templates": True},
    "templates with a tag": {"templates": True, "tag": OLDEST},
}
#: Texts that names have: of a million about 20, and 6,600.
TEXTS = {"a text that few names have": "12345", "a text that thousands have": "minor 1", "a text that none has": "xylo"}


def run(home: Path, count: int = SESSIONS_COUNT) -> Iterator[Measured]:
    """A line for each order, filter and search."""
    place = home / "lists"
    (place / "store").mkdir(parents=True, mode=0o700)
    place.chmod(0o700)
    fill(place / "store", count)
    among = f"among {count:,}"
    with daemon(place) as (endpoint, _), lines(endpoint, 2) as (line, other):
        line.hello()
        other.hello()
        live, _ = _pages(line, {})
        for sort in SORTS:
            for reverse in (False, True):
                what = f"list by {sort}{', reversed' * reverse}, first page {among}"
                yield _timed(line, what, List(sort=sort, reverse=reverse))
            after, _ = _ask(line, List(sort=sort, offset=live - 200))
            yield _timed(line, f"list by {sort}, last page {among}", List(sort=sort, after=after))
        for what, given in FILTERS.items():
            yield _slowest(line, f"list {what}, the slowest page of any order {among}", given)
        yield _walk(line)
        for what, text in TEXTS.items():
            yield _slowest(line, f"list, {what}, the slowest page of any order {among}", {"text": text})
        yield _timed(line, f"list, a text of one sign {among}", List(text="b"), target=None)
        yield _beside(line, other, f"ping beside a list with a text of two signs that no name has {among}")
        yield _timed(line, f"list, offset {count // 2:,} {among}", List(offset=count // 2), target=None)
        for what, asked in SEARCHES.items():
            yield _timed(line, f"search {what}, {among}", asked)


def fill(store: Path, count: int) -> None:
    """The same sessions at each run."""
    chance = random.Random(1)
    said, tagged = _spread(RARE, count), _spread(TAGS, count)
    for number in range(count // 20):
        tagged[number].append(OLDEST)
    catalog = SqliteCatalog(str(store / "catalog.sqlite"), Faults({}), lambda: None)
    index = SqliteIndex(str(store / "search.sqlite"))
    for begin in range(0, count, BATCH_COUNT):
        numbers = range(begin, min(count, begin + BATCH_COUNT))
        rows = [_session(number, chance, tagged[number]) for number in numbers]

        def put(tx: Transaction, rows: list[Session] = rows) -> None:
            for row in rows:
                tx.put_session(row, None)

        catalog.submit(put).result()
        entries = [_indexed(row, chance, said[number]) for number, row in zip(numbers, rows, strict=True)]
        index.put(entries, [], None)
    index.close()
    catalog.close()


def _spread(words: dict[int, str], count: int) -> defaultdict[int, list[str]]:
    """Number of a session → its words, each evenly among all; one that more should have than there are is left out."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    for often, word in words.items():
        for each in range(often if often <= count else 0):
            found[count * each // often].append(word)
    return found


def _session(number: int, chance: random.Random, tags: list[str]) -> Session:
    moment = 1_700_000_000_000_000_000
    return Session(
        id=chance.randbytes(16), app=chance.choice(APPS), folder=OLDEST if OLDEST in tags else "elsewhere",
        name=f"{chance.choice(WORDS)} {number}",
        format="plain", path=b"%d" % number, revision=1, head=b"h" * 16, size_bytes=chance.randrange(100_000),
        created=moment + number, modified=moment + number * 10**9 + chance.randrange(10**9), tags=tuple(sorted(tags)),
        archived=number % EVERY_ARCHIVED == 3, deleted=number % EVERY_DELETED == 7,
        template=number % EVERY_TEMPLATE == 11,
    )  # fmt: skip


def _indexed(row: Session, chance: random.Random, words: list[str]) -> IndexedSession:
    text = " ".join([*chance.choices(WORDS, k=12), *words])
    part = IndexedPart("", "", text)
    return IndexedSession(row.id, row.app, row.name, "\n".join(row.tags), "", row.head, b"d" * 32, (part,))


def _ask(line: Line, request: List | Search) -> tuple[bytes, int]:
    """Where the next page begins, and how many rows came."""
    line.send(frames_of(request))
    body = decode(line.receive()[0], limit_bytes=1 << 26)["body"]
    return body["next"], len(body["rows"])


def _timed(line: Line, what: str, request: List | Search, target: float | None = TARGET_MS) -> Measured:
    """The median of ``_times``."""
    rows, times = _times(line, request)
    detail = f"{rows} rows; slowest {max(times):.1f} ms"
    if target is None:
        return Measured(what=what, value=f"{statistics.median(times):.2f} ms", target="–", met=None, detail=detail)
    return at_most(what, statistics.median(times), target, "ms", detail)


def _times(line: Line, request: List | Search) -> tuple[int, list[float]]:
    """Rows and milliseconds; each request is another one to the daemon's answers, so that it is not just remembered."""
    _, rows = _ask(line, request)
    kind = type(request)
    fields = {name: getattr(request, name) for name in request.__struct_fields__}
    asked = [kind(**{**fields, "limit": 100 - each}) for each in range(ROUNDS)]
    return rows, [1000 * seconds(lambda each=each: _ask(line, each)) for each in asked]  # type: ignore[misc]  # called at once


def _slowest(line: Line, what: str, given: dict[str, Any]) -> Measured:
    """The largest median of the first pages and the last, in every order, either way round."""
    count, _ = _pages(line, given)
    found: list[tuple[float, str]] = []
    for sort, reverse in product(SORTS, (False, True)):
        asked = {**given, "sort": sort, "reverse": reverse}
        after, _ = _ask(line, List(**asked, offset=max(0, count - 200)))
        for page, at in (("first", b""), ("last", after)):
            _, times = _times(line, List(**asked, after=at))
            found.append((statistics.median(times), f"{page} page by {sort}{', reversed' * reverse}"))
    slowest, where = max(found)
    return at_most(what, slowest, TARGET_MS, "ms", f"{count:,} rows; the {where}")


def _beside(line: Line, other: Line, what: str) -> Measured:
    """How long others wait while the daemon looks at every name."""
    other.send(frames_of(List(text="zq")))
    times = [1000 * seconds(lambda: line.ask(Ping()))]
    while not other.socket.poll(0):
        times.append(1000 * seconds(lambda: line.ask(Ping())))
    other.receive()
    slowest = f"{len(times):,} pings; slowest {max(times):.1f} ms"
    return at_most(what, percentile(times, 99), TARGET_MS, "ms, 99th percentile", slowest)


def _walk(line: Line) -> Measured:
    """All pages by name, one behind the other."""
    count, times = _pages(line, {})
    tenth = max(1, len(times) // 10)
    first, last = statistics.median(times[:tenth]), statistics.median(times[-tenth:])
    return ratio(f"list by name, all pages of 1,000, {count:,} rows", 1e6 / first, 1e6 / last, 0.8, unit=" rows/s")


def _pages(line: Line, given: dict[str, Any]) -> tuple[int, list[float]]:
    """How many rows they have, and the milliseconds of each."""
    after, rows, times = b"", 0, []
    while True:
        began = [(after, 0)]
        asked = List(**given, sort="name", limit=1000, after=after)
        times.append(1000 * seconds(lambda: began.append(_ask(line, asked))))  # noqa: B023  # called at once
        after, came = began[-1]
        rows += came
        if not after:
            return rows, times
