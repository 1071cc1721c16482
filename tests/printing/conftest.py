"""A daemon of each test's own, for what prints sessions."""

from __future__ import annotations

from holdfast.testing import holdfast_client, holdfast_daemon

__all__ = ["holdfast_client", "holdfast_daemon"]  # fixtures
