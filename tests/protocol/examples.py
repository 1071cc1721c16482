"""One example of every message of the wire; the golden bytes in tests/data/wire/ are made from them.

A golden file is never edited. A message that gains a field is written otherwise from then on: its file's name goes
into ``FORMER``, whose files are still read, and an example with a new name shows the field.
"""

from __future__ import annotations

import msgspec

from holdfast_protocol.errors import ERRORS, HoldfastError
from holdfast_protocol.messages import (
    Accept,
    Archive,
    BackedUp,
    Backup,
    Batch,
    Batched,
    Beat,
    Cancel,
    Cancelled,
    Cat,
    Change,
    Changed,
    Changes,
    Check,
    Checked,
    CheckResources,
    ChunkList,
    Chunks,
    Content,
    Copy,
    Delete,
    Diff,
    Due,
    Effect,
    Event,
    Events,
    Export,
    FilePut,
    FolderAdd,
    FolderChanged,
    FolderList,
    FolderRemove,
    Folders,
    FolderScan,
    FolderSuggest,
    Found,
    Gap,
    Hello,
    Import,
    Last,
    LastState,
    List,
    Load,
    Loaded,
    Log,
    Missing,
    MissingChunks,
    New,
    Note,
    Noted,
    OperationRows,
    Operations,
    Pin,
    Ping,
    Pong,
    Probe,
    Probed,
    Prune,
    Pruned,
    Purge,
    Put,
    PutFile,
    Relink,
    Relinked,
    Rename,
    Reply,
    Request,
    Resources,
    Restore,
    Save,
    Saved,
    Search,
    Sessions,
    Settle,
    Settled,
    Show,
    Shown,
    Snapshots,
    Status,
    StatusReport,
    Stored,
    Subscribe,
    Subscribed,
    Suggestions,
    Tag,
    Template,
    Unarchive,
    Undo,
    Undone,
    Unsubscribe,
    Unsubscribed,
    Welcome,
    WorkspaceCat,
    WorkspaceContent,
    WorkspaceDiscard,
    WorkspaceDue,
    WorkspaceEnded,
    WorkspaceLeave,
    WorkspaceList,
    WorkspaceOpen,
    WorkspacePart,
    WorkspacePut,
    WorkspaceReload,
    WorkspaceReloaded,
    WorkspaceRemove,
    WorkspaceRename,
    WorkspaceReorder,
    WorkspaceReplace,
    Workspaces,
    WorkspaceSave,
    WorkspaceState,
)
from holdfast_protocol.model import (
    ArrayRow,
    CandidateRow,
    ChangeRow,
    ConcernRow,
    DamageRow,
    Earlier,
    FileRow,
    FileSource,
    FolderRow,
    FormRow,
    FoundRow,
    OperationRow,
    PartRow,
    PartSource,
    PruneRow,
    Ref,
    RelinkRow,
    ResourceRow,
    SessionRow,
    SnapshotRow,
    SuggestionRow,
    UnsavedRow,
    WorkspaceRow,
)

REQUEST_ID = bytes(range(16))
DEADLINE_MS = 30_000

SESSION_ID = "0123456789abcdef0123456789abcdef"
FORK_ID = "fedcba9876543210fedcba9876543210"
SNAPSHOT_ID = "11112222333344445555666677778888"
PREVIOUS_ID = "99990000aaaabbbbccccddddeeeeffff"
TIME = 1_795_000_000_123_456_789
HASH = bytes(range(32))

REF = Ref(app="renardo", name="verse", snapshot="-1", part="intro")
SESSION = SessionRow(
    id=SESSION_ID,
    app="renardo",
    folder="sessions",
    name="Größe 🎵",
    format="renardo",
    revision=7,
    head=SNAPSHOT_ID,
    created=TIME,
    modified=TIME + 1,
    size_bytes=10_240,
    path=b"renardo/Gr\xf6\xdfe.py",
    tags=["live", "2026"],
)
FORK = SessionRow(
    id=FORK_ID,
    app="renardo",
    folder="sessions",
    name="verse (2)",
    format="renardo",
    revision=1,
    head=None,
    created=TIME,
    modified=TIME,
    size_bytes=0,
    path=b"renardo/verse (2).py",
    suspect=True,
    diverged=True,
    deleted=True,
    archived=True,
    template=True,
    forked_from=SESSION_ID,
)
SNAPSHOT = SnapshotRow(
    snapshot=SNAPSHOT_ID,
    parents=[PREVIOUS_ID],
    time=TIME,
    cause="saved",
    author="uid:1000",
    message="before the concert",
    size_bytes=10_240,
)
PINNED = SnapshotRow(
    snapshot=SNAPSHOT_ID, parents=[], time=TIME, cause="saved", author="uid:1000", message="", size_bytes=10_240,
    pins=["première"],
)  # fmt: skip
GOES = PruneRow(
    session=SESSION_ID, app="renardo", folder="sessions", name="verse", snapshot=PREVIOUS_ID, time=TIME,
    cause="autosaved", size_bytes=10_240, keep=False, reasons=["newer ones stand for it"],
)  # fmt: skip
SUSPECT = SnapshotRow(
    snapshot=PREVIOUS_ID,
    parents=[],
    time=TIME,
    cause="outside",
    author="outside",
    message="",
    size_bytes=0,
    suspect="The document is empty",
)
FILES = [FileRow(path=b"", size_bytes=10_240, hash=HASH)]
PART = PartRow(key="b1", name="intro", kind="buffer", size_bytes=512, facts={"lines": 12, "muted": False, "of": None})
POINTS = ArrayRow(name="points", dtype="<f4", shape=[1200, 3], unit="Å", offset=73, size_bytes=14_400)
CLUSTER = PartRow(key="5f3c", name="membrane 17", kind="cluster", size_bytes=15_000, arrays=[POINTS])
MOVED = ResourceRow(
    key="/data/a.bam", role="data", reference="/data/a.bam", state="moved", path=b"/data/a.bam", found=b"/new/a.bam"
)
REMOTE = ResourceRow(key="b", role="index", reference="https://example.org/b.bai", state="remote")
OPERATION = OperationRow(
    number=42,
    time=TIME,
    type="saved",
    session=SESSION_ID,
    app="renardo",
    folder="sessions",
    name="verse",
    cause="saved",
    author="uid:1000",
    undoable=True,
    revision=7,
    snapshot=SNAPSHOT_ID,
    previous=PREVIOUS_ID,
    note="before the concert",
)
UNDONE = OperationRow(
    number=41,
    time=TIME,
    type="deleted-outside",
    session=SESSION_ID,
    app="renardo",
    folder="sessions",
    name="verse",
    cause=None,
    author="outside",
    undoable=True,
    undone_by=43,
)
IN_A_BATCH = msgspec.structs.replace(OPERATION, batch=41)
HELD = OperationRow(
    number=44,
    time=TIME,
    type="folder-held",
    session=None,
    app="renardo",
    folder="livecoding_sessions",
    name=None,
    cause=None,
    author="outside",
    undoable=False,
    note="12 of 20 sessions were gone within 10 s",
)
OWN = FolderRow(
    label="sessions",
    path=b"/home/ada/.local/share/holdfast/sessions",
    app=None,
    layout="",
    watching="events",
    watch_note="",
    sessions_count=3,
    missing_count=0,
    held=None,
    scanned=TIME,
    scanning=False,
)
ADOPTED = FolderRow(
    label="livecoding_sessions",
    path=b"/mnt/gr\xf6\xdfe/livecoding_sessions",
    app="renardo",
    layout="sessions",
    watching="polling",
    watch_note="nfs does not tell of changes",
    sessions_count=20,
    missing_count=12,
    held="12 of 20 sessions were gone within 10 s",
    scanned=None,
    scanning=True,
    problems=["a.py cannot be read: Permission denied"],
)
SUGGESTION = SuggestionRow(
    path=b"/home/ada/project/.aider-desk", app="aiderdesk", layout="project", sessions_count=4, label=None
)
KNOWN = SuggestionRow(
    path=ADOPTED.path, app="renardo", layout="sessions", sessions_count=20, label="livecoding_sessions"
)

DAMAGE = DamageRow(
    what="chunk",
    sentence="Chunk 0a0a0a0a0a0a in pack 000003 at 4096: its bytes are not what they were",
    path=b"/home/ada/.local/share/holdfast/store/packs/000003.pack",
    chunk="0a" * 32,
    pack=3,
    offset=4096,
    concerns_count=1,
    concerns=[
        ConcernRow(
            session=SESSION_ID, app="renardo", folder="sessions", name="verse", snapshot="ef" * 16, head=True,
            path=b"buffers/a.py", offset=65_536,
        )
    ],
)  # fmt: skip
STATUS = StatusReport(
    version="0.1.0",
    epoch="ab" * 16,
    pid=4242,
    socket="/run/user/1000/holdfast/holdfast.sock",
    store="/home/ada/.local/share/holdfast/store",
    sessions="/home/ada/.local/share/holdfast/sessions",
    started=TIME,
    sessions_count=23,
    deleted_count=0,
    operations_count=44,
    clients_count=1,
    connections_count=1,
    connections_limit=1000,
    store_bytes=1_048_576,
    pending_files=0,
    watching=True,
    problems=[],
    folders=[OWN, ADOPTED],
)
WORKSPACE = WorkspaceRow(
    id="cd" * 16, app="renardo", folder="sessions", name="verse", format="renardo", session=SESSION_ID, revision=7,
    author="ada", created=1_700_000_000_000_000_000, changed=1_700_000_030_000_000_000,
    left=1_700_000_040_000_000_000, unsaved=1_700_000_029_000_000_000, autosave="ef" * 16, behind=True, parts_count=1,
)  # fmt: skip
FOUND = FoundRow(
    session=SESSION, snapshot=SNAPSHOT.snapshot, where="part", part="buffer-1", part_name="intro",
    snippet="p1 >> play('x-o-')", matches=[0, 2, 3, 5, 6, 10],
)  # fmt: skip
UNANSWERED = msgspec.structs.replace(WORKSPACE, left=None, unanswered=1_700_000_035_000_000_000)
LIVE_PART = PartRow(key="buffer-1", name="intro", kind="buffer", size_bytes=21)

#: By file name. What stands before the first ``-`` is the verb, whose own ``-`` stay.
REQUESTS: dict[str, Request] = {
    "hello": Hello(protocol=1, client="renardo 1.0", capabilities=[]),
    "ping": Ping(),
    "probe": Probe(),
    "accept-expected": Accept(ref=REF, expect=3),
    "rename-expected": Rename(ref=REF, name="chorus", expect=3),
    "tag-expected": Tag(ref=REF, add=["live", "Größe"], remove=["draft"], expect=3),
    "template-expected": Template(ref=Ref(id=SESSION_ID), on=False, expect=3),
    "archive-expected": Archive(ref=REF, published=True, expect=3),
    "unarchive-expected": Unarchive(ref=REF, expect=3),
    "note-only-asked": Note(ref=REF),
    "note-expected": Note(ref=REF, text="Größe 🎵\nplayed in June", expect=3),
    "pin-expected": Pin(ref=REF, label="première", expect=3),
    "delete-expected": Delete(ref=REF, published=True, expect=3),
    "purge-expected": Purge(ref=Ref(id=SESSION_ID), expect=3),
    "undo-expected": Undo(number=42, expect=3),
    "cancel": Cancel(request=REQUEST_ID),
    "missing": Missing(),
    "put": Put(),
    "put-file": PutFile(descriptor=7),
    "put-file-further": PutFile(descriptor=7, offset=16_711_680),
    "save": Save(app="renardo", name="Größe 🎵", files=[FileSource(frame=0)]),
    "save-every-field": Save(
        app="aiderdesk",
        name="task",
        folder="work",
        files=[
            FileSource(frame=0, path=b"a/settings.json", size_bytes=120),
            FileSource(frame=0, path=b"a/state.json", offset=120),
            FileSource(frame=1, path=b"\xff.json", chunked=True, offset=64, size_bytes=32),
        ],
        parts=[PartSource(part="intro", frame=2, chunked=True, offset=32, size_bytes=64)],
        message="two files",
        expect=6,
        new=True,
        accept=True,
        published=True,
        tags=["live"],
    ),
    "save-of-a-session": Save(
        app="renardo", name="verse", files=[FileSource(frame=0)], expect=6, session=SESSION_ID, tags=["live"]
    ),
    "save-hashed": Save(
        app="mosaic",
        name="cloud",
        files=[FileSource(frame=0, chunked=True, hash=b"\xcd" * 32)],
        parts=[PartSource(part="points", frame=1, hash=b"\xef" * 32)],
    ),
    "import": Import(name="old", app=None, suffix=".py", files=[FileSource(frame=0)]),
    "import-with-history": Import(
        name="old",
        app="renardo",
        files=[FileSource(path=b"a/b.py", frame=0)],
        message="saved on 21 November by ada",
        tags=["live", "Größe"],
        note="played in June",
        pins=["première"],
        history=[
            Earlier(files=[FileSource(path=b"a/b.py", frame=1, chunked=True, hash=b"\xcd" * 32)]),
            Earlier(files=[FileSource(path=b"a/b.py", frame=2)], message="the day before", pins=["draft"]),
        ],
    ),
    "list": List(app="renardo", tag="live", text="verse", sort="name", limit=50, offset=100),
    "list-of-a-folder": List(app="renardo", folder="livecoding_sessions"),
    "list-count": List(tag="live", count=True),
    "list-choices": List(limit=0, choices=True),
    "list-next-page": List(sort="app", reverse=True, after=b"\x81\xa5order"),
    "search": Search(text="p1 >> play"),
    "search-every-field": Search(
        text="Größe 🎵", app="renardo", deleted=True, history=True, limit=5, after=b"\x81\xa5order"
    ),
    "show": Show(ref=REF),
    "show-by-id": Show(ref=Ref(id=SESSION_ID), parts=False),
    "show-from": Show(ref=REF, start=40_000),
    "log": Log(ref=REF, limit=10),
    "diff": Diff(old=REF, new=Ref(app="renardo", name="verse")),
    "load": Load(ref=REF, parts=["intro"], kinds=["buffer"]),
    "cat": Cat(ref=REF, path=b"a/b.json", offset=1_048_576, length=65_536),
    "cat-converted": Cat(ref=REF, to="relative", target="/srv/out/"),
    "load-converted": Load(ref=REF, to="relative", target="/srv/out/"),
    "export": Export(ref=REF, to="markdown"),
    "export-every-field": Export(ref=REF, to="markdown", full=True, offset=1_048_576, length=65_536),
    "chunks": Chunks(ref=REF),
    "chunks-every-field": Chunks(ref=REF, path=b"a/b.json", start=100_000),
    "cat-of-parts": Cat(ref=Ref(id=SESSION_ID), parts=["intro"], kinds=["startup"]),
    "restore": Restore(ref=REF, parts=["intro"], kinds=["buffer"], into=Ref(name="other"), expect=3, published=True),
    "accept": Accept(ref=REF),
    "rename": Rename(ref=REF, name="chorus"),
    "copy": Copy(ref=REF, name="chorus", app="plain"),
    "new": New(name="next", app="igv", clear=Ref(name="exome", app="igv"), keep=["region"], published=True),
    "tag": Tag(ref=REF, add=["live", "Größe"], remove=["draft"]),
    "archive": Archive(ref=REF, published=True),
    "unarchive": Unarchive(ref=REF),
    "note": Note(ref=REF),
    "note-written": Note(ref=REF, text="Größe 🎵\nplayed in June"),
    "template": Template(ref=Ref(id=SESSION_ID), on=False),
    "pin": Pin(ref=REF, label="première"),
    "pin-off": Pin(ref=Ref(id=SESSION_ID), on=False),
    "check-resources": CheckResources(ref=REF),
    "relink": Relink(ref=REF, map={"/old/": "/new/gr\u00f6\u00dfe/"}, expect=3, published=True),
    "relink-dry": Relink(ref=Ref(id=SESSION_ID), search=[b"/data/gr\xf6\xdfe"], dry_run=True),
    "delete": Delete(ref=REF, published=True),
    "purge": Purge(ref=Ref(id=SESSION_ID)),
    "prune": Prune(dry_run=True, limit=100, offset=1000),
    "undo": Undo(number=42),
    "operations": Operations(since=41, limit=1),
    "subscribe": Subscribe(since=41, app="renardo", session=SESSION_ID),
    "subscribe-types": Subscribe(since=41, types=["deleted", "deleted-outside"]),
    "unsubscribe": Unsubscribe(subscription=REQUEST_ID),
    "folder-add": FolderAdd(path=b"/home/ada/project/.aider-desk", app="aiderdesk"),
    "folder-add-every-field": FolderAdd(
        path=ADOPTED.path, app="renardo", label="Größe 🎵", layout="sessions", poll=True
    ),
    "folder-remove": FolderRemove(label="livecoding_sessions"),
    "folder-list": FolderList(),
    "folder-scan": FolderScan(),
    "folder-scan-every-field": FolderScan(label="livecoding_sessions", accept=True, verify=True),
    "folder-suggest": FolderSuggest(environment={"RENARDO_USER_DIR": "/music"}, folder=b"/home/ada/gr\xf6\xdfe"),
    "settle": Settle(label="livecoding_sessions"),
    "batch": Batch(
        changes=[
            Change(save=Save(app="notes", name="plan", files=[FileSource(frame=0)], expect=3)),
            Change(rename=Rename(ref=Ref(app="notes", name="plan"), name="Größe")),
        ],
        published=True,
    ),
    "batch-every-verb": Batch(
        changes=[
            Change(restore=Restore(ref=Ref(app="notes", name="plan", snapshot="-1"))),
            Change(accept=Accept(ref=Ref(app="notes", name="plan"))),
            Change(copy=Copy(ref=Ref(app="notes", name="plan"), name="copy")),
            Change(tag=Tag(ref=Ref(app="notes", name="copy"), add=["live"])),
            Change(template=Template(ref=Ref(app="notes", name="copy"))),
            Change(archive=Archive(ref=Ref(app="notes", name="copy"))),
            Change(unarchive=Unarchive(ref=Ref(app="notes", name="copy"))),
            Change(note=Note(ref=Ref(app="notes", name="plan"), text="for the second set")),
            Change(pin=Pin(ref=Ref(app="notes", name="plan"), label="demo")),
            Change(new=New(name="chorus", clear=Ref(app="renardo", name="verse"))),
            Change(delete=Delete(ref=Ref(app="notes", name="plan"))),
        ]
    ),
    "status": Status(),
    "check": Check(all=True, repair=True, wait_ms=250),
    "check-stop": Check(begin=False, stop=True),
    "backup": Backup(directory=b"/media/backup/holdfast", all=True, wait_ms=250),
    "backup-stop": Backup(begin=False, stop=True),
    "workspace-open": WorkspaceOpen(app="renardo", name="verse"),
    "workspace-open-every-field": WorkspaceOpen(app="notepad", name="Größe", folder="sessions", format="plain"),
    "workspace-open-again": WorkspaceOpen(id=WORKSPACE.id),
    "workspace-put": WorkspacePut(id=WORKSPACE.id, source=PartSource(part="intro", frame=0)),
    "workspace-put-a-patch": WorkspacePut(
        id=WORKSPACE.id, source=PartSource(part="buffer-1", frame=0), of=b"\xab" * 32, start=10, end=12
    ),
    "workspace-replace": WorkspaceReplace(id=WORKSPACE.id, files=[FileSource(frame=0)]),
    "workspace-replace-since": WorkspaceReplace(id=WORKSPACE.id, files=[FileSource(frame=0)], since=TIME),
    "workspace-due": WorkspaceDue(id=WORKSPACE.id),
    "workspace-due-every-field": WorkspaceDue(id=WORKSPACE.id, every_ms=30_000, problem="Nothing listens"),
    "workspace-remove": WorkspaceRemove(id=WORKSPACE.id, part="buffer-1"),
    "workspace-rename": WorkspaceRename(id=WORKSPACE.id, part="buffer-1", name="outro"),
    "workspace-reorder": WorkspaceReorder(id=WORKSPACE.id, keys=["buffer-2", "buffer-1"]),
    "workspace-cat": WorkspaceCat(id=WORKSPACE.id, part="intro", offset=1_048_576, length=65_536),
    "workspace-save": WorkspaceSave(id=WORKSPACE.id),
    "workspace-save-every-field": WorkspaceSave(
        id=WORKSPACE.id, name="chorus", message="after the crash", accept=True, end=True, published=True
    ),
    "workspace-leave": WorkspaceLeave(id=WORKSPACE.id),
    "workspace-reload": WorkspaceReload(id=WORKSPACE.id, head=True),
    "workspace-discard": WorkspaceDiscard(id=WORKSPACE.id),
    "workspace-list": WorkspaceList(app="renardo"),
    "last": Last(app="renardo"),
}

FULL = msgspec.structs.replace(
    STATUS,
    unsaved=TIME,
    unsaved_workspaces=[UnsavedRow(workspace="cd" * 16, app="renardo", name="verse", since=TIME, age_ms=1200)],
    loss_window_ms=4,
    unsaved_window_ms=2100,
    unsaved_bound_ms=30_000,
    checking=True,
    last_check=TIME,
    last_check_problems=1,
    last_rehearsal=TIME,
    last_rehearsal_problem="Chunk 0a0a0a0a0a0a is damaged",
    queued_changes=2,
    requests_count=3,
    unindexed_count=4,
    outbound_bytes=65_536,
)

#: By file name: the reply's type in lower case, and what makes this one different.
RESULTS: dict[str, Reply] = {
    "welcome": Welcome(protocol=1, version="0.1.0", epoch="ab" * 16, user="ada", limits={"frame_bytes": 4_194_304}),
    "welcome-store": Welcome(
        protocol=1,
        version="0.1.0",
        epoch="ab" * 16,
        user="ada",
        limits={"frame_bytes": 4_194_304, "beat_ms": 1000},
        capabilities=["chunks", "event-pages"],
        store="5e" * 16,
    ),
    "welcome-limited": Welcome(
        protocol=1,
        version="0.1.0",
        epoch="ab" * 16,
        user="laptop",
        limits={"frame_bytes": 4_194_304},
        store="5e" * 16,
        apps=["igv", "renardo"],
    ),
    "pong": Pong(),
    "probed": Probed(),
    "cancelled": Cancelled(outcome="done"),
    "missingchunks": MissingChunks(count=2),
    "stored": Stored(count=3),
    "fileput": FilePut(count=64, size_bytes=16_711_680, end=False),
    "saved": Saved(outcome="saved", session=SESSION, snapshot=SNAPSHOT_ID, operation=42),
    "saved-forked": Saved(
        outcome="forked",
        session=FORK,
        snapshot=SNAPSHOT_ID,
        operation=42,
        conflicts=["intro"],
        warnings=["Two writers"],
    ),
    "saved-suspect": Saved(
        outcome="suspect", session=SESSION, snapshot=PREVIOUS_ID, operation=42, reason="It is empty"
    ),
    "sessions": Sessions(rows=[SESSION, FORK], more=True),
    "sessions-counted": Sessions(rows=[SESSION], more=False, count=1),
    "sessions-choices": Sessions(rows=[], more=True, apps=["igv", "renardo"], tags=["live"]),
    "sessions-next": Sessions(rows=[SESSION], more=True, next=b"\x81\xa5order"),
    "found": Found(rows=[FOUND], more=True, operation=43, next=b"\x81\xa5order", warnings=["up to operation 43 of 44"]),
    "noted": Noted(session=SESSION, text="Größe 🎵", operation=44),
    "shown-with-a-note": Shown(session=SESSION, snapshot=SNAPSHOT, note="Größe 🎵"),
    "shown-conversions": Shown(
        session=SESSION, snapshot=SNAPSHOT, conversions=[FormRow(to="project", about="a folder of files")]
    ),
    "shown-more": Shown(session=SESSION, snapshot=SNAPSHOT, more=True),
    "shown": Shown(
        session=SESSION,
        snapshot=SNAPSHOT,
        files=FILES,
        parts=[PART],
        facts={"tempo": 120},
        generation="F3",
        writer="1.0.0",
        inferred=True,
        warnings=["An unknown field"],
    ),
    "shown-arrays": Shown(session=SESSION, snapshot=SNAPSHOT, parts=[CLUSTER]),
    "resources": Resources(snapshot=SNAPSHOT_ID, rows=[MOVED, REMOTE]),
    "relinked": Relinked(
        rows=[
            RelinkRow(
                key=MOVED.key,
                role=MOVED.role,
                reference=MOVED.reference,
                state="moved",
                path=MOVED.path,
                new="new/a.bed",
            )
        ],
        saved=Saved(outcome="saved", session=SESSION, snapshot=SNAPSHOT_ID, operation=42),
        near=[b"/data"],
        revision=3,
    ),
    "relinked-dry": Relinked(
        rows=[
            RelinkRow(
                key="a.bed",
                role="data",
                reference="/old/a.bed",
                state="missing",
                path=b"/old/a.bed",
                candidates=[
                    CandidateRow(
                        path=b"/new/gr\xf6\xdfe/a.bed", reference="", why="name", common_count=1, size_bytes=10_240
                    ),
                    CandidateRow(
                        path=b"/new/b.bed", reference="/new/b.bed", why="content", common_count=0, size_bytes=99
                    ),
                ],
            )
        ],
        stopped="it took too long; name a folder further down",
        near=[b"/data"],
        revision=2,
    ),
    "shown-pinned": Shown(session=SESSION, snapshot=PINNED, parts=[CLUSTER]),
    "snapshots-pinned": Snapshots(rows=[PINNED, SUSPECT], more=False),
    "pruned": Pruned(snapshots_count=2, sessions_count=1, freed_bytes=10_240, rows=[GOES], more=True),
    "snapshots": Snapshots(rows=[SNAPSHOT, SUSPECT], more=False),
    "changes": Changes(
        old=PREVIOUS_ID,
        new=SNAPSHOT_ID,
        rows=[ChangeRow(what="changed", key="b1", name="intro", kind="buffer", line="1 line changed", text="-a\n+b")],
    ),
    "changes-summed-up": Changes(
        old=PREVIOUS_ID,
        new=SNAPSHOT_ID,
        rows=[ChangeRow(what="added", key="m7", name="user 7", kind="message", line="message user 7 added")],
        summary="1 message added",
    ),
    "loaded": Loaded(session=SESSION, snapshot=SNAPSHOT_ID, files=FILES, inline=True),
    "loaded-converted": Loaded(
        session=SESSION, snapshot=SNAPSHOT_ID, files=FILES, inline=True, to="v2", suffix=".json",
        losses=["message 3: 2 tokens of usage"],
    ),
    "content": Content(snapshot=SNAPSHOT_ID, size_bytes=10_737_418_240),
    "content-hashed": Content(snapshot=SNAPSHOT_ID, size_bytes=10_737_418_240, hash=b"\xab" * 32),
    "chunklist": ChunkList(snapshot=SNAPSHOT_ID, count=40_960),
    "changed": Changed(session=SESSION, operation=42),
    "changed-warned": Changed(session=SESSION, operation=42, warnings=["Its name holds #"]),
    "undone": Undone(undone=UNDONE, operation=43, session=SESSION),
    "undone-warnings": Undone(
        undone=UNDONE, operation=43, session=SESSION, warnings=["The folder work is gone; the change is kept"]
    ),
    "undone-batch": Undone(undone=IN_A_BATCH, operation=43, session=SESSION, count=3),
    "batched": Batched(
        effects=[
            Effect(saved=Saved(outcome="saved", session=SESSION, snapshot=SNAPSHOT_ID, operation=42)),
            Effect(changed=Changed(session=SESSION, operation=None)),
            Effect(noted=Noted(session=SESSION, text="Größe 🎵", operation=43)),
        ],
        operation=42,
        warnings=["The folder work is gone; the change is kept"],
    ),
    "undone-workspace": Undone(undone=UNDONE, operation=43, session=None),
    "operationrows": OperationRows(rows=[UNDONE, OPERATION], more=False),
    "operationrows-batch": OperationRows(rows=[IN_A_BATCH, OPERATION], more=False),
    "subscribed": Subscribed(number=42),
    "unsubscribed": Unsubscribed(),
    "folderchanged": FolderChanged(rows=[ADOPTED], operation=42, warnings=["backup.bak is left out"]),
    "folderchanged-known": FolderChanged(rows=[ADOPTED], operation=None),
    "folders": Folders(rows=[OWN, ADOPTED]),
    "suggestions": Suggestions(rows=[SUGGESTION, KNOWN]),
    "settled": Settled(number=43),
    "statusreport": msgspec.structs.replace(
        STATUS,
        sessions_count=3,
        deleted_count=1,
        operations_count=43,
        connections_count=2,
        folders=[],
        problems=["The folder work is held: its disk is gone"],
    ),
    "statusreport-folders": STATUS,
    "statusreport-unsaved": msgspec.structs.replace(STATUS, workspaces_count=2, unsaved=TIME),
    "statusreport-in-full": FULL,
    "statusreport-backup": msgspec.structs.replace(
        FULL, last_backup=TIME, last_backup_place=b"/media/backup/holdfast"
    ),
    "statusreport-network": msgspec.structs.replace(FULL, listening="tcp://192.0.2.7:7117", network_key="k" * 40),
    "checked": Checked(),
    "checked-damage": Checked(
        running=True,
        all=True,
        repair=True,
        began=TIME,
        stage="packs",
        done_bytes=1024,
        total_bytes=4096,
        problems_count=1,
        rows=[DAMAGE],
    ),
    "checked-failed": Checked(began=TIME, ended=TIME, failed="It was stopped"),
    "backedup": BackedUp(),
    "backedup-running": BackedUp(
        running=True,
        directory=b"/media/backup/holdfast",
        began=TIME,
        stage="packs",
        done_bytes=1024,
        total_bytes=4096,
        copied_bytes=512,
    ),
    "backedup-failed": BackedUp(
        directory=b"/media/backup/holdfast",
        began=TIME,
        ended=TIME,
        size_bytes=4096,
        damaged=["packs/000001-000001.pack is damaged between bytes 0 and 4096"],
        failed="The disk of /media/backup/holdfast is full",
        code="no-space",
    ),
    "workspacestate": WorkspaceState(workspace=WORKSPACE, parts=[LIVE_PART]),
    "workspacestate-kept-aside": WorkspaceState(
        workspace=WORKSPACE, parts=[LIVE_PART], warnings=["What a/b has unsaved is kept beside it: it is full"]
    ),
    "workspacestate-unanswered": WorkspaceState(workspace=UNANSWERED, parts=[LIVE_PART]),
    "due": Due(deadline_ms=60_000),
    "workspacepart": WorkspacePart(part=LIVE_PART, hash=b"\xab" * 32),
    "workspacepart-kept-aside": WorkspacePart(
        part=LIVE_PART, hash=b"\xab" * 32, warnings=["What a/b has unsaved is kept in memory alone: full"]
    ),
    "workspacecontent": WorkspaceContent(size_bytes=2_097_152, hash=b"\xab" * 32),
    "workspacereloaded": WorkspaceReloaded(workspace=WORKSPACE, parts=[LIVE_PART], snapshot="ef" * 16, operation=43),
    "workspaceended": WorkspaceEnded(ended=True),
    "workspaceended-discarded": WorkspaceEnded(ended=True, snapshot="ef" * 16, operation=43),
    "workspaces": Workspaces(rows=[WORKSPACE]),
    "workspaces-unanswered": Workspaces(rows=[UNANSWERED]),
    "laststate": LastState(workspace=WORKSPACE, session=SESSION),
    "laststate-unanswered": LastState(workspace=UNANSWERED, session=SESSION),
    "laststate-nothing": LastState(),
}

EVENTS: dict[str, Reply] = {
    "saved": Event(row=OPERATION),
    "deleted-outside": Event(row=UNDONE),
    "folder-held": Event(row=HELD),
    "gap": Gap(number=43),
    "beat": Beat(number=43, told=42),
    "page": Events(rows=[OPERATION, UNDONE]),
    "saved-in-a-batch": Event(row=IN_A_BATCH),
    "page-with-a-batch": Events(rows=[IN_A_BATCH, HELD]),
}

_DETAILS: dict[str, HoldfastError] = {
    "bad-field": ERRORS["bad-field"]("show: Expected `str`, got `int` - at `$.ref.name`", field="ref.name"),
    "ambiguous": ERRORS["ambiguous"]("'Untitled' fits two parts", candidates=["b1", "b2"]),
    "wrong-version": ERRORS["wrong-version"]("This daemon speaks protocol 1, the client 2", daemon=1, client=2),
    "too-large": ERRORS["too-large"]("A frame is too large", limit=4_194_304),
}

#: By code.
FAILURES: dict[str, HoldfastError] = {
    code: _DETAILS.get(code) or kind(f"An example of {code}") for code, kind in ERRORS.items()
}

#: Files (``save.request``) of messages that have gained a field since: still read, no longer written.
FORMER: frozenset[str] = frozenset(
    {
        *("accept.request", "rename.request", "tag.request", "template.request", "archive.request"),
        *("unarchive.request", "note.request", "note-written.request", "pin.request", "pin-off.request"),
        *("delete.request", "purge.request", "undo.request"),
        "save.request",
        "save-every-field.request",
        *("save-of-a-session.request", "import.request", "workspace-put.request", "workspace-put-a-patch.request"),
        "workspace-replace-since.request",
        "content.result",
        "cat.request",
        "list.request",
        "subscribe.request",
        "welcome.result",
        "shown.result",
        *("show.request", "show-by-id.request", "shown-conversions.result"),
        *("shown-pinned.result", "shown-with-a-note.result", "loaded.result", "load.request", "cat-of-parts.request"),
        "changes.result",
        "statusreport.result",
        *("undone.result", "undone-warnings.result", "undone-workspace.result", "operationrows.result"),
        *("saved.event", "deleted-outside.event", "folder-held.event", "page.events"),
        "statusreport-folders.result",
        "statusreport-unsaved.result",
        "statusreport-in-full.result",
        *("statusreport-backup.result", "welcome-store.result"),
        "workspace-replace.request",
        "workspacestate.result",
        "workspacepart.result",
        "workspaces.result",
        "laststate.result",
        "list-of-a-folder.request",
        *("list-next-page.request", "sessions-next.result"),
        "sessions.result",
        "shown-arrays.result",
        "snapshots.result",
        *("list-count.request", "sessions-counted.result"),
    }
)
