"""``new APP/NAME --clear OTHER``: a new session that keeps another one's setting and nothing else of it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.outcome import report_saved
from holdfast.references import reference

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "begin a new session with the setting of another"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("words", metavar="[APP/]NAME", help="the new session's name, taken as it is")
    parser.add_argument(
        "--clear", metavar="OTHER", required=True, help="the session that is emptied for it (itself it stays as it is)"
    )
    parser.add_argument("--keep", metavar="KIND", action="append", default=[], help="parts of this kind stay too")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Make it; 4 where the name is taken."""
    app, slash, rest = arguments.words.partition("/")
    saved = context.client.new(
        rest if slash else app, app=app if slash else None, clear=reference(arguments.clear), keep=arguments.keep,
        published=True,
    )  # fmt: skip
    return report_saved(context.output, saved, arguments.words)
