"""For each code of a verb's own (holdfast_protocol/refusals.py) a request that is answered with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from adopted import adopt, fill
from e2e_daemon import Daemon, renardo

import holdfast
from holdfast.workspace import Workspace
from holdfast_protocol import messages as m
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.errors import (
    Ambiguous,
    BadField,
    BadName,
    Busy,
    CannotHold,
    CannotUndo,
    Damaged,
    Exists,
    HoldfastError,
    NoSpace,
    NotAllowed,
    NotFound,
    TooLarge,
    Unreadable,
    Unrecognised,
    WrongVersion,
)
from holdfast_protocol.model import FileSource, PartSource, Ref

APP = "refused"
NOBODY = Ref(app=APP, name="nobody")
SEVERAL = Ref(name="twin")
ONE = Ref(app=APP, name="one")
TEMPLATE = Ref(app=APP, name="template")
LARGE = Ref(app=APP, name="large")
VERSE = Ref(app="renardo", name="verse")
#: Its buffer ``bass`` would be taken for a startup text, were it alone in a document.
ODD = Ref(app="renardo", name="odd")
#: Its head is no document of its format.
BAD = Ref(app="igv", name="bad")
#: A template that points to a file.
POINTING = Ref(app="igv", name="pointing")
AWAY = {"genes.bed": "away/genes.bed"}
WRONG_NAME = "a/b"
NEVER = 99
#: Two buffers have one name.
TWICE = renardo("Clock.bpm = 96", bass="b1 >> bass()", other="b2 >> bass()").replace(b"# other\n", b"# bass\n")
GENES = b'<?xml version="1.0"?>\n<Session genome="hg38" version="8"><Resources></Resources></Session>\n'
CHUNK = bytes(m.LIMITS["window_bytes"])
WINDOWS = [FileSource(frame=0, path=str(number).encode()) for number in range(3)]
THIRD = bytes(m.LIMITS["message_bytes"] // 2 - 1024)


@dataclass(frozen=True)
class World:
    """What the requests below speak of."""

    client: holdfast.Client
    folder: Path
    project: Ref
    live: Workspace
    bad: Workspace
    odd: Workspace
    fixed: Workspace
    suspect: str
    created: int
    undone: int


Way = Callable[[World], tuple[object, ...]]
Key = tuple[type[m.Request], type[HoldfastError]]


def world(daemon: Daemon, client: holdfast.Client, folder: Path) -> World:
    """Made once; the requests below change nothing of it."""
    for app, name in ((APP, "one"), (APP, "taken"), (APP, "template"), ("first", "twin"), ("second", "twin")):
        client.save(app, name, f"{name} of {app}\n".encode() * 9)
    client.template(TEMPLATE)
    client.save("renardo", "verse", TWICE)
    client.save("igv", "pointing", GENES.replace(b"<Resources>", b'<Resources><Resource path="genes.bed"/>'))
    client.template(POINTING)
    client.save("renardo", "odd", renardo("Clock.bpm = 96", bass=renardo("").decode()))
    _large(client)
    fill(folder / "song", {"main.py": b"Clock.bpm = 96\n" * 99, "drums.py": b"d1 >> play('x')\n"})
    place = adopt(daemon, client, folder / "song", "renardo", layout="project")
    [row] = place.rows().values()
    created = next(each.number for each in client.operations(limit=1000).rows if each.session == row.id)
    suspect = client.save("renardo", row.name, b"", folder=row.folder).snapshot
    bad = _bad(client)
    deleted = client.delete(Ref(app="first", name="gone")) if client.save("first", "gone", b"x") else None
    assert deleted is not None
    assert deleted.operation is not None
    client.undo(deleted.operation)
    live, odd = client.workspace("renardo/verse"), client.workspace("renardo/odd")
    odd["startup"] = b""
    fixed = client.workspace(f"{APP}/fixed", format="plain")
    fixed["text"] = b"it was no template"
    fixed.save()
    client.template(Ref(app=APP, name="fixed"))
    return World(client, folder, Ref(id=row.id), live, bad, odd, fixed, suspect, created, deleted.operation)


def _large(client: holdfast.Client) -> None:
    """Larger than any format reads, of one chunk over and over."""
    client.ask(m.Put(), [CHUNK])
    client.ask(m.Save(app=APP, name="large", files=[FileSource(frame=0, chunked=True)]), [_hashes()])


def _bad(client: holdfast.Client) -> Workspace:
    """The head of a session is no document of its format; its workspace began before."""
    client.save("igv", "bad", GENES)
    workspace = client.workspace("igv/bad")
    client.save("igv", "bad", GENES[:-20])
    client.accept(BAD)
    return workspace


#: Of every verb that names a session: what it asks, of that one.
NAMING: dict[type[m.Request], Callable[[Ref], m.Request]] = {
    m.Show: lambda ref: m.Show(ref=ref),
    m.Log: lambda ref: m.Log(ref=ref),
    m.Diff: lambda ref: m.Diff(old=ref),
    m.Load: lambda ref: m.Load(ref=ref),
    m.Cat: lambda ref: m.Cat(ref=ref),
    m.Export: lambda ref: m.Export(ref=ref, to="markdown"),
    m.Chunks: lambda ref: m.Chunks(ref=ref),
    m.Restore: lambda ref: m.Restore(ref=ref, expect=NEVER),
    m.Accept: lambda ref: m.Accept(ref=ref, expect=NEVER),
    m.Rename: lambda ref: m.Rename(ref=ref, name="other", expect=NEVER),
    m.Copy: lambda ref: m.Copy(ref=ref, name="taken", app=APP),
    m.Tag: lambda ref: m.Tag(ref=ref, add=["live"], expect=NEVER),
    m.Template: lambda ref: m.Template(ref=ref, expect=NEVER),
    m.Archive: lambda ref: m.Archive(ref=ref, expect=NEVER),
    m.Unarchive: lambda ref: m.Unarchive(ref=ref, expect=NEVER),
    m.Note: lambda ref: m.Note(ref=ref, text="text", expect=NEVER),
    m.Pin: lambda ref: m.Pin(ref=ref, label="demo", expect=NEVER),
    m.New: lambda ref: m.New(clear=ref, name="verse"),
    m.CheckResources: lambda ref: m.CheckResources(ref=ref),
    m.Relink: lambda ref: m.Relink(ref=ref, map=AWAY, expect=NEVER),
    m.Delete: lambda ref: m.Delete(ref=ref, expect=NEVER),
    m.Purge: lambda ref: m.Purge(ref=ref, expect=NEVER),
}
#: Those that take no revision, or have nothing that is at another one or bears the name.
CANNOT_BE_ELSEWHERE = {m.Show, m.Log, m.Diff, m.Load, m.Cat, m.Export, m.Chunks, m.CheckResources}
HEAD = Ref(app=APP, name="one", snapshot="head")

#: The others.
OTHERS: dict[Key, Way] = {
    (m.Hello, WrongVersion): lambda at: (m.Hello(protocol=NEVER),),
    (m.Put, TooLarge): lambda at: (m.Put(), bytes(m.LIMITS["window_bytes"] + 1)),
    (m.PutFile, BadField): lambda at: (m.PutFile(descriptor=1_000_000),),
    (m.Save, NotFound): lambda at: (_save(folder="nowhere"), b"x"),
    (m.Save, Ambiguous): lambda at: (_put("bass"), b"x"),
    (m.Save, Exists): lambda at: (_save(new=True), b"x"),
    (m.Save, NotAllowed): lambda at: (_save(name="template"), b"x"),
    (m.Save, BadName): lambda at: (_save(name=WRONG_NAME), b"x"),
    (m.Save, CannotHold): lambda at: (_put("startup"), b""),
    (m.Save, Damaged): lambda at: (_put("a", app="igv", name="bad"), b"x"),
    (m.Save, TooLarge): lambda at: (m.Save(app=APP, name="other", files=WINDOWS), THIRD),
    (m.Save, BadField): lambda at: (_save(files=[]),),
    (m.Import, Exists): lambda at: (m.Import(name="one", app=APP, files=[FileSource(frame=0)]), b"x"),
    (m.Import, BadName): lambda at: (m.Import(name=WRONG_NAME, files=[FileSource(frame=0)]), b"x"),
    (m.Import, TooLarge): lambda at: (m.Import(name="other", files=WINDOWS), THIRD),
    (m.Import, BadField): lambda at: (m.Import(name="other", files=[]),),
    (m.Import, Unrecognised): lambda at: (_recognised(".py"), b"x"),
    (m.Import, Damaged): lambda at: (_recognised(".json"), b'{"version": 1, "contextMessages": ['),
    (m.Recognise, BadField): lambda at: (m.Recognise(files=[FileSource(frame=1)]),),
    (m.List, BadField): lambda at: (m.List(sort="taste"),),
    (m.Search, BadField): lambda at: (m.Search(text=""),),
    (m.Diff, Damaged): lambda at: (m.Diff(old=BAD),),
    (m.Diff, TooLarge): lambda at: (m.Diff(old=LARGE),),
    (m.Load, Damaged): lambda at: (m.Load(ref=BAD, parts=["a"]),),
    (m.Load, TooLarge): lambda at: (m.Load(ref=LARGE, parts=["a"]),),
    (m.Load, CannotHold): lambda at: (m.Load(ref=ODD, parts=["bass"]),),
    (m.Cat, Damaged): lambda at: (m.Cat(ref=BAD, parts=["a"]),),
    (m.Cat, TooLarge): lambda at: (m.Cat(ref=LARGE, parts=["a"]),),
    (m.Cat, CannotHold): lambda at: (m.Cat(ref=ODD, parts=["bass"]),),
    (m.Export, Damaged): lambda at: (m.Export(ref=BAD, to="markdown"),),
    (m.Export, TooLarge): lambda at: (m.Export(ref=LARGE, to="markdown"),),
    (m.Export, BadField): lambda at: (m.Export(ref=ONE, to="marble"),),
    (m.Chunks, BadField): lambda at: (m.Chunks(ref=Ref(app=APP, name="one", part="startup")),),
    (m.Restore, NotAllowed): lambda at: (m.Restore(ref=Ref(id=at.project.id, snapshot=at.suspect)),),
    (m.Restore, BadName): lambda at: (m.Restore(ref=ONE, name=WRONG_NAME),),
    (m.Restore, CannotHold): lambda at: (m.Restore(ref=ODD, parts=["bass"], name="other"),),
    (m.Restore, Damaged): lambda at: (m.Restore(ref=BAD, parts=["a"]),),
    (m.Restore, TooLarge): lambda at: (m.Restore(ref=LARGE, parts=["a"]),),
    (m.Accept, NotAllowed): lambda at: (m.Accept(ref=Ref(id=at.project.id, snapshot=at.suspect)),),
    (m.Rename, NotAllowed): lambda at: (m.Rename(ref=at.project, name="other"),),
    (m.Rename, BadName): lambda at: (m.Rename(ref=ONE, name=WRONG_NAME),),
    (m.Copy, BadName): lambda at: (m.Copy(ref=ONE, name=WRONG_NAME),),
    (m.Tag, BadName): lambda at: (m.Tag(ref=ONE, add=["two\nlines"]),),
    (m.Tag, BadField): lambda at: (m.Tag(ref=ONE),),
    (m.Note, TooLarge): lambda at: (m.Note(ref=ONE, text="x" * (m.LIMITS["note_bytes"] + 1)),),
    (m.Note, BadField): lambda at: (m.Note(ref=ONE, text="\x07"),),
    (m.Pin, BadName): lambda at: (m.Pin(ref=ONE, label="a:b"),),
    (m.New, BadName): lambda at: (m.New(clear=VERSE, name=WRONG_NAME),),
    (m.New, BadField): lambda at: (m.New(clear=VERSE, name="other", app="igv"),),
    (m.New, CannotHold): lambda at: (m.New(clear=ONE, name="other"),),
    (m.New, Damaged): lambda at: (m.New(clear=BAD, name="other"),),
    (m.New, TooLarge): lambda at: (m.New(clear=LARGE, name="other"),),
    (m.CheckResources, Damaged): lambda at: (m.CheckResources(ref=BAD),),
    (m.CheckResources, TooLarge): lambda at: (m.CheckResources(ref=LARGE),),
    (m.Relink, NotAllowed): lambda at: (m.Relink(ref=POINTING, map=AWAY),),
    (m.Relink, CannotHold): lambda at: (m.Relink(ref=POINTING, map={"genes.bed": "data:,x"}),),
    (m.Relink, Damaged): lambda at: (m.Relink(ref=BAD, map=AWAY),),
    (m.Relink, TooLarge): lambda at: (m.Relink(ref=LARGE, map=AWAY),),
    (m.Relink, BadField): lambda at: (m.Relink(ref=POINTING),),
    (m.Relink, Unreadable): lambda at: (m.Relink(ref=POINTING, search=[b"/nowhere"]),),
    (m.Delete, NotAllowed): lambda at: (m.Delete(ref=at.project),),
    (m.Purge, NotAllowed): lambda at: (m.Purge(ref=VERSE),),
    (m.Undo, CannotUndo): lambda at: (m.Undo(number=at.undone),),
    (m.Undo, NotFound): lambda at: (m.Undo(number=10**9),),
    (m.Undo, Exists): lambda at: (m.Undo(number=at.created, expect=NEVER),),
    (m.Undo, NotAllowed): lambda at: (m.Undo(number=at.created),),
    (m.Backup, BadField): lambda at: (m.Backup(directory=b"not absolute"),),
    (m.Backup, NotAllowed): lambda at: (m.Backup(directory=bytes(at.folder / "song" / "within")),),
    (m.Backup, Exists): lambda at: (m.Backup(directory=b"/usr"),),
    (m.Backup, Unreadable): lambda at: (m.Backup(directory=b"/nowhere/at/all"),),
    (m.FolderAdd, Unreadable): lambda at: (m.FolderAdd(path=b"/nowhere", app=APP),),
    (m.FolderAdd, Exists): lambda at: (m.FolderAdd(path=bytes(at.folder), app=APP, label="song"),),
    (m.FolderAdd, NotAllowed): lambda at: (m.FolderAdd(path=b"/", app=APP),),
    (m.FolderAdd, BadName): lambda at: (m.FolderAdd(path=bytes(at.folder), app=APP, label=WRONG_NAME),),
    (m.FolderAdd, BadField): lambda at: (m.FolderAdd(path=b"not absolute", app=APP),),
    (m.FolderRemove, NotFound): lambda at: (m.FolderRemove(label="nowhere"),),
    (m.FolderRemove, NotAllowed): lambda at: (m.FolderRemove(label="sessions"),),
    (m.FolderScan, NotFound): lambda at: (m.FolderScan(label="nowhere"),),
    (m.Settle, NotFound): lambda at: (m.Settle(label="nowhere"),),
    (m.WorkspaceOpen, NotFound): lambda at: (m.WorkspaceOpen(id="00"),),
    (m.WorkspaceOpen, Ambiguous): lambda at: (m.WorkspaceOpen(name="twin"),),
    (m.WorkspaceOpen, BadName): lambda at: (m.WorkspaceOpen(app=APP, name=WRONG_NAME),),
    (m.WorkspaceOpen, BadField): lambda at: (m.WorkspaceOpen(app=APP, name="other", format="nothing"),),
    (m.WorkspaceOpen, Damaged): lambda at: (m.WorkspaceOpen(app="igv", name="bad"),),
    (m.WorkspaceOpen, TooLarge): lambda at: (m.WorkspaceOpen(app=APP, name="large"),),
    (m.WorkspacePut, NotFound): lambda at: (_part("a", id="00"), b"x"),
    (m.WorkspacePut, Ambiguous): lambda at: (_part("bass", id=at.live.id), b"x"),
    (m.WorkspacePut, Exists): lambda at: (_part("startup", id=at.live.id, of=bytes(32)), b"x"),
    (m.WorkspacePut, CannotHold): lambda at: (_part("nothing", id=at.bad.id), b"x"),
    (m.WorkspacePut, BadField): lambda at: (_part("startup", id=at.live.id),),
    (m.WorkspacePut, TooLarge): lambda at: (_part("startup", id=at.live.id, chunked=True), _hashes()),
    (m.WorkspaceReplace, NotFound): lambda at: (m.WorkspaceReplace(id="00", files=[FileSource(frame=0)]), b"x"),
    (m.WorkspaceReplace, Damaged): lambda at: (
        m.WorkspaceReplace(id=at.bad.id, files=[FileSource(frame=0)]),
        GENES[:-20],
    ),
    (m.WorkspaceReplace, TooLarge): lambda at: (m.WorkspaceReplace(id=at.live.id, files=WINDOWS), THIRD),
    (m.WorkspaceDue, NotFound): lambda at: (m.WorkspaceDue(id="00"),),
    (m.WorkspaceRemove, NotFound): lambda at: (m.WorkspaceRemove(id="00", part="a"),),
    (m.WorkspaceRemove, Ambiguous): lambda at: (m.WorkspaceRemove(id=at.live.id, part="bass"),),
    (m.WorkspaceRename, NotFound): lambda at: (m.WorkspaceRename(id=at.live.id, part="nothing", name="a"),),
    (m.WorkspaceRename, Ambiguous): lambda at: (m.WorkspaceRename(id=at.live.id, part="bass", name="a"),),
    (m.WorkspaceReorder, NotFound): lambda at: (m.WorkspaceReorder(id="00", keys=[]),),
    (m.WorkspaceReorder, BadField): lambda at: (m.WorkspaceReorder(id=at.live.id, keys=["a"]),),
    (m.WorkspaceCat, NotFound): lambda at: (m.WorkspaceCat(id=at.live.id, part="nothing"),),
    (m.WorkspaceCat, Ambiguous): lambda at: (m.WorkspaceCat(id=at.live.id, part="bass"),),
    (m.WorkspaceSave, NotFound): lambda at: (m.WorkspaceSave(id="00"),),
    (m.WorkspaceSave, Exists): lambda at: (m.WorkspaceSave(id=at.live.id, name="odd"),),
    (m.WorkspaceSave, NotAllowed): lambda at: (m.WorkspaceSave(id=at.fixed.id),),
    (m.WorkspaceSave, CannotHold): lambda at: (m.WorkspaceSave(id=at.odd.id),),
    (m.WorkspaceSave, BadName): lambda at: (m.WorkspaceSave(id=at.live.id, name=WRONG_NAME),),
    (m.WorkspaceLeave, NotFound): lambda at: (m.WorkspaceLeave(id="00"),),
    (m.WorkspaceReload, NotFound): lambda at: (m.WorkspaceReload(id="00"),),
    (m.WorkspaceReload, Damaged): lambda at: (m.WorkspaceReload(id=at.bad.id, head=True),),
    (m.WorkspaceDiscard, NotFound): lambda at: (m.WorkspaceDiscard(id="00"),),
}

#: And what a full disk, a damaged store, or more than a test should hand over is needed for, or another client.
ELSEWHERE: set[Key] = {
    *((kind, NoSpace) for kind in (m.Put, m.PutFile, m.Save, m.Import, m.Restore, m.New, m.Relink, m.Batch)),
    *((kind, NoSpace) for kind in (m.WorkspacePut, m.WorkspaceReplace, m.WorkspaceSave)),
    *((kind, Damaged) for kind in (m.Undo, m.WorkspacePut, m.WorkspaceCat, m.WorkspaceSave, m.WorkspaceDiscard)),
    *((kind, TooLarge) for kind in (m.Undo, m.WorkspaceCat, m.WorkspaceSave, m.WorkspaceDiscard, m.WorkspaceReload)),
    *((kind, CannotHold) for kind in (m.WorkspaceReload, m.WorkspaceDiscard)),
    *((m.PutFile, error) for error in (NotAllowed, Unreadable)),  # test_local_files.py
    (m.WorkspaceDue, NotAllowed),  # test_pulled_workspaces.py
    (m.FolderRemove, Busy),  # test_folders_conflicts.py
    (m.Purge, Busy),
}


def ways() -> dict[Key, Way]:
    """All of them."""
    made: dict[Key, Way] = {}
    for kind, ask in NAMING.items():
        made[kind, NotFound] = lambda at, ask=ask: (ask(NOBODY),)
        made[kind, Ambiguous] = lambda at, ask=ask: (ask(SEVERAL),)
        if kind not in CANNOT_BE_ELSEWHERE:
            made[kind, Exists] = lambda at, ask=ask: (ask(VERSE if ask is NAMING[m.New] else HEAD),)
    made |= OTHERS
    for (kind, error), way in [*made.items()]:
        if (verb := m.VERB_OF[kind]) in m.Change.__struct_fields__:
            made[m.Batch, error] = lambda at, verb=verb, way=way: _batch(verb, *way(at))
    return made


def _batch(verb: str, request: m.Request, *frames: bytes) -> tuple[m.Request, *tuple[bytes, ...]]:
    return m.Batch(changes=[m.Change(**{verb: request})]), *frames  # type: ignore[arg-type]  # each field has its verb's


def _save(name: str = "one", **fields: object) -> m.Save:
    given: dict[str, object] = {"files": [FileSource(frame=0)], **fields}
    return m.Save(app=APP, name=name, **given)  # type: ignore[arg-type]  # a test passes them on


def _recognised(suffix: str) -> m.Import:
    return m.Import(name="other", files=[FileSource(frame=0)], suffix=suffix, recognised=True)


def _put(part: str, app: str = "renardo", name: str = "verse") -> m.Save:
    return m.Save(app=app, name=name, parts=[PartSource(part=part, frame=0)])


def _part(part: str, id: str, of: bytes | None = None, *, chunked: bool = False) -> m.WorkspacePut:
    return m.WorkspacePut(id=id, source=PartSource(part=part, frame=0, chunked=chunked), of=of)


def _hashes() -> bytes:
    """Of the chunks of what no format reads."""
    return hash_of(CHUNK) * (m.LIMITS["format_bytes"] // len(CHUNK) + 1)
