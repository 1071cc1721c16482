"""``note REF [TEXT]``: what people want to remember of a session."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.cli.operands import add_naming_flags, read_reference
from holdfast.cli.words import title
from holdfast.references import without_part
from holdfast_protocol.errors import BadName

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context

HELP = "show or write a note about a session"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("words", metavar="APP/NAME [TEXT]", nargs="*", help="the session, and its note from now on")
    add_naming_flags(parser)


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Without a text the note is printed; an empty text takes it away."""
    words = [*arguments.words]
    session = words.pop(0) if words and arguments.name is None else None
    if len(words) > 1:
        raise BadName("One text is expected: put it in quotes")
    noted = context.client.note(without_part(read_reference(session, arguments)), words[0] if words else None)
    if context.output.as_json:
        context.output.row(noted)
    if words:
        said = "noted" if noted.text else "without a note:"
        number = f"  operation {noted.operation}" if noted.operation is not None else ", as it was before"
        context.output.done(f"{said} {title(noted.session)}{number}")
    elif not context.output.as_json:
        for line in noted.text.split("\n") if noted.text else ():
            context.output.line(line)
    return 0
