"""What the server asks of whoever answers: verbs that are answered at once, from the catalog alone, those that look at
documents, and the event feed. A daemon adds what changes the store (``service``); ``direct`` adds a check, and no more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from holdfast_daemon import naming, pins
from holdfast_daemon.answers import Answers
from holdfast_daemon.asking import Asking, form_rows
from holdfast_daemon.content import Content
from holdfast_daemon.documents import Documents
from holdfast_daemon.limited import Limited, rows_for
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_daemon.store.nouns import Wanted
from holdfast_protocol import connection
from holdfast_protocol import messages as m
from holdfast_protocol.model import OperationRow

Quick = Callable[[Any, str], m.Reply | None]  # None: it takes the slow way after all
Slow = Callable[[Any, Frames, Caller, float], Awaitable[Answer]]
OperationRows = list[OperationRow]  # inside the class, ``list`` is the verb


class Answering:
    """Every verb but ``subscribe``, ``unsubscribe`` and ``cancel``, which are the server's own, and what it says to
    ``hello``. ``limited``: for keys of some applications, where such may come."""

    limited: Limited | None = None

    def __init__(
        self, sessions: Sessions, content: Content, status: Callable[[], m.StatusReport], version: str, epoch: str,
        capabilities: Sequence[str],
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._catalog = sessions.catalog
        self._status = status
        self._version = version
        self._epoch = epoch
        self._capabilities = capabilities
        self._answers = Answers()
        self._documents = Documents(sessions.catalog, content)
        asking = self._asking = Asking(sessions, self._documents)
        self.quick: dict[type[m.Request], Quick] = {
            m.Ping: self.ping,
            m.List: self.list,
            m.Log: self.log,
            m.Show: self.show_row,
            m.Operations: self.operations,
            m.Status: self.status,
        }
        self.slow: dict[type[m.Request], Slow] = {
            m.List: asking.list,
            m.Show: asking.show,
            m.Diff: asking.diff,
            m.Load: asking.load,
            m.Cat: asking.cat,
            m.Export: asking.export,
            m.Chunks: asking.chunks,
        }

    def close(self) -> None:
        """After the threads' work."""
        self._documents.close()

    def holders(self) -> Collection[bytes]:
        """The connections that hold something here."""
        return ()

    def gone(self, peer: bytes) -> None:
        """A connection has ended."""

    def begin_drain(self) -> None:
        """What is answered at once from here to ``end_drain`` sees one state of the store, and costs half."""
        self._answers.renew(self._catalog.commits)

    def end_drain(self) -> None:
        self._catalog.reader.end_view()

    def answer_at_once(self, identity: bytes, request: m.Request, author: str) -> Frames | None:
        """The frames of a result; None for what takes the slow way. Raises what the verb raises."""
        known = self._answers.get(request)
        if known is None:
            quick = self.quick.get(type(request))
            if quick is None:
                return None
            if type(request) is not m.Ping:
                self._catalog.reader.begin_view()
            answer = quick(request, author)
            if answer is None:
                return None
            known = connection.body_of(answer)
            self._answers.put(request, known)
        return connection.result_of_body(identity, known)

    def hello(self, author: str, apps: tuple[str, ...] | None, *, lends: bool) -> m.Welcome:
        """``lends``: what it has open may be read. ``apps``: the only ones that there are for it."""
        capabilities = [each for each in self._capabilities if lends or each != m.LOCAL_FILES]
        return m.Welcome(
            protocol=m.PROTOCOL_VERSION, version=self._version, epoch=self._epoch, user=author, limits=m.LIMITS,
            capabilities=capabilities, store=(self._catalog.reader.fact("id") or b"").hex(),
            apps=None if apps is None else [*apps],
        )  # fmt: skip

    def ping(self, request: m.Ping, author: str) -> m.Reply:
        return m.Pong()

    def status(self, request: m.Status, author: str) -> m.Reply:
        return self._status()

    def list(self, request: m.List, author: str) -> m.Reply | None:
        """Where a text is looked for, or all are counted, that may take longer."""
        return None if request.text is not None or request.count else self._asking.page(request)

    def log(self, request: m.Log, author: str) -> m.Reply:
        limit = min(request.limit, m.LIMITS["rows_count"])
        session = naming.find_session(self._catalog.reader, request.ref)
        found = self._catalog.reader.snapshots(session.id, limit + 1, request.offset)
        called = pins.labels(self._catalog.reader, session.id)
        rows = [snapshot.row(called.get(snapshot.id, ())) for snapshot in found[:limit]]
        return m.Snapshots(rows=rows, more=len(found) > limit)

    def show_row(self, request: m.Show, author: str) -> m.Shown | None:
        """``show`` where only rows are asked for."""
        if request.parts:
            return None
        reader = self._catalog.reader
        named = naming.find(reader, request.ref, self._sessions.clock())
        snapshot, note = pins.snapshot_row(reader, named.snapshot), reader.note(named.session.id)
        conversions = form_rows(self._documents.content.form(named.session.format))
        return m.Shown(session=named.session.row(), snapshot=snapshot, note=note, conversions=conversions)

    def operations(self, request: m.Operations, author: str) -> m.Reply:
        limit = min(request.limit, m.LIMITS["rows_count"])
        since = max(request.since, self.newest_operation() - limit) if request.newest else request.since
        found = self._catalog.reader.operations_after(since, limit + 1)
        return m.OperationRows(rows=[each.row() for each in found[:limit]], more=len(found) > limit)

    @property
    def commits(self) -> int:
        """How many there were: while it stays, so does all that is read."""
        return self._catalog.commits

    def newest_operation(self) -> int:
        """The number of the newest row of the log."""
        return self._catalog.reader.newest_operation()

    def operations_fitting(self, wanted: Wanted, after: int, up_to: int, limit: int) -> OperationRows:
        """For the event feed."""
        return rows_for(self._catalog.reader.operations_fitting(wanted, after, up_to, limit), wanted.apps)

    def subscribed(self, newest: int) -> m.Subscribed:
        return m.Subscribed(number=newest)
