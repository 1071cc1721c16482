"""Starts an unmodified Mosaic that writes its state beside its session, into a folder of the bridge's, on a timer.

Run by Mosaic's own Python, in which nothing of ours is installed: ``python mosaic_start.py FOLDER SECONDS``.
Whatever goes wrong here is said in the folder, and Mosaic runs all the same.

``FOLDER/now`` is JSON: ``sitting`` (another number where the session shares no object with the one before), ``file``
(the name of the state in the folder, nil while there is none) and ``problem``. Every file gets there by a rename.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from importlib import import_module
from typing import Any

#: Python hears a signal only when it runs, and Qt lets it run at each of these.
HEARING_MS = 500
#: Writing takes no more than this share of the time of Mosaic's window, whatever the timer says.
SHARE = 0.02


class StateWriter:
    """Writes the state of Mosaic's window ``app`` where it has changed."""

    def __init__(self, app: Any, folder: str) -> None:
        self._app = app
        self._folder = folder
        self._sitting = 0
        self._objects: set[object] = set()
        self._file: str | None = None
        self._digest = b""
        self._said = ""

    def write(self) -> float:
        """The seconds that it took. Raises nothing: Mosaic goes on."""
        began = time.monotonic()
        try:
            self._write()
        except Exception as problem:
            self._tell(f"{type(problem).__name__}: {problem}")
        return time.monotonic() - began

    def _write(self) -> None:
        data = self._app.cdata
        objects = {getattr(each, "uuid", id(each)) for side in (data.data, data.models) for each in side.container.data}
        if self._objects and not objects & self._objects:  # closed, or another one opened
            self._sitting, self._file, self._digest = self._sitting + 1, None, b""
        self._objects = objects
        if objects:
            fresh = os.path.join(self._folder, "fresh.pickle")  # Mosaic looks at the suffix
            data.to_file(fresh)
            with open(fresh, "rb") as file:
                digest = hashlib.blake2b(file.read()).digest()
            if digest != self._digest:
                self._file = f"state-{self._sitting}.pickle"
                os.replace(fresh, os.path.join(self._folder, self._file))
                self._digest = digest
        self._tell("")

    def _tell(self, problem: str) -> None:
        now = json.dumps({"sitting": self._sitting, "file": self._file, "problem": problem})
        if now != self._said:
            tell(self._folder, now)
            self._said = now


def tell(folder: str, now: str) -> None:
    """It is in the file ``now``, whole."""
    fresh = os.path.join(folder, "fresh.now")
    with open(fresh, "w", encoding="utf-8") as file:
        file.write(now)
    os.replace(fresh, os.path.join(folder, "now"))


def hook(folder: str, seconds: float) -> None:
    """Every window that Mosaic makes from now on has a timer that writes its state."""
    gui, qt = import_module("mosaic.gui"), import_module("qtpy.QtCore")
    begin = gui.App.__init__

    def begun(app: Any, *words: Any, **named: Any) -> None:
        begin(app, *words, **named)
        writer, timer = StateWriter(app, folder), qt.QTimer(app)

        def tick() -> None:
            took = writer.write()
            timer.setInterval(round(1000 * max(seconds, took / SHARE)))

        timer.timeout.connect(tick)
        timer.start(round(1000 * seconds))
        hearing = qt.QTimer(app)
        hearing.timeout.connect(lambda: None)
        hearing.start(HEARING_MS)
        qt.QCoreApplication.instance().aboutToQuit.connect(writer.write)

    gui.App.__init__ = begun


def main(folder: str, seconds: float) -> Any:
    """Mosaic's own main, as if it was called by its name."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [path for path in sys.path if os.path.abspath(path or ".") != here]
    try:
        hook(folder, seconds)
    except Exception as problem:
        tell(folder, json.dumps({"sitting": 0, "file": None, "problem": f"{type(problem).__name__}: {problem}"}))
    sys.argv = ["mosaic"]
    return import_module("mosaic.scripts.app").main()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], float(sys.argv[2])))
