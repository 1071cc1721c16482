"""A session as its application would show it: a preview for each format that has one.

A preview is a module with ``TEMPLATE`` and ``async def context(house, shown, at) -> dict``: what the template is given,
of the snapshot ``at`` that ``shown`` describes.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

from starlette.routing import BaseRoute

from holdfast.gui import blob
from holdfast.gui.house import House
from holdfast_protocol.messages import Shown


class Preview(Protocol):
    """What such a module has."""

    TEMPLATE: str

    async def context(self, house: House, shown: Shown, at: str) -> dict[str, Any]:
        """What its template is given. Raises HoldfastError."""
        ...


#: Format to module.
MODULES = {"mosaic": "mosaic", "igv": "igv"}
#: What previews ask for once they are shown.
ROUTES: list[BaseRoute] = [*blob.ROUTES]


def preview_of(form: str) -> Preview | None:
    """None where only the parts can be shown."""
    name = MODULES.get(form)
    return cast(Preview, import_module(f"holdfast.gui.previews.{name}")) if name else None
