"""``key revoke NAME``: whoever has this key may not come any more, and is cut off."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "let a key in no longer, and cut off who is there with it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("name", metavar="NAME", help="as key list shows it")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """On the daemon's machine, as its user; it looks at the list every second."""
    from holdfast.remote import key_file
    from holdfast_protocol import keys

    path = key_file(os.environ, keys.ALLOWED)
    with keys.changing(os.path.dirname(path)):
        keys.revoke(path, arguments.name)
    context.output.done(f"revoked {arguments.name}")
    return 0
