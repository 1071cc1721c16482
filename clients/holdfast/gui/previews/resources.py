"""What a session points to outside of itself, for a preview: what is not where it should be stands out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from holdfast.gui.house import House
from holdfast.looking.tracks import LOST
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import Ref, ResourceRow


@dataclass(frozen=True, slots=True)
class Resources:
    """``problem`` says why nothing is known, and is empty otherwise. ``session``: the id of one that can be relinked;
    empty for a snapshot that is its state no longer."""

    rows: Sequence[ResourceRow]
    problem: str = ""
    session: str = ""

    @property
    def lost(self) -> list[ResourceRow]:
        """Those that the application would not find."""
        return [row for row in self.rows if row.state in LOST]


async def resources_of(house: House, shown: Shown) -> Resources:
    """Of the snapshot that is shown; a preview that cannot know them is drawn without."""
    if shown.snapshot is None:
        return Resources(())
    try:
        found = await house.client.check_resources(Ref(id=shown.session.id, snapshot=shown.snapshot.snapshot))
    except HoldfastError as problem:
        return Resources((), str(problem))
    is_head = shown.snapshot.snapshot == shown.session.head and not shown.session.deleted
    return Resources(found.rows, session=shown.session.id if is_head else "")
