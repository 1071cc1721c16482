"""Applications that are asked, and started again: which workspace that was left is theirs to go on with?

One of the same user, application and session that was handed over whole and is held by nobody, from whose document the
present one goes on: nothing differs, or the same sitting had changed it and nothing of it is gone. So what there is in
an application that was emptied, or started anew, takes no good one's place: that one stays left, and is offered.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Sequence

from holdfast_daemon import diff
from holdfast_daemon.content import Placed
from holdfast_daemon.documents import Documents
from holdfast_daemon.formats.base import Format, Part
from holdfast_daemon.live import Contents, Live
from holdfast_daemon.store.nouns import Workspace
from holdfast_daemon.workspaces import Workspaces
from holdfast_protocol.errors import Damaged, NotFound, TooLarge
from holdfast_protocol.model import ChangeRow

#: Until then it is known that a holder has died (the server looks each second), even of an application that is asked
#: again at once.
NOTICED_SECONDS = 2.5
PAUSE_SECONDS = 0.1
#: Each is a document to be read; those that were changed last are looked at.
LOOKED_AT_COUNT = 3


def goes_on(changes: Sequence[ChangeRow], *, same_sitting: bool) -> bool:
    """Whether a document with these changes takes nothing away that somebody may miss."""
    return not changes or (same_sitting and all(row.what != "removed" for row in changes))


class Continuing:
    """For the loop only."""

    def __init__(self, documents: Documents, contents: Contents, workspaces: Workspaces) -> None:
        self._documents = documents
        self._contents = contents
        self._workspaces = workspaces

    async def own(self, fresh: Live, placed: Placed, since: int) -> Live | None:
        """The one that goes on instead of ``fresh``, whose holder holds it now; None where there is none, or where
        ``fresh`` has had something itself. ``since``: what was changed from then on is of the same sitting."""
        peer = fresh.holder
        if fresh.row.whole is not None or not fresh.is_saved:
            return None
        until = time.monotonic() + NOTICED_SECONDS
        while any(live.holder not in (b"", peer) for live in self._like(fresh)) and time.monotonic() < until:
            await asyncio.sleep(PAUSE_SECONDS)
        free = [live for live in self._like(fresh) if not live.holder][:LOOKED_AT_COUNT]
        if not free:
            return None
        form = self._documents.content.form(fresh.row.format)
        read, size_bytes = self._documents.content.reading_placed, placed.document.size_bytes
        parts = (await self._documents.at_once_if_small(size_bytes, read, placed, form)).parts
        for live in free:
            if await self._goes_on(live, form, parts, since) and await self._workspaces.take(live, peer):
                live.pull = fresh.pull
                async with fresh.lock:
                    await self._workspaces.end(fresh)
                return live
        return None

    def _like(self, fresh: Live) -> list[Live]:
        """Those of the same user, application and session that have a whole document, changed last first."""
        same_app = self._workspaces.newest(fresh.row.app)
        return [live for live in same_app if live.row.whole is not None and self._is_like(live, fresh)]

    def _is_like(self, live: Live, fresh: Live) -> bool:
        if _title(live.row) != _title(fresh.row):
            return False
        if fresh.row.revision:
            return live.row.session == fresh.row.session
        return self._workspaces.session(live) is None

    async def _goes_on(self, live: Live, form: Format, parts: Sequence[Part], since: int) -> bool:
        with contextlib.suppress(Damaged, NotFound, TooLarge):
            before = await self._contents.parts(self._contents.copy(live))
            changes = await self._documents.in_thread(diff.changes, form, before, parts)
            return goes_on(changes, same_sitting=live.row.changed >= since)
        return False


def _title(row: Workspace) -> tuple[str, ...]:
    return row.author, row.app, row.folder, row.name, row.format
