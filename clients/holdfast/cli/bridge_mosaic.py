"""``bridge mosaic``: starts Mosaic, unmodified, and keeps what its user does in it."""

from __future__ import annotations

import argparse
import signal
from typing import TYPE_CHECKING

from holdfast.cli.counts import seconds

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "start Mosaic, and keep its live state"
_EVERY_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("name", metavar="NAME", nargs="?", default="live", help="the session it is of (live)")
    parser.add_argument("--python", metavar="PATH", help="the Python that has Mosaic (that of the program mosaic)")
    parser.add_argument(
        "--every", metavar="SECONDS", type=seconds, default=_EVERY_SECONDS, help="how often its state is taken (30)"
    )


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Until Mosaic has ended, with its exit code; 0 where SIGINT or SIGTERM ended it."""
    from holdfast.bridges.ending import until_told
    from holdfast.bridges.following import Following
    from holdfast.bridges.mosaic_window import CannotStart, MosaicWindow, python_of_mosaic
    from holdfast.bridges.private_folder import private_folder

    try:
        python = arguments.python or python_of_mosaic()
    except CannotStart as problem:
        context.output.say(f"holdfast: {problem}")
        return 1
    with private_folder() as folder:
        mosaic, name = MosaicWindow(folder), arguments.name.removeprefix("mosaic/")
        following = Following(context.client, f"mosaic/{name}", mosaic, arguments.every, context.output.say)
        code: int | None = 0
        with until_told(or_child_ends=True):
            mosaic.start(python, arguments.every / 2)
            try:
                while mosaic.is_there():
                    following.turn()
            finally:
                is_told = mosaic.is_there()
                ended = mosaic.end()
                following.finish()
                code = 0 if is_told else ended
    if code is not None and code < 0:
        context.output.say(f"holdfast: Mosaic was ended by {signal.Signals(-code).name}")
    return 1 if code is None or code < 0 else code
