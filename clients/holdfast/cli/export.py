"""``export REF --to FORM [-o PATH]``: a session in a form that leaves the house."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from typing import TYPE_CHECKING

from holdfast.cli.leaking import let_pass
from holdfast.cli.operands import add_reference, the_reference
from holdfast.cli.output import plain
from holdfast.cli.words import title
from holdfast_protocol.errors import BadField, CannotHold, Exists

if TYPE_CHECKING:
    from holdfast.cli.verbs import Context
    from holdfast.exports import Export

HELP = "write a session, or objects of it, for others: as files, a bundle, to read, or in its application's other forms"
_STANDARD_OUTPUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    add_reference(parser)
    parser.add_argument(
        "--to", metavar="FORM", required=True,
        help="native: as its application has it · parts: a directory with a file for each · bundle: an archive with "
        "the document and what belongs to it, for holdfast import · markdown, html, pdf, png: for people to read · "
        "ply, obj, csv, npy: a directory with each object in space, in its unit (Mosaic: Å) · its application's other "
        "forms: holdfast show tells them",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", metavar="PATH", help="the file or directory (by default called as the session); - for stdout"
    )
    parser.add_argument("--force", action="store_true", help="replace what is there, without asking")
    parser.add_argument("--strict", action="store_true", help="refuse what the form cannot hold, and secrets")
    parser.add_argument(
        "--part", metavar="P", action="append", default=[],
        help="parts, ply, obj, csv, npy: only this part; one by itself is one file, as with :PART",
    )  # fmt: skip
    parser.add_argument("--kind", metavar="KIND", action="append", default=[], help="only parts of this kind")
    parser.add_argument("--full", action="store_true", help="to read: with what the application's own export omits")
    parser.add_argument(
        "--history", metavar="N|all|pins", type=_history, default=0, help="bundle: with older snapshots too"
    )
    parser.add_argument(
        "--resources", action="store_true", help="bundle: with the local files that it points to, and their indexes"
    )
    parser.add_argument(
        "--redact", action="store_true", help="with * in the place of keys, passwords and home directories' names"
    )


def run(context: Context, arguments: argparse.Namespace) -> int:
    """A file, or a new directory, is there whole or as it was."""
    _end_in_order()
    output = context.output
    if output.as_json and arguments.output == _STANDARD_OUTPUT:
        raise BadField("With --json the export goes to a file: say -o PATH")
    export = _asked(context, arguments, _target(arguments.output))
    if export.folder_name is not None and _names_folder(arguments.output):  # which it becomes, and goes into no other
        export = _asked(context, arguments, os.path.abspath(arguments.output))
    for remark in (*export.remarks, *export.losses):
        output.say(f"holdfast: {plain(remark)}")
    if arguments.strict and export.losses:
        raise CannotHold(f"{arguments.to} cannot hold all of it; nothing was written", problems=[*export.losses])
    if export.length_bytes == 0:
        output.say(f"holdfast: {title(export.session)} has nothing to export as {arguments.to}; the result is empty")
    leaks = let_pass(output, export, strict=arguments.strict, force=arguments.force)
    said = len(export.remarks)
    if arguments.output == _STANDARD_OUTPUT:
        output.content(export.read())
        _say_rest(context, export, said)
        return 0
    place = _place(export, arguments.output)
    with output.progress(f"exporting {title(export.session)}") as progress:
        export.write(place, replace=arguments.force or _may_replace(place), progress=progress)
    _say_rest(context, export, said)
    if output.as_json:
        told = {"secrets": leaks.secrets_count, "home_paths": leaks.homes_count}
        output.row(export.session, snapshot=export.snapshot, path=place, files=[*export.files], **told)
    output.done(f"exported {title(export.session)}  snapshot {export.snapshot[:8]}  to {place}")
    return 0


def _end_in_order() -> None:
    """A terminal that is closed, or a polite end, leaves no more behind than Ctrl-C does."""
    for each in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(each) is signal.SIG_DFL:  # under nohup it is another
            signal.signal(each, signal.default_int_handler)


def _asked(context: Context, arguments: argparse.Namespace, target: str) -> Export:
    return context.client.export(
        the_reference(arguments), arguments.to, full=arguments.full, history=arguments.history,
        resources=arguments.resources, target=target, redact=arguments.redact, parts=arguments.part,
        kinds=arguments.kind,
    )  # fmt: skip


def _say_rest(context: Context, export: Export, said: int) -> None:
    """What was found only while it was made."""
    for remark in export.remarks[said:]:
        context.output.say(f"holdfast: {plain(remark)}")


def _place(export: Export, said: str | None) -> str:
    """Into a directory that is there, a file goes under its own name."""
    own = export.folder_name or export.file_name
    if said is None:
        return own
    is_file = export.folder_name is None
    return os.path.join(said, own) if is_file and _names_folder(said) else said


def _target(said: str | None) -> str:
    """Where it will lie, as far as that is known before it is there: a folder ends in a separator. Of a folder that is
    linked the real one, for its ``..`` is the one above that."""
    if said == _STANDARD_OUTPUT:
        return ""
    place = os.path.abspath(said or os.curdir)
    if said is None or _names_folder(said):
        return os.path.join(os.path.realpath(place), "")
    return os.path.join(os.path.realpath(os.path.dirname(place)), os.path.basename(place))


def _names_folder(said: str | None) -> bool:
    return said is not None and (os.path.isdir(said) or said.endswith(os.sep))


def _may_replace(place: str) -> bool:
    """Asks where something is there and somebody can be asked. Raises Exists."""
    if not os.path.isfile(place) and not (os.path.isdir(place) and os.listdir(place)):
        return False
    if sys.stdin is not None and sys.stdin.isatty():
        print(f"{place!a} is there already. Replace it? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return True
    raise Exists(f"{place} is there already; nothing was written. Say --force to replace it", path=place)


def _history(said: str) -> int | str:
    if said in ("all", "pins"):
        return said
    if not said.isascii() or not said.isdigit():
        raise argparse.ArgumentTypeError("a number of snapshots, all or pins is expected")
    return int(said)
