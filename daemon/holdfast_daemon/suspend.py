"""Before the machine sleeps, what is unsaved becomes a snapshot: logind tells of it, and waits for us.

By a delay lock of logind (systemd, "Inhibitor Locks"): while we have it open, a sleep waits, five seconds at most.
Where there is no system bus or no logind, nothing is known of a sleep beforehand; what was answered is durable anyway.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbus_fast import Message
    from dbus_fast.aio import MessageBus

AGAIN_SECONDS = 60.0
ADDRESS = "DBUS_SYSTEM_BUS_ADDRESS"
SOCKET = "/run/dbus/system_bus_socket"
LOGIND = "org.freedesktop.login1"
MANAGER = "org.freedesktop.login1.Manager"
RULE = f"type='signal',interface='{MANAGER}',member='PrepareForSleep'"

_log = logging.getLogger("holdfast.suspend")


class Suspend:
    """``flush``: what is to be done before a sleep. For the loop."""

    def __init__(self, flush: Callable[[], Awaitable[None]], environment: Mapping[str, str]) -> None:
        self._flush = flush
        self._address = environment.get(ADDRESS, f"unix:path={SOCKET}" if os.path.exists(SOCKET) else "")
        self._lock = -1
        self.tried = asyncio.Event()  # the bus was asked for once
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Without waiting for the bus."""
        if self._address:
            self._do(self._follow())

    async def stop(self) -> None:
        """A sleep waits for us no longer."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._let_go()

    def _do(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self) -> None:
        """As long as the daemon runs, whatever becomes of the bus."""
        from dbus_fast import AuthError, DBusError, InvalidAddressError
        from dbus_fast.aio import MessageBus

        while True:
            try:
                bus = MessageBus(bus_address=self._address, negotiate_unix_fd=True)
                try:
                    await bus.connect()
                    await self._listen(bus)
                    self.tried.set()
                    await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]  # it has no types
                finally:
                    bus.disconnect()
            except (OSError, EOFError, AuthError, DBusError, InvalidAddressError) as problem:
                _log.debug("No word of a sleep from %s: %s", self._address, problem)
            self.tried.set()
            self._let_go()
            await asyncio.sleep(AGAIN_SECONDS)

    async def _listen(self, bus: MessageBus) -> None:
        from dbus_fast import Message

        def heard(message: Message) -> None:
            if message.interface == MANAGER and message.member == "PrepareForSleep":
                self._do(self._sleeps() if message.body[0] else self._hold(bus))

        bus.add_message_handler(heard)
        match = Message(
            destination="org.freedesktop.DBus", path="/org/freedesktop/DBus", interface="org.freedesktop.DBus",
            member="AddMatch", signature="s", body=[RULE],
        )  # fmt: skip
        await bus.call(match)
        await self._hold(bus)

    async def _hold(self, bus: MessageBus) -> None:
        """A sleep waits for us."""
        from dbus_fast import Message

        self._let_go()
        asked = Message(
            destination=LOGIND, path="/org/freedesktop/login1", interface=MANAGER, member="Inhibit", signature="ssss",
            body=["sleep", "holdfast", "The unsaved state of applications is written", "delay"],
        )  # fmt: skip
        answer = await bus.call(asked)
        if answer is not None and answer.unix_fds:
            self._lock = answer.unix_fds[0]

    async def _sleeps(self) -> None:
        try:
            await self._flush()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._lock >= 0:
            os.close(self._lock)
        self._lock = -1
