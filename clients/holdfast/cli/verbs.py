"""The verbs, what a verb's module offers, and what it is given."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Protocol

from holdfast.cli.output import Output
from holdfast_protocol.errors import NotAllowed

if TYPE_CHECKING:
    from holdfast.client import Client

#: Word, or two words, to module, in the order of the help.
VERBS: dict[str, str] = {
    "save": "save",
    "load": "load",
    "list": "list",
    "search": "search",
    "show": "show",
    "log": "log",
    "diff": "diff",
    "cat": "cat",
    "restore": "restore",
    "accept": "accept",
    "batch": "batch",
    "undo": "undo",
    "operations": "operations",
    "delete": "delete",
    "rename": "rename",
    "copy": "copy",
    "tag": "tag",
    "template": "template",
    "note": "note",
    "archive": "archive",
    "unarchive": "unarchive",
    "pin": "pin",
    "purge": "purge",
    "prune": "prune",
    "new": "new",
    "check-resources": "check_resources",
    "relink": "relink",
    "import": "import_",
    "export": "export",
    "last": "last",
    "reload": "reload",
    "workspace list": "workspace_list",
    "workspace recover": "workspace_recover",
    "workspace discard": "workspace_discard",
    "bridge igv": "bridge_igv",
    "bridge mosaic": "bridge_mosaic",
    "folder add": "folder_add",
    "folder list": "folder_list",
    "folder remove": "folder_remove",
    "folder scan": "folder_scan",
    "folder suggest": "folder_suggest",
    "events": "events",
    "wait": "wait",
    "status": "status",
    "metrics": "metrics",
    "doctor": "doctor",
    "config show": "config_show",
    "config check": "config_check",
    "key generate": "key_generate",
    "key list": "key_list",
    "key allow": "key_allow",
    "key revoke": "key_revoke",
    "key trust": "key_trust",
    "service install": "service_install",
    "service uninstall": "service_uninstall",
    "service status": "service_status",
    "check": "check",
    "backup": "backup",
    "gui": "gui",
    "tui": "tui",
}


#: The longest wait for an answer, and for one that looks at a whole folder first, where nobody says another.
_ANSWER_SECONDS = 30.0
_WALK_SECONDS = 600.0


class Context:
    """The client, connected when it is first used, and the output. ``walk_seconds``: how long to wait for an answer
    that looks at whole folders first."""

    def __init__(
        self, socket: str | None, timeout_seconds: float | None, *, start: bool, output: Output,
        direct: bool = False, store: str | None = None, key: str | None = None, server_key: str | None = None,
    ) -> None:  # fmt: skip
        """``direct``: no daemon is asked; the ``store`` is only read."""
        self.output = output
        self._direct = direct
        self._store = store
        self.walk_seconds = timeout_seconds or _WALK_SECONDS
        self._socket = socket
        self._keys = key, server_key
        self._timeout_seconds = timeout_seconds or _ANSWER_SECONDS
        self._start = start
        self._client: Client | None = None

    @property
    def socket(self) -> str | None:
        """The path that was named, or the place on the network, with its keys; or None."""
        if any(self._keys):
            from holdfast.connecting import path_of
            from holdfast.remote import addressed

            self._socket = addressed(path_of(self._socket), *self._keys)
        return self._socket

    @property
    def start(self) -> bool:
        """Whether a daemon is started where none runs."""
        return self._start

    @property
    def client(self) -> Client:
        """Raises what ``holdfast.connect`` does, or ``DirectClient``."""
        if self._client is None and self._direct:
            from holdfast.direct import DirectClient

            self._client = DirectClient(self._store, timeout_seconds=self._timeout_seconds)
        if self._client is None:
            from holdfast.connecting import connect

            self._client = connect(self.socket, timeout_seconds=self._timeout_seconds, start=self._start)
        return self._client

    def check_happening(self) -> None:
        """Raises NotAllowed with --direct, for whoever would wait for ever."""
        if self._direct:
            raise NotAllowed("Nothing happens in a store that is only read: leave out --direct")

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
