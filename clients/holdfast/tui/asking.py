"""Questions: a text, or yes or no."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from holdfast.cli.output import plain


class _Question(ModalScreen[str | None]):
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "refuse", "No")]
    DEFAULT_CSS = """
    _Question {
        align: center middle;
        & > Vertical { width: 70; max-width: 90%; height: auto; padding: 1 2; border: round $primary; }
        & > Vertical { background: $surface; }
    }
    """

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = Static(plain(question), markup=False)

    def action_answer(self, answer: str) -> None:
        self.dismiss(answer)

    def action_refuse(self) -> None:
        self.dismiss(None)


class AskText(_Question):
    """What is typed, or None. ``may_be_empty``: no text is an answer too."""

    def __init__(self, question: str, answer: str = "", *, may_be_empty: bool = False) -> None:
        super().__init__(question)
        self._answer = plain(answer)
        self._may_be_empty = may_be_empty

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self._question
            yield Input(self._answer, select_on_focus=True)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value or self._may_be_empty:
            self.action_answer(event.value)
        else:
            self.action_refuse()


class AskWhether(_Question):
    """Something, or None for no."""

    BINDINGS: ClassVar[list[BindingType]] = [("y,enter", "answer('yes')", "Yes"), ("n", "refuse", "No")]

    def compose(self) -> ComposeResult:
        with Vertical():
            yield self._question
            yield Static("y yes · n no", markup=False)
