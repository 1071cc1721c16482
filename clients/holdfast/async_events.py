"""The same as ``events``, in an asyncio loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from holdfast.channel import Channel, Lost
from holdfast.events import PASSING, PAUSE_SECONDS, Absence
from holdfast.exchange import GREETING
from holdfast.following import SILENCE_SECONDS, Following
from holdfast_protocol.connection import Answered, ClientConnection
from holdfast_protocol.messages import Request, Subscribe, Subscribed, Welcome
from holdfast_protocol.model import OperationRow


class AsyncConversation:
    """One connection. Raises Lost, TimeoutError and coded errors; does not retry. What nobody listens for is not read,
    and so not sent by the daemon after a while."""

    def __init__(self, path: str) -> None:
        self._channel = Channel(path)
        self._connection = ClientConnection()

    async def ask(self, request: Request, until: float) -> Answered:
        """The answer to ``request``; an error answer is raised."""
        identity = await self.tell(request, until)
        while True:
            answer = await self.listen(until)
            if answer.error is not None:
                raise answer.error
            if answer.id == identity:
                return answer

    async def tell(self, request: Request, until: float) -> bytes:
        """Send a request whose answer ``listen`` will give; its id."""
        deadline_ms = max(1, round((until - time.monotonic()) * 1000))
        identity, frames = self._connection.send(request, deadline_ms)
        while not self._channel.try_send(frames):
            await self._until(lambda: self._channel.can_send, until)
        return identity

    async def listen(self, until: float) -> Answered:
        """The next answer or event that somebody waits for."""
        while True:
            answer = self._connection.receive(await self._receive(until))
            if answer is not None:
                return answer

    def close(self) -> None:
        """Hang up."""
        self._channel.close()

    async def _receive(self, until: float) -> Sequence[bytes]:
        while (frames := self._channel.try_receive()) is None:
            await self._until(lambda: self._channel.can_receive, until)
        return frames

    async def _until(self, can: Callable[[], bool], until: float) -> None:
        """The connection can. Raises Lost where it never will, TimeoutError."""
        loop = asyncio.get_running_loop()
        while True:
            ended = self._channel.notice()
            if can():  # the last look before the wait: only what comes after it makes the descriptors readable
                return
            if ended:
                raise self._channel.end()
            readable = asyncio.Event()
            for descriptor in self._channel.descriptors:
                loop.add_reader(descriptor, readable.set)
            try:
                async with asyncio.timeout(max(0.0, until - time.monotonic())):
                    await readable.wait()
            finally:
                for descriptor in self._channel.descriptors:
                    loop.remove_reader(descriptor)


class AsyncSubscription:
    """One subscription that outlives its connections."""

    def __init__(self, path: str, asked: Subscribe, timeout_seconds: float) -> None:
        self._path = path
        self._following = Following(asked)
        self._timeout_seconds = timeout_seconds
        self._absence = Absence(path, timeout_seconds)
        self._conversation: AsyncConversation | None = None

    async def rows(self) -> AsyncIterator[OperationRow]:
        """Without end. Raises Unreachable or TooLate where the daemon stays away for the timeout."""
        try:
            while True:
                try:
                    await self._subscribe()
                    while True:
                        for row in await self._next():
                            yield row
                except PASSING as problem:
                    self._hang_up()
                    self._absence.bear(problem)
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._hang_up()

    async def _next(self) -> Iterator[OperationRow]:
        conversation = self._conversation
        assert conversation is not None
        try:
            answer = await conversation.listen(time.monotonic() + SILENCE_SECONDS)
        except TimeoutError:
            until = time.monotonic() + SILENCE_SECONDS
            await conversation.tell(self._following.question(), until)
            answer = await conversation.listen(until)
        if answer.error is not None:
            raise Lost(answer.error.sentence)
        return self._following.rows_of(answer.reply)

    async def _subscribe(self) -> None:
        until = time.monotonic() + self._timeout_seconds
        self._conversation = AsyncConversation(self._path)
        welcome = (await self._conversation.ask(GREETING, until)).reply
        assert isinstance(welcome, Welcome)
        self._absence.greeted()
        request = self._following.subscribe(welcome.store, limited=welcome.apps is not None)
        answer = (await self._conversation.ask(request, until)).reply
        assert isinstance(answer, Subscribed)
        self._following.subscribed(answer)
        self._absence.over()

    def _hang_up(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None
