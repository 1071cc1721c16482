"""What every bridge does: asks its program when the daemon says so, and hands over what that gave.

A session that the program left is never overwritten with what came after it: its workspace is left, kept by the daemon
and offered, and what came after gets one of its own.

A bridge that is started again goes on with its own workspace: one that was left of the same session, where nothing in
the program differs from it, or where the same sitting of the program had changed it and nothing of it is gone. A
sitting ends with the program, and when that is seen with nothing open, or with something else.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from holdfast_protocol.errors import HoldfastError, NotAllowed, NotFound

if TYPE_CHECKING:
    from holdfast.client import Client
    from holdfast.sources import DocumentContent
    from holdfast.workspace import Workspace

#: How long between looks for a program that is not there, and between tries where the daemon is not.
PAUSE_SECONDS = 5.0
#: The share of the daemon's deadline in which the program has to answer; the rest is for handing over.
SHARE = 0.5
ID_DIGITS = 12


class Gone(Exception):
    """The program is not running; a sentence."""


class Silent(Exception):
    """The program runs, and gave no state that is worth anything; a sentence says why."""


@dataclass(frozen=True, kw_only=True)
class State:
    """``document``: as the program wrote it; None where there is nothing in it. ``sitting``: another number stands for
    another session than before. ``mark``: the same for a document that is the same. ``problem``: why it is older than
    it should be, if it is."""

    document: DocumentContent | None
    sitting: int
    mark: object
    problem: str = ""


class Program(Protocol):
    """A running program."""

    app: str
    name: str

    def is_there(self) -> bool:
        """Whether it runs."""

    def started(self) -> int:
        """When, UTC nanoseconds; now, where nobody can tell."""

    def state(self, seconds: float) -> State:
        """What it has now, within about so many seconds. Raises Gone, Silent."""


class Following:
    """One program and its workspace, which is there while the program is. ``say`` is given sentences for people."""

    def __init__(
        self, client: Client, session: str, program: Program, every_seconds: float, say: Callable[[str], None]
    ) -> None:
        self._client = client
        self._session = session
        self._program = program
        self._every_seconds = every_seconds
        self._say = say
        self._workspace: Workspace | None = None
        self._sitting: int | None = None
        self._since = 0  # the sitting began then, unless the program did later
        self._mark: object = None
        self._problem = ""
        self._said = ""

    def once(self, seconds: float) -> None:
        """What the program has now is kept as a workspace that is left. Raises Gone, Silent, HoldfastError."""
        state = self._program.state(seconds)
        try:
            self._take(state)
        finally:
            self.leave()

    def turn(self) -> None:
        """One question, and what became of it; where there is nobody to ask, a pause."""
        try:
            if self._workspace is None and not self._program.is_there():
                raise Gone(f"{self._program.name} is not there")
            seconds = self._open().wait_until_due(self._every_seconds, self._problem)
            state = self._program.state(SHARE * seconds)
            self._take(state)
            if state.problem:
                raise Silent(state.problem)
            self._tell(f"{self._program.name}: its state is kept again" if self._said else "")
            self._said = self._problem = ""
        except (Silent, OSError) as problem:
            self._problem = self._tell(str(problem))
        except (NotFound, NotAllowed):  # somebody recovered or discarded it, or took it over
            self._forget()
        except Gone as problem:
            self._since = time.time_ns()
            self.leave()
            self._tell(str(problem))
            self._pause()
        except HoldfastError as problem:
            self._problem = self._tell(problem.sentence)
            self._pause()

    def finish(self) -> None:
        """What the program had last is handed over where it can be, and the workspace left."""
        with contextlib.suppress(Gone, Silent, HoldfastError):
            self._take(self._program.state(PAUSE_SECONDS))
        self.leave()

    def leave(self) -> None:
        """The workspace is kept where it has something unsaved, and ends otherwise; again is once."""
        workspace = self._workspace
        self._forget()
        if workspace is None:
            return
        with contextlib.suppress(HoldfastError):  # the daemon is away: the end of the connection says the same
            workspace.close()
            if any(row.id == workspace.id for row in self._client.workspaces(app=self._program.app).rows):
                word = workspace.id[:ID_DIGITS]
                self._say(f"The state is kept as workspace {word}; to save it: holdfast workspace recover {word}")

    def _open(self) -> Workspace:
        """The one that is open, or a new one."""
        if self._workspace is None:
            self._workspace = self._client.workspace(self._session, app=self._program.app)
        return self._workspace

    def _forget(self) -> None:
        self._workspace = self._sitting = self._mark = None
        self._problem = ""

    def _take(self, state: State) -> None:
        is_another = self._sitting not in (None, state.sitting)
        if is_another:
            self.leave()
        if is_another or state.document is None:
            self._since = time.time_ns()
        self._sitting = state.sitting
        if state.document is not None and state.mark != self._mark:
            self._hand_over(state.document)
            self._mark = state.mark

    def _hand_over(self, document: DocumentContent) -> None:
        """Into its own workspace of before, where this one is new and there is such."""
        workspace = self._open()
        new = workspace.id if self._mark is None else None
        workspace.replace(document, since=max(self._since, self._program.started()) if new else None)
        if new not in (None, workspace.id):
            self._say(f"It goes on with workspace {workspace.id[:ID_DIGITS]}")

    def _tell(self, sentence: str) -> str:
        """Each once in a row."""
        if sentence and sentence != self._said:
            self._say(sentence)
            self._said = sentence
        return sentence

    def _pause(self) -> None:
        time.sleep(min(PAUSE_SECONDS, self._every_seconds))
