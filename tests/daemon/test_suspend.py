"""Before a sleep what is unsaved is flushed, and the sleep waits for it; the bus is one of our own."""

from __future__ import annotations

import array
import asyncio
import contextlib
import io
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from dbus_fast import Message, MessageType
from dbus_fast._private.unmarshaller import Unmarshaller

from holdfast_daemon.suspend import MANAGER, Suspend

DEADLINE_SECONDS = 10.0


class Bus:
    """A system bus with logind on it, for one client: says what it was asked, hands out locks, tells of a sleep."""

    def __init__(self, path: Path) -> None:
        self.address = f"unix:path={path}"
        self.asked: list[list[object]] = []
        self.locks: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self._listener.setblocking(False)
        self._client: socket.socket | None = None

    async def serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._client, _ = await loop.sock_accept(self._listener)
        self._client.setblocking(False)
        said = b""
        while b"BEGIN\r\n" not in said:
            said += await loop.sock_recv(self._client, 4096)
            for word, answer in ((b"AUTH", b"OK 00\r\n"), (b"NEGOTIATE", b"AGREE_UNIX_FD\r\n")):
                if word in said:
                    await loop.sock_sendall(self._client, answer)
                    said = said.replace(word, b"done")
        said = said.partition(b"BEGIN\r\n")[2]
        while True:
            while len(said) >= 16 and len(said) >= (whole := _length(said)):
                await self._answer(said[:whole])
                said = said[whole:]
            said += await loop.sock_recv(self._client, 65536) or b""

    async def _answer(self, content: bytes) -> None:
        message = Unmarshaller(io.BytesIO(content)).unmarshall()
        assert message is not None
        assert self._client is not None
        self.asked.append([message.member, *message.body])
        reply = Message(
            message_type=MessageType.METHOD_RETURN, reply_serial=message.serial, destination=":1.1", serial=1,
            sender="org.freedesktop.DBus",
        )  # fmt: skip
        if message.member == "Hello":
            reply.signature, reply.body = "s", [":1.1"]
        if message.member == "Inhibit":
            ours, theirs = socket.socketpair()
            self.locks.append(ours)
            reply.signature, reply.body, reply.unix_fds = "h", [0], [theirs.fileno()]
            descriptors = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [theirs.fileno()]))]
            self._client.sendmsg([reply._marshall(True)], descriptors)
            theirs.close()
            return
        await asyncio.get_running_loop().sock_sendall(self._client, reply._marshall(True))

    def tell(self, sleeps: bool) -> None:
        signal = Message(
            message_type=MessageType.SIGNAL, path="/org/freedesktop/login1", interface=MANAGER, sender=":1.2",
            member="PrepareForSleep", signature="b", body=[sleeps], serial=2,
        )  # fmt: skip
        assert self._client is not None
        self._client.send(signal._marshall(True))

    def is_held_off(self, number: int) -> bool:
        """Whether somebody still has that lock."""
        self.locks[number].setblocking(False)
        try:
            return self.locks[number].recv(1) != b""
        except BlockingIOError:
            return True


def _length(said: bytes) -> int:
    body, _, fields = struct.unpack_from("<III", said, 4)
    return int(16 + (fields + 7) // 8 * 8 + body)


async def _until(what: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not what():
            await asyncio.sleep(0.005)


def test_a_sleep_waits_until_everything_is_flushed(tmp_path: Path) -> None:
    """And is held off again once the machine is awake; at the end nobody holds it."""

    async def story() -> None:
        bus = Bus(tmp_path / "bus")
        flushed, may_end = [], asyncio.Event()

        async def flush() -> None:
            await may_end.wait()
            flushed.append(bus.is_held_off(0))

        serving = asyncio.create_task(bus.serve())
        suspend = Suspend(flush, {"DBUS_SYSTEM_BUS_ADDRESS": bus.address})
        suspend.start()
        await _until(lambda: bus.locks)
        assert ["Inhibit", "sleep", "holdfast"] in [asked[:3] for asked in bus.asked]
        assert bus.asked[-1][-1] == "delay"
        bus.tell(True)
        await asyncio.sleep(0)
        assert bus.is_held_off(0)
        may_end.set()
        await _until(lambda: not bus.is_held_off(0))
        assert flushed == [True]
        bus.tell(False)
        await _until(lambda: len(bus.locks) == 2)
        assert bus.is_held_off(1)
        await suspend.stop()
        await _until(lambda: not bus.is_held_off(1))
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving

    asyncio.run(story())


@pytest.mark.parametrize("address", ["unix:path=/none/such", "what:is=this"])
def test_without_a_bus_nothing_is_known_and_nothing_fails(address: str) -> None:
    """It starts, and stops."""

    async def story() -> None:
        async def flush() -> None:
            raise AssertionError("nobody told")

        suspend = Suspend(flush, {"DBUS_SYSTEM_BUS_ADDRESS": address})
        suspend.start()
        await suspend.tried.wait()
        await suspend.stop()

    asyncio.run(story())
