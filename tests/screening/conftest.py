"""A daemon of each test's own, and keys that nobody has."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: the keys are imported by their unique name

from holdfast.testing import holdfast_client, holdfast_daemon

__all__ = ["holdfast_client", "holdfast_daemon"]  # fixtures
