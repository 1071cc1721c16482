"""What the verbs of ``config`` share: the daemon's own program reads its file, running or not."""

from __future__ import annotations

import argparse
import subprocess

from holdfast.starting import program
from holdfast_protocol.errors import BadField, Unreadable


def add_file(parser: argparse.ArgumentParser) -> None:
    """Another file than the daemon's."""
    parser.add_argument("config", metavar="FILE", nargs="?", help="by default the one that the daemon reads")


def said_of(path: str | None) -> str:
    """All that it sets, as TOML. Raises BadField, Unreadable."""
    named = ["--config", path] if path is not None else []
    done = subprocess.run([program(""), "--configuration", *named], capture_output=True, stdin=subprocess.DEVNULL)
    if done.returncode == 0:
        return done.stdout.decode()
    reason = done.stderr.decode(errors="replace").strip().removeprefix("holdfastd: ")
    raise (BadField if done.returncode == BadField.exit_code else Unreadable)(reason)
