"""``save APP/NAME [FILE|-|DIRECTORY]``: a document, or parts of one, becomes the session's new head."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.contents import Contents
from holdfast.cli.counts import count
from holdfast.cli.operands import add_naming_flags, read_reference
from holdfast.cli.outcome import report_saved
from holdfast.cli.words import reference_text
from holdfast_protocol.errors import BadField, BadName, NotFound

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast.client import Client
    from holdfast.sources import FileContent
    from holdfast_protocol.model import Ref

HELP = "save a document, or parts of one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("words", metavar="APP/NAME [FILE|-|DIR]", nargs="*", help="the session, and what to save")
    add_naming_flags(parser)
    parser.add_argument("--part", metavar="P=FILE", action="append", default=[], help="put FILE (or -) in as part P")
    parser.add_argument("-m", "--message", metavar="TEXT", default="", help="a word about this save")
    parser.add_argument("--expect", metavar="REV", type=count, help="the revision that it started from")
    parser.add_argument("--new", action="store_true", help="refuse an existing name")
    parser.add_argument("--accept", action="store_true", help="even if it looks like damage")
    parser.add_argument("--tag", metavar="T", action="append", default=[], help="a tag of the session")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Save; 4 for a fork, 8 for a suspect."""
    words = list(arguments.words)
    ref = read_reference(None if arguments.name is not None else words.pop(0) if words else None, arguments)
    if ref.part is not None or ref.snapshot != "latest":
        raise BadName("A save takes APP/NAME, without a snapshot or a part (see --part)")
    if len(words) > 1:
        raise BadField("One file, '-' or directory is expected; several parts are given with --part P=FILE")
    if not words and not arguments.part:
        raise BadField("Nothing to save: name a file, '-' or a directory, or give --part P=FILE")
    with Contents(context.output) as contents:
        saved = context.client.save(
            _application(context.client, ref),
            ref.name,
            contents.document(words[0]) if words else None,
            parts=dict(_part(each, contents) for each in arguments.part),
            folder=ref.folder,
            message=arguments.message,
            expect=arguments.expect,
            new=arguments.new,
            accept=arguments.accept,
            published=True,
            tags=arguments.tag,
        )
    return report_saved(context.output, saved, reference_text(ref))


def _application(client: Client, ref: Ref) -> str:
    """That of the one session of this name, where none is given."""
    if ref.app is not None:
        return ref.app
    try:
        return client.show(ref, parts=False).session.app
    except NotFound as problem:
        raise NotFound(f"{problem.sentence}; for a new session say APP/NAME", **problem.details) from problem


def _part(text: str, contents: Contents) -> tuple[str, FileContent]:
    part, equals, file = text.rpartition("=")
    if not equals or not part:
        raise BadField(f"--part takes P=FILE, not {text!r}")
    return part, contents.part(file)
