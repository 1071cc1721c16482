"""``key generate``: a key of one's own, to be allowed by a daemon on the network."""

from __future__ import annotations

import argparse
import os
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "make a key, and show what others are given of it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--server", action="store_true", help="the daemon's own key, which it otherwise makes itself")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """The public key on standard output; the secret stays in its file."""
    from holdfast.channel import new_key_pair
    from holdfast.remote import key_file
    from holdfast_protocol import keys
    from holdfast_protocol.model import Row

    path = key_file(os.environ, keys.SERVER if arguments.server else keys.CLIENT)
    with keys.changing(os.path.dirname(path)):
        pair = new_key_pair()
        keys.write_pair(path, pair)
    if context.output.as_json:
        context.output.row(Row(), key=pair.public, file=path)
        return 0
    context.output.line(pair.public)
    if not context.output.quiet:
        given = shlex.quote(pair.public)
        then = f"trust tcp://HOST:PORT {given}  (on each client)" if arguments.server else f"allow NAME {given}"
        context.output.say(f"Its secret is in {path}. To have it let in: holdfast key {then}")
    return 0
