"""``batch [FILE|-]``: the changes that a script has written down, a JSON object a line, all of them or none."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from holdfast.cli.contents import Contents
from holdfast.cli.words import title
from holdfast.plans import replied
from holdfast.references import reference
from holdfast_protocol import codec
from holdfast_protocol import messages as wire
from holdfast_protocol.errors import BadField, HoldfastError, Unreadable

if TYPE_CHECKING:
    from holdfast.batch import Batch
    from holdfast.cli.verbs import Context

HELP = "several changes as one operation: all of them, or none"

#: Where what a person types for a session may stand.
_REFERENCES = ("ref", "into", "clear")
#: What a line says of a document, in the place of ``files`` and ``parts``.
_CONTENT = ("file", "text", "parts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("file", metavar="FILE|-", nargs="?", default="-", help="the changes (standard input)")
    parser.epilog = (
        'Each line is a change: {"verb": "rename", "ref": "notes/a", "name": "b"}, with the fields that PROTOCOL.md '
        'gives the verb. A save has "file" (a path) or "text", or "parts", an object of name to text. Empty lines and '
        "lines that begin with # say nothing."
    )


def run(context: Context, arguments: argparse.Namespace) -> int:
    """Do them; a line for each says what became of it."""
    lines: list[int] = []
    with Contents(context.output) as contents:
        try:
            with context.client.batch(published=True) as batch:
                for number, line in _lines(arguments.file):
                    lines.append(number)
                    with _at(number):
                        _add(batch, line, contents)
        except HoldfastError as problem:
            change = problem.details.get("change")
            with _at(lines[change] if isinstance(change, int) else None):
                raise
    if batch.done is not None:
        _report(context, batch.done)
    return 0


@contextmanager
def _at(number: int | None) -> Iterator[None]:
    """What is raised says that it is about that line, if it is about one."""
    try:
        yield
    except HoldfastError as problem:
        if number is None:
            raise
        raise type(problem)(f"line {number}: {problem.sentence}", **problem.details) from problem


def _lines(name: str) -> Iterable[tuple[int, str]]:
    """Those that say something, and their numbers. Raises Unreadable."""
    if name == "-" and sys.stdin is None:
        raise Unreadable("Standard input is closed")
    try:
        with open(sys.stdin.fileno() if name == "-" else name, encoding="utf-8", closefd=name != "-") as file:
            for number, line in enumerate(file, 1):
                if line.strip() and not line.startswith("#"):
                    yield number, line
    except (OSError, UnicodeDecodeError) as problem:
        raise Unreadable(f"{name} cannot be read: {problem}", path=name) from problem


def _add(batch: Batch, line: str, contents: Contents) -> None:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as problem:
        raise BadField(f"not readable JSON: {problem}") from problem
    verb = said.pop("verb", None) if isinstance(said, dict) else None
    kind = wire.VERBS.get(verb) if isinstance(verb, str) and verb in wire.Change.__struct_fields__ else None
    if kind is None:
        raise BadField(f"a verb is expected: {', '.join(wire.Change.__struct_fields__)}", field="verb")
    content = {name: said.pop(name) for name in _CONTENT if kind is wire.Save and name in said}
    for name in said.keys() - {*kind.__struct_fields__} | said.keys() & {"files", "session", "published"}:
        raise BadField(f"{verb} has no field {name!r} here", field=name)
    for name in _REFERENCES:
        if isinstance(said.get(name), str):
            said[name] = codec.to_plain(reference(said[name]))
    request = codec.to_row(said, kind)
    if isinstance(request, wire.Save):
        _save(batch, request, content, contents)
    else:
        batch.add(lambda _: replied(request, wire.REPLY_TO[kind]))


def _save(batch: Batch, said: wire.Save, content: dict[str, Any], contents: Contents) -> None:
    """Raises BadField, Unreadable."""
    parts = content.get("parts", {})
    texts = [*(content[name] for name in ("file", "text") if name in content), *_values(parts)]
    if not texts or not all(isinstance(text, str) for text in texts) or len(content) != 1:
        raise BadField("a save has one of file, text and parts, which are text", field="file")
    document = contents.document(content["file"]) if "file" in content else None
    batch.save(
        said.app, said.name, content["text"].encode() if "text" in content else document,
        parts={name: text.encode() for name, text in parts.items()}, folder=said.folder, message=said.message,
        expect=said.expect, new=said.new, accept=said.accept, tags=said.tags,
    )  # fmt: skip


def _values(parts: object) -> list[object]:
    return [*parts.values()] if isinstance(parts, dict) else [None]


def _report(context: Context, done: wire.Batched) -> None:
    output = context.output
    for warning in done.warnings:
        output.say(f"holdfast: {warning}")
    for effect in done.effects:
        reply = effect.saved or effect.changed or effect.noted
        assert reply is not None
        if output.as_json:
            output.row(reply)
        for warning in getattr(reply, "warnings", ()):
            output.say(f"holdfast: {warning}")
        number = f"operation {reply.operation}" if reply.operation is not None else "as it was before"
        output.done(f"{title(reply.session)}  {number}")
