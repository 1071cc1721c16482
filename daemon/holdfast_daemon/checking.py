"""``check``: one look at the whole store at a time, and what the last one found."""

from __future__ import annotations

import contextlib
import itertools
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from holdfast_daemon.deadlines import left
from holdfast_daemon.examination import Concern, Examination, Finding, Read, is_head, total_bytes
from holdfast_daemon.long_job import Failure, LongJob
from holdfast_daemon.mending import Mending
from holdfast_daemon.pacing import Pacing
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.base import Chunks, Reader, Rest, Transaction
from holdfast_daemon.store.nouns import Damage
from holdfast_protocol.codec import decode, encode, to_plain, to_row
from holdfast_protocol.errors import HoldfastError, NotAllowed
from holdfast_protocol.messages import LIMITS, Check, Checked
from holdfast_protocol.model import ConcernRow, DamageRow

#: What is told of one check.
ROWS_COUNT = 200
ROWS_BYTES = LIMITS["message_bytes"] // 2
#: The key of what is known of the last one, in the store's facts.
FACT = "checked"
FACT_BYTES = 16 * 1024 * 1024

_log = logging.getLogger("holdfast.checking")


@dataclass
class _Run:
    """A check under way: what was asked, and how it gets on."""

    request: Check
    author: str
    examination: Examination
    pacing: Pacing
    began: int
    total_bytes: int = 0
    findings: Sequence[Finding] = ()
    repaired: Sequence[Finding] = ()


class Checking:
    """For the loop only, but for what the thread does."""

    def __init__(
        self, sessions: Sessions, chunks: Chunks, examine_index: Callable[[Rest], Iterator[Damage]],
        mending: Mending | None, store: str,
    ) -> None:  # fmt: skip
        """Without ``mending`` nothing is repaired."""
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._chunks = chunks
        self._examine_index = examine_index
        self._mending = mending
        self._store = store
        self._job = LongJob("checking")
        self._run: _Run | None = None
        #: What is to begin when the one that runs has ended, and who asked for it.
        self._following: tuple[Check, str] | None = None
        self._whole, self._read = _known(self._catalog.reader)
        self._last = self._whole

    async def check(self, request: Check, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Begin one, stop it, or say how far it is. Where one runs that does less, one that does both follows it.
        Raises NotAllowed, ShuttingDown."""
        if request.repair and self._mending is None:
            raise NotAllowed("The store is only read here, so nothing is repaired: leave out --direct")
        if request.stop:
            self._following = None
            self._job.interrupt()
        elif request.begin and self._run is None:
            self._begin(request, caller.author)
        elif request.begin and self._run is not None:
            under_way = self._following[0] if self._following else self._run.request
            if (request.all and not under_way.all) or (request.repair and not under_way.repair):
                both = Check(all=request.all or under_way.all, repair=request.repair or under_way.repair)
                self._following = both, caller.author
        await self._job.wait(min(request.wait_ms / 1000, left(deadline)))
        return self.report, ()

    async def stop(self) -> None:
        """What it has put back is put back."""
        self._following = None
        await self._job.stop()

    @property
    def last(self) -> Checked:
        """The last one that saw all: one that was stopped has nothing to say of what it did not see."""
        return self._whole

    @property
    def problems(self) -> list[str]:
        """For people: that something is damaged."""
        count = self._whole.problems_count
        things = "One thing in the store is" if count == 1 else f"{count} things in the store are"
        return [f"{things} damaged: holdfast check --repair names them, and mends what it can"] if count else []

    @property
    def running(self) -> bool:
        return self._job.running

    @property
    def report(self) -> Checked:
        """The one that runs, or the last one."""
        run = self._run
        if run is None:
            return self._last
        return Checked(
            running=True, all=run.request.all, repair=run.request.repair, began=run.began,
            stage=run.examination.stage, done_bytes=min(run.pacing.done_bytes, run.total_bytes),
            total_bytes=run.total_bytes,
        )  # fmt: skip

    def _begin(self, request: Check, author: str) -> None:
        pacing = Pacing()
        examination = self._examination(pacing, all=request.all)
        run = _Run(request, author, examination, pacing, self._sessions.clock())
        self._job.begin(pacing, lambda: self._done(run), lambda report: self._end(run, report))
        self._run = run

    def _end(self, run: _Run, report: Checked) -> None:
        self._last, self._run = report, None
        self._whole = self._known_after(report)
        self._read = run.examination.read
        following, self._following = self._following, None
        if following is not None:
            self._begin(*following)

    def _known_after(self, report: Checked) -> Checked:
        """A repair that failed did so after all was seen."""
        return report if report.failed is None or report.problems_count else self._whole

    def _examination(self, pacing: Pacing, *, all: bool) -> Examination:
        return Examination(
            self._catalog, self._chunks, self._examine_index, self._sessions.sites, self._sessions.clock, pacing,
            {**self._read}, all=all,
        )  # fmt: skip

    # In the thread.

    def _done(self, run: _Run) -> Checked:
        """The whole of it, kept for the next start."""
        with Failure(_log) as failure:
            self._examine(run)
        report = Checked(
            all=run.request.all, repair=run.request.repair, began=run.began, ended=self._sessions.clock(),
            done_bytes=run.pacing.done_bytes, total_bytes=run.total_bytes, failed=failure.sentence,
            problems_count=len(run.findings), repaired_count=len(run.repaired), rows=_rows(run),
        )  # fmt: skip
        for each in run.findings:
            _log.warning("Damaged: %s", each.damage.sentence)
        # damaged content is read again by every check
        read = run.examination.read if not run.findings else {}
        run.examination.read = read
        with contextlib.suppress(HoldfastError):  # a store that takes nothing: it is told, and not kept
            self._catalog.submit(lambda tx: _keep(tx, self._known_after(report), read)).result()
        return report

    def _examine(self, run: _Run) -> None:
        """Raises HoldfastError, Stopped."""
        run.total_bytes = total_bytes(
            self._catalog.reader, self._store, self._read, run.began, all=run.request.all
        )  # fmt: skip
        found = run.findings = run.examination.findings()
        if found and run.request.repair and self._mending is not None:
            run.examination.stage = "repair"
            self._mending.mend(found, run.author, run.pacing)
            run.findings = self._examination(run.pacing, all=True).findings()
            still = {each.damage for each in run.findings}
            run.repaired = [each for each in found if each.damage not in still]


def _keep(tx: Transaction, report: Checked, read: Read) -> None:
    tx.put_fact(FACT, encode({"report": to_plain(report), "read": [[what, when] for what, when in read.items()]}))


def _known(reader: Reader) -> tuple[Checked, Read]:
    """What the last one found; nothing where that is damaged itself, which keeps nobody from another."""
    try:
        fact = reader.fact(FACT)
        kept = decode(fact, limit_bytes=FACT_BYTES) if fact is not None else None
    except HoldfastError as problem:
        _log.warning("What the last check found cannot be read: %s", problem.sentence)
        kept = None
    return (to_row(kept["report"], Checked), dict(kept["read"])) if kept else (Checked(), {})


def _rows(run: _Run) -> list[DamageRow]:
    """As many as are told: paths may be long."""
    rows: list[DamageRow] = []
    size_bytes = 0
    for each in itertools.islice(itertools.chain(run.findings, run.repaired), ROWS_COUNT):
        row = _row(each, repaired=len(rows) >= len(run.findings))
        size_bytes += len(encode(to_plain(row)))
        if size_bytes > ROWS_BYTES:
            break
        rows.append(row)
    return rows


def _row(finding: Finding, *, repaired: bool) -> DamageRow:
    damage = finding.damage
    return DamageRow(
        what=damage.what, sentence=damage.sentence, path=damage.path,
        chunk=damage.chunk.hex() if damage.chunk else None, pack=damage.pack,
        offset=damage.offset_bytes, repaired=repaired, concerns_count=finding.concerns_count,
        concerns=[_concern(each) for each in finding.concerns],
    )  # fmt: skip


def _concern(concern: Concern) -> ConcernRow:
    session = concern.session
    return ConcernRow(
        session=concern.snapshot.session.hex(), app=session.app if session else "",
        folder=session.folder if session else "", name=session.name if session else "",
        snapshot=concern.snapshot.id.hex(), head=is_head(concern), path=concern.path, offset=concern.offset_bytes,
    )  # fmt: skip

