"""A bridge to IGV in this process, turned by hand."""

from __future__ import annotations

import itertools
import os

import holdfast
from holdfast.bridges.following import Following
from holdfast.bridges.igv_port import IgvPort
from holdfast_protocol.model import WorkspaceRow

_NUMBERS = itertools.count(1)


class Bridge:
    """``name``: that of its session, by default one that no other has."""

    def __init__(self, client: holdfast.Client, port: IgvPort, name: str = "") -> None:
        self.client = client
        self.name = name or f"live {next(_NUMBERS)} {os.getpid()}"
        self.said: list[str] = []
        self.following = Following(client, f"igv/{self.name}", port, 0.05, self.said.append)
        self.turn = self.following.turn

    def rows(self) -> list[WorkspaceRow]:
        """Those of its session, the one that was changed last first."""
        return [row for row in self.client.workspaces(app="igv").rows if row.name == self.name]

    def kept(self) -> list[bytes]:
        """What would be recovered of each."""
        return [
            self.client.load(f"igv/{saved.session.name}").files[b""]
            for row in self.rows()
            if (saved := self.client.recover(row.id, name=f"{self.name} {row.id[:8]}"))
        ]
