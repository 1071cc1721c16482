"""``holdfast tui`` as a program."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

from holdfast.testing import PrivateDaemon

_DEADLINE_SECONDS = 30.0
_PROGRAM = [sys.executable, "-c", "from holdfast.cli import main; main()", "tui"]


def test_it_runs_in_a_terminal_until_q(daemon: PrivateDaemon) -> None:
    """The list is drawn, q ends it with 0, and the terminal is as it was: no screen of ours, a cursor."""
    with daemon.client() as client:
        client.save("notes", "ideas", b"a bridge")
    ours, theirs = pty.openpty()
    environment = {**daemon.environment, "TERM": "xterm-256color", "COLUMNS": "140", "LINES": "40"}
    process = subprocess.Popen(_PROGRAM, stdin=theirs, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    try:
        drawn = _read(ours, b"ideas")
        os.write(ours, b"q")
        drawn += _read(ours, b"\x1b[?1049l")
        drawn += _read(ours, b"\x1b[?25h") if b"\x1b[?25h" not in drawn else b""
        assert process.wait(_DEADLINE_SECONDS) == 0
        assert b"Traceback" not in drawn
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(descriptor: int, awaited: bytes) -> bytes:
    """What comes, up to what is waited for."""
    found, until = b"", time.monotonic() + _DEADLINE_SECONDS
    while awaited not in found:
        left = until - time.monotonic()
        assert left > 0, found[-2000:]
        if select.select([descriptor], [], [], left)[0]:
            found += os.read(descriptor, 65536)
    return found


def test_it_wants_a_terminal(daemon: PrivateDaemon) -> None:
    """A pipe is told so, with the exit code of a mistake in use."""
    done = subprocess.run(_PROGRAM, stdin=subprocess.DEVNULL, capture_output=True, env=daemon.environment, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"needs a terminal" in done.stderr


def test_without_its_libraries_it_says_what_brings_them(daemon: PrivateDaemon) -> None:
    """The extra is named, and nothing else of the command line needs it."""
    program = "import sys; sys.modules['textual'] = None; from holdfast.cli import main; sys.exit(main(sys.argv[1:]))"
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-c", program, "tui"], stdin=theirs, stdout=theirs, stderr=subprocess.PIPE,
            env=daemon.environment, check=False, timeout=_DEADLINE_SECONDS,
        )  # fmt: skip
    finally:
        os.close(theirs)
        os.close(ours)
    assert done.returncode == 1
    assert b"pip install 'holdfast[tui]'" in done.stderr
    assert subprocess.run([sys.executable, "-c", program, "list"], env=daemon.environment, check=False).returncode == 0
