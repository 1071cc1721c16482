"""``key list``: this user's key, the daemon's, and whom the daemon lets in."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "list whose keys are let in over the network, and the keys of one's own"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Nothing may follow the verb."""


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A line for each; no secret."""
    from holdfast.remote import key_file
    from holdfast_protocol import keys
    from holdfast_protocol.errors import NotFound
    from holdfast_protocol.model import Row

    found: list[tuple[str, keys.Allowed]] = []
    for kind, name in (("client", keys.CLIENT), ("server", keys.SERVER)):
        with suppress(NotFound):
            found.append((kind, keys.Allowed("", "", None, keys.read_pair(key_file(os.environ, name)).public)))
    found += [("allowed", each) for each in keys.read_allowed(key_file(os.environ, keys.ALLOWED))]
    if context.output.as_json:
        for kind, each in found:
            context.output.row(Row(), kind=kind, **each._asdict())
        return 0
    shown = [[kind, each.name, each.role, ",".join(each.apps or (keys.EVERY,)), each.key] for kind, each in found]
    context.output.table(["KIND", "NAME", "ROLE", "APPLICATIONS", "KEY"], shown)
    return 0
