"""A notepad that cannot lose what you typed: kill it, kill the daemon, start both again, and the text is there.

python examples/notepad.py [NAME]        ^S saves, ^D leaves; nothing else has to be remembered
"""

from __future__ import annotations

import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

import holdfast
from holdfast.workspace import Workspace

APP, PART = "notepad", "text"
SAVE, LEAVE, BACKSPACE = "\x13", "\x04", "\x7f"


def workspace(client: holdfast.Client, name: str) -> Workspace:
    """The unsaved text that was left, else what was saved last, else an empty page."""
    for row in client.workspaces(app=APP).rows:
        if row.name == name:
            return client.workspace(id=row.id)
    return client.workspace(name, app=APP, format="plain")


@contextmanager
def keys() -> Iterator[Iterator[str]]:
    """One key after the other, as it is pressed."""
    terminal = os.isatty(0)
    before = termios.tcgetattr(0) if terminal else None
    if terminal:
        tty.setcbreak(0)
    try:
        yield iter(lambda: os.read(0, 4).decode(errors="replace") or LEAVE, LEAVE)
    finally:
        if before is not None:
            termios.tcsetattr(0, termios.TCSADRAIN, before)


def main(name: str) -> None:
    """Type."""
    with holdfast.connect(start=True) as client, workspace(client, name) as page, keys() as pressed:
        part = next(iter(page), PART)
        text = page[part].decode() if part in page else ""
        print(text, end="", flush=True)
        for key in pressed:
            if key == SAVE:
                saved = page.save()
                part = next(iter(page))
                print(f"\n[{saved.outcome}: revision {saved.session.revision}]\n{text}", end="", flush=True)
                continue
            text = text[:-1] if key == BACKSPACE else text + key
            page[part] = text  # safe when this returns
            print("\b \b" if key == BACKSPACE else key, end="", flush=True)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "note")
