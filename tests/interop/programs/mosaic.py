"""The real Mosaic, without a screen: it makes sessions, changes and saves them, and tells what it sees in a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from install import Program
from programs.processes import Conversation

DRIVER = Path(__file__).parent / "mosaic_driver.py"
LIMIT_SECONDS = 90


class CannotOpen(Exception):
    """Mosaic raised this on the file."""


class Mosaic:
    """One process that answers until it is closed; ``folder`` is its home.

    It unpickles what it opens: hand it nothing but files made here.
    """

    def __init__(self, program: Program, folder: Path) -> None:
        self.name = program.name
        variables = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "QT_QPA_PLATFORM": "offscreen"}
        self._process = Conversation([str(program.python), "-I", str(DRIVER)], folder, variables)

    def close(self) -> None:
        """The process ends."""
        self._process.end()

    def make(self, to: Path) -> None:
        """A session with an object of every class, groups and a shape."""
        self._ask("make", to=str(to))

    def change(self, file: Path, to: Path, *steps: Sequence[object]) -> None:
        """What a user does: ``("rename", "membrane 0", "inner")``; the verbs are the driver's ``STEPS``."""
        self._ask("change", file=str(file), to=str(to), steps=steps)

    def resave(self, file: Path, to: Path) -> None:
        """Opens and saves, as its window does."""
        self._ask("resave", file=str(file), to=str(to))

    def describe(self, file: Path) -> dict:
        """Everything that it sees in a file, and what its window shows of it."""
        return self._ask("describe", file=str(file))

    def measure(self, file: Path, name: str) -> list[float]:
        """How far the points of a model are from what was fitted to them."""
        return self._ask("measure", file=str(file), name=name)

    def _ask(self, verb: str, **words: object) -> Any:
        self._process.say(json.dumps({"do": verb, **words}))
        answer = json.loads(self._process.line(LIMIT_SECONDS))
        if "error" in answer:
            raise CannotOpen(f"{answer['error']}: {answer['message']}")
        return answer["is"]
