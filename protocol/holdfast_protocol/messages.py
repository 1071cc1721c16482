"""Every message of the wire: one frozen type each, whose docstring is its promise.

``REPLY_TO`` says which answer belongs to which request, ``VERBS`` which word stands for which type.
PROTOCOL.md's tables are generated from here; golden bytes of each are in tests/data/wire/.
"""

from __future__ import annotations

import re

from holdfast_protocol.errors import Detail
from holdfast_protocol.model import (
    ChangeRow,
    DamageRow,
    Earlier,
    FileRow,
    FileSource,
    FolderRow,
    FormRow,
    FoundRow,
    Natural,
    OperationRow,
    PartRow,
    PartSource,
    PruneRow,
    Ref,
    RelinkRow,
    ResourceRow,
    Row,
    SessionRow,
    SnapshotRow,
    SuggestionRow,
    Time,
    UnsavedRow,
    WorkspaceRow,
)

PROTOCOL_VERSION = 1

#: The capability of a client that reads ``events``.
EVENT_PAGES = "event-pages"
#: The capability of a daemon that reads this client's open files.
LOCAL_FILES = "local-files"

#: Bounds that both sides keep; ``hello`` gives them out. The last word is the unit.
LIMITS: dict[str, int] = {
    "header_bytes": 1024 * 1024,
    "answer_header_bytes": 8 * 1024 * 1024,
    "frame_bytes": 4 * 1024 * 1024,
    "frames_count": 257,
    "message_bytes": 8 * 1024 * 1024,
    "depth_levels": 16,
    "name_bytes": 512,
    "note_bytes": 16 * 1024,
    "window_bytes": 1024 * 1024,
    "rows_count": 1000,
    "files_count": 4096,
    "outbound_bytes": 16 * 1024 * 1024,
    "format_bytes": 256 * 1024 * 1024,
    "beat_ms": 1000,
    "requests_in_flight": 128,
    "request_bytes_in_flight": 16 * 1024 * 1024,
    "subscriptions_count": 256,
    "connections_count": 256,
    "changes_count": 1000,
}


class Request(Row, frozen=True, kw_only=True):
    """Base of what a client may ask."""


class Reply(Row, frozen=True, kw_only=True):
    """Base of what the daemon answers."""


class Hello(Request, frozen=True, kw_only=True):
    """First on every connection: who speaks which versions. ``client`` is for the log only; it is not believed."""

    protocol: int
    client: str = ""
    capabilities: list[str] = []


class Welcome(Reply, frozen=True, kw_only=True):
    """The daemon's side of ``hello``. ``epoch`` is new at every start of the daemon. ``store`` is the id of its store,
    32 hex digits: numbers, ids and revisions that were seen are of that one alone. ``apps``: the only applications that
    there are for this client's key, whatever it asks for; nil: all."""

    protocol: int
    version: str
    epoch: str
    user: str
    limits: dict[str, int]
    capabilities: list[str] = []
    store: str = ""
    apps: list[str] | None = None


class Ping(Request, frozen=True, kw_only=True):
    """Answered by the daemon's loop without touching the store."""


class Pong(Reply, frozen=True, kw_only=True):
    """The daemon's loop runs."""


class Probe(Request, frozen=True, kw_only=True):
    """Answered once the store's writer has had its turn, after the changes that came before: the daemon does not only
    listen, it works. Nothing is written."""


class Probed(Reply, frozen=True, kw_only=True):
    """The whole way through the store and back."""


class Cancel(Request, frozen=True, kw_only=True):
    """The request of that id, sent on this connection, is not wanted any more. One that only reads or waits ends at
    once; a change is not made, unless it is being made. What is ended is answered with the code cancelled."""

    request: bytes


class Cancelled(Reply, frozen=True, kw_only=True):
    """What became of it. ``outcome``: cancelled (nothing was changed), done (that came too late, and the request was
    answered as ever), unknown (it is not under way: it was answered before, or never came)."""

    outcome: str


class Missing(Request, frozen=True, kw_only=True):
    """Which of these chunks does the daemon not have? Payload frame 0: BLAKE3 hashes, 32 bytes each. The others stay
    there until a save on this connection has named them, or for an hour after its last ``missing`` or ``put``."""


class MissingChunks(Reply, frozen=True, kw_only=True):
    """``count`` hashes, in the asked order, in payload frame 0."""

    count: int


class Put(Request, frozen=True, kw_only=True):
    """Keep these chunks: every payload frame is one, of 1 MiB at most. They are durable with the save that
    names them, and stay as those of ``missing`` do; then unnamed ones may be collected."""


class Stored(Reply, frozen=True, kw_only=True):
    """``count`` chunks were taken."""

    count: int


class PutFile(Request, frozen=True, kw_only=True):
    """Keep the chunks of a file that the asker has open for reading, as those of ``put``: the daemon reads it itself,
    some MiB from ``offset`` on. ``descriptor`` is the file's number in the asker's process. Only of a regular file, and
    only for a connection that was offered the capability local-files."""

    descriptor: Natural
    offset: Natural = 0


class FilePut(Reply, frozen=True, kw_only=True):
    """``count`` chunks were taken, ``size_bytes`` of the file; their hashes are in payload frame 0. ``end``: up to its
    end. Otherwise ask again from behind them on."""

    count: int
    size_bytes: int
    end: bool


class Save(Request, frozen=True, kw_only=True):
    """A document (``files``), or parts of one put into the head (``parts``), becomes the session's new head.

    ``expect`` is the revision that the save started from; without it, the head at receipt. If the head has moved,
    parts that only one side changed are merged, otherwise the save becomes a fork; nothing is overwritten. ``new``
    refuses an existing name. A save that looks like damage is kept but does not move the head, unless ``accept``.
    ``session`` is the id of the session that it continues, whose revision ``expect`` then is: where the name means
    another one by now, the save becomes a fork; where it means none (deleted or renamed), a new session, as without
    both. Answered when durable, or with ``published`` once the visible file shows it.
    """

    app: str
    name: str
    folder: str | None = None
    files: list[FileSource] = []
    parts: list[PartSource] = []
    message: str = ""
    expect: Natural | None = None
    new: bool = False
    accept: bool = False
    published: bool = False
    tags: list[str] = []
    session: str | None = None


class Import(Request, frozen=True, kw_only=True):
    """Take a document in as a new session: the application is recognised by content unless ``app`` names it.
    ``suffix`` is what the file's name ended in, a hint only. ``history``: the snapshots before it, oldest first, of the
    same format; each gets the time, cause and author of this import. ``pins`` are the labels of the document's own. All
    of it is one operation.

    ``recognised``: only where an application is certain of it and reads it; otherwise nothing is done (unrecognised,
    damaged). ``other_names``: what to call it where another session has ``name``, in this order, and then the last with
    a number behind it; nil: the import is refused then. ``unless_known``: where a live session of the application, with
    nil ``other_names`` the one of that ``name``, has this document and those of ``history`` already, in its head or
    before, nothing is done: ``outcome`` is unchanged, and the rest tells where.
    """

    name: str
    app: str | None = None
    suffix: str = ""
    files: list[FileSource]
    published: bool = False
    message: str = ""
    tags: list[str] = []
    note: str = ""
    pins: list[str] = []
    history: list[Earlier] = []
    recognised: bool = False
    other_names: list[str] | None = None
    unless_known: bool = False


class Recognise(Request, frozen=True, kw_only=True):
    """Of which files of a folder may an application be certain, and may it be of the folder itself? Asked before a
    document is sent that may be nobody's. ``files`` are some that lie directly in one folder, each by the first 64 KiB
    of its content, or all of it, as said for a save; ``path`` is its name."""

    files: list[FileSource]


class Recognised(Reply, frozen=True, kw_only=True):
    """``files``: the positions in the request of those that may be; of the others none is. ``folder``: whether the
    folder may be a document of several files, as far as these tell. What may be is known when ``import`` has it all."""

    files: list[Natural]
    folder: bool


class Saved(Reply, frozen=True, kw_only=True):
    """What became of a save. ``outcome``: saved, unchanged, merged, forked or suspect.

    forked: ``session`` is the fork, whose name is free, and ``conflicts`` are the parts that both sides changed.
    merged: ``merged`` are the parts taken from the other side. suspect: ``reason`` says why, the head is as it was.
    unchanged: ``operation`` is None, and ``snapshot``, which is not the head where that has moved on, has this document
    already. ``warnings`` are for people: what the application would not read, or give back changed, a name that it
    cannot load, and with ``published`` why the file does not show it.
    """

    outcome: str
    session: SessionRow
    snapshot: str
    operation: int | None = None
    conflicts: list[str] = []
    merged: list[str] = []
    reason: str | None = None
    warnings: list[str] = []


class List(Request, frozen=True, kw_only=True):
    """Sessions that fit all of the given filters. ``sort``: modified, created (newest first), size (largest first),
    name (without capitals and accents, numbers by value) or app (and then name); ``reverse``: the other way round.
    ``limit`` is bounded by the daemon. ``after``: what ``next`` of the page before gave; ``offset`` skips rows, which
    takes the longer the more there are. ``folder`` is a label. ``count``: also how many fit, which takes the longer the
    more do; not to be asked for with each page. ``choices``: also what ``app`` and ``tag`` can be chosen from."""

    app: str | None = None
    tag: str | None = None
    text: str | None = None
    archived: bool = False
    deleted: bool = False
    templates: bool = False
    sort: str = "modified"
    limit: Natural = 100
    offset: Natural = 0
    folder: str | None = None
    reverse: bool = False
    after: bytes = b""
    count: bool = False
    choices: bool = False


class Sessions(Reply, frozen=True, kw_only=True):
    """One page; ``more`` says whether rows follow it, and ``next`` where. Pages are not of one moment: a session that
    changes its place in between may be told twice or not at all. Names, applications and times of creation hardly do;
    whoever needs every session goes by one of these. ``count``: how many sessions the list has on all of its pages,
    where that was asked for; ``apps`` and ``tags`` likewise: the applications that have something where the list is
    (live, archived or deleted), and all tags, up to 1,000 of each, by name."""

    rows: list[SessionRow]
    more: bool
    next: bytes = b""
    count: Natural | None = None
    apps: list[str] | None = None
    tags: list[str] | None = None


class Search(Request, frozen=True, kw_only=True):
    """The places in which every word of ``text`` stands: the name, tags and note of a session, and the text of its
    head's parts (of documents up to 32 MiB, of a part 1 MiB). A word is what stands between spaces, and is found within
    others too; capitals and accents make no difference, and no sign has a meaning of its own. First come sessions whose
    name, tags or note have all words, then parts, and what was changed last before the rest. ``deleted``: deleted
    sessions instead. ``history``: older snapshots and autosaves instead, where a part was not as it is in the head;
    each part of a session once a page. ``limit`` is bounded by the daemon; ``after`` is ``next`` of the page before."""

    text: str
    app: str | None = None
    deleted: bool = False
    history: bool = False
    limit: Natural = 100
    after: bytes = b""


class Found(Reply, frozen=True, kw_only=True):
    """One page. ``more`` says whether rows may follow it, and ``next`` where; of the history, a page may then be empty.
    Everything up to number ``operation`` was looked at; where that is not the newest, and where a snapshot could not be
    read, ``warnings`` say so, for people."""

    rows: list[FoundRow]
    more: bool
    operation: int
    next: bytes = b""
    warnings: list[str] = []


class Show(Request, frozen=True, kw_only=True):
    """One session and, with ``parts``, what its format sees in the snapshot: the parts from number ``start`` on (0 is
    the first), as many as fit; where it is nil, all of them or, where they do not fit, none and a warning."""

    ref: Ref
    parts: bool = True
    start: Natural | None = None


class Shown(Reply, frozen=True, kw_only=True):
    """``generation`` and ``writer`` are the format's; ``inferred`` says that they are a conclusion. ``warnings`` are
    for people. A document that its format cannot read has no parts and a warning that says why. ``note`` is what people
    wrote about the session. ``conversions``: the other forms that ``load`` gives it in. ``more``: other parts follow
    these."""

    session: SessionRow
    snapshot: SnapshotRow | None
    files: list[FileRow] = []
    parts: list[PartRow] = []
    facts: dict[str, str | int | bool | None] = {}
    generation: str = ""
    writer: str | None = None
    inferred: bool = False
    warnings: list[str] = []
    note: str = ""
    conversions: list[FormRow] = []
    more: bool = False


class Log(Request, frozen=True, kw_only=True):
    """The snapshots of a session, newest first."""

    ref: Ref
    limit: Natural = 100
    offset: Natural = 0


class Snapshots(Reply, frozen=True, kw_only=True):
    """One page of a log."""

    rows: list[SnapshotRow]
    more: bool


class Diff(Request, frozen=True, kw_only=True):
    """What changed from ``old`` to ``new``, part by part. Without ``new``: from the snapshot before ``old`` to it."""

    old: Ref
    new: Ref | None = None


class Changes(Reply, frozen=True, kw_only=True):
    """In document order; empty where nothing that the application would call a change is there. ``summary`` is for
    people: ``2 messages added, 1 file changed``."""

    old: str | None
    new: str
    rows: list[ChangeRow]
    summary: str = ""


class Load(Request, frozen=True, kw_only=True):
    """The document of a snapshot, or one built from the chosen ``parts`` and ``kinds`` and what these need, so that
    the application opens it; or, with ``to``, the whole in another of its application's forms (``Shown.conversions``).
    ``target``: the absolute path where that will lie, for what is relative to it; one that ends in ``/`` is its
    folder."""

    ref: Ref
    parts: list[str] = []
    kinds: list[str] = []
    to: str = ""
    target: str = ""


class Loaded(Reply, frozen=True, kw_only=True):
    """``files`` in order. ``inline``: the payload frames, put together, are the contents of the files, one behind the
    other, each of its ``size_bytes``; otherwise read each file with ``cat`` (of the same ``parts`` and ``kinds``, or
    the same ``to`` and ``target``). ``to``: the form that it is in; then ``suffix`` is what its file ends in, empty for
    a folder, and ``losses`` are sentences on what that form cannot hold."""

    session: SessionRow
    snapshot: str
    files: list[FileRow]
    inline: bool
    to: str = ""
    suffix: str = ""
    losses: list[str] = []


class Cat(Request, frozen=True, kw_only=True):
    """A window of the bytes of one part (``ref.part``, or ``PART/ARRAY``) or of one file (``path``); with ``parts`` and
    ``kinds``, or ``to`` and ``target``, of a file of the document that ``load`` makes of them. ``length`` is bounded by
    window_bytes."""

    ref: Ref
    path: bytes = b""
    offset: Natural = 0
    length: Natural = LIMITS["window_bytes"]
    parts: list[str] = []
    kinds: list[str] = []
    to: str = ""
    target: str = ""


class Content(Reply, frozen=True, kw_only=True):
    """Payload frame 0 is the window; ``size_bytes`` is the size of the whole, ``snapshot`` where it is from. ``hash``,
    with a window that reaches the end: the BLAKE3 hash of the whole (32 bytes)."""

    snapshot: str
    size_bytes: int
    hash: bytes | None = None


class Export(Request, frozen=True, kw_only=True):
    """A window of what a snapshot is in another form, ``to``: markdown, as the application itself writes it where it
    does; with ``full``, what that leaves out as well. A session with nothing in it may be empty. ``length`` is bounded
    by window_bytes. The document as it is has ``load``, its parts ``cat``: the forms that are made of these (a bundle,
    a folder of parts) are the client's to make."""

    ref: Ref
    to: str
    full: bool = False
    offset: Natural = 0
    length: Natural = LIMITS["window_bytes"]


class Chunks(Request, frozen=True, kw_only=True):
    """Of which chunks is a file made? From chunk number ``start`` on (0 is the first), as many as fit. Whoever has some
    of them already reads only the others, with ``cat``. The document of chosen parts has none."""

    ref: Ref
    path: bytes = b""
    start: Natural = 0


class ChunkList(Reply, frozen=True, kw_only=True):
    """Payload frame 0 has for each chunk, in the order of the file, its BLAKE3 hash (32 bytes) and its size in bytes (4
    bytes, the most significant first). ``count`` is how many the file has, ``snapshot`` where it is from."""

    snapshot: str
    count: int


class Restore(Request, frozen=True, kw_only=True):
    """An older snapshot, or ``parts`` and ``kinds`` of it, becomes the head again: a part in the place of what it is
    now, a kind as a whole (parts of it that the snapshot does not have go). ``name``: as a new session of that name
    instead. ``into``: the parts are put into that other session, where each replaces only what has its id or path, or
    its very content. On a diverged session: puts the good document back on disk."""

    ref: Ref
    parts: list[str] = []
    kinds: list[str] = []
    name: str | None = None
    into: Ref | None = None
    expect: Natural | None = None
    published: bool = False


class Accept(Request, frozen=True, kw_only=True):
    """The newest suspect of a session (or the one that ``ref`` names) becomes its head."""

    ref: Ref
    published: bool = False
    expect: Natural | None = None


class Rename(Request, frozen=True, kw_only=True):
    """The session keeps its id and history and gets another name; its visible file moves."""

    ref: Ref
    name: str
    published: bool = False
    expect: Natural | None = None


class Copy(Request, frozen=True, kw_only=True):
    """A new session of that name with the snapshot that ``ref`` names as its first."""

    ref: Ref
    name: str
    app: str | None = None
    published: bool = False


class Tag(Request, frozen=True, kw_only=True):
    """The session gets the tags in ``add`` and loses those in ``remove``; its head and revision stay."""

    ref: Ref
    add: list[str] = []
    remove: list[str] = []
    expect: Natural | None = None


class Template(Request, frozen=True, kw_only=True):
    """The session is a template from now on, or with ``on`` false none any more. A save under a template's name is
    refused with not-allowed; ``copy`` makes sessions from it."""

    ref: Ref
    on: bool = True
    expect: Natural | None = None


class Archive(Request, frozen=True, kw_only=True):
    """The session leaves the ordinary list, and its file in the sessions folder moves into ``archived/`` beside the
    application's others. Its id, name and history stay, it is found, loaded and saved as before, and a save leaves it
    archived. In an adopted folder the file stays where its application looks for it."""

    ref: Ref
    published: bool = False
    expect: Natural | None = None


class Unarchive(Request, frozen=True, kw_only=True):
    """The session is in the ordinary list again, and its file where it was."""

    ref: Ref
    published: bool = False
    expect: Natural | None = None


class Note(Request, frozen=True, kw_only=True):
    """What people write about a session: ``text`` is its note from now on; empty: it has none; nil: only asked for. At
    most note_bytes in UTF-8."""

    ref: Ref
    text: str | None = None
    expect: Natural | None = None


class Noted(Reply, frozen=True, kw_only=True):
    """The note as it is now. ``operation`` is None where nothing changed."""

    session: SessionRow
    text: str
    operation: int | None = None


class Pin(Request, frozen=True, kw_only=True):
    """The snapshot that ``ref`` names is called ``label`` (by default the first digits of its id): ``@pin:LABEL`` means
    it, and retention never takes it. A label that another snapshot of the session has is refused with exists. With
    ``on`` false the snapshot is called so no longer; without a label, by none."""

    ref: Ref
    label: str = ""
    on: bool = True
    expect: Natural | None = None


class New(Request, frozen=True, kw_only=True):
    """A new session that begins with the head of ``clear``, or the snapshot that it names, emptied: what its user set
    up stays (IGV's genome, Renardo's startup file, Mosaic's shape), and the parts of the kinds in ``keep``. Without
    ``app`` it is of the same application."""

    name: str
    app: str | None = None
    clear: Ref
    keep: list[str] = []
    published: bool = False


class CheckResources(Request, frozen=True, kw_only=True):
    """The files and URLs that a snapshot points to, and which of them are there. No URL is opened, no file either."""

    ref: Ref


class Resources(Reply, frozen=True, kw_only=True):
    """In document order; empty for an application whose sessions point to nothing."""

    snapshot: str
    rows: list[ResourceRow]


class Relink(Request, frozen=True, kw_only=True):
    """What the head of a session points to is elsewhere now: its references are changed, and nothing else of it, which
    makes a new snapshot. ``map``: old to new, each as a document may have it; an old one that ends in a slash stands
    for all that lies below. What is relative stays so where it can. ``search``: absolute paths of folders in which
    files that are missing are looked for, by name, or by content where the history knows it; nothing is guessed: where
    several fit, and not one alone by content, it is refused with ambiguous, and the candidates. No URL is opened. With
    ``dry_run`` nothing is changed, and the answer has what was found for each; without ``search`` then what lies
    near."""

    ref: Ref
    map: dict[str, str] = {}
    search: list[bytes] = []
    dry_run: bool = False
    expect: Natural | None = None
    published: bool = False


class Relinked(Reply, frozen=True, kw_only=True):
    """``rows``: each reference that leads nowhere here or is changed, once, in document order. ``saved``: what became
    of it; nil of a dry run. ``stopped``: why the search ended early, for people. ``near``: the session's folder, and
    those of its other files. ``revision``: the one that was looked at, or made."""

    rows: list[RelinkRow]
    saved: Saved | None = None
    stopped: str = ""
    near: list[bytes] = []
    revision: int = 0


class Delete(Request, frozen=True, kw_only=True):
    """The session leaves the list and its visible file goes; ``undo`` brings both back."""

    ref: Ref
    published: bool = False
    expect: Natural | None = None


class Changed(Reply, frozen=True, kw_only=True):
    """The session after the operation of that number; None where it was like that before. ``warnings`` are for people
    (a name that the application cannot load; with ``published``, why the file does not show it)."""

    session: SessionRow
    operation: int | None
    warnings: list[str] = []


class Purge(Request, frozen=True, kw_only=True):
    """The session and its history are gone for good, deleted ones too; a later ``prune`` frees the room that only they
    took. One from which a workspace began is refused with not-allowed. Where its file cannot be removed from its folder
    yet, it is deleted only, and the answer is busy."""

    ref: Ref
    expect: Natural | None = None


class Prune(Request, frozen=True, kw_only=True):
    """What the rules of retention take goes now, and the room is given back; the daemon does it by itself from time to
    time. With ``dry_run`` nothing goes, and the answer has a page of ``rows``: every snapshot of the sessions of which
    something would go; a page at a later ``offset`` is of the same look as the first."""

    dry_run: bool = False
    limit: Natural = 1000
    offset: Natural = 0


class Pruned(Reply, frozen=True, kw_only=True):
    """How many snapshots went, or would go, and how many deleted sessions with them. ``freed_bytes``: of a dry run, the
    content that nothing else names; else the content that went, what had been named by nothing before included."""

    snapshots_count: int
    sessions_count: int
    freed_bytes: int
    rows: list[PruneRow] = []
    more: bool = False


class Change(Row, frozen=True, kw_only=True, omit_defaults=True):
    """One change of a batch: exactly one field is there, called as the verb whose request it holds. ``frame`` of its
    sources counts the payload frames of the batch."""

    save: Save | None = None
    restore: Restore | None = None
    accept: Accept | None = None
    rename: Rename | None = None
    copy: Copy | None = None
    tag: Tag | None = None
    template: Template | None = None
    archive: Archive | None = None
    unarchive: Unarchive | None = None
    note: Note | None = None
    pin: Pin | None = None
    new: New | None = None
    delete: Delete | None = None


class Batch(Request, frozen=True, kw_only=True):
    """All of these changes, in this order, or none: they are committed together, and ``undo`` of one reverses all.
    Each sees what those before it did. Where one fails, or a save would become a fork or a suspect, nothing is done;
    the error has the code and details of that change, and ``change``, its position (0 is the first). ``published``, of
    the batch or of any of its changes: answered once all files show it."""

    changes: list[Change]
    published: bool = False


class Effect(Row, frozen=True, kw_only=True):
    """What one change of a batch did: the answer to its request, in the field called as that is."""

    saved: Saved | None = None
    changed: Changed | None = None
    noted: Noted | None = None


class Batched(Reply, frozen=True, kw_only=True):
    """``effects`` in the order of the changes. ``operation`` is the number of the first row of the log that they have
    written, which is the ``batch`` of all; None where nothing changed. ``warnings`` are for people: with ``published``,
    why a file does not show it."""

    effects: list[Effect]
    operation: int | None = None
    warnings: list[str] = []


class Undo(Request, frozen=True, kw_only=True):
    """Reverse operation ``number``, or without it the newest undoable one of this caller or of the outside that is not
    itself an undo. To reverse an undo, give its number: what it had undone is in effect again, and can be undone
    again. What a ``batch`` did is reversed as a whole, whichever of its operations is named, or not at all."""

    number: Natural | None = None
    published: bool = False
    expect: Natural | None = None


class Undone(Reply, frozen=True, kw_only=True):
    """``undone`` is what was reversed; ``operation`` is the number of the row that says so. ``warnings`` are for people
    (with ``published``, why the file does not show it). ``session`` is nil where that of a workspace was not saved.
    ``count`` is how many operations were reversed: of a batch, all that can be."""

    undone: OperationRow
    operation: int
    session: SessionRow | None
    warnings: list[str] = []
    count: int = 1


class Operations(Request, frozen=True, kw_only=True):
    """Rows of the log after number ``since``, oldest first; with ``newest``, the last ``limit`` rows."""

    since: Natural = 0
    limit: Natural = 100
    newest: bool = False


class OperationRows(Reply, frozen=True, kw_only=True):
    """Oldest first, without a gap."""

    rows: list[OperationRow]
    more: bool


class Subscribe(Request, frozen=True, kw_only=True):
    """Every operation after ``since`` (None: from now on) as an ``event``, first those that were, then live ones,
    without a seam. ``app``, ``session`` (an id) and ``types`` (of operations; none: all) narrow it."""

    since: Natural | None = None
    app: str | None = None
    session: str | None = None
    types: list[str] = []


class Subscribed(Reply, frozen=True, kw_only=True):
    """Events follow under the request's id. ``number`` is the newest operation at this moment."""

    number: int


class Event(Reply, frozen=True, kw_only=True):
    """One operation. Not an answer: follows ``subscribed`` for as long as the connection lives."""

    row: OperationRow


class Events(Reply, frozen=True, kw_only=True):
    """Several operations, oldest first: what a client that said the capability ``event-pages`` in its ``hello`` gets in
    the place of an ``event`` for each."""

    rows: list[OperationRow]


class Beat(Reply, frozen=True, kw_only=True):
    """A subscription's heartbeat, where nothing else was told for ``beat_ms``. Everything wanted up to ``number`` has
    been told: the last number of the log, or how far it has been looked through. ``told`` is the last operation that
    was told, or where that began: who has seen less has missed something."""

    number: int
    told: int


class Gap(Reply, frozen=True, kw_only=True):
    """What is told from here on begins after ``number``. Who has seen less reads what lies between, or subscribes
    again; who has seen more knew another store, or a newer state of this one, and reads again from the beginning. Sent
    where ``since`` is not in the log yet, and where more than ``outbound_bytes`` waited and was dropped."""

    number: int


class Unsubscribe(Request, frozen=True, kw_only=True):
    """No more events for the subscription that was made under request id ``subscription``."""

    subscription: bytes


class Unsubscribed(Reply, frozen=True, kw_only=True):
    """None follow this answer."""


class FolderAdd(Request, frozen=True, kw_only=True):
    """Watch the folder ``path`` (absolute) in which ``app`` keeps sessions; nothing is written there unasked.
    ``label``: by default the last component of the path, numbered where it is taken. ``layout``: by default the one
    that fits what lies there. ``poll``: looked at again and again, also where the system would tell of changes. The
    first scan goes on behind the answer. Sessions known from an earlier adoption have their history again."""

    path: bytes
    app: str
    label: str | None = None
    layout: str | None = None
    poll: bool = False


class FolderRemove(Request, frozen=True, kw_only=True):
    """Watching ends and the folder's sessions leave the list; nothing on disk or in the history is touched."""

    label: str


class FolderChanged(Reply, frozen=True, kw_only=True):
    """``rows``: the folder, and those that came or went with it (Renardo's startup files). ``operation`` is None where
    the path was adopted already: ``rows`` is then what is there. ``warnings`` are for people."""

    rows: list[FolderRow]
    operation: int | None
    warnings: list[str] = []


class FolderList(Request, frozen=True, kw_only=True):
    """The watched folders, the daemon's own sessions folder first."""


class FolderScan(Request, frozen=True, kw_only=True):
    """Look at every path of a folder (without ``label``: of all). Answered when a full scan that began after the
    request is done, so the deadline must have time for it. ``verify``: every file is read, also those that look
    untouched. ``accept``: what is missing in a held folder is deleted, and the folder released."""

    label: str | None = None
    accept: bool = False
    verify: bool = False


class Folders(Reply, frozen=True, kw_only=True):
    """Folders as they are now: all, or those that were scanned."""

    rows: list[FolderRow]


class FolderSuggest(Request, frozen=True, kw_only=True):
    """Where do the applications keep sessions on this machine? Only looked at, nothing is adopted. ``environment``: the
    caller's variables that an application looks at (``RENARDO_USER_DIR``). ``folder``: the caller's working directory,
    looked at with those above and below it."""

    environment: dict[str, str] = {}
    folder: bytes = b""


class Suggestions(Reply, frozen=True, kw_only=True):
    """Folders that hold sessions, or are their application's known place; adopted ones with their label."""

    rows: list[SuggestionRow]


class Settle(Request, frozen=True, kw_only=True):
    """The barrier: answered once everything that was on disk in a watched folder (without ``label``: in all) when it
    was asked is in the store, after the time that a file must lie unchanged."""

    label: str | None = None


class Settled(Reply, frozen=True, kw_only=True):
    """``number`` is the newest operation then: what was on disk is told by the operations up to it."""

    number: int


class Status(Request, frozen=True, kw_only=True):
    """How the daemon is."""


class StatusReport(Reply, frozen=True, kw_only=True):
    """``pending_files`` are publications that have not reached the disk yet; ``problems`` are for people. ``folders``
    are the watched ones, the daemon's own sessions folder first. ``unsaved``: when the oldest change of any workspace
    came that no snapshot has yet; nil where all are in one. ``unsaved_workspaces``: the first of these, oldest first.

    Of the last hour, or since the daemon started: ``loss_window_ms`` is the longest that something handed over was not
    durable yet, ``unsaved_window_ms`` the longest that something was in no snapshot, which ``unsaved_bound_ms`` is the
    configured bound of. ``last_check`` is when the last check of the store ended, ``last_check_problems`` what it found
    and nobody repaired; ``last_rehearsal`` when a snapshot was last read back, built and found to be what was saved,
    ``last_rehearsal_problem`` why the last one was not; ``last_backup`` when the last backup that came to its end
    began, ``last_backup_place`` its directory. ``queued_changes`` wait for the store, ``requests_count`` are under way,
    ``unindexed_count`` operations are not looked at for searching yet, ``outbound_bytes`` wait for clients.
    ``listening``: where on the network, empty where nowhere; ``network_key``: the daemon's public key there.
    """

    version: str
    epoch: str
    pid: int
    socket: str
    store: str
    sessions: str
    started: Time
    sessions_count: int
    deleted_count: int
    operations_count: int
    clients_count: int
    connections_count: int
    connections_limit: int
    store_bytes: int
    pending_files: int
    watching: bool
    problems: list[str]
    folders: list[FolderRow] = []
    workspaces_count: int = 0
    unsaved: Time | None = None
    unsaved_workspaces: list[UnsavedRow] = []
    loss_window_ms: int = 0
    unsaved_window_ms: int = 0
    unsaved_bound_ms: int = 0
    checking: bool = False
    last_check: Time | None = None
    last_check_problems: int = 0
    last_rehearsal: Time | None = None
    last_rehearsal_problem: str = ""
    queued_changes: int = 0
    requests_count: int = 0
    unindexed_count: int = 0
    outbound_bytes: int = 0
    last_backup: Time | None = None
    last_backup_place: bytes = b""
    listening: str = ""
    network_key: str = ""


class Check(Request, frozen=True, kw_only=True):
    """Look whether the store is as it was written. One check runs at a time, in the background and whoever is
    connected; who asks for one meanwhile is told of that one. Otherwise one begins, unless ``begin`` is false. Of the
    contents it reads those that none has read for a week; with ``all`` every one. With ``repair`` it puts back what it
    can. ``stop``: the one that runs ends. The answer says how far it is, and comes as soon as it has ended, or after
    ``wait_ms``."""

    begin: bool = True
    all: bool = False
    repair: bool = False
    stop: bool = False
    wait_ms: Natural = 0


class Checked(Reply, frozen=True, kw_only=True):
    """The check that is ``running``, or the last one; ``began`` nil: there was none. ``stage`` is what it looks at, for
    people; of ``total_bytes`` it has read ``done_bytes``. ``problems_count`` is what is damaged, without what was
    repaired (``repaired_count``); ``rows`` the first of both. ``failed``: why it ended before it had seen all."""

    running: bool = False
    all: bool = False
    repair: bool = False
    began: Time | None = None
    ended: Time | None = None
    stage: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    problems_count: int = 0
    repaired_count: int = 0
    rows: list[DamageRow] = []
    failed: str | None = None


class Backup(Request, frozen=True, kw_only=True):
    """Copy the store into ``directory``, an absolute path on the daemon's machine: a new or empty one, or one that has
    a backup of this store, to which only what is new is added. One backup runs at a time, in the background and whoever
    is connected; who asks for one meanwhile is told of that one. Otherwise one begins, unless ``begin`` is false. What
    was answered before it began is in it. Each new file is read back and compared; with ``all`` the older ones too, and
    what is damaged is copied anew. ``stop``: the one that runs ends, and the one before it stays. The answer says how
    far it is, and comes as soon as it has ended, or after ``wait_ms``."""

    directory: bytes = b""
    begin: bool = True
    all: bool = False
    stop: bool = False
    wait_ms: Natural = 0


class BackedUp(Reply, frozen=True, kw_only=True):
    """The backup that is ``running``, or the last one; ``began`` nil: there was none. ``stage`` is what it does, for
    people; of ``total_bytes`` it has done ``done_bytes``, which are those to copy and to read back. ``copied_bytes``
    are new in ``directory``, ``size_bytes`` all that the backup is. ``damaged``: what was found damaged in older files
    of the backup, and was copied anew. ``failed``: why it did not come to its end, with the ``code`` of the error; the
    backup before it is as it was."""

    running: bool = False
    directory: bytes = b""
    began: Time | None = None
    ended: Time | None = None
    stage: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    copied_bytes: int = 0
    size_bytes: int = 0
    damaged: list[str] = []
    failed: str | None = None
    code: str = ""


class Failure(Reply, frozen=True, kw_only=True):
    """The answer of a request that failed. ``code`` is permanent, ``sentence`` for people, ``details`` for programs."""

    code: str
    sentence: str
    details: dict[str, Detail]


class WorkspaceOpen(Request, frozen=True, kw_only=True):
    """A workspace for a running application. It begins with the parts of the head of ``app``/``name``, or with none
    where there is no such session; then its document is of ``format``, by default the application's own. With ``id`` a
    workspace that exists goes on, and the rest is not looked at. Whoever asks holds it from now on, until the
    connection ends or another one takes it over."""

    app: str | None = None
    name: str = ""
    folder: str | None = None
    format: str | None = None
    id: str | None = None


class WorkspaceState(Reply, frozen=True, kw_only=True):
    """The workspace, and its parts in order. ``warnings``, for people: that what was put is kept beside the store,
    which fails, or in memory alone; that no snapshot has it for longer than was promised."""

    workspace: WorkspaceRow
    parts: list[PartRow] = []
    warnings: list[str] = []


class WorkspacePut(Request, frozen=True, kw_only=True):
    """The part has this content from now on; where there is none of that key or name, it is a new one behind the
    others. Answered when durable. A patch has ``of``, the BLAKE3 hash of the content that it starts from: of that, the
    bytes from ``start`` up to, not including, ``end`` are replaced. Refused (exists) where the content is another. The
    same request may be repeated."""

    id: str
    source: PartSource
    of: bytes | None = None
    start: Natural = 0
    end: Natural = 0


class WorkspacePart(Reply, frozen=True, kw_only=True):
    """The part as it is now; ``hash`` is that of its content, 32 bytes. ``warnings``: as in WorkspaceState."""

    part: PartRow
    hash: bytes
    warnings: list[str] = []


class WorkspaceReplace(Request, frozen=True, kw_only=True):
    """The workspace has this document from now on, whole and byte for byte as its application wrote it: ``files``, as
    in a save. It is in a snapshot when this is answered; nothing changes where its format sees no difference. Refused
    (damaged) where it is no readable document of the workspace's format. With ``since``, when this sitting of the
    application began (UTC nanoseconds), the first document of a workspace goes to the one of before, where there is
    such: of the same user, application and session, handed over whole too, held by nobody, and this document goes on
    from its one: nothing differs, or it was changed in this sitting and nothing of it is gone. That one is answered,
    and held from now on; the one of ``id`` has ended."""

    id: str
    files: list[FileSource]
    since: Natural | None = None


class WorkspaceDue(Request, frozen=True, kw_only=True):
    """Ask me: answered when the application is to be asked for its state. That is at once the first time, and later
    ``every_ms`` after it was asked last, without it the ceiling of autosaves. Its holder then hands the state over and
    sends this again; ``problem`` says why there was none, if so: the application is then due sooner, and later with
    each time in a row. The deadline must have time for the wait."""

    id: str
    every_ms: Natural | None = None
    problem: str = ""


class Due(Reply, frozen=True, kw_only=True):
    """Now. Where ``workspace-due`` has not come again within ``deadline_ms``, the application counts as unanswered."""

    deadline_ms: int


class WorkspaceRemove(Request, frozen=True, kw_only=True):
    """The part goes; one that is not there has gone already."""

    id: str
    part: str


class WorkspaceRename(Request, frozen=True, kw_only=True):
    """The part is called ``name``; its key stays."""

    id: str
    part: str
    name: str


class WorkspaceReorder(Request, frozen=True, kw_only=True):
    """The parts stand in the order of ``keys``, which are those of all parts, each once."""

    id: str
    keys: list[str]


class WorkspaceCat(Request, frozen=True, kw_only=True):
    """At most ``length`` bytes of a part, from ``offset``."""

    id: str
    part: str
    offset: Natural = 0
    length: Natural = 1024 * 1024


class WorkspaceContent(Reply, frozen=True, kw_only=True):
    """``size_bytes`` and ``hash`` are the whole part's; the asked bytes are payload frame 0."""

    size_bytes: int
    hash: bytes


class WorkspaceSave(Request, frozen=True, kw_only=True):
    """The workspace's state becomes the head of its session, or of the new session ``name``; it merges or forks like
    any save that starts from what the workspace began from. The workspace goes on from what was saved, or with ``end``
    ends with it."""

    id: str
    name: str | None = None
    message: str = ""
    accept: bool = False
    end: bool = False
    published: bool = False


class WorkspaceLeave(Request, frozen=True, kw_only=True):
    """Nobody holds it from now on. One without unsaved changes ends; any other is kept, with a snapshot."""

    id: str


class WorkspaceReload(Request, frozen=True, kw_only=True):
    """It has again what it began from, or with ``head`` what the session's head is now. An autosave of what was unsaved
    stays in the session's history, and ``undo`` brings it back: into the workspace, where nothing was put since, or
    else as one of its own, that was left."""

    id: str
    head: bool = False


class WorkspaceReloaded(Reply, frozen=True, kw_only=True):
    """The workspace, and its parts in order. ``snapshot``: what it had that was not saved, if anything; then
    ``operation`` is what ``undo`` reverses."""

    workspace: WorkspaceRow
    parts: list[PartRow] = []
    snapshot: str | None = None
    operation: int | None = None


class WorkspaceDiscard(Request, frozen=True, kw_only=True):
    """Its unsaved changes are wanted no more. An autosave of them stays in the session's history until retention takes
    it, and ``undo`` makes them a workspace again, that was left."""

    id: str


class WorkspaceEnded(Reply, frozen=True, kw_only=True):
    """``ended`` is false where the workspace is kept. ``snapshot``: what it had that was not saved, if anything."""

    ended: bool
    snapshot: str | None = None
    operation: int | None = None


class WorkspaceList(Request, frozen=True, kw_only=True):
    """Those that are, changed last first; ``app`` narrows it."""

    app: str | None = None


class Workspaces(Reply, frozen=True, kw_only=True):
    """All of them."""

    rows: list[WorkspaceRow]


class Last(Request, frozen=True, kw_only=True):
    """What to go on with: the workspace that was left last with unsaved changes, and the session that was changed last,
    of ``app`` or of any application."""

    app: str | None = None


class LastState(Reply, frozen=True, kw_only=True):
    """Either may be nil. Where the workspace is of that session or newer, it is what its user saw last."""

    workspace: WorkspaceRow | None = None
    session: SessionRow | None = None


REPLY_TO: dict[type[Request], type[Reply]] = {
    Hello: Welcome,
    Ping: Pong,
    Probe: Probed,
    Cancel: Cancelled,
    Missing: MissingChunks,
    Put: Stored,
    PutFile: FilePut,
    Save: Saved,
    Import: Saved,
    Recognise: Recognised,
    List: Sessions,
    Search: Found,
    Show: Shown,
    Log: Snapshots,
    Diff: Changes,
    Load: Loaded,
    Cat: Content,
    Export: Content,
    Chunks: ChunkList,
    Restore: Saved,
    Accept: Saved,
    Rename: Changed,
    Copy: Changed,
    Tag: Changed,
    Template: Changed,
    Archive: Changed,
    Unarchive: Changed,
    Note: Noted,
    Pin: Changed,
    New: Saved,
    CheckResources: Resources,
    Relink: Relinked,
    Delete: Changed,
    Purge: Changed,
    Prune: Pruned,
    Batch: Batched,
    Undo: Undone,
    Operations: OperationRows,
    Subscribe: Subscribed,
    Unsubscribe: Unsubscribed,
    FolderAdd: FolderChanged,
    FolderRemove: FolderChanged,
    FolderList: Folders,
    FolderScan: Folders,
    FolderSuggest: Suggestions,
    Settle: Settled,
    Status: StatusReport,
    Check: Checked,
    Backup: BackedUp,
    WorkspaceOpen: WorkspaceState,
    WorkspacePut: WorkspacePart,
    WorkspaceReplace: WorkspaceState,
    WorkspaceDue: Due,
    WorkspaceRemove: WorkspaceState,
    WorkspaceRename: WorkspaceState,
    WorkspaceReorder: WorkspaceState,
    WorkspaceCat: WorkspaceContent,
    WorkspaceSave: Saved,
    WorkspaceLeave: WorkspaceEnded,
    WorkspaceReload: WorkspaceReloaded,
    WorkspaceDiscard: WorkspaceEnded,
    WorkspaceList: Workspaces,
    Last: LastState,
}

#: What follows ``subscribed``, by the ``kind`` of its header.
TOLD: dict[str, type[Reply]] = {"event": Event, "events": Events, "beat": Beat, "gap": Gap}

VERBS: dict[str, type[Request]] = {re.sub(r"(?<!^)(?=[A-Z])", "-", each.__name__).lower(): each for each in REPLY_TO}
VERB_OF: dict[type[Request], str] = {request: verb for verb, request in VERBS.items()}

#: Requests that change the store: their id is committed with their effect.
CHANGING: frozenset[type[Request]] = frozenset(
    {
        Save, Import, Restore, Accept, Rename, Copy, Tag, Template, Archive, Unarchive, Note, Pin, New, Relink, Delete,
        Purge, Batch, Undo, FolderAdd, FolderRemove, WorkspaceOpen, WorkspaceSave, WorkspaceReload, WorkspaceDiscard,
    }
)
