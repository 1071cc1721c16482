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
    """``problem`` says why nothing is known, and is empty otherwise."""

    rows: Sequence[ResourceRow]
    problem: str = ""

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
    return Resources(found.rows)
