"""``new APP/NAME --template T | --clear OTHER``: a new session like a template, or with another one's setting only."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.outcome import report_changed, report_saved
from holdfast_protocol.errors import BadName

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "begin a new session from a template, or with the setting of another"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("words", metavar="[APP/]NAME", help="the new session's name, taken as it is")
    origin = parser.add_mutually_exclusive_group(required=True)
    origin.add_argument("--template", metavar="T", help="the session that it begins as; any will do")
    origin.add_argument("--clear", metavar="OTHER", help="the session that it begins as, emptied")
    parser.add_argument("--keep", metavar="KIND", action="append", default=[], help="parts of this kind stay too")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Make it; 4 where the name is taken."""
    app, slash, rest = arguments.words.partition("/")
    name, of = (rest, app) if slash else (app, None)
    if arguments.template is not None:
        if arguments.keep:
            raise BadName("--keep goes with --clear; a session from a template has all of it")
        copied = context.client.copy(arguments.template, name, app=of, published=True)
        return report_changed(context.output, copied, "new")
    saved = context.client.new(name, app=of, clear=arguments.clear, keep=arguments.keep, published=True)
    return report_saved(context.output, saved, arguments.words)
