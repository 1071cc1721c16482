"""Named steps at which a test can end or hold the daemon (``HOLDFAST_FAULT``).

``HOLDFAST_FAULT=STEP=kill`` kills the process at that step, as a crash would. ``STEP=hold:PATH`` makes the file
``PATH.reached`` there and goes on when ``PATH.go`` exists, so that a test can act at that very moment. A number
after the step (``STEP#2``) means its n-th time. ``hint#3=drop`` loses every third hint of the watch, as the system may.
``armed=PATH``: nothing is counted until there is a file at ``PATH``, so that a start is over by then.
``clock=PATH`` sets the clock of the wall wrong by the seconds that the file at ``PATH`` says.
Without the variable a step costs one dictionary look-up.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping

#: Every step, in the order in which a save, then a collection meets them; a test proves the table complete.
STEPS = (
    "chunks-written",
    "before-commit",
    "after-commit",
    "temporary-written",
    "temporary-synced",
    "before-exchange",
    "exchanged",
    "displaced-kept",
    "before-confirm",
    "confirmed",
    "removed-aside",
    "snapshots-removed",
    "chunks-marked",
    "chunks-swept",
    "pack-copied",
    "pack-moved",
    "pack-dropped",
    "catalog-shrunk",
)

#: Steps behind a save: what was indexed for searching is about to be committed, and is.
BEHIND = ("before-index", "after-index")
#: Steps of a repair: what was found is in a pack, and is named by the catalog.
REPAIR = ("chunk-copied", "chunk-put-back")
#: Steps of a backup, in their order.
BACKUP = (
    "backup-catalog", "backup-pack", "backup-copied", "backup-state-written", "backup-named", "backup-swept",
)  # fmt: skip
#: Steps of bringing a backup back: all is copied, and stands in the store.
RESTORE = ("restore-copied", "restore-packs", "restored")
HINT = "hint"
CLOCK = "clock"
ARMED = "armed"
HOLD_SECONDS = 30.0


class Faults:
    """What to do at which step; empty in every daemon that is not under test."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._actions: dict[str, str] = {}
        self._left: dict[str, int] = {}
        self._hints = 0
        for entry in filter(None, environment.get("HOLDFAST_FAULT", "").split(",")):
            step, _, action = entry.partition("=")
            step, _, times = step.partition("#")
            self._actions[step] = action
            self._left[step] = int(times or 1)
        self._armed_by = self._actions.pop(ARMED, None)

    def at(self, step: str) -> None:
        """Called where ``step`` has just been reached."""
        action = self._actions.get(step)
        if action is None or not self._is_armed():
            return
        self._left[step] -= 1
        if self._left[step] != 0:
            return
        if action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        _hold(action.removeprefix("hold:"))

    def _is_armed(self) -> bool:
        if self._armed_by is not None and os.path.exists(self._armed_by):
            self._armed_by = None
        return self._armed_by is None

    def drops_hint(self) -> bool:
        """Whether this hint of the watch is to be lost."""
        if HINT not in self._actions:
            return False
        self._hints += 1
        return self._hints % self._left[HINT] == 0

    def clock(self) -> int:
        """UTC nanoseconds, or what a broken clock takes for them."""
        if CLOCK not in self._actions:
            return time.time_ns()
        with open(self._actions[CLOCK], encoding="ascii") as source:
            return time.time_ns() + int(source.read()) * 10**9


def _hold(path: str) -> None:
    with open(f"{path}.reached", "w", encoding="utf-8"):
        pass
    deadline = time.monotonic() + HOLD_SECONDS
    while not os.path.exists(f"{path}.go") and time.monotonic() < deadline:
        time.sleep(0.005)
