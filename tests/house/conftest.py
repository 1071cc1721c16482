"""Lets the tests of the house import ``imports``, their checker."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # --import-mode=importlib adds no folder by itself
