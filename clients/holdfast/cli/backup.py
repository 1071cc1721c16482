"""``backup DIR``: a copy of the store on another disk, and back again."""

from __future__ import annotations

import argparse
import os
import subprocess
from functools import partial
from typing import TYPE_CHECKING

from holdfast.cli.long_work import WAIT_MS, watched
from holdfast.cli.words import path_text, size
from holdfast.starting import program
from holdfast_protocol.errors import ERRORS, BadField, Busy, Damaged, HoldfastError, Internal

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast_protocol.messages import BackedUp

HELP = "copy the store to another disk, or bring it back from there"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("directory", metavar="DIR", help="a directory for nothing else; what is new is added to it")
    parser.add_argument("--all", action="store_true", help="read back what older backups copied, too")
    parser.add_argument("--restore", action="store_true", help="make the store of it, where there is no store")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """What was copied, or brought back; exit 8 where a backup that is brought back is damaged."""
    if arguments.restore:
        if arguments.all:
            raise BadField("--restore reads everything anyway: leave --all out")
        return _restore(context, arguments.directory)
    output, client = context.output, context.client
    made = client.backup(arguments.directory, all=arguments.all, wait_ms=WAIT_MS)
    wanted = os.fsencode(os.path.realpath(arguments.directory))
    if made.directory != wanted:
        raise Busy(f"A backup to {path_text(made.directory)} is under way; try again when it has ended")
    made = watched(made, partial(client.backup, begin=False), output)
    if output.as_json:
        output.row(made)
    for each in made.damaged:
        output.say(f"holdfast: was damaged, and is copied anew: {each}")
    if made.failed:
        raise _error(made)
    copied, whole = (size(each, to_terminal=output.to_terminal) for each in (made.copied_bytes, made.size_bytes))
    unit = "" if output.to_terminal else " bytes"
    output.done(f"backed up to {path_text(made.directory)}: {copied}{unit} copied, {whole}{unit} in all")
    return 0


def _restore(context: Context, directory: str) -> int:
    words = [program(""), "--restore", os.path.abspath(directory)]
    done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL)
    found = [line for line in done.stdout.decode(errors="replace").split("\n") if line]
    if done.returncode and not (done.returncode == Damaged.exit_code and found):
        reason = done.stderr.decode(errors="replace").strip().split("\n")[-1].removeprefix("holdfastd: ")
        by_code = (error for error in ERRORS.values() if error.exit_code == done.returncode)
        raise next(by_code, HoldfastError)(reason)
    for each in found:
        context.output.line(f"damaged: {each}")
    if found:
        context.output.say("holdfast: brought back as it is; holdfast check --all says what cannot be read")
        return Damaged.exit_code
    context.output.done("brought back; the next command starts the daemon")
    return 0


def _error(made: BackedUp) -> HoldfastError:
    return ERRORS.get(made.code, Internal)(f"No backup was made: {made.failed}")
