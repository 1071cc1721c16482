"""``check``: one look at the whole store at a time, in a thread of the lowest priority, and what the last one found.

It belongs to the daemon, not to who asked: they may hang up, and whoever asks meanwhile sees how far it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from holdfast_daemon.deadlines import left
from holdfast_daemon.examination import Concern, Examination, Finding, Read, is_head, total_bytes
from holdfast_daemon.mending import Mending
from holdfast_daemon.pacing import Pacing, Stopped
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.base import Chunks, Reader, Rest, Transaction
from holdfast_daemon.store.nouns import Damage
from holdfast_protocol.codec import decode, encode, to_plain, to_row
from holdfast_protocol.errors import HoldfastError, NotAllowed, ShuttingDown
from holdfast_protocol.messages import LIMITS, Check, Checked
from holdfast_protocol.model import ConcernRow, DamageRow

#: What is told of one check.
ROWS_COUNT = 200
ROWS_BYTES = LIMITS["message_bytes"] // 2
#: The key of what is known of the last one, in the store's facts.
FACT = "checked"
FACT_BYTES = 16 * 1024 * 1024
STOP_SECONDS = 10.0

_log = logging.getLogger("holdfast.checking")


@dataclass
class _Run:
    """A check under way: what was asked, and how it gets on."""

    request: Check
    author: str
    examination: Examination
    pacing: Pacing
    began: int
    ended: asyncio.Event
    total_bytes: int = 0
    thread: threading.Thread | None = None


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
        self._run: _Run | None = None
        #: What is to begin when the one that runs has ended, and who asked for it.
        self._following: tuple[Check, str] | None = None
        self._stopping = False
        self._whole, self._read = _known(self._catalog.reader)
        self._last = self._whole

    async def check(self, request: Check, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Begin one, stop it, or say how far it is. Where one runs that does less, one that does all follows it. Raises
        NotAllowed, ShuttingDown."""
        if request.stop:
            self._following = None
            if self._run is not None:
                self._run.pacing.stop()
        elif request.begin:
            self._wish(request, caller.author)
        if self._run is not None and request.wait_ms:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(request.wait_ms / 1000, left(deadline))):
                    await self._run.ended.wait()
        return self.report, ()

    def _wish(self, request: Check, author: str) -> None:
        if self._stopping:
            raise ShuttingDown("The daemon is stopping")
        if request.repair and self._mending is None:
            raise NotAllowed("The store is only read here, so nothing is repaired: leave out --direct")
        if self._run is None:
            self._begin(request, author)
            return
        under_way = self._following[0] if self._following else self._run.request
        if (request.all and not under_way.all) or (request.repair and not under_way.repair):
            both = Check(all=request.all or under_way.all, repair=request.repair or under_way.repair)
            self._following = (both, author)

    async def stop(self) -> None:
        """What it has put back is put back."""
        self._stopping, self._following = True, None
        run = self._run
        if run is not None and run.thread is not None:
            run.pacing.stop()
            await asyncio.to_thread(run.thread.join, STOP_SECONDS)

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
        return self._run is not None

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
        now, pacing = self._sessions.clock(), Pacing()
        examination = self._examination(pacing, all=request.all)
        run = self._run = _Run(request, author, examination, pacing, now, asyncio.Event())
        loop = asyncio.get_running_loop()

        def work() -> None:
            report = self._done(run)
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._end, run, report)

        run.thread = threading.Thread(target=work, name="checking", daemon=True)
        run.thread.start()

    def _end(self, run: _Run, report: Checked) -> None:
        self._last, self._run = report, None
        self._whole = self._known_after(report)
        self._read = run.examination.read
        following, self._following = self._following, None
        if following is not None:
            self._begin(*following)
        run.ended.set()

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
        run.pacing.lower()
        findings: Sequence[Finding] = ()
        repaired: Sequence[Finding] = ()
        failed = None
        try:
            reader, every = self._catalog.reader, run.request.all
            run.total_bytes = total_bytes(reader, self._store, self._read, run.began, all=every)
            findings = run.examination.findings()
            if findings and run.request.repair and self._mending is not None:
                run.examination.stage = "repair"
                self._mending.mend(findings, run.author, run.pacing)
                before, findings = findings, self._examination(run.pacing, all=True).findings()
                still = {each.damage for each in findings}
                repaired = [each for each in before if each.damage not in still]
        except Stopped:
            failed = "It was stopped"
        except HoldfastError as problem:
            failed = problem.sentence
        except Exception as problem:  # the thread's one catch-all: whoever asked is told
            _log.error("The check failed", exc_info=problem)
            failed = f"{type(problem).__name__}: {problem}"
        report = Checked(
            all=run.request.all, repair=run.request.repair, began=run.began, ended=self._sessions.clock(),
            done_bytes=run.pacing.done_bytes, total_bytes=run.total_bytes,
            problems_count=len(findings), repaired_count=len(repaired), failed=failed,
            rows=_rows(findings, repaired),
        )  # fmt: skip
        for each in findings:
            _log.warning("Damaged: %s", each.damage.sentence)
        # damaged content is read again by every check
        read = run.examination.read if not findings else {}
        run.examination.read = read
        with contextlib.suppress(HoldfastError):  # a store that takes nothing: it is told, and not kept
            self._catalog.submit(lambda tx: _keep(tx, self._known_after(report), read)).result()
        return report


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


def _rows(findings: Sequence[Finding], repaired: Sequence[Finding]) -> list[DamageRow]:
    """As many as are told; paths may be long."""
    rows: list[DamageRow] = []
    size_bytes = 0
    for each in itertools.islice(itertools.chain(findings, repaired), ROWS_COUNT):
        row = _row(each, repaired=len(rows) >= len(findings))
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
