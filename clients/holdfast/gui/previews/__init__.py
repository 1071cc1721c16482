"""A session as its application would show it: a preview for each format that has one.

A preview is a module with ``TEMPLATE`` and ``async def context(house, shown, at, said) -> dict``: what the template is
given, of the snapshot ``at`` that ``shown`` describes; ``said`` is what stands behind the address.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute

from holdfast.gui import blob, picture
from holdfast.gui.house import House
from holdfast_protocol.messages import Shown


class Preview(Protocol):
    """What such a module has."""

    TEMPLATE: str

    async def context(self, house: House, shown: Shown, at: str, said: QueryParams) -> dict[str, Any]:
        """What its template is given. Raises HoldfastError."""
        ...


#: Format to module; the documents of any other are shown as their files.
MODULES = {"renardo": "renardo", "aiderdesk": "aiderdesk", "mosaic": "mosaic", "igv": "igv"}
#: What previews ask for once they are shown.
ROUTES: list[BaseRoute] = [*blob.ROUTES, *picture.ROUTES]


def preview_of(form: str) -> Preview:
    """The format's own, or that of plain files."""
    return cast(Preview, import_module(f"holdfast.gui.previews.{MODULES.get(form, 'plain')}"))
