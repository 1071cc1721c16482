"""The client for asyncio: the same verbs as the blocking one, any number at the same time, and nothing that hangs."""

from __future__ import annotations

import asyncio
import inspect
import random
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from clients_fake_daemon import DEADLINE_SECONDS, FakeDaemon, saved, session_row

import holdfast
from holdfast import AsyncClient, AsyncWorkspace, Client, Workspace
from holdfast.live import LiveState
from holdfast.verbs import Verbs
from holdfast_protocol import messages as wire
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import Busy, NotFound, ShuttingDown, TooLate, Unreachable

Work = Callable[[AsyncClient], Coroutine[Any, Any, None]]
LARGE = random.Random(2).randbytes(9_000_000)


def _with(daemon: FakeDaemon, work: Work, timeout_seconds: float = 10.0) -> None:
    """Runs ``work`` with a client."""

    async def run() -> None:
        async with AsyncClient(daemon.path, timeout_seconds=timeout_seconds) as client:
            async with asyncio.timeout(2 * DEADLINE_SECONDS):
                await work(client)

    asyncio.run(run())


def _public(kind: type) -> set[str]:
    return {name for name, each in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}


def _words(method: object) -> str:
    """The docstring without its example, which is the blocking client's."""
    return (inspect.getdoc(method) or "").partition("\n\n>>>")[0]


def test_both_clients_have_every_verb() -> None:
    """Under the same name, with the same arguments and the same words."""
    assert _public(Verbs) <= _public(Client)
    assert _public(Client) - {"events"} == _public(AsyncClient) - {"events"}
    for name in _public(Client) & _public(AsyncClient) - {"close", "run", "parts"}:
        ours, theirs = (getattr(kind, name) for kind in (Client, AsyncClient))
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)
        assert _words(ours) == _words(theirs)


def test_both_workspaces_can_do_the_same() -> None:
    """What is an item of the one (``ws["intro"]``) is a method of the other."""
    assert _public(LiveState) - {"find"} <= _public(AsyncWorkspace)
    assert _public(AsyncWorkspace) - {"content", "put", "remove"} <= _public(Workspace)


def test_requests_are_answered_at_the_same_time(daemon: FakeDaemon) -> None:
    """A hundred of them, each with its own answer, on one connection."""
    daemon.answers[wire.List] = lambda asked: wire.Sessions(rows=[session_row(asked.request.app)], more=False)  # type: ignore[attr-defined]  # only List comes here

    async def work(client: AsyncClient) -> None:
        found = await asyncio.gather(*(client.list(app=f"app{number}") for number in range(100)))
        assert [each.rows[0].name for each in found] == [f"app{number}" for number in range(100)]

    _with(daemon, work)
    assert len(daemon.connections) == 1


def test_one_that_is_not_answered_holds_up_no_other(daemon: FakeDaemon) -> None:
    """And ends with its deadline; one that is cancelled ends at once, and the daemon is told."""
    daemon.answers[wire.Settle] = lambda asked: None

    daemon.answers[wire.Cancel] = lambda asked: wire.Cancelled(outcome="cancelled")

    async def work(client: AsyncClient) -> None:
        late = asyncio.ensure_future(client.settle(timeout_seconds=0.5))
        waiting = asyncio.ensure_future(client.settle(timeout_seconds=60))
        for _ in range(50):
            await client.ping()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.to_thread(daemon.wait_for, wire.Cancel, 1)
        with pytest.raises(TooLate):
            await late

    _with(daemon, work)
    (cancel,) = daemon.requests(wire.Cancel)
    assert isinstance(cancel.request, wire.Cancel)
    assert cancel.request.request in [asked.id for asked in daemon.requests(wire.Settle)]


def test_a_restart_is_survived(daemon: FakeDaemon) -> None:
    """Every request that was under way is answered by the next daemon, under its id."""
    daemon.answers[wire.Ping] = lambda asked: None

    async def work(client: AsyncClient) -> None:
        pings = [asyncio.ensure_future(client.ping()) for _ in range(5)]
        await asyncio.to_thread(daemon.wait_for, wire.Ping, 5)
        await asyncio.to_thread(daemon.stop)
        del daemon.answers[wire.Ping]
        daemon.epoch = "epoch-2"
        daemon.start()
        assert await asyncio.gather(*pings) == [wire.Pong()] * 5
        assert (await client.hello()).epoch == "epoch-2"

    _with(daemon, work)
    assert len({each.id for each in daemon.requests(wire.Ping)}) == 5


@pytest.mark.parametrize("problem", [NotFound("no such thing", candidates=["a"]), Busy("later")])
def test_an_error_is_raised_as_its_class(daemon: FakeDaemon, problem: Exception) -> None:
    """With its details; the connection goes on."""
    daemon.answers[wire.Show] = lambda asked: problem  # type: ignore[assignment, return-value]  # an error of ours

    async def work(client: AsyncClient) -> None:
        with pytest.raises(type(problem)) as caught:
            await client.show("renardo/verse")
        assert caught.value.details == problem.details  # type: ignore[attr-defined]  # one of ours
        await client.ping()

    _with(daemon, work)
    assert len(daemon.connections) == 1


def test_nobody_listening_is_said_at_once(home: object) -> None:
    """Unreachable, also for one that is closed while somebody waits."""

    async def work() -> None:
        started = time.monotonic()
        with pytest.raises(Unreachable):
            await holdfast.connect_async(timeout_seconds=60)
        assert time.monotonic() - started < 5

    asyncio.run(work())


def test_closing_ends_what_is_under_way(daemon: FakeDaemon) -> None:
    """With Unreachable, and so does everything that is asked later."""
    daemon.answers[wire.Settle] = lambda asked: None

    async def work(client: AsyncClient) -> None:
        waiting = asyncio.ensure_future(client.settle(timeout_seconds=60))
        await asyncio.to_thread(daemon.wait_for, wire.Settle, 1)
        client.close()
        for each in (waiting, client.ping()):
            with pytest.raises(Unreachable, match="closed"):
                await each

    _with(daemon, work)


def test_a_stopping_daemon_is_waited_for(daemon: FakeDaemon) -> None:
    """As the blocking client does."""
    answers = iter([ShuttingDown("bye"), wire.Pong()])

    async def work(client: AsyncClient) -> None:
        await client.hello()
        daemon.answers[wire.Ping] = lambda asked: next(answers)
        await client.ping()

    _with(daemon, work)


def test_large_content_travels_beside_small_requests(daemon: FakeDaemon) -> None:
    """In chunks, and comes back in windows that are checked."""
    kept: dict[bytes, bytes] = {}

    def put(asked: Asked) -> wire.Reply:
        kept.update({hash_of(chunk): chunk for chunk in asked.payload})
        return wire.Stored(count=len(asked.payload))

    def missing(asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        return wire.MissingChunks(count=len(asked.payload[0]) // 32), [asked.payload[0]]

    def cat(asked: Asked) -> tuple[wire.Reply, list[bytes]]:
        request = asked.request
        assert isinstance(request, wire.Cat)
        window = LARGE[request.offset : request.offset + request.length]
        return wire.Content(size_bytes=len(LARGE), snapshot="a" * 32), [window]

    daemon.answers |= {wire.Missing: missing, wire.Put: put, wire.Save: lambda asked: saved(), wire.Cat: cat}

    async def work(client: AsyncClient) -> None:
        saving = asyncio.ensure_future(client.save("notes", "large", LARGE))
        while not saving.done():
            await client.ping()
        assert (await saving).outcome == "saved"
        assert await client.cat("notes/large") == LARGE
        assert b"".join([window async for window in client.windows("notes/large")]) == LARGE

    _with(daemon, work)
    assert sum(map(len, kept.values())) == len(LARGE)
