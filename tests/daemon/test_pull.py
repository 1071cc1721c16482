"""An application that cannot push is asked at its pace, and later each time while it does not answer."""

from __future__ import annotations

from holdfast_daemon.autosave import LONGEST_RETRY_SECONDS
from holdfast_daemon.pull import ANSWER_SECONDS, Pull


def test_the_next_question_comes_the_pace_after_the_last() -> None:
    """However long the answer took; at once where it took longer than that."""
    asked = Pull(due=10.0).ask(10.0)
    assert asked.answered(12.0, 30.0).due == 40.0
    assert asked.answered(50.0, 30.0).due == 50.0


def test_one_that_fails_is_asked_soon_and_then_later_each_time() -> None:
    """Up to a bound; after an answer the pace is the old one."""
    pull, delays = Pull(due=0.0), []
    for _ in range(9):
        now = pull.due
        pull = pull.ask(now).failed(now, 30.0, "closed")
        delays.append(pull.due - now)
    assert delays == [1.0, 2.0, 4.0, 8.0, *[LONGEST_RETRY_SECONDS] * 5]
    now = pull.due
    assert pull.ask(now).answered(now, 30.0).due == now + 30.0


def test_it_is_unanswered_since_the_first_question_in_vain() -> None:
    """With what its holder said of it, until it answers."""
    pull = Pull(due=10.0).ask(10.0).failed(15.0, 30.0, "silent").ask(16.0).failed(17.0, 30.0, "closed")
    assert (pull.unanswered_since(17.0), pull.problem) == (10.0, "closed")
    pull = pull.ask(19.0).answered(20.0, 30.0)
    assert (pull.unanswered_since(21.0), pull.problem) == (None, "")


def test_a_holder_that_does_not_come_back_is_unanswered_after_the_deadline() -> None:
    """Whether the question is open, or it was due and the holder did not come for it."""
    asked = Pull(due=10.0).ask(12.0)
    assert asked.unanswered_since(12.0 + ANSWER_SECONDS) is None
    assert asked.unanswered_since(12.5 + ANSWER_SECONDS) == 12.0
    answered = asked.answered(13.0, 30.0)
    assert answered.unanswered_since(42.0 + ANSWER_SECONDS) is None
    assert answered.unanswered_since(42.5 + ANSWER_SECONDS) == 42.0
