"""``key trust ADDRESS KEY``: the daemon there must prove to have this key."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "remember the key that a daemon on the network must have"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("address", metavar="tcp://HOST:PORT", help="as --socket names it")
    parser.add_argument("public", metavar="KEY", help="the server's, as key list shows it on its machine")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Another key for the same address takes its place."""
    from holdfast.remote import key_file
    from holdfast_protocol import keys

    path = key_file(os.environ, keys.SERVERS)
    keys.address(arguments.address)
    with keys.changing(os.path.dirname(path)):
        keys.write_servers(path, {**keys.read_servers(path), arguments.address: keys.check_key(arguments.public)})
    context.output.done(f"trusted {arguments.address}")
    return 0
