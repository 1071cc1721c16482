"""``load REF [-o PATH]``: a document, or chosen parts of it, to a file, a directory or standard output."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_reference, the_reference
from holdfast.cli.words import path_text, title
from holdfast_protocol.errors import BadField, Damaged, Unreadable

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast.documents import OpenDocument

HELP = "write a document to a file or to standard output"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser)
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="the file, or the directory for several; after a cut, say it again"
    )
    parser.add_argument("--part", metavar="P", action="append", default=[], help="only this part")
    parser.add_argument("--kind", metavar="KIND", action="append", default=[], help="only parts of this kind")


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Load; a file is there whole or as it was."""
    if context.output.as_json and arguments.output in (None, "-"):
        raise BadField("With --json the document goes to a file: say -o PATH")
    document = context.client.open(the_reference(arguments), parts=arguments.part, kinds=arguments.kind)
    if arguments.output in (None, "-"):
        if not _is_one_file(document):
            raise BadField(f"{title(document.session)} has {len(document.files)} files: say -o DIRECTORY")
        context.output.content(document.read(document.files[0]))
        return 0
    try:
        travelled_bytes = _write(document, arguments.output)
    except OSError as problem:
        raise Unreadable(
            f"{arguments.output} cannot be written: {problem.strerror}", path=arguments.output
        ) from problem
    if context.output.as_json:
        context.output.row(
            document.session, snapshot=document.snapshot, files=list(document.files), travelled_bytes=travelled_bytes
        )
    context.output.done(f"loaded {title(document.session)}  snapshot {document.snapshot[:8]}  to {arguments.output}")
    return 0


def _is_one_file(document: OpenDocument) -> bool:
    return len(document.files) == 1 and document.files[0].path == b""


def _write(document: OpenDocument, target: str) -> int:
    """How many bytes travelled."""
    if _is_one_file(document):
        return document.write(document.files[0], target)
    travelled_bytes = 0
    for place, row in [(_place(target, row.path), row) for row in document.files]:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        travelled_bytes += document.write(row, os.fsdecode(place))
    return travelled_bytes


def _place(folder: str, path: bytes) -> bytes:
    """Raises Damaged for a path that leads out of the folder."""
    if b"\0" in path or any(step in (b"", b".", b"..") for step in path.split(b"/")):
        raise Damaged(f"The document holds a file called {path_text(path)!r}", path=path_text(path))
    return os.path.join(os.fsencode(folder), path)
