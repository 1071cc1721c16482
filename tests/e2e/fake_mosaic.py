"""Python packages that are called as Mosaic's are, in a folder, and a program ``mosaic`` that says its Python.

The window shows what ``show`` says, and ends where ``close`` says so.
"""

from __future__ import annotations

import sys
from pathlib import Path

_GUI = """
import os, shutil, types
HERE = os.environ["FAKE_MOSAIC"]
def side(uuids):
    return types.SimpleNamespace(container=types.SimpleNamespace(data=[types.SimpleNamespace(uuid=u) for u in uuids]))
class App:
    @property
    def cdata(self):
        with open(HERE + "/shown") as file:
            shown = file.read().split()
        def copy(name):
            shutil.copy(HERE + "/" + shown[0], name)
            if "unpicklable" in shown:
                raise TypeError("cannot pickle this")
        return types.SimpleNamespace(data=side(shown[1:]), models=side([]), to_file=copy)
"""
_APP = """
import signal
def main():
    from mosaic.gui import App
    from qtpy.QtCore import QCoreApplication
    signal.signal(signal.SIGINT, lambda *_: QCoreApplication.instance().quit())
    App()
    return QCoreApplication.instance().exec()
"""
_QT = """
import os, time
class Signal:
    def __init__(self): self.slots = []
    def connect(self, slot): self.slots.append(slot)
    def emit(self): [slot() for slot in self.slots]
class QTimer:
    def __init__(self, parent): self.timeout = Signal(); the.timers.append(self)
    def start(self, ms): self.setInterval(ms); self.due = time.monotonic() + self.seconds
    def setInterval(self, ms): self.seconds = ms / 1000
class QCoreApplication:
    def __init__(self): self.timers, self.aboutToQuit, self.ended = [], Signal(), False
    @staticmethod
    def instance(): return the
    def quit(self): self.ended = True
    def exec(self):
        while not self.ended and not os.path.exists(os.environ["FAKE_MOSAIC"] + "/closed"):
            for timer in self.timers:
                if time.monotonic() >= timer.due:
                    timer.timeout.emit()
                    timer.due = time.monotonic() + timer.seconds
            time.sleep(0.01)
        self.aboutToQuit.emit()
        return 3
the = QCoreApplication()
"""
_FILES = {
    "mosaic/__init__.py": "",
    "mosaic/gui.py": _GUI,
    "mosaic/scripts/__init__.py": "",
    "mosaic/scripts/app.py": _APP,
    "qtpy/__init__.py": "",
    "qtpy/QtCore.py": _QT,
}


class FakeMosaic:
    """``folder`` gets the packages; ``environment`` is what finds them, and the program."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        for name, text in _FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        program = folder / "bin" / "mosaic"
        program.parent.mkdir()
        program.write_text(f"#!{sys.executable}\n")
        program.chmod(0o755)
        self.environment = {
            "PYTHONPATH": str(folder), "FAKE_MOSAIC": str(folder), "PATH": f"{program.parent}:/usr/bin:/bin"
        }  # fmt: skip
        self.show(b"")

    def show(self, document: bytes, *uuids: str) -> None:
        """What it has open from now on, and saves as ``document``."""
        self._count += 1
        (self._folder / str(self._count)).write_bytes(document)
        (self._folder / "fresh").write_text(" ".join((str(self._count), *uuids)))
        (self._folder / "fresh").rename(self._folder / "shown")

    def close(self) -> None:
        """Its user closes the window."""
        (self._folder / "closed").touch()

    def forget_its_window(self) -> None:
        """A version that is built otherwise."""
        (self._folder / "mosaic" / "gui.py").write_text("class Window: pass\n")
        (self._folder / "mosaic" / "scripts" / "app.py").write_text(_APP.replace(" App", " Window"))
