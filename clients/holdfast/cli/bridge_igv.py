"""``bridge igv``: the sessions of a running IGV are kept, though it has never heard of us."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.counts import seconds

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "keep the live state of a running IGV, through its command port"
_PORT = 60151
_EVERY_SECONDS = 30.0
_ONCE_SECONDS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("name", metavar="NAME", nargs="?", default="live", help="the session it is of (live)")
    parser.add_argument("--port", metavar="N", type=int, default=_PORT, help=f"IGV's command port ({_PORT})")
    parser.add_argument(
        "--every", metavar="SECONDS", type=seconds, default=_EVERY_SECONDS, help="how often IGV is asked (30)"
    )
    parser.add_argument("--once", action="store_true", help="ask once, and end")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Until SIGINT or SIGTERM, whether IGV is there or not. With --once: 1 where it gave nothing."""
    from holdfast.bridges.ending import until_told
    from holdfast.bridges.following import Following, Gone, Silent
    from holdfast.bridges.igv_port import IgvPort
    from holdfast.bridges.private_folder import private_folder

    with private_folder() as folder:
        igv, name = IgvPort(arguments.port, folder), arguments.name.removeprefix("igv/")
        following = Following(context.client, f"igv/{name}", igv, arguments.every, context.output.say)
        if arguments.once:
            try:
                following.once(_ONCE_SECONDS)
            except (Gone, Silent) as problem:
                context.output.say(f"holdfast: {problem}")
                return 1
            return 0
        with until_told():
            try:
                while True:
                    following.turn()
            finally:
                following.finish()
    return 0
