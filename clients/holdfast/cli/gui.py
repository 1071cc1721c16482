"""``gui``: the web page."""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

from holdfast_protocol.errors import NotFound

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "see the sessions in the browser"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--port", type=int, default=0, help="of this machine's own address; any free one by default")
    parser.add_argument("--no-open", action="store_true", help="only say the address")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Says the address, and serves it until it is interrupted."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise NotFound("The page needs more libraries: pip install 'holdfast[gui]'")
    from holdfast.gui.serve import serve

    def says(address: str) -> None:
        context.output.line(address)
        sys.stdout.flush()

    serve(context.socket, arguments.port, opens=not arguments.no_open, start=context.start, says=says)
    return 0
