"""What a duplicate is called before anybody has thought of a name."""

from __future__ import annotations

from holdfast.async_client import AsyncClient
from holdfast_protocol.model import SessionRow

_LISTED_COUNT = 1000


async def free_name(client: AsyncClient, session: SessionRow) -> str:
    """``NAME copy``, or the first numbered one that nobody has. Raises HoldfastError."""
    taken = {row.name for row in (await client.list(text=session.name, limit=_LISTED_COUNT)).rows}
    tries = (f"{session.name} copy{f' {number}' if number > 1 else ''}" for number in range(1, len(taken) + 2))
    return next(each for each in tries if each not in taken)
