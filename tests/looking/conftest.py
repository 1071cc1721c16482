"""A daemon of each test's own, for what looks at sessions."""

from __future__ import annotations

from holdfast.testing import holdfast_client, holdfast_daemon

__all__ = ["holdfast_client", "holdfast_daemon"]  # fixtures
