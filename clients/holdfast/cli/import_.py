"""``import PATH…``: documents are recognised by their content and taken in as new sessions, and so are bundles."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from holdfast.cli.contents import Contents
from holdfast.cli.outcome import report_saved
from holdfast_protocol.errors import BadField, BadName, Damaged, Exists, TooLarge, Unreadable

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "recognise documents and take them in as new sessions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, or a directory for a document of several")
    parser.add_argument("--app", metavar="A", help="the application, instead of recognising it")
    parser.add_argument("--resources", metavar="DIR", help="write the files that a bundle brought into this directory")
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
        except (Unreadable, Damaged, TooLarge) as problem:
            said = problem.sentence if path in problem.sentence else f"{path}: {problem.sentence}"
            context.output.error(type(problem)(said, **problem.details))
            code = problem.exit_code
        worst = worst or code
    return worst


def _take_in(context: Context, path: str, arguments: argparse.Namespace) -> int:
    if _ends_as_archive(path):
        code = _take_in_bundle(context, path, arguments)
        if code is not None:
            return code
    stem, suffix = os.path.splitext(os.path.basename(os.path.normpath(path)))
    if os.path.isdir(path):
        stem, suffix = stem + suffix, ""
    name = stem if arguments.name is None else arguments.name
    with Contents(context.output) as contents:
        saved = context.client.import_document(
            name, contents.document(path), app=arguments.app, suffix=suffix, published=True
        )
    return report_saved(context.output, saved, name)


def _ends_as_archive(path: str) -> bool:
    """A bundle is one, whatever it is called; nothing is loaded to find that out."""
    try:
        if not os.path.isfile(path):
            return False
        with open(path, "rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:  # it is said where it is read
        return False


def _take_in_bundle(context: Context, path: str, arguments: argparse.Namespace) -> int | None:
    """None where it is no bundle."""
    from holdfast.bundles import opened_bundle
    from holdfast.unbundling import taken_in, write_resources

    with opened_bundle(path) as bundle:
        if bundle is None:
            return None
        if arguments.app is not None:
            raise BadField(f"{path} is a bundle, which says its application; --app is for documents")
        with context.output.progress(f"checking {path}") as progress:
            bundle.verify(progress)
        client = context.client
        saved = client.run(taken_in(client.verbs, bundle, arguments.name, published=True))
        if arguments.resources is not None:
            for each in write_resources(bundle, arguments.resources):
                context.output.done(f"brought {each}")
        elif bundle.resources:
            count = len(bundle.resources)
            context.output.say(f"holdfast: {path} has {count} resources of it: --resources DIR writes them there")
    return report_saved(context.output, saved, arguments.name or saved.session.name)
