"""``metrics``: the daemon's figures for Prometheus, once or served to this machine."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.counts import port

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "say the daemon's figures as Prometheus reads them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("--serve", metavar="PORT", type=port, help="to this machine, until interrupted")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """The text; with ``--serve`` the address, and the text to whoever comes."""
    from holdfast import metrics

    if arguments.serve is None:
        context.output.content([metrics.text(context.client.status()).encode()])
        return 0
    from holdfast.connecting import connect
    from holdfast.metrics_server import ANSWER_SECONDS, MetricsServer

    client = connect(context.socket, timeout_seconds=ANSWER_SECONDS, start=context.start)
    with client, MetricsServer(arguments.serve, lambda: metrics.text(client.status())) as server:
        context.output.done(server.address)
        context.output.flush()
        server.serve_forever()
    return 0
