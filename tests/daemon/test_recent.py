"""What was used last is kept, and no more than that."""

from __future__ import annotations

from holdfast_daemon.recent import Recent


def test_what_was_not_used_for_longest_goes_first() -> None:
    """However often something is asked for, it stays; the rest makes room."""
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert (recent.get("a"), recent.get("b"), recent.get("c")) == (1, None, 3)


def test_what_is_taken_is_nobody_elses() -> None:
    """The second who wants it has nothing."""
    recent: Recent[str, int] = Recent(2)
    recent.put("a", 1)
    assert (recent.take("a"), recent.take("a")) == (1, None)
