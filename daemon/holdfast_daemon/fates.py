"""What becomes of each snapshot: what the catalog knows of it, put before the rules of retention."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from holdfast_daemon.content import Content
from holdfast_daemon.formats.base import Format
from holdfast_daemon.retention import DAY_SECONDS, Candidate, Rules, Verdict, is_over, verdicts
from holdfast_daemon.store.base import Catalog, Reader
from holdfast_daemon.store.nouns import Session, Snapshot
from holdfast_protocol.errors import Damaged, NotFound, TooLarge
from holdfast_protocol.model import PruneRow

#: A larger document is not read to learn whether another generation of its application wrote it.
READ_BYTES = 8 * 1024 * 1024
GENERAL_FORMATS = ("plain", "parts")

_log = logging.getLogger("holdfast.fates")


@dataclass(frozen=True, kw_only=True)
class Look:
    """One session, or what is left of one, and what becomes of its snapshots. ``ends``: why all of it goes."""

    session: bytes
    row: Session | None
    app: str
    history: Sequence[tuple[int, Snapshot]]
    protected: Mapping[bytes, Sequence[str]]
    ends: str | None
    found: Mapping[int, Verdict]

    @property
    def going(self) -> list[Snapshot]:
        """Newest first."""
        return [snapshot for number, snapshot in self.history if not self.found[number].keep]

    def rows(self) -> list[PruneRow]:
        """As they go out on the wire."""
        return [self._row(snapshot, self.found[number]) for number, snapshot in self.history]

    def _row(self, snapshot: Snapshot, verdict: Verdict) -> PruneRow:
        return PruneRow(
            session=self.session.hex(), app=self.app, folder=self.row.folder if self.row else "",
            name=self.row.name if self.row else "", snapshot=snapshot.id.hex(), time=snapshot.time,
            cause=snapshot.cause, size_bytes=snapshot.size_bytes, keep=verdict.keep, reasons=[*verdict.reasons],
        )  # fmt: skip


def protections(reader: Reader, session: bytes, shown: Collection[bytes]) -> dict[bytes, list[str]]:
    """Snapshot → why it is never taken. ``shown``: those that paths show or should, beside heads."""
    found: dict[bytes, list[str]] = defaultdict(list)
    row = reader.session(session)
    if row is not None:
        found[row.head].append("the head")
        for parent in reader.need_snapshot(row.head).parents:
            found[parent].append("what the head came from")
        if row.suspect is not None:
            found[row.suspect].append("a suspect that waits")
        good = reader.newest_good(session)
        if good is not None:
            found[good.id].append("the newest good one")
        visible = reader.visible(row.folder, row.path)
        for each in {visible.published, visible.wanted} if visible is not None else ():
            if each is not None and each != row.head:
                found[each].append("what its file shows")
    for label, snapshot in reader.pins(session).items():
        found[snapshot].append(f"pinned as {label}")
    for workspace in reader.workspaces():
        for each, reason in (
            (workspace.base, "what a workspace began from"),
            (workspace.whole, "of a workspace"),
            (workspace.autosave, "of a workspace"),
        ):
            if each is not None:
                found[each].append(reason)
    for each in shown:
        found[each].append("shown at another path")
    return found


class Fates:
    """Looks, and changes nothing. For any thread."""

    def __init__(
        self, catalog: Catalog, content: Content, rules_of: Callable[[str | None], Rules], clock: Callable[[], int]
    ) -> None:
        """``rules_of``: those of an application."""
        self._catalog = catalog
        self._content = content
        self._rules_of = rules_of
        self._clock = clock

    def looks(self, sessions: Sequence[bytes], shown: Collection[bytes]) -> list[Look]:
        """What becomes of these, each by itself: without a budget. ``shown``: as for ``protections``."""
        return [look for each in self._seen_of(sessions, shown) for look in self._judged([each])]

    def budgeted(self, sessions: Sequence[bytes], shown: Collection[bytes]) -> list[Look]:
        """The same of all sessions of an application, which share its budget."""
        return self._judged([*self._seen_of(sessions, shown)])

    def rules(self, session: bytes) -> tuple[str, Rules]:
        """A session's application, and its rules."""
        app = self._catalog.reader.application(session) or ""
        return app, self._rules_of(app)

    def _seen_of(self, sessions: Sequence[bytes], shown: Collection[bytes]) -> Iterator[Look]:
        """Nothing is taken of a session whose rows are damaged."""
        for each in sessions:
            try:
                yield self._seen(self._catalog.reader, each, shown)
            except Damaged as problem:
                _log.warning("Session %s is left as it is: %s", each.hex()[:12], problem.sentence)

    def _seen(self, reader: Reader, session: bytes, shown: Collection[bytes]) -> Look:
        row = reader.session(session)
        app, rules = self.rules(session)
        history = reader.history(session)
        protected = protections(reader, session, shown)
        if reader.is_pending(session):
            protected = {snapshot.id: ["its file is being written"] for _, snapshot in history}
        ends = "the session was purged" if reader.is_pruned(session) else self._term(reader, session, row, rules)
        if ends and row is not None and any(self._holds_back(reader, row, history)):
            ends = None
        return Look(
            session=session, row=row, app=app, history=history, protected=protected, ends=ends, found={}
        )  # fmt: skip

    def _term(self, reader: Reader, session: bytes, row: Session | None, rules: Rules) -> str | None:
        """Of a deleted session that has had it, or of one that a workspace had which was discarded; by the log's order,
        whatever the clock said then."""
        now = self._clock()
        if row is None and reader.workspace_of(session) is not None:
            return None
        if row is not None and not (row.deleted and is_over(row.modified, rules, now)):
            return None
        days = f"{rules.deleted_seconds / DAY_SECONDS:g} days"
        what = "deleted" if row is not None else "discarded"
        return f"{what} for more than {days}" if is_over(reader.reached(session, now), rules, now) else None

    def _holds_back(self, reader: Reader, row: Session, history: Sequence[tuple[int, Snapshot]]) -> Iterator[bool]:
        """Whether something still needs a deleted session."""
        yield reader.is_pending(row.id)
        own = {snapshot.id for _, snapshot in history}
        yield any(each.session == row.id or own & {each.base, each.whole} for each in reader.workspaces())
        yield bool(reader.pins(row.id))
        yield reader.has_left(row.id)

    def _judged(self, seen: Sequence[Look]) -> list[Look]:
        """With a verdict for each snapshot; the last one before each upgrade of an application is no candidate."""
        rules = self._rules_of(seen[0].app) if seen else Rules()
        lasting = [look for look in seen if look.ends is None]
        upgrades: dict[bytes, set[bytes]] = {}
        while True:
            candidates = [each for look in lasting for each in self._candidates(look, rules, upgrades)]
            found = verdicts(candidates, rules, self._clock())
            losing = [look for look in lasting if any(not found[number].keep for number, _ in look.history)]
            unread = [look for look in losing if look.session not in upgrades]
            if not unread:
                break
            upgrades |= {look.session: self._before_upgrades(look) for look in unread}
        return [replace(look, found=found if look.ends is None else _all_gone(look)) for look in seen]

    def _candidates(self, look: Look, rules: Rules, upgrades: Mapping[bytes, set[bytes]]) -> Iterator[Candidate]:
        before = upgrades.get(look.session, set())
        for number, snapshot in look.history:
            reasons = [*look.protected.get(snapshot.id, ())]
            reasons += ["the last one before an upgrade"] if snapshot.id in before else []
            yield Candidate(
                number=number, session=look.session, time=snapshot.time, is_autosave=snapshot.cause == "autosaved",
                protected=tuple(reasons), chunks=self._chunks(snapshot) if rules.budget_bytes is not None else {},
            )  # fmt: skip

    def _chunks(self, snapshot: Snapshot) -> dict[int, int]:
        """By the first half of their hashes, which no two have in common."""
        reader = self._catalog.reader
        document = reader.document(snapshot.document)
        sizes = reader.chunk_sizes({name for file in document.files for name in file.chunks})
        return {int.from_bytes(name[:16], "big"): size_bytes for name, size_bytes in sizes.items()}

    def _before_upgrades(self, look: Look) -> set[bytes]:
        """The last snapshots that a former generation of the application wrote; found by halving, so that only few
        documents are read."""
        if look.row is None or look.row.format in GENERAL_FORMATS:
            return set()
        form = self._content.form(look.row.format)
        oldest_first = [snapshot for _, snapshot in reversed(look.history) if snapshot.suspect is None]
        known: dict[bytes, object] = {}

        def generation(snapshot: Snapshot) -> object:
            if snapshot.document not in known:
                known[snapshot.document] = self._generation(form, snapshot)
            return known[snapshot.document]

        return {each.id for each in _last_of_each(oldest_first, generation)}

    def _generation(self, form: Format, snapshot: Snapshot) -> object:
        if snapshot.size_bytes > READ_BYTES:
            return None
        try:
            document = self._content.bytes_of(self._catalog.reader.document(snapshot.document))
        except (Damaged, NotFound, TooLarge):
            return None
        found = form.recognise(document)
        return None if found is None else (found.generation, found.writer)


def _last_of_each(oldest_first: Sequence[Snapshot], generation: Callable[[Snapshot], object]) -> Iterator[Snapshot]:
    if len(oldest_first) < 2 or generation(oldest_first[0]) == generation(oldest_first[-1]):
        return
    if len(oldest_first) == 2:
        if None not in (generation(oldest_first[0]), generation(oldest_first[1])):
            yield oldest_first[0]
        return
    middle = len(oldest_first) // 2
    yield from _last_of_each(oldest_first[: middle + 1], generation)
    yield from _last_of_each(oldest_first[middle:], generation)


def _all_gone(look: Look) -> dict[int, Verdict]:
    """But what others need."""
    assert look.ends is not None
    needed = look.protected if look.row is None else {}
    return {
        number: Verdict(True, tuple(needed[snapshot.id])) if needed.get(snapshot.id) else Verdict(False, (look.ends,))
        for number, snapshot in look.history
    }

