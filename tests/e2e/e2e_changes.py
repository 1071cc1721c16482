"""A request of every verb that changes the store, and what must be there for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from e2e_daemon import Daemon, renardo, until
from e2e_line import Line

import holdfast
from holdfast_protocol import messages as m
from holdfast_protocol.model import FileSource, Ref

APP = "once"
FILES = [FileSource(frame=0)]


@dataclass(frozen=True)
class Scene:
    """What a request needs to be there: a client to make it with, a name and a folder of its own."""

    client: holdfast.Client
    name: str
    folder: Path

    @property
    def ref(self) -> Ref:
        return Ref(app=APP, name=self.name)

    def saved(self, *contents: bytes) -> m.Saved:
        """The session has these as its heads, one after the other."""
        saved = [self.client.save(APP, self.name, content) for content in contents or (b"first",)]
        return saved[-1]

    def left(self) -> str:
        """The id of a workspace with something unsaved, which is in a snapshot."""
        workspace = self.client.workspace(self.name, app=APP)
        workspace["part"] = b"unsaved"
        workspace.close()
        return workspace.id


class Case(NamedTuple):
    """``operations``: the types of what the request adds to the log."""

    request: m.Request
    operations: Sequence[str]
    payload: Sequence[bytes] = ()


def _restore(scene: Scene) -> Case:
    scene.saved(b"first", b"second")
    return Case(m.Restore(ref=Ref(app=APP, name=scene.name, snapshot="-1")), ["restored"])


def _accept(scene: Scene) -> Case:
    assert scene.saved(b"something", b"").outcome == "suspect"
    return Case(m.Accept(ref=scene.ref), ["accepted"])


def _of(request: Callable[[Scene], m.Request], *operations: str) -> Callable[[Scene], Case]:
    """Of a session that is there."""

    def made(scene: Scene) -> Case:
        scene.saved()
        return Case(request(scene), operations)

    return made


def _unarchive(scene: Scene) -> Case:
    scene.saved()
    scene.client.archive(scene.ref)
    return Case(m.Unarchive(ref=scene.ref), ["unarchived"])


def _new(scene: Scene) -> Case:
    scene.client.save("renardo", scene.name, renardo("Clock.bpm = 96", kick="k1 >> play('X')"))
    clear = Ref(app="renardo", name=scene.name)
    return Case(m.New(name=f"{scene.name} anew", clear=clear), ["created"])


def _relink(scene: Scene) -> Case:
    content = b'<Session genome="hg38"><Resources><Resource path="/old/a.bed"/></Resources></Session>'
    scene.client.save("igv", scene.name, content)
    return Case(m.Relink(ref=Ref(app="igv", name=scene.name), map={"/old/": "/new/"}), ["saved"])


def _purge(scene: Scene) -> Case:
    saved = scene.saved()
    scene.client.delete(scene.ref, published=True)
    return Case(m.Purge(ref=Ref(id=saved.session.id)), ["purged"])


def _undo(scene: Scene) -> Case:
    return Case(m.Undo(number=scene.saved(b"first", b"second").operation), ["undone"])


def _batch(scene: Scene) -> Case:
    scene.saved()
    save = m.Save(app=APP, name=f"{scene.name} in a batch", files=FILES, new=True)
    changes = [m.Change(tag=m.Tag(ref=scene.ref, add=["live"])), m.Change(save=save)]
    return Case(m.Batch(changes=changes), ["tagged", "created"], [b"content"])


def _folder_add(scene: Scene) -> Case:
    return Case(m.FolderAdd(path=os.fsencode(scene.folder), app=APP, label=scene.name), ["folder-added"])


def _folder_remove(scene: Scene) -> Case:
    scene.client.folder_add(scene.folder, APP, label=scene.name)
    return Case(m.FolderRemove(label=scene.name), ["folder-removed"])


CASES: dict[type[m.Request], Callable[[Scene], Case]] = {
    m.Save: lambda scene: Case(m.Save(app=APP, name=scene.name, files=FILES, new=True), ["created"], [b"content"]),
    m.Import: lambda scene: Case(m.Import(app=APP, name=scene.name, files=FILES), ["created"], [b"content"]),
    m.Restore: _restore,
    m.Accept: _accept,
    m.Rename: _of(lambda scene: m.Rename(ref=scene.ref, name=f"{scene.name} by now"), "renamed"),
    m.Copy: _of(lambda scene: m.Copy(ref=scene.ref, name=f"{scene.name} again"), "copied"),
    m.Tag: _of(lambda scene: m.Tag(ref=scene.ref, add=["live"]), "tagged"),
    m.Template: _of(lambda scene: m.Template(ref=scene.ref), "template"),
    m.Archive: _of(lambda scene: m.Archive(ref=scene.ref), "archived"),
    m.Unarchive: _unarchive,
    m.Note: _of(lambda scene: m.Note(ref=scene.ref, text="played in June"), "noted"),
    m.Pin: _of(lambda scene: m.Pin(ref=scene.ref, label="première"), "pinned"),
    m.New: _new,
    m.Relink: _relink,
    m.Delete: _of(lambda scene: m.Delete(ref=scene.ref), "deleted"),
    m.Purge: _purge,
    m.Batch: _batch,
    m.Undo: _undo,
    m.FolderAdd: _folder_add,
    m.FolderRemove: _folder_remove,
    m.WorkspaceOpen: _of(lambda scene: m.WorkspaceOpen(app=APP, name=scene.name)),
    m.WorkspaceSave: lambda scene: Case(m.WorkspaceSave(id=scene.left(), end=True), ["created", "workspace-ended"]),
    m.WorkspaceReload: lambda scene: Case(m.WorkspaceReload(id=scene.left()), ["workspace-reloaded"]),
    m.WorkspaceDiscard: lambda scene: Case(m.WorkspaceDiscard(id=scene.left()), ["workspace-ended"]),
}


def ready(client: holdfast.Client, kind: type[m.Request], folder: Path) -> Case:
    """A request of that kind that can be done, with nothing on its way any more."""
    folder.mkdir(exist_ok=True)
    case = CASES[kind](Scene(client, f"{m.VERB_OF[kind]} {os.urandom(2).hex()}", folder))
    until(lambda: client.status().pending_files == 0)
    return case


def types(client: holdfast.Client, since: int) -> list[str]:
    """Of the operations after that number."""
    return [row.type for row in client.operations(since, limit=1000).rows]


def _hold(daemon: Daemon) -> Path:
    return daemon.home.parent / "commit"


def may_hold(daemon: Daemon) -> None:
    """Its commits can be held once, from its next start on."""
    daemon.environment["HOLDFAST_FAULT"] = f"before-commit=hold:{_hold(daemon)},armed={_hold(daemon)}.armed"


@contextmanager
def held(daemon: Daemon, line: Line) -> Iterator[bytes]:
    """Within, a save of somebody else stands before its commit, and everything behind it waits. Gives its id."""
    Path(f"{_hold(daemon)}.armed").touch()
    save = line.tell(m.Save(app="notes", name="somebody else's", files=FILES), [b"content"])
    until(Path(f"{_hold(daemon)}.reached").exists)
    yield save
    Path(f"{_hold(daemon)}.go").touch()
    assert isinstance(line.hear(save), m.Saved)
