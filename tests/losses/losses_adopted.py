"""A folder of an application's own, adopted by a real daemon: what its user sees of it, and what one command brings
back. Nothing here waits for luck: every waiting is for something that must come, with a deadline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from e2e_daemon import Daemon, Said, until

from holdfast_protocol.errors import NotFound
from holdfast_protocol.model import Ref

#: A document of one file, or of several by their paths in the session's folder.
State = bytes | Mapping[str, bytes]
Row = dict[str, Any]


@dataclass(frozen=True)
class Adopted:
    """``folder`` as the user named it, adopted for ``app`` under ``label``."""

    daemon: Daemon
    app: str
    folder: Path
    label: str

    # What the user sees.

    def rows(self) -> dict[str, Row]:
        """The sessions of this folder by name, as ``holdfast list`` shows them."""
        said = self.daemon.ok("list", "--app", self.app, "--folder", self.label, "--json")
        return {row["name"]: row for row in said.rows}

    def names(self) -> dict[str, str]:
        """Path below the folder → name of each session. What no format can read keeps the suffix of its file."""
        return {row["path"]: name for name, row in self.rows().items()}

    def flags(self, name: str) -> tuple[bool, bool, bool]:
        """Suspect, diverged, deleted, as ``holdfast show`` says."""
        [row] = self.command("show", name, "--json").rows
        return row["suspect"], row["diverged"], row["deleted"]

    def history(self, name: str) -> list[Row]:
        """``holdfast log``, newest first."""
        return self.command("log", name, "--json").rows

    def events(self, *kinds: str, name: str | None = None) -> list[Row]:
        """Of this folder, oldest first, without those that an undo reversed."""
        return [
            row for row in self.daemon.operations()
            if row["folder"] == self.label and row["type"] in kinds
            and (name is None or row["name"] == name) and row["undone_by"] is None
        ]  # fmt: skip

    def row(self) -> Row:
        """The folder itself, as ``holdfast folder list`` shows it."""
        rows = self.daemon.ok("folder", "list", "--json").rows
        return next(row for row in rows if row["label"] == self.label)

    # What the user does.

    def command(self, verb: str, name: str, *words: str, snapshot: str = "") -> Said:
        """``holdfast VERB APP/NAME@SNAPSHOT``, which must go well. By ``--name``, as some names hold ``:``."""
        return self.daemon.ok(verb, *self._naming(name, snapshot), *words)

    def refused(self, verb: str, name: str, *words: str) -> Said:
        """The same where it may not."""
        return self.daemon.cli(verb, *self._naming(name, ""), *words)

    def _naming(self, name: str, snapshot: str) -> list[str]:
        return [*([f"@{snapshot}"] if snapshot else []), "--name", f"{self.app}/{name}", "--folder", self.label]

    def scan(self, *words: str) -> None:
        """Returns once everything that was on disk is in the store."""
        self.daemon.ok("folder", "scan", self.label, *words)

    # What must come.

    def kept(self, name: str, state: State, *, suspect: bool | None = False) -> Row:
        """The newest snapshot that is ``state``, byte for byte, once there is one (of those that look like damage,
        of those that do not, or of all)."""
        return until(partial(self._snapshot, name, _document(state), suspect))

    def head_is(self, name: str, state: State) -> None:
        """The session is there and its head is ``state``."""
        until(lambda: self._files(name, "latest") == _document(state))

    def gone(self, *names: str) -> None:
        """None of them is in the list."""
        until(lambda: not {*names} & self.rows().keys())

    def held(self) -> str:
        """The reason why the folder is held, once it is."""
        return until(lambda: self.row()["held"])

    def released(self) -> None:
        """The folder is not held, or not any longer."""
        until(lambda: self.row()["held"] is None)

    def damaged(self, name: str, state: State) -> str:
        """``state`` lies on disk and looks like damage: the user is told so and why, and the head is another. The
        reason."""
        snapshot = self.kept(name, state, suspect=True)
        until(lambda: self.flags(name) == (True, True, False))
        assert self._files(name, "latest") != _document(state)
        [*_, event] = self.events("suspect", name=name)
        assert event["note"] == snapshot["suspect"] != ""
        return str(snapshot["suspect"])

    # What one command brings back.

    def comes_back(self, name: str, *states: State) -> None:
        """Each state is on disk again after one ``holdfast restore APP/NAME@SNAPSHOT``."""
        for state in states:
            self.command("restore", name, snapshot=self.kept(name, state)["snapshot"])
            assert self.on_disk(name) == _document(state)
            assert self.flags(name) == (False, False, False)

    def undone(self, event: Row, state: State) -> None:
        """The same after one ``holdfast undo NUMBER``."""
        self.daemon.ok("undo", str(event["number"]))
        assert self.on_disk(event["name"]) == _document(state)
        assert self.flags(event["name"]) == (False, False, False)

    def on_disk(self, name: str) -> dict[str, bytes]:
        """The session's visible file, or files, read past the daemon."""
        [row] = self.command("show", name, "--json").rows
        place = self.folder / row["path"]
        if not place.is_dir():
            return {"": place.read_bytes()}
        return {file["path"]: (place / file["path"]).read_bytes() for file in row["files"]}

    # Reading what the daemon has, quickly.

    def _files(self, name: str, snapshot: str) -> dict[str, bytes] | None:
        with self.daemon.client() as client:
            try:
                files = client.load(Ref(app=self.app, name=name, folder=self.label, snapshot=snapshot)).files
            except NotFound:
                return None
        return {path.decode(): content for path, content in files.items()}

    def _snapshot(self, name: str, document: dict[str, bytes], suspect: bool | None) -> Row | None:
        size_bytes = sum(map(len, document.values()))
        with self.daemon.client() as client:
            try:
                rows = client.log(Ref(app=self.app, name=name, folder=self.label)).rows
            except NotFound:
                return None
        for row in rows:
            fits = row.size_bytes == size_bytes and suspect in (None, row.suspect is not None)
            if fits and self._files(name, row.snapshot) == document:
                return {"snapshot": row.snapshot, "suspect": row.suspect, "cause": row.cause}
        return None


def listing(folder: Path) -> dict[str, bytes]:
    """Every file of a folder as the application left it: what a daemon that was not asked may not change."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def _document(state: State) -> dict[str, bytes]:
    return {"": state} if isinstance(state, bytes) else dict(state)
