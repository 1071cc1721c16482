"""The command that the page copies does what the page shows."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

from holdfast import Client
from holdfast.gui.commands import command
from holdfast.testing import PrivateDaemon
from holdfast_protocol.model import Ref


@pytest.mark.parametrize("name", ["verse", "two words", "it's $HOME", "a@b", "c:d", "ünï", "-x", "`id`"])
def test_what_is_copied_can_be_typed(holdfast_daemon: PrivateDaemon, holdfast_client: Client, name: str) -> None:
    """Whatever the session is called, a shell hands it over as it is."""
    holdfast_client.save("notes", name, b"old")
    saved = holdfast_client.save("notes", name, b"new")
    before = holdfast_client.log(Ref(id=saved.session.id)).rows[1].snapshot
    program = shlex.quote(os.path.join(os.path.dirname(sys.executable), "holdfast"))
    for words, expected in (
        (command(saved.session), b"notes"),
        (command(saved.session, before) + " -o -", b"old"),
        (command(saved.session, saved.snapshot, before), b"-old"),
    ):
        typed = words.replace("holdfast", program, 1)
        done = subprocess.run(["sh", "-c", typed], capture_output=True, env=holdfast_daemon.environment, check=False)
        assert done.returncode == 0, (words, done.stderr)
        assert expected in done.stdout, (words, done.stdout)
