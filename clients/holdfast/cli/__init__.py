"""The command ``holdfast``. Only the module of the verb that was typed is loaded: imports are paid at each start."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn


def main(argv: Sequence[str] | None = None) -> int:
    """Do what ``argv`` (without the program's name) says; returns the exit code.

    Without ``argv`` the words are the process's own, and the process ends here with that code: taking a Python
    interpreter apart costs a tenth of a short command, and by then everything is closed and flushed.
    """
    gc.disable()  # nothing of what the imports make is ever garbage
    if argv is None:
        _load_messages()
    from holdfast.cli.shell import run

    gc.freeze()
    gc.enable()
    code = run([*(sys.argv[1:] if argv is None else argv)])  # not list(): here that is a verb's module
    if argv is None:
        _end(code)
    return code


def _load_messages() -> None:
    """msgspec takes typing_extensions where it is installed, and does without it where it is not: a fifth of a short
    command's start. It is installed, for the sake of another library; so it is hidden while msgspec looks."""
    sys.modules.setdefault("typing_extensions", None)  # type: ignore[arg-type]  # None: an import says it is not there
    import holdfast_protocol.messages  # noqa: F401  # every verb needs it

    if sys.modules["typing_extensions"] is None:
        del sys.modules["typing_extensions"]


def _end(code: int) -> NoReturn:
    """What could not be written has been said; here only what nobody waits for is left."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            if stream is not None:  # closed by whoever started us
                stream.flush()
    os._exit(code)
