"""The live state of a running application, safe as it changes: a mapping of part to content.

    with client.workspace("renardo/verse") as ws:
        ws["intro"] = "p1 >> pluck()"   # durable when this returns
        ws.save("before the gig")

What is put is kept by the daemon whatever becomes of the application, which finds it again with ``client.last``.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from holdfast.live import LiveState
from holdfast.methods import awaiting, blocking
from holdfast.plans import Plan, Result
from holdfast_protocol.model import PartRow, WorkspaceRow

if TYPE_CHECKING:
    from holdfast.async_client import AsyncClient
    from holdfast.client import Client


class _Known:
    """What both know without asking."""

    _state: LiveState

    @property
    def _plans(self) -> LiveState:
        return self._state

    @property
    def id(self) -> str:
        """By which it is found again."""
        return self._state.row.id

    @property
    def row(self) -> WorkspaceRow:
        """As the last answer had it."""
        return self._state.row

    @property
    def parts(self) -> list[PartRow]:
        """Without their content, in order."""
        return [*self._state.parts.values()]

    @property
    def warnings(self) -> list[str]:
        """What the last answer said that its user should know, such as that the store cannot be written and what was
        put is kept beside it until it can, or in memory alone."""
        return self._state.warnings


class Workspace(_Known, MutableMapping[str, bytes]):
    """Parts by key, in order; also found by name where that is unique. Text that is put is UTF-8. Not for several
    threads at once. ``close`` (or the end of ``with``) leaves it: without unsaved changes it ends, else it is kept.

    >>> ws["bass"]
    b'b1 >> bass([0])'
    >>> ws["chorus"] = "c1 >> pluck()"
    >>> del ws["drums"]
    >>> [part.name for part in ws.parts]
    ['startup.py', 'bass', 'chorus']
    """

    def __init__(self, client: Client, state: LiveState) -> None:
        self._client = client
        self._state = state

    def __getitem__(self, part: str) -> bytes:
        """What the part holds. Raises KeyError, NotFound (the workspace has ended), Damaged, TooLarge."""
        return self._client.run(self._state.content(part))

    def __setitem__(self, part: str, content: bytes | str) -> None:
        """Durable when this returns, or as ``warnings`` says. Of a large part only what changed travels. Raises NoSpace
        where the store is full and what changed is more than one message holds, Ambiguous (a name of several parts),
        CannotHold (a new part), Damaged, TooLarge, NotFound (the workspace has ended)."""
        self._client.run(self._state.put(part, content))

    def __delitem__(self, part: str) -> None:
        """The part goes. Raises KeyError, NotFound (the workspace has ended)."""
        self._client.run(self._state.remove(part))

    def __iter__(self) -> Iterator[str]:
        return iter([*self._state.parts])

    def __len__(self) -> int:
        return len(self._state.parts)

    def _run(self, plan: Plan[Result]) -> Result:
        return self._client.run(plan)

    patch = blocking(LiveState.patch)
    replace = blocking(LiveState.replace)
    wait_until_due = blocking(LiveState.wait_until_due)
    rename = blocking(LiveState.rename)
    reorder = blocking(LiveState.reorder)
    save = blocking(LiveState.save)
    reload = blocking(LiveState.reload)
    discard = blocking(LiveState.discard)
    close = blocking(LiveState.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncWorkspace(_Known):
    """The same for ``AsyncClient``: ``await ws.put("intro", text)``, ``await ws.content("intro")``."""

    def __init__(self, client: AsyncClient, state: LiveState) -> None:
        self._client = client
        self._state = state

    async def _run(self, plan: Plan[Result], *, large: bool = False) -> Result:
        return await self._client.run(plan, large=large)

    content = awaiting(LiveState.content)
    put = awaiting(LiveState.put, large=True)
    remove = awaiting(LiveState.remove)
    patch = awaiting(LiveState.patch)
    replace = awaiting(LiveState.replace, large=True)
    wait_until_due = awaiting(LiveState.wait_until_due)
    rename = awaiting(LiveState.rename)
    reorder = awaiting(LiveState.reorder)
    save = awaiting(LiveState.save)
    reload = awaiting(LiveState.reload)
    discard = awaiting(LiveState.discard)
    close = awaiting(LiveState.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
