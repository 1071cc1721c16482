"""What applications import: ``connect`` (or ``connect_async``), the client it gives, and the errors.

    import holdfast

    with holdfast.connect(start=True) as client:
        client.save("renardo", "verse", b"p1 >> pluck()")

Loaded on first use, because the command line lives in this package and must start fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holdfast.async_client import AsyncClient
    from holdfast.batch import AsyncBatch, Batch
    from holdfast.client import Client
    from holdfast.connecting import connect, connect_async
    from holdfast.documents import AsyncOpenDocument, LoadedDocument, OpenDocument
    from holdfast.exports import AsyncExport, Export
    from holdfast.parts import PartArray, SessionPart
    from holdfast.workspace import AsyncWorkspace, Workspace
    from holdfast_protocol import errors
    from holdfast_protocol.errors import HoldfastError
    from holdfast_protocol.model import Ref

_HOMES = {
    "AsyncBatch": "holdfast.batch",
    "AsyncClient": "holdfast.async_client",
    "AsyncOpenDocument": "holdfast.documents",
    "AsyncWorkspace": "holdfast.workspace",
    "Batch": "holdfast.batch",
    "Client": "holdfast.client",
    "AsyncExport": "holdfast.exports",
    "Export": "holdfast.exports",
    "connect": "holdfast.connecting",
    "connect_async": "holdfast.connecting",
    "LoadedDocument": "holdfast.documents",
    "OpenDocument": "holdfast.documents",
    "PartArray": "holdfast.parts",
    "SessionPart": "holdfast.parts",
    "HoldfastError": "holdfast_protocol.errors",
    "Ref": "holdfast_protocol.model",
    "Workspace": "holdfast.workspace",
}

__all__ = [
    "AsyncBatch",
    "AsyncClient",
    "AsyncExport",
    "AsyncOpenDocument",
    "AsyncWorkspace",
    "Batch",
    "Client",
    "Export",
    "HoldfastError",
    "LoadedDocument",
    "OpenDocument",
    "PartArray",
    "Ref",
    "SessionPart",
    "Workspace",
    "connect",
    "connect_async",
    "errors",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "errors":
        return import_module("holdfast_protocol.errors")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
