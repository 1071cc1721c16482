"""Runs inside Mosaic's own Python, before Mosaic: plays its user, who does what is written into a file.

``python mosaic_user.py SCRIPT [ARGS…]`` runs the script as Python would. The file ``order`` in the folder that
``MOSAIC_USER`` names is a line ``VERB WORDS``, which is gone when it was done; ``failed`` says what went wrong.
"""

import os
import runpy
import sys
import traceback

HERE = os.environ["MOSAIC_USER"]


def open_session(window, path):
    window._load_session(path)


def close_session(window, _):
    window.close_session()


def rename(window, words):
    """The cluster of the first name gets the second."""
    old, new = words.split(" > ")
    (found,) = [each for each in window.cdata.data.container.data if each._meta.get("name") == old]
    found._meta["name"] = new
    window.cdata.data.render()


def leave(window, _):
    window.close()


def path(window, _):
    """Which session it takes for the open one is in the file ``path``."""
    with open(f"{HERE}/path", "w") as file:
        file.write(str(window._current_session_path))


VERBS = {each.__name__: each for each in (open_session, close_session, rename, leave, path)}


def look(window):
    order = f"{HERE}/order"
    if os.path.exists(order):
        with open(order) as file:
            verb, _, words = file.read().strip().partition(" ")
        try:
            VERBS[verb](window, words)
        except Exception:
            with open(f"{HERE}/failed", "w") as file:
                file.write(traceback.format_exc())
        os.unlink(order)


def main():
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    execute = QApplication.exec

    def begun(*_):
        (window,) = [each for each in QApplication.topLevelWidgets() if type(each).__name__ == "App"]
        timer = QTimer(window)
        timer.timeout.connect(lambda: look(window))
        timer.start(50)
        return execute()

    QApplication.exec = begun
    sys.argv = sys.argv[1:]
    sys.path[0] = os.path.dirname(sys.argv[0])
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
