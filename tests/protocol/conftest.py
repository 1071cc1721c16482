"""Lets the tests of the wire import ``examples`` and ``golden``, which ``make wire`` runs as a script."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # --import-mode=importlib adds no folder by itself
