"""``import PATH…``: documents are recognised by their content and taken in as new sessions."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from holdfast.cli.contents import Contents
from holdfast.cli.outcome import report_saved
from holdfast_protocol.errors import BadField, BadName, Exists, Unreadable

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "recognise documents and take them in as new sessions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a directory for a document of several")
    parser.add_argument("--app", metavar="A", help="the application, instead of recognising it")
    parser.add_argument("--name", metavar="N", help="the session's name, instead of the file's without its suffix")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """All are tried; the exit code is that of the first that failed."""
    if arguments.name is not None and len(arguments.paths) > 1:
        raise BadField("--name is for one document")
    worst = 0
    for path in arguments.paths:
        try:
            code = _take_in(context, path, arguments)
        except (BadName, Exists) as problem:
            hint = "" if arguments.name is not None else "; say another name with --name"
            context.output.error(type(problem)(f"{path}: {problem.sentence}{hint}", **problem.details))
            code = problem.exit_code
        except Unreadable as problem:
            context.output.error(problem)
            code = problem.exit_code
        worst = worst or code
    return worst


def _take_in(context: Context, path: str, arguments: argparse.Namespace) -> int:
    stem, suffix = os.path.splitext(os.path.basename(os.path.normpath(path)))
    if os.path.isdir(path):
        stem, suffix = stem + suffix, ""
    name = stem if arguments.name is None else arguments.name
    with Contents(context.output) as contents:
        saved = context.client.import_document(
            name, contents.document(path), app=arguments.app, suffix=suffix, published=True
        )
    return report_saved(context.output, saved, name)
