"""``key allow NAME KEY``: whoever has this key may come over the network."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "let a key in over the network"
EPILOG = """\
read   changes nothing
write  changes sessions as well
admin  the store as a whole: purge, prune, backup, folders, and what names paths of the daemon's machine

The daemon looks at the list every second. The same name again changes what it may."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    from holdfast_protocol.roles import READ, ROLES

    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("name", metavar="NAME", help="whose it is: the author of what is done with it")
    parser.add_argument("public", metavar="KEY", help="as key generate shows it there")
    parser.add_argument("--role", choices=ROLES, default=READ, help=f"what it may (by default {READ})")
    parser.add_argument("--app", metavar="APP", action="append", default=[], help="only this application; repeatable")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """On the daemon's machine, as its user."""
    from holdfast.remote import key_file
    from holdfast_protocol import keys

    path = key_file(os.environ, keys.ALLOWED)
    entry = keys.allowed(arguments.name, arguments.role, arguments.app, arguments.public)
    with keys.changing(os.path.dirname(path)):
        keys.allow(path, entry)
    context.output.done(f"allowed {entry.name} to {entry.role} {', '.join(entry.apps or ('every application',))}")
    return 0
