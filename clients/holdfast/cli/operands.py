"""References on the command line: ``APP/NAME@SNAPSHOT:PART``, ``--name`` for names that hold ``@`` or ``:``,
``--folder`` where two folders have the name."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from holdfast.references import without_part
from holdfast_protocol.errors import Ambiguous, BadName, NotFound
from holdfast_protocol.model import Ref
from holdfast_protocol.names import parse_reference, shown

if TYPE_CHECKING:
    from holdfast.client import Client

_SUFFIX = ("@", ":")


def add_reference(parser: argparse.ArgumentParser, what: str = "APP/NAME[@SNAPSHOT][:PART]") -> None:
    """One reference, or none with ``--name``."""
    parser.add_argument("ref", metavar="REF", nargs="?", help=what)
    add_naming_flags(parser)


def add_naming_flags(parser: argparse.ArgumentParser) -> None:
    """``--name`` and ``--folder``."""
    parser.add_argument("--name", metavar="APP/NAME", help="a name that holds @ or :, taken as it is")
    parser.add_argument("--folder", metavar="LABEL", help="the folder, where two have the name")


def the_reference(arguments: argparse.Namespace) -> Ref:
    """The reference of a verb that has one. Raises BadName."""
    return read_reference(arguments.ref, arguments)


def the_session(arguments: argparse.Namespace) -> Ref:
    """The same for a verb that takes no part."""
    ref = the_reference(arguments)
    if ref.part is not None:
        raise BadName(f"This verb takes a whole session, not its part {shown(ref.part)}")
    return without_part(ref)


def read_reference(text: str | None, arguments: argparse.Namespace) -> Ref:
    """``text`` as a reference; with ``--name`` it may only add a snapshot and a part (``@-1:intro``)."""
    if arguments.name is None:
        if not text:
            raise BadName("A reference is expected: APP/NAME[@SNAPSHOT][:PART]")
        found = parse_reference(text)
        return _in_folder(found, found.app, found.name, arguments.folder)
    if text and not text.startswith(_SUFFIX):
        raise BadName(f"With --name only @SNAPSHOT and :PART may follow, not {shown(text)}")
    app, slash, name = arguments.name.partition("/")
    rest = parse_reference(f"name{text or ''}")
    return _in_folder(rest, app if slash else None, name if slash else app, arguments.folder)


def read_references(arguments: argparse.Namespace) -> list[Ref]:
    """Those of a verb that takes whole sessions. Raises BadName."""
    words = arguments.refs or ([None] if arguments.name is not None else [])
    refs = [read_reference(word, arguments) for word in words]
    if not refs:
        raise BadName("A session is expected: APP/NAME")
    if any(ref.part is not None or ref.snapshot != "latest" for ref in refs):
        raise BadName("Whole sessions are deleted, not their snapshots or parts")
    return refs


def _in_folder(ref: Ref, app: str | None, name: str, folder: str | None) -> Ref:
    return Ref(app=app, name=name, folder=folder, snapshot=ref.snapshot, part=ref.part)


def workspace_id(client: Client, said: str) -> str:
    """The id that begins so. Raises NotFound, Ambiguous."""
    fitting = [row.id for row in client.workspaces().rows if row.id.startswith(said.lower())]
    if len(fitting) > 1:
        raise Ambiguous(f"{shown(said)} fits several workspaces", candidates=fitting)
    if not fitting:
        raise NotFound(f"There is no workspace {shown(said)}; see holdfast workspace list", id=said)
    return fitting[0]
