"""Several changes as one: written down first, then done together.

A change is the plan of its verb, held before its request goes out and given its part of the answer: so it says, checks
and remembers what it does alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, NamedTuple, ParamSpec, TypeVar

from holdfast.plans import Came, Plan, Result, Step, asked, go_on
from holdfast.sources import INLINE_BYTES, Place, joined
from holdfast.verbs import Verbs
from holdfast_protocol import messages as wire
from holdfast_protocol.connection import Answered
from holdfast_protocol.errors import BadField, HoldfastError
from holdfast_protocol.model import FileSource, PartSource, Row

if TYPE_CHECKING:
    from holdfast.async_client import AsyncClient
    from holdfast.client import Client

Given = ParamSpec("Given")
RowType = TypeVar("RowType", bound=Row)
SourceType = TypeVar("SourceType", FileSource, PartSource)


class Planned(Generic[Result]):
    """One change of a batch."""

    def __init__(self, begin: Callable[[Verbs], Plan[Result]]) -> None:
        self.begin = begin
        self.came: Came[Result] | None = None

    @property
    def result(self) -> Result:
        """What the method gives where it is called alone. Raises BadField where the batch is not done."""
        if self.came is None:
            raise BadField("A change has its result when its batch is done")
        return self.came.to


def _recorded(
    verb: Callable[Concatenate[Verbs, Given], Plan[Result]],
) -> Callable[Concatenate[Changes, Given], Planned[Result]]:
    def method(self: Changes, /, *args: Given.args, **kwargs: Given.kwargs) -> Planned[Result]:
        return self.add(lambda verbs: verb(verbs, *args, **kwargs))

    method.__doc__, method.__name__ = verb.__doc__, verb.__name__
    return method


class Changes:
    """What is to be done together, in this order: the methods of a client that may stand in a batch. ``done`` is the
    answer once it is done."""

    def __init__(self, *, published: bool) -> None:
        self.published = published
        self.done: wire.Batched | None = None
        self._planned: list[Planned[Any]] = []
        self._over = False

    def add(self, begin: Callable[[Verbs], Plan[Result]]) -> Planned[Result]:
        """One more. Raises BadField where it is over."""
        if self._over:
            raise BadField("The batch is over; begin another")
        planned = Planned(begin)
        self._planned.append(planned)
        return planned

    save = _recorded(Verbs.save)
    restore = _recorded(Verbs.restore)
    accept = _recorded(Verbs.accept)
    rename = _recorded(Verbs.rename)
    copy = _recorded(Verbs.copy)
    tag = _recorded(Verbs.tag)
    template = _recorded(Verbs.template)
    archive = _recorded(Verbs.archive)
    unarchive = _recorded(Verbs.unarchive)
    note = _recorded(Verbs.note)
    pin = _recorded(Verbs.pin)
    new = _recorded(Verbs.new)
    delete = _recorded(Verbs.delete)

    def end(self) -> Sequence[Planned[Any]]:
        """All of them; none is added any more."""
        self._over = True
        return self._planned


class Batch(Changes):
    """Done at the end of its ``with`` block; not at all where that raises."""

    def __init__(self, client: Client, *, published: bool) -> None:
        super().__init__(published=published)
        self._client = client

    def __enter__(self) -> Batch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        planned = self.end()
        if problem is None and planned:
            self.done = self._client.run(self._client.verbs.batch(planned, published=self.published))


class AsyncBatch(Changes):
    """The same at the end of its ``async with`` block. Its methods are not awaited: they only write down."""

    def __init__(self, client: AsyncClient, *, published: bool) -> None:
        super().__init__(published=published)
        self._client = client

    async def __aenter__(self) -> AsyncBatch:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        planned = self.end()
        if problem is None and planned:
            plan = self._client.verbs.batch(planned, published=self.published)
            self.done = await self._client.run(plan, large=True)


def gathered(verbs: Verbs, changes: Sequence[Planned[Any]], *, published: bool) -> Plan[wire.Batched]:
    """The plan of all of them; ``verbs`` are of this batch alone."""
    held = []
    room_bytes = INLINE_BYTES
    for each in changes:
        verbs.room_bytes = max(0, room_bytes)
        plan = each.begin(verbs)
        step = yield from _held(plan)
        room_bytes -= sum(map(len, step.payload))
        held.append(_Held(each, plan, step))
    frames, places = joined([one.step.payload for one in held])
    requests = [_moved(one.step.request, some) for one, some in zip(held, places, strict=True)]
    request = wire.Batch(changes=[_change(each) for each in requests], published=published)
    more_seconds = sum(one.step.timeout_seconds - verbs.timeout_seconds for one in held if one.step.timeout_seconds)
    answer = yield from asked(request, frames, verbs.timeout_seconds + more_seconds)
    assert isinstance(answer.reply, wire.Batched)
    for one, effect in zip(held, answer.reply.effects, strict=True):
        came = go_on(one.plan, [Answered(answer.id, effect.saved or effect.changed or effect.noted, None, [])])
        assert isinstance(came, Came)
        one.planned.came = came
    return answer.reply


class _Held(NamedTuple):
    planned: Planned[Any]
    plan: Plan[Any]
    step: Step


def _held(plan: Plan[Any]) -> Plan[Step]:
    """The plan's own request, which is held back; what comes before it (chunks that the daemon lacks) goes out."""
    steps = go_on(plan)
    while not isinstance(steps, Came) and wire.VERB_OF[type(steps[0].request)] not in wire.Change.__struct_fields__:
        try:
            answers: Sequence[Answered] | HoldfastError = yield steps
        except HoldfastError as problem:
            answers = problem
        steps = go_on(plan, answers)
    assert not isinstance(steps, Came)
    return steps[0]


def _change(request: wire.Request) -> wire.Change:
    return wire.Change(**{wire.VERB_OF[type(request)]: request})  # type: ignore[arg-type]  # each field has its verb's


def _moved(request: wire.Request, places: Sequence[Place]) -> wire.Request:
    """The same, its frames being in these places of the batch's."""
    if not isinstance(request, wire.Save):
        return request
    files: list[FileSource] = [_placed(each, places[each.frame]) for each in request.files]
    parts: list[PartSource] = [_placed(each, places[each.frame]) for each in request.parts]
    return _but(request, files=files, parts=parts)


def _placed(source: SourceType, place: Place) -> SourceType:
    size_bytes = place.size_bytes if source.size_bytes is None else source.size_bytes
    return _but(source, frame=place.frame, offset=place.offset + source.offset, size_bytes=size_bytes)


def _but(row: RowType, **changes: object) -> RowType:
    return type(row)(**{**{name: getattr(row, name) for name in row.__struct_fields__}, **changes})
