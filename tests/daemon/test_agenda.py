"""What a folder's thread has to do (agenda.py)."""

from __future__ import annotations

from holdfast_daemon.agenda import Agenda


def test_the_barrier_knows_what_is_in_hand() -> None:
    """A path that was taken and may be put back is waited for like one that is marked."""
    agenda = Agenda()
    agenda.mark(b"x", 0.05)
    (taken,) = agenda.take_all()
    assert agenda.hurry() == {b"x"}
    agenda.postpone(taken, 0.05)
    assert agenda.hurry() == {b"x"}
