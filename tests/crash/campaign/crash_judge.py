"""Whether DESIGN.md 2 holds after a crash: a daemon is started over what the disk held, and looked at."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import msgspec
from crash_daemon import CrashDaemon
from crash_days import Asked, Day, Scenario, World, history
from crash_disk import State
from e2e_daemon import until

import holdfast
from holdfast.caller import Conversation
from holdfast.testing import fork
from holdfast_protocol.errors import HoldfastError
from holdfast_protocol.messages import (
    CHANGING,
    Batched,
    Changed,
    Reply,
    Saved,
    Undone,
    WorkspaceDiscard,
    WorkspaceOpen,
    WorkspacePut,
    WorkspaceReplace,
    WorkspaceSave,
)  # fmt: skip
from holdfast_protocol.model import Ref

SECONDS = 15.0
RESTORE_AGAIN = 8


class Broken(Exception):
    """A promise."""


class Until(NamedTuple):
    """How far a day had come: so many requests begun, those answered, and of an outsider's writes those begun, done."""

    begun: int = 0
    answered: frozenset[int] = frozenset()
    writes: int = 0
    wrote: int = 0

    def after(self, said: dict[str, int]) -> Until:
        """One mark later."""
        return Until(
            said.get("begun", self.begun), self.answered | ({said["answered"]} if "answered" in said else set()),
            said.get("writes", self.writes), said.get("wrote", self.wrote),
        )  # fmt: skip


class Judge:
    """Of one day. ``is_cut`` is whether the machine went down, and not only the process."""

    def __init__(self, world: World, scenario: Scenario, day: Day) -> None:
        self._world = world
        self._scenario = scenario
        self._day = day

    def known(self, so_far: Until) -> set[bytes]:
        """All that anybody can have meant to be a document."""
        asked = self._day.asked[: so_far.begun]
        outside = {content for content, _ in self._day.written[: so_far.writes]}
        return self._day.before | {each for one in asked for each in one.payload} | outside

    def shown(self, so_far: Until, state: State, *, is_cut: bool) -> None:
        """Promise 2, of what the disk held: each visible file is old or new, and whole."""
        known = self.known(so_far)
        careless = {content for content, sync in self._day.written[: so_far.writes] if not sync}
        top = str(self._day.sessions) + "/"
        for path, content in state.items():
            if isinstance(content, int) or not path.startswith(top) or "/.holdfast-" in path or path.endswith("~"):
                continue
            if content not in known and not (is_cut and careless):
                raise Broken(f"{path[len(top) :]} shows {len(content)} bytes that nobody wrote: {content[:40]!r}")

    def holds(self, so_far: Until, *, is_cut: bool, has_catalog: bool = True) -> None:
        """All the rest. Raises whatever is found."""
        daemon = self._world.daemon
        if self._scenario.restores and not has_catalog:
            self._restored_again()
        started(daemon)
        if self._scenario.is_damaged:
            with daemon.client() as client:
                self._whole(client)
        until(lambda: is_settled(daemon), SECONDS)
        daemon.log_rows()
        with daemon.client() as client:
            self._kept(client, so_far, is_cut=is_cut)
            self._live(client, so_far)
            self._whole(client)
        self._once(so_far)
        with daemon.client() as client:
            client.save("notes", "afterwards", b"it goes on\n", published=True)
            if (daemon.sessions / "notes" / "afterwards").read_bytes() != b"it goes on\n":
                raise Broken("a new save is not shown")
        backed_up = self._day.backed_up(so_far.answered)
        if backed_up is not None:
            self._brought_back(backed_up)

    def _kept(self, client: holdfast.Client, so_far: Until, *, is_cut: bool) -> None:
        found = history(client)
        day = self._day
        must = {each for number in so_far.answered for each in day.asked[number - 1].brings}
        must |= {content for content, sync in day.written[: so_far.wrote] if sync or not is_cut}
        must |= day.stays
        if lost := must - found:
            raise Broken(f"lost: {[each[:40] for each in lost]}")
        outside = [content for content, _ in day.written[: so_far.writes]]  # what was still being written may be read
        strange = {each for each in found - self.known(so_far) if not any(one.startswith(each) for one in outside)}
        if strange and not is_cut:
            raise Broken(f"nobody wrote: {[each[:40] for each in strange]}")

    def _live(self, client: holdfast.Client, so_far: Until) -> None:
        """Promise 7: each workspace has what was put last, or what was being put."""
        last: dict[str, list[bytes]] = {}
        for number, asked in enumerate(self._day.asked[: so_far.begun], 1):
            request = asked.request
            if isinstance(request, WorkspaceSave | WorkspaceDiscard):
                last.pop(request.id, None)
            elif isinstance(request, WorkspacePut | WorkspaceReplace):
                was = last.get(request.id, []) if number not in so_far.answered else []
                last[request.id] = [*was, asked.payload[0]] if was or number in so_far.answered else []
        ids = {row.id for row in client.workspaces().rows}
        for identity, contents in last.items():
            if contents and identity not in ids and not self._is_left(identity, so_far):
                raise Broken(f"the workspace of {contents[-1][:40]!r} is gone")
            if contents and identity in ids:
                live = client.workspace(id=identity)
                has = [live[part] for part in live]
                if not any(each in contents for each in has):
                    raise Broken(f"a workspace has {[each[:40] for each in has]} instead of {contents[-1][:40]!r}")

    def _is_left(self, identity: str, so_far: Until) -> bool:
        return any(getattr(each.request, "id", None) == identity and "Leave" in type(each.request).__name__
                   for each in self._day.asked[: so_far.begun])  # fmt: skip

    def _whole(self, client: holdfast.Client) -> None:
        repair = self._scenario.is_damaged
        checked = client.check(all=True, repair=repair, wait_ms=20_000, timeout_seconds=30)
        if checked.running or checked.failed or checked.problems_count:
            raise Broken(f"check: {checked.failed} {[row.sentence for row in checked.rows]}")

    def _once(self, so_far: Until) -> None:
        """Promise 8: repeated under its id, a request has the answer that it had, and is not done again."""
        daemon, day = self._world.daemon, self._day
        with closing(Conversation(daemon.socket, time.monotonic() + SECONDS)) as conversation:

            def again(asked: Asked) -> Reply:
                said = conversation.ask(asked.request, asked.payload, asked.id, time.monotonic() + SECONDS)
                return said.reply

            rows = _asked_for(daemon)
            for number in sorted(so_far.answered):
                asked = day.asked[number - 1]
                if type(asked.request) not in CHANGING or isinstance(asked.request, WorkspaceOpen):
                    continue  # the latter is answered as it is now, or is not any more
                reply = again(asked)
                if _lasting(reply) != _lasting(asked.reply):
                    raise Broken(f"{type(asked.request).__name__} was answered {asked.reply}, and now {reply}")
            if _asked_for(daemon) != rows:
                raise Broken("a repeated request was done again")
            for number, asked in enumerate(day.asked[: so_far.begun], 1):
                if number not in so_far.answered and type(asked.request) in CHANGING and asked.reply is not None:
                    again(asked)
                    if again(asked) is not None and set(asked.brings) - self._history():
                        raise Broken(f"{type(asked.request).__name__} was answered at last, and is not there")

    def _history(self) -> set[bytes]:
        with self._world.daemon.client() as client:
            return history(client)

    def _restored_again(self) -> None:
        """No daemon makes a new store over a half of one; and bringing it back again succeeds."""
        daemon = self._world.daemon
        if (daemon.home / "store" / "restoring").exists():
            code = daemon.spawn().wait(SECONDS)
            if code != RESTORE_AGAIN:
                raise Broken(f"a daemon starts beside a half of a store, and ends with {code}")
        restore(self._world)

    def _brought_back(self, must: set[bytes]) -> None:
        """The directory holds a whole state, whatever was being written into it."""
        made = World(self._world.base / "other")
        try:
            shutil.copytree(self._world.disk, made.disk)
            restore(made)
            started(made.daemon)
            with made.daemon.client() as client:
                if lost := must - history(client):
                    raise Broken(f"the backup lost {[each[:40] for each in lost]}")
                self._whole(client)
        finally:
            made.remove()


def _lasting(reply: Reply | None) -> Reply | None:
    """Without its warnings, which are of the moment: why a file does not show it yet."""
    if isinstance(reply, Saved | Changed | Batched | Undone):
        return msgspec.structs.replace(reply, warnings=[])
    return reply


def _asked_for(daemon: CrashDaemon) -> list[int]:
    """The numbers of the operations that somebody asked for; autosaves go on meanwhile."""
    return [row.number for row in daemon.log_rows() if row.type != "autosaved"]


def is_settled(daemon: CrashDaemon) -> bool:
    """Nothing waits, nothing of the daemon's own lies about, and every file in every folder shows its head."""
    with daemon.client() as client:
        if client.status().pending_files or daemon.leftovers:
            return False
        roots = {row.label: os.fsdecode(row.path) for row in client.folder_list().rows}
        return all(
            row.diverged or _shows(os.path.join(roots[row.folder], os.fsdecode(row.path)), client, row.id)
            for row in client.list(limit=1000).rows
        )


def _shows(place: str, client: holdfast.Client, identity: str) -> bool:
    files = client.load(Ref(id=identity)).files
    try:
        return all(Path(place, os.fsdecode(path)).read_bytes() == content for path, content in files.items())
    except OSError:
        return False


def restore(world: World) -> None:
    """As ``holdfast backup DISK --restore`` does."""
    daemon = world.daemon
    code = fork(("--restore", str(world.disk)), daemon.environment, daemon.log).wait(SECONDS)
    if code:
        raise Broken(f"bringing back ended with {code}: {daemon.log.read_text()[-300:]}")


def started(daemon: CrashDaemon) -> None:
    """It answers, or ends with words."""
    process = daemon.process = daemon.spawn()
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            daemon.client(2.0).close()
            return
        except HoldfastError:
            code = process.poll()
            if code is not None:
                raise Broken(f"it does not start ({code}): {daemon.log.read_text()[-1500:]}") from None
            if time.monotonic() > deadline:
                raise Broken("it does not answer") from None
            time.sleep(0.005)
