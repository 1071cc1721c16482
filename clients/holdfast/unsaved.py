"""Which workspaces have work that no session has: one judgement for the page and the terminal."""

from __future__ import annotations

from holdfast_protocol.model import WorkspaceRow


def has_unsaved_work(row: WorkspaceRow) -> bool:
    """Whether ending it would lose sight of something: what the daemon has in memory, or in an autosave only, is in no
    session."""
    return not row.saved and row.parts_count > 0
