"""The live state of a running application, safe as it changes: a mapping of part to content.

    with client.workspace("renardo/verse") as ws:
        ws["intro"] = "p1 >> pluck()"   # durable when this returns
        ws.save("before the gig")

What is put is kept by the daemon whatever becomes of the application, which finds it again with ``client.last``.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from holdfast.live import LiveState
from holdfast.plans import Plan
from holdfast_protocol.model import PartRow, WorkspaceRow

if TYPE_CHECKING:
    from holdfast.async_client import AsyncClient
    from holdfast.client import Client

Given = ParamSpec("Given")
Result = TypeVar("Result")
_Verb = Callable[Concatenate[LiveState, Given], Plan[Result]]


def _blocking(verb: _Verb[Given, Result]) -> Callable[Concatenate[Workspace, Given], Result]:
    @wraps(verb)
    def method(self: Workspace, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        return self._client.run(verb(self._state, *args, **kwargs))

    return method


def _awaiting(
    verb: _Verb[Given, Result], *, large: bool = False
) -> Callable[Concatenate[AsyncWorkspace, Given], Coroutine[Any, Any, Result]]:
    @wraps(verb)
    async def method(self: AsyncWorkspace, /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        return await self._client.run(verb(self._state, *args, **kwargs), large=large)

    return method


class _Known:
    """What both know without asking."""

    _state: LiveState

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
        """What the part holds. Raises KeyError, Damaged, NotFound (the workspace has ended)."""
        return self._client.run(self._state.content(part))

    def __setitem__(self, part: str, content: bytes | str) -> None:
        """Durable when this returns, or as ``warnings`` says. Of a large part only what changed travels. Raises NoSpace
        where the store is full and what changed is more than one message holds."""
        self._client.run(self._state.put(part, content))

    def __delitem__(self, part: str) -> None:
        """The part goes. Raises KeyError, NotFound (the workspace has ended)."""
        self._client.run(self._state.remove(part))

    def __iter__(self) -> Iterator[str]:
        return iter([*self._state.parts])

    def __len__(self) -> int:
        return len(self._state.parts)

    patch = _blocking(LiveState.patch)
    replace = _blocking(LiveState.replace)
    wait_until_due = _blocking(LiveState.wait_until_due)
    rename = _blocking(LiveState.rename)
    reorder = _blocking(LiveState.reorder)
    save = _blocking(LiveState.save)
    reload = _blocking(LiveState.reload)
    discard = _blocking(LiveState.discard)
    close = _blocking(LiveState.close)

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

    content = _awaiting(LiveState.content)
    put = _awaiting(LiveState.put, large=True)
    remove = _awaiting(LiveState.remove)
    patch = _awaiting(LiveState.patch)
    replace = _awaiting(LiveState.replace, large=True)
    wait_until_due = _awaiting(LiveState.wait_until_due)
    rename = _awaiting(LiveState.rename)
    reorder = _awaiting(LiveState.reorder)
    save = _awaiting(LiveState.save)
    reload = _awaiting(LiveState.reload)
    discard = _awaiting(LiveState.discard)
    close = _awaiting(LiveState.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
