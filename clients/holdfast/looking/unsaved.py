"""Which sessions have unsaved work: it stands out wherever sessions are listed."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast_protocol.model import WorkspaceRow


def has_unsaved(row: WorkspaceRow) -> bool:
    """Whether somebody would miss something if the workspace were gone: it has what no snapshot has, or what only an
    autosave has, or its application ended without a save."""
    return row.unsaved is not None or row.left is not None or row.autosave is not None


def unsaved_of(rows: Iterable[WorkspaceRow]) -> frozenset[str]:
    """The ids of the sessions that such workspaces are of."""
    return frozenset(row.session for row in rows if has_unsaved(row))
