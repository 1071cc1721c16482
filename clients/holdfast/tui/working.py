"""Work beside the screen: what waits for the daemon never holds up a key."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, cast

from textual.dom import DOMNode
from textual.worker import WorkType

Work = Callable[[], Coroutine[Any, Any, None]]


def begin(node: DOMNode, work: Work, group: str, *, alone: bool = True) -> None:
    """It is under way, and ends with the node; ``alone``: what was under way in its group is not wanted any more."""
    node.run_worker(cast(WorkType[None], work), group=group, exclusive=alone)
