"""Which sessions have unsaved work: it stands out wherever sessions are listed."""

from __future__ import annotations

from collections.abc import Iterable

from holdfast_protocol.model import WorkspaceRow


def has_unsaved(row: WorkspaceRow) -> bool:
    """Whether ending the workspace would lose sight of something: what it has, in memory or in an autosave, is in no
    session."""
    return not row.saved and (row.parts_count > 0 or row.revision > 0)


def unsaved_of(rows: Iterable[WorkspaceRow]) -> frozenset[str]:
    """The ids of the sessions that such workspaces are of."""
    return frozenset(row.session for row in rows if has_unsaved(row))
