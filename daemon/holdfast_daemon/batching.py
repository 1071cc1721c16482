"""Several changes as one operation: all of them in one transaction, or none.

Each verb is what it is alone (``changing``), and runs within the transaction: whatever it reads is what the changes
before it left, and its commit is a part of the one. So it never waits, for a thread no more than for a file; what can
be done beforehand, the reading and hashing of the documents that came, is.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

from holdfast_daemon.changing import Changing, Showing, warned
from holdfast_daemon.content import Placed
from holdfast_daemon.deadlines import left
from holdfast_daemon.documents import AtOnce, Documents
from holdfast_daemon.formats.base import Format
from holdfast_daemon.incoming import Incoming
from holdfast_daemon.payload import Answer, Frames
from holdfast_daemon.sessions import Caller, Done, Note, Sessions
from holdfast_daemon.store.base import Transaction
from holdfast_daemon.store.nouns import Session
from holdfast_protocol import messages as m
from holdfast_protocol.errors import BadField, Damaged, Exists, HoldfastError, TooLarge

ReplyType = TypeVar("ReplyType", bound=m.Reply)

#: A verb, and its request.
Asked = tuple[str, m.Request]
#: Documents that were placed, by the list of the sources that name them.
Found = dict[int, tuple[Placed, Format]]
#: One change within the batch's transaction.
Verb = Callable[[Changing, Any, Frames, Caller, float], Coroutine[Any, Any, Answer]]
VERBS: dict[str, Verb] = {
    "save": Changing.save,
    "restore": Changing.restore,
    "accept": Changing.accept,
    "rename": Changing.rename,
    "copy": Changing.copy,
    "tag": Changing.tag,
    "template": Changing.template,
    "archive": Changing.archive,
    "unarchive": Changing.unarchive,
    "note": Changing.note,
    "pin": Changing.pin,
    "new": Changing.new,
    "delete": Changing.delete,
}


class Together(Sessions):
    """The ground of the changes of one transaction. ``number``: that of the first row that they write; ``paths``: what
    may be shown otherwise after them."""

    def __init__(self, sessions: Sessions, tx: Transaction) -> None:
        super().__init__(sessions.catalog, sessions.content, sessions.clock, sessions.boot, sessions.sites)
        self._tx = tx
        self.number = tx.newest_operation() + 1
        self.paths: set[tuple[str, bytes]] = set()

    async def commit(
        self, caller: Caller, kind: type[ReplyType], attempt: Callable[[], Callable[[Transaction], ReplyType]],
        *, large: bool = False,
    ) -> ReplyType:  # fmt: skip
        """With all the others."""
        return attempt()(self._tx)

    def change(
        self, tx: Transaction, before: Session | None, after: Session, author: str, note: Note, *, shown: bool = False
    ) -> Done:
        """The same, as a part of the batch."""
        self.paths |= {(each.folder, each.path) for each in (before, after) if each is not None}
        return super().change(tx, before, after, author, replace(note, batch=self.number), shown=shown)


class Arrived(Incoming):
    """Whole documents were placed before the transaction began: here by the sources that name them."""

    def __init__(self, incoming: Incoming, documents: Documents, placed: Found) -> None:
        super().__init__(incoming.catalog, documents, incoming.formats)
        self._placed = placed

    async def of_files(
        self, sources: Sequence[Any], payload: Frames, app: str, suffix: str = ""
    ) -> tuple[Placed, Format]:
        """What was placed."""
        return self._placed[id(sources)]


class _Behind:
    """Files are waited for when all is committed."""

    async def published(self, label: str, path: bytes, seconds: float) -> str | None:
        return None


class _Done(NamedTuple):
    reply: m.Batched
    paths: set[tuple[str, bytes]]


class Batching:
    """``changing``: the verbs, on that ground and of these documents."""

    def __init__(
        self, sessions: Sessions, incoming: Incoming, showing: Showing,
        changing: Callable[[Sessions, Showing, Documents, Incoming], Changing],
    ) -> None:  # fmt: skip
        self._sessions = sessions
        self._incoming = incoming
        self._showing = showing
        self._changing = changing

    async def batch(self, request: m.Batch, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """All of the changes, or none."""
        asked = _asked(request.changes)
        repeated = self._sessions.answered(self._sessions.catalog.reader, caller, m.Batched)
        if repeated is not None:
            return repeated, ()
        placed = await self._placed(asked, payload)
        paths: set[tuple[str, bytes]] = set()

        def work(tx: Transaction) -> m.Batched:
            done = self._together(tx, asked, payload, placed, caller)
            paths.clear()
            paths.update(done.paths)
            return done.reply

        batched = await self._sessions.commit(caller, m.Batched, lambda: work)
        for _, each in asked:
            if isinstance(each, m.Save):
                self._incoming.fulfilled(caller.peer, [*each.files, *each.parts], payload)
        if request.published or any(getattr(each, "published", False) for _, each in asked):
            for folder, path in sorted(paths):
                batched = warned(batched, await self._showing.published(folder, path, left(deadline)))
        return batched, ()

    async def _placed(self, asked: Sequence[Asked], payload: Frames) -> Found:
        """The whole documents that came, by the sources that name them."""
        placed: Found = {}
        size_bytes = 0
        for number, (verb, each) in enumerate(asked):
            if isinstance(each, m.Save) and (each.files or not each.parts):
                try:
                    found = placed[id(each.files)] = await self._incoming.of_files(each.files, payload, each.app)
                    size_bytes = _checked(size_bytes + found[0].document.size_bytes)
                except HoldfastError as problem:
                    raise _of_change(number, verb, problem) from problem
        return placed

    def _together(
        self, tx: Transaction, asked: Sequence[Asked], payload: Frames, placed: Found, caller: Caller
    ) -> _Done:
        ground = Together(self._sessions, tx)
        documents = AtOnce(ground.catalog, ground.content)
        changing = self._changing(ground, _Behind(), documents, Arrived(self._incoming, documents, placed))
        effects: list[m.Effect] = []
        size_bytes = 0
        for number, (verb, request) in enumerate(asked):
            caller.wish.check()
            try:
                doing = VERBS[verb](changing, request, payload, Caller(caller.author), 0.0)
                effect = _effect(_without_waiting(doing)[0])
                if effect.saved is not None:
                    size_bytes = _checked(size_bytes + effect.saved.session.size_bytes)
            except HoldfastError as problem:
                raise _of_change(number, verb, problem) from problem
            effects.append(effect)
        operation = ground.number if tx.newest_operation() >= ground.number else None
        return _Done(m.Batched(effects=effects, operation=operation), ground.paths)


def _asked(changes: Sequence[m.Change]) -> list[Asked]:
    """Verb and request of each. Raises BadField, TooLarge."""
    if not changes:
        raise BadField("changes: one at least is expected", field="changes")
    limit = m.LIMITS["changes_count"]
    if len(changes) > limit:
        raise TooLarge(f"A batch of {len(changes)} changes; the limit is {limit}", limit=limit)
    asked = []
    for number, change in enumerate(changes):
        given = [(verb, each) for verb in VERBS if (each := getattr(change, verb)) is not None]
        if len(given) != 1:
            field = f"changes[{number}]"
            raise BadField(f"{field}: exactly one of {', '.join(VERBS)} is expected", field=field, change=number)
        asked += given
    return asked


def _without_waiting(doing: Coroutine[Any, Any, Answer]) -> Answer:
    """What it comes to, which it does at once: there is no loop here that it could wait in."""
    try:
        doing.send(None)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    doing.close()
    raise AssertionError("A change waits in the middle of a transaction")


def _effect(reply: m.Reply) -> m.Effect:
    """Raises Exists, Damaged where a save was kept, but is not what it was to become."""
    if isinstance(reply, m.Noted):
        return m.Effect(noted=reply)
    if isinstance(reply, m.Changed):
        return m.Effect(changed=reply)
    assert isinstance(reply, m.Saved)
    if reply.outcome == "forked":
        raise Exists(
            "Its session was changed by somebody else meanwhile, and both changed the same; load it again",
            conflicts=[*reply.conflicts],
        )
    if reply.outcome == "suspect":
        raise Damaged(f"This looks like damage: {reply.reason}; say accept where it is meant", reason=reply.reason)
    return m.Effect(saved=reply)


def _checked(size_bytes: int) -> int:
    """Nobody else can change anything while a batch is decided, so its documents have a bound. Raises TooLarge."""
    limit = m.LIMITS["format_bytes"]
    if size_bytes > limit:
        raise TooLarge(f"A batch's documents have {limit} bytes together at most; save this one alone", limit=limit)
    return size_bytes


def _of_change(number: int, verb: str, problem: HoldfastError) -> HoldfastError:
    """The same error, which says whose it is."""
    details = {**problem.details, "change": number}
    if "field" in details:
        details["field"] = f"changes[{number}].{verb}.{details['field']}"
    return type(problem)(f"Change {number} ({verb}): {problem.sentence}. Nothing of the batch was done", **details)
