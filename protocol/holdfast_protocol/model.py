"""The nouns that travel (DESIGN.md section 1): rows as the daemon gives them out.

Ids are 32 lower-case hexadecimal digits (128 random bits). Times are UTC nanoseconds since 1970.
Sizes are bytes. Paths are raw bytes, with ``/`` between components.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

#: A count, a position or a number as a client sends it: neither negative nor more than the store can hold.
Natural = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
#: UTC nanoseconds since 1970: more than a floating point number holds, so languages that have only these must know.
Time = Annotated[int, msgspec.Meta(title="time")]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """Base of everything in the body of a message; unknown fields are ignored when reading."""


class Ref(Row, frozen=True, kw_only=True):
    """What a person names: ``APP/NAME@SNAPSHOT:PART``.

    ``app`` and ``folder`` may be None where the name is unique. ``snapshot``: ``latest``, ``-1`` (one before the
    head), an id's prefix of four digits or more, ``good``, ``pin:LABEL``, or ``{2 hours ago}``. ``part``: key or unique
    name. ``id`` names the session by its id and then stands for app, name and folder.
    """

    name: str = ""
    app: str | None = None
    folder: str | None = None
    snapshot: str = "latest"
    part: str | None = None
    id: str | None = None


class SessionRow(Row, frozen=True, kw_only=True):
    """One session. ``modified`` is the time of its newest operation; ``path`` is relative to the folder."""

    id: str
    app: str
    folder: str
    name: str
    format: str
    revision: int
    head: str | None
    created: Time
    modified: Time
    size_bytes: int
    path: bytes
    suspect: bool = False
    diverged: bool = False
    deleted: bool = False
    archived: bool = False
    template: bool = False
    tags: list[str] = []
    forked_from: str | None = None


class SnapshotRow(Row, frozen=True, kw_only=True):
    """One immutable document. ``suspect`` is the reason why it looks like damage, or None. Some of its parents may have
    been pruned. ``pins`` are the labels that people gave it."""

    snapshot: str
    parents: list[str]
    time: Time
    cause: str
    author: str
    message: str
    size_bytes: int
    suspect: str | None = None
    pins: list[str] = []


class PruneRow(Row, frozen=True, kw_only=True):
    """A snapshot as retention sees it. ``keep`` false: it goes, for the one reason in ``reasons``; otherwise those are
    all the reasons why it stays. ``name`` is empty where a workspace was never saved, or the session was purged."""

    session: str
    app: str
    folder: str
    name: str
    snapshot: str
    time: Time
    cause: str
    size_bytes: int
    keep: bool
    reasons: list[str]


class ConcernRow(Row, frozen=True, kw_only=True):
    """A snapshot that cannot be read as long as something is damaged: of its document the file ``path`` (empty: the one
    that there is), from byte ``offset`` on. Its other files can be. ``head``: it is its session's. ``name`` is empty
    where the session was never saved, or purged."""

    session: str
    app: str
    folder: str
    name: str
    snapshot: str
    head: bool
    path: bytes = b""
    offset: int = 0


class DamageRow(Row, frozen=True, kw_only=True):
    """Something in the store that is not as it was written. ``what``: chunk, pack, page (of the catalog), log (of the
    catalog), document, snapshot, session, operations, workspace, file (a visible one), index (of searching, which is
    made anew). ``path`` is the file that it is in; ``chunk`` the hash of a chunk, in ``pack`` at byte ``offset`` where
    it is in one. ``repaired``: it was, and is no more. ``concerns``: the first of what cannot be read because of it."""

    what: str
    sentence: str
    path: bytes | None = None
    chunk: str | None = None
    pack: int | None = None
    offset: int | None = None
    repaired: bool = False
    concerns_count: int = 0
    concerns: list[ConcernRow] = []


class UnsavedRow(Row, frozen=True, kw_only=True):
    """A workspace that no snapshot has whole: since when, and how long that is."""

    workspace: str
    app: str
    name: str
    since: Time
    age_ms: int


class FileRow(Row, frozen=True, kw_only=True):
    """One file of a document. ``path`` is empty for a document of one file; ``hash`` is BLAKE3 (32 bytes)."""

    path: bytes
    size_bytes: int
    hash: bytes


class FormRow(Row, frozen=True, kw_only=True):
    """Another form of an application's documents: the short name ``to`` ask for it by, and what it is, for people."""

    to: str
    about: str


class ArrayRow(Row, frozen=True, kw_only=True):
    """An array that lies in a part's content, uncompressed: ``size_bytes`` from ``offset`` on.

    ``dtype`` is NumPy's short word with the byte order (``<f4``); ``shape`` is in C order or, with ``fortran``, in
    Fortran order; ``unit`` is as people write it (``Å``), empty where there is none. ``cat`` of ``PART/NAME`` gives
    just its bytes.
    """

    name: str
    dtype: str
    shape: list[int]
    unit: str
    offset: int
    size_bytes: int
    fortran: bool = False


class PartRow(Row, frozen=True, kw_only=True):
    """One part, without its content. ``facts`` are the format's own."""

    key: str
    name: str
    kind: str
    size_bytes: int
    facts: dict[str, str | int | bool | None] = {}
    arrays: list[ArrayRow] = []


class WorkspaceRow(Row, frozen=True, kw_only=True):
    """The live state of one application instance.

    ``session`` and ``revision``: what it began from, or was saved as last; where ``revision`` is 0 there is no such
    session yet, and it will have that id. ``left``: since when nobody holds it. ``unsaved``: since when it has what
    neither the session nor an autosave has, nil where they have all. ``autosave``: the newest snapshot that the daemon
    made of it. ``behind``: the session has moved on since. ``unanswered``: since when its application, which is asked
    for its state, has not given it.
    """

    id: str
    app: str
    folder: str
    name: str
    format: str
    session: str
    revision: int
    author: str
    created: Time
    changed: Time
    left: Time | None = None
    saved: bool = False
    unsaved: Time | None = None
    autosave: str | None = None
    behind: bool = False
    parts_count: int = 0
    unanswered: Time | None = None


class ResourceRow(Row, frozen=True, kw_only=True):
    """A file or URL that a document points to. ``key``: the part that does; ``role`` is the format's own word;
    ``reference`` is as the document has it. ``state``: there, moved (``found`` is a file of its name nearby), missing,
    remote (a URL, which is never opened), or unknown (relative to a project, and the session lies in none). ``path`` is
    what the application would open here, empty where that cannot be told."""

    key: str
    role: str
    reference: str
    state: str
    path: bytes = b""
    found: bytes = b""


class CandidateRow(Row, frozen=True, kw_only=True):
    """A file that may be the one that a reference meant. ``reference``: how the document would point to it, empty where
    it cannot. ``why``: content (the history knows the file, and this one has its very bytes), size (it has its name and
    size) or name; ``common_count``: how many names at the end of both paths are the same, the file's own among them."""

    path: bytes
    reference: str
    why: str
    common_count: int
    size_bytes: int


class RelinkRow(Row, frozen=True, kw_only=True):
    """A reference that leads nowhere here, or that is changed. ``key``, ``role``, ``reference``, ``state`` and ``path``
    are as check-resources has them, of the first part that has it. ``new``: what it becomes; nil where it stays.
    ``candidates``: files that were found, the likeliest first, eight at most."""

    key: str
    role: str
    reference: str
    state: str
    path: bytes = b""
    new: str | None = None
    candidates: list[CandidateRow] = []


class FoundRow(Row, frozen=True, kw_only=True):
    """A place where the searched words stand. ``where``: name, tags or note of the session, or a part, whose key and
    name are ``part`` and ``part_name``; ``snapshot`` is the head, or with ``history`` an older one. ``snippet`` is the
    text around the first of them, on one line; ``matches`` are the positions in it, in characters, at which a match
    begins and ends, in pairs."""

    session: SessionRow
    snapshot: str
    where: str
    part: str | None = None
    part_name: str = ""
    snippet: str = ""
    matches: list[int] = []


class ChangeRow(Row, frozen=True, kw_only=True):
    """What became of one part. ``what``: added, removed, changed, renamed or moved; ``line`` is for people;
    ``text`` is a unified diff where both contents are text, without its trailing newline."""

    what: str
    key: str
    name: str
    kind: str
    line: str
    text: str = ""


class OperationRow(Row, frozen=True, kw_only=True):
    """One numbered row of the log. ``snapshot`` and ``previous`` are the head after and before, where it moved;
    ``undone_by`` is the number of the row that reversed this one. A row about a folder has no ``session``: ``folder``
    is its label, ``note`` the reason. Rows that were written by one ``batch``, or by its undo, have the same ``batch``:
    the number of the first of them."""

    number: int
    time: Time
    type: str
    session: str | None
    app: str | None
    folder: str | None
    name: str | None
    cause: str | None
    author: str
    undoable: bool
    revision: int | None = None
    snapshot: str | None = None
    previous: str | None = None
    undone_by: int | None = None
    note: str = ""
    batch: int | None = None


class FolderRow(Row, frozen=True, kw_only=True):
    """One folder. ``path`` is absolute; ``app`` is None for the daemon's own sessions folder; ``layout`` is the
    format's name for how its application keeps sessions there.

    ``watching``: events, polling, or empty where it is not watched now; ``watch_note`` says why it is polled, for
    people. ``held`` is the reason why nothing is deleted for the moment, or None; ``missing_count`` are then the
    sessions whose file is not there. ``scanned`` is when the last full scan ended, None before the first; ``scanning``
    says that one is under way. ``problems`` are for people.
    """

    label: str
    path: bytes
    app: str | None
    layout: str
    watching: str
    watch_note: str
    sessions_count: int
    missing_count: int
    held: str | None
    scanned: Time | None
    scanning: bool
    problems: list[str] = []


class SuggestionRow(Row, frozen=True, kw_only=True):
    """A folder in which an application keeps sessions, and how ``folder-add`` would take it. ``label`` is the one
    under which it is adopted already, or None."""

    path: bytes
    app: str
    layout: str
    sessions_count: int
    label: str | None


class FileSource(Row, frozen=True, kw_only=True):
    """Where the bytes of one file of a document come from: payload frame number ``frame`` (0 is the first), from
    ``offset`` on, ``size_bytes`` of it or (nil) all to its end. So small files can share a frame.

    ``chunked`` false: these bytes are the content. True: they are the content's BLAKE3 chunk hashes, 32 bytes each, in
    order, all of which the daemon has (``missing``, ``put``). ``hash``: BLAKE3 of the whole content, 32 bytes; where it
    is another, the request is refused (damaged) and nothing changed.
    """

    frame: Natural
    path: bytes = b""
    chunked: bool = False
    offset: Natural = 0
    size_bytes: Natural | None = None
    hash: bytes | None = None


class Earlier(Row, frozen=True, kw_only=True):
    """A snapshot to take in before another one. ``message`` is all that is known of it here: its time, cause and author
    elsewhere are what others say."""

    files: list[FileSource]
    message: str = ""
    pins: list[str] = []


class PartSource(Row, frozen=True, kw_only=True):
    """A part to put into a document: ``part`` is a key or unique name, or the name of a new part. Where its bytes come
    from, and their hash, is said as for a file."""

    part: str
    frame: Natural
    chunked: bool = False
    offset: Natural = 0
    size_bytes: Natural | None = None
    hash: bytes | None = None


#: What an operation may be. Every row is an event; the second value says whether ``undo`` can reverse it.
OPERATION_TYPES: dict[str, bool] = {
    "created": True,
    "saved": True,
    "merged": True,
    "forked": True,
    "restored": True,
    "accepted": True,
    "changed-outside": True,
    "renamed": True,
    "copied": True,
    "tagged": True,
    "template": True,
    "archived": True,
    "unarchived": True,
    "noted": True,
    "pinned": True,
    "unpinned": True,
    "deleted": True,
    "deleted-outside": True,
    "undone": True,
    "suspect": False,
    "unreadable": False,
    "folder-added": False,
    "folder-removed": False,
    "folder-held": False,
    "folder-released": False,
    "autosaved": False,
    "workspace-left": False,
    "workspace-reloaded": True,
    "workspace-ended": True,
    "pruned": False,
    "purged": False,
}

CAUSES = ("saved", "autosaved", "outside", "imported", "restored", "merged")
