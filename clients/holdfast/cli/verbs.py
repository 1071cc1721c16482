"""The verbs, what a verb's module offers, and what it is given."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Protocol

from holdfast.cli.output import Output

if TYPE_CHECKING:
    from holdfast.client import Client

#: Word to module, in the order of the help.
VERBS: dict[str, str] = {
    "save": "save",
    "load": "load",
    "list": "list",
    "show": "show",
    "log": "log",
    "diff": "diff",
    "cat": "cat",
    "restore": "restore",
    "accept": "accept",
    "undo": "undo",
    "operations": "operations",
    "delete": "delete",
    "rename": "rename",
    "copy": "copy",
    "new": "new",
    "check-resources": "check_resources",
    "import": "import_",
    "events": "events",
    "status": "status",
}


class Context:
    """The client, connected when it is first used, and the output."""

    def __init__(self, socket: str | None, timeout_seconds: float, *, start: bool, output: Output) -> None:
        self.output = output
        self._socket = socket
        self._timeout_seconds = timeout_seconds
        self._start = start
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        """Raises what ``holdfast.connect`` does."""
        if self._client is None:
            from holdfast.connecting import connect

            self._client = connect(self._socket, timeout_seconds=self._timeout_seconds, start=self._start)
        return self._client

    def close(self) -> None:
        """Hang up."""
        if self._client is not None:
            self._client.close()


class Verb(Protocol):
    """A verb is a module with these three."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """What may follow the verb."""

    def run(self, context: Context, arguments: argparse.Namespace) -> int:
        """Do it; returns the exit code. Raises HoldfastError."""
        ...
