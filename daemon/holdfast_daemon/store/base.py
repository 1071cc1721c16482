"""What a store must do: three contracts, and nothing of how. Everything else in the daemon knows only this page.

The *catalog* holds the nouns (``nouns.py``) and changes them in transactions; the *chunks* hold bytes by their hash;
the *index* is searched, and made from the other two. The engines here are ``sqlite`` and ``packs``; one suite
(tests/store) is run over every engine. Errors are coded: Damaged, NoSpace, Unreadable, ShuttingDown, StoreNewer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from holdfast_daemon.store.nouns import (
    ChunkPlace,
    Damage,
    Folder,
    Hit,
    IndexedSession,
    Listed,
    Operation,
    Session,
    Snapshot,
    StoredDocument,
    Visible,
    Wanted,
    Workspace,
    WorkspaceContent,
)
from holdfast_protocol.messages import List

Result = TypeVar("Result")


class Narrowed(List, frozen=True, kw_only=True):
    """A list that has nothing but what is of ``apps``, its choices included; of all where none is named."""

    apps: tuple[str, ...] = ()


#: Told of the bytes that were looked at since; it may take its time, and raise what ends the look.
Rest = Callable[[int], None]

#: What a page of sessions can be sorted by; newest and largest first, names as people count and spell.
SORTS = ("modified", "created", "name", "size", "app")

#: Of so many applications and tags one can choose.
CHOICES_COUNT = 1000

#: Where a row stands in a list, for the page that begins behind it: the engine's own values.
Position = tuple[int | str, ...]


class Moved(Exception):
    """The session is at another revision than the one that was to be changed: look again, decide again."""


class Dropped(Exception):
    """The chunk's pack was dropped meanwhile: the catalog says where it is now."""


class Chunks(Protocol):
    """Bytes by their BLAKE3 hash. Where each chunk is stands in the catalog; what no row names may be forgotten."""

    @property
    def problems(self) -> list[str]:
        """For people: that nothing new can be kept, and why."""
        ...

    def reserve(self, size_bytes: int) -> None:
        """Raises NoSpace where that much more does not fit, or would leave no room to delete anything."""
        ...

    def put(self, content_hash: bytes, content: bytes | memoryview) -> ChunkPlace:
        """Keep a chunk; it is readable at once, and durable after the next ``seal``. For any thread."""
        ...

    def get(self, place: ChunkPlace) -> bytes:
        """The chunk, checked against its hash. Raises Damaged; Dropped where its pack is gone. For any thread."""
        ...

    def seal(self) -> None:
        """All that was put is durable. A catalog calls it before it commits the rows that name it."""
        ...

    def sealed(self) -> dict[int, int]:
        """The packs to which nothing is added any more, and their bytes on disk."""
        ...

    def missing(self, packs: Collection[int]) -> list[str]:
        """The paths of those of these packs that are not there."""
        ...

    def rotate(self) -> None:
        """The pack that is written now is sealed; the next chunk begins another."""
        ...

    def drop(self, pack: int) -> None:
        """A sealed pack that no row names is gone from the disk."""
        ...

    def examine(self, pack: int, places: Sequence[ChunkPlace], rest: Rest) -> Iterator[Damage]:
        """What is not as it was written of a pack in which these chunks are."""
        ...

    def copies(self, hashes: Collection[bytes], rest: Rest) -> Iterator[tuple[bytes, bytes]]:
        """Those of the chunks that are whole in some pack, wherever the catalog says that they are: hash and bytes."""
        ...

    def close(self) -> None: ...


class Reader(Protocol):
    """Questions. Ids are 16 raw bytes, hashes 32, times nanoseconds, paths raw bytes relative to their folder."""

    def begin_view(self) -> None:
        """From now on every question sees the same state."""
        ...

    def end_view(self) -> None:
        """The next question sees what is committed by then."""
        ...

    def one_view(self) -> AbstractContextManager[None]:
        """Both, for a block."""
        ...

    def session(self, identity: bytes) -> Session | None: ...

    def session_named(self, app: str, name: str, folder: str) -> Session | None:
        """The live session of that name."""
        ...

    def sessions_fitting(self, name: str, app: str | None, folder: str | None) -> list[Session]:
        """The live sessions of that name; where there is none, the deleted ones, newest first."""
        ...

    def session_at(self, folder: str, path: bytes) -> Session | None:
        """The live session whose visible file is there."""
        ...

    def sessions_page(self, asked: List, limit: int, after: Position | None = None) -> list[Listed]:
        """Those that fit, by one of ``SORTS``: behind that position of the same list, and then from ``asked.offset``.
        A page costs what is on it, wherever it is; with a text perhaps a look at every name: not for the loop."""
        ...

    def listed_count(self, asked: List) -> int:
        """How many the list has on all of its pages. Costs what they are: not for the loop."""
        ...

    def choices(self, asked: List) -> tuple[list[str], list[str]]:
        """The applications that have sessions where the list is, and all tags, up to ``CHOICES_COUNT`` of each in
        order. Costs what they are, however many sessions have them."""
        ...

    def sessions_count(self, deleted: bool) -> int: ...

    def sessions_in(self, folder: str) -> int:
        """How many live ones a folder has."""
        ...

    def missing(self, folder: str) -> list[Session]:
        """Live sessions of a folder that are neither visible nor on their way to be."""
        ...

    def missing_count(self, folder: str) -> int: ...

    def sessions_with_head(self, document: bytes, limit: int) -> list[Session]:
        """Live sessions whose head is that document, in whatever folder; all of them where ``limit`` is negative."""
        ...

    def sessions_having(self, document: bytes, app: str, name: str | None) -> list[tuple[Session, bytes]]:
        """Live sessions of the application (and of that name) in whose history it is, autosaves left out, each with the
        newest snapshot that is it; those come first whose head it is."""
        ...

    def sessions_showing(self, document: bytes, limit: int) -> list[Session]:
        """Live sessions whose file was last seen to be that document, whatever their head is."""
        ...

    def gone_since(self, time: int, document: bytes | None, folder: str, path: bytes) -> Session | None:
        """A session deleted outside after ``time`` which was at that path, else one whose head is ``document``."""
        ...

    def any_gone_since(self, time: int) -> bool:
        """Whether any session that is deleted now was changed after ``time``."""
        ...

    def deletions_since(self, time: int, folder: str) -> list[Operation]:
        """Those made outside in that folder, by nobody in particular, which stand."""
        ...

    def deletions_count(self, time: int, folder: str) -> int:
        """How many sessions are deleted by one of them, and not by what came after."""
        ...

    def folder(self, label: str) -> Folder | None: ...

    def folders(self) -> list[Folder]:
        """By label; removed ones too."""
        ...

    def note(self, session: bytes) -> str:
        """What people wrote about a session; "" where that is nothing."""
        ...

    def snapshot(self, identity: bytes) -> Snapshot | None: ...

    def need_snapshot(self, identity: bytes) -> Snapshot:
        """The same for an id that the catalog itself names. Raises Damaged; NotFound where it was pruned."""
        ...

    def snapshots(self, session: bytes, limit: int, offset: int = 0) -> list[Snapshot]:
        """Newest first."""
        ...

    def snapshots_before(self, number: int, apps: tuple[str, ...], limit: int) -> list[tuple[int, Snapshot]]:
        """Of all sessions, or of these applications', by the number in which they came; the newest first."""
        ...

    def some_snapshot(self, chance: float) -> Snapshot | None:
        """Any; ``chance`` from 0 to 1 says which."""
        ...

    def snapshot_by_prefix(self, session: bytes, prefix: str) -> list[Snapshot]:
        """At most two, by the hexadecimal beginning of their ids."""
        ...

    def newest_good(self, session: bytes) -> Snapshot | None:
        """The newest that is no suspect, and no autosave."""
        ...

    def newest_autosave(self, session: bytes) -> Snapshot | None:
        """The newest that the daemon made of a workspace."""
        ...

    def head_at(self, session: bytes, revision: int) -> bytes | None:
        """The snapshot that was the head at a revision."""
        ...

    def heads(self, session: bytes) -> Iterator[tuple[int, bytes]]:
        """Revision and snapshot, newest first, read as they are asked for."""
        ...

    def document(self, identity: bytes) -> StoredDocument:
        """Raises Damaged."""
        ...

    def document_of(self, snapshot: bytes) -> StoredDocument:
        """The document of a snapshot that the catalog names. Raises Damaged."""
        ...

    def has_document(self, identity: bytes) -> bool:
        """Whether some snapshot of the history is that document."""
        ...

    def chunk(self, content_hash: bytes) -> ChunkPlace | None: ...

    def chunk_as_it_is(self, name: bytes) -> ChunkPlace | None:
        """The same from a damaged page too: only the hash of its content says whether that is it. Raises Damaged."""
        ...

    def known_chunks(self, hashes: Iterable[bytes]) -> set[bytes]:
        """Those of ``hashes`` that are in the store."""
        ...

    def visible(self, folder: str, path: bytes) -> Visible | None: ...

    def visible_seen(self, folder: str) -> dict[bytes, bytes | None]:
        """Every path of a folder that is or should be visible, with its ``seen``."""
        ...

    def pending(self, folder: str) -> list[Visible]:
        """Paths where something else should be than was last confirmed."""
        ...

    def pending_count(self) -> int: ...

    def operation(self, number: int) -> Operation | None: ...

    def operations_after(self, number: int, limit: int) -> list[Operation]: ...

    def operations_fitting(self, wanted: Wanted, after: int, up_to: int, limit: int) -> list[Operation]:
        """Those among the numbers above ``after``, up to ``up_to``, oldest first. Costs what lies between these, not
        what fits."""
        ...

    def newest_operation(self) -> int:
        """0 where there is none."""
        ...

    def newest_of(self, session: bytes, kind: str) -> Operation | None:
        """Of that type, not undone yet."""
        ...

    def newest_undoable(self, authors: tuple[str, ...], apps: tuple[str, ...] = ()) -> Operation | None:
        """By one of these authors, not undone yet, and neither an autosave nor itself an undo; of any of ``apps``, if
        some are named."""
        ...

    def workspace(self, identity: bytes) -> Workspace | None:
        """What a running application has handed over, or one that is gone had."""
        ...

    def workspaces(self, app: str | None = None) -> list[Workspace]:
        """Changed last first."""
        ...

    def workspace_of(self, session: bytes) -> Workspace | None:
        """The one of a session that was changed last."""
        ...

    def workspace_content(self, workspace: bytes, key: str) -> WorkspaceContent | None:
        """What was put last under that key."""
        ...

    def workspace_sizes(self, workspace: bytes) -> dict[str, int]:
        """Key → bytes of all that was put."""
        ...

    # What retention and collection ask.

    def pins(self, session: bytes) -> dict[str, bytes]:
        """Label → snapshot."""
        ...

    def is_pruned(self, identity: bytes) -> bool:
        """Whether a snapshot or a session of that id was there, and is kept no longer."""
        ...

    def remembered(self, after: bytes, limit: int) -> list[bytes]:
        """Ids of sessions that have snapshots, in order, those that are no more among them."""
        ...

    def history(self, session: bytes) -> list[tuple[int, Snapshot]]:
        """Newest first, each with the number that grows with every snapshot that is made."""
        ...

    def shown_otherwise(self) -> set[bytes]:
        """Snapshots that some path shows, or should show, without being its session's head."""
        ...

    def is_pending(self, session: bytes) -> bool:
        """Whether something else should be visible of it than was last confirmed."""
        ...

    def application(self, session: bytes) -> str | None:
        """Of a session, or of one that a workspace had and that was never saved."""
        ...

    def has_left(self, session: bytes) -> bool:
        """Whether it is gone from the lists because its folder is watched no longer."""
        ...

    def reached(self, session: bytes, now: int) -> int:
        """The latest time up to ``now`` that the log had come to with the newest operation of a session."""
        ...

    def manifests(self, after: bytes, limit: int) -> list[StoredDocument]:
        """The next documents, by id."""
        ...

    def snapshots_with(self, document: bytes) -> list[bytes]:
        """Of whatever session."""
        ...

    def workspace_chunks(self) -> set[bytes]:
        """Those of all that was put."""
        ...

    def loose_chunks(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Those that may be named by nothing any more, by the number of their row; a chunk may be there twice."""
        ...

    def chunk_sizes(self, hashes: Iterable[bytes]) -> dict[bytes, int]:
        """Of those that are in the store."""
        ...

    def packs(self) -> list[int]:
        """Those that it names."""
        ...

    def pack_sizes(self) -> dict[int, int]:
        """Pack → bytes of it that the catalog names."""
        ...

    def chunks_in(self, pack: int, limit: int) -> list[ChunkPlace]:
        """Some of a pack."""
        ...

    def concerned(self, document: bytes) -> list[tuple[Snapshot, Session | None]]:
        """The snapshots that are that document, each with its session."""
        ...

    def answer(self, request: bytes) -> bytes | None:
        """The first answer to a changing request."""
        ...

    def fact(self, key: str) -> bytes | None:
        """Something about the store itself."""
        ...


class Transaction(Reader, Protocol):
    """Questions and changes that are committed together or not at all."""

    def add_chunks(self, places: Iterable[ChunkPlace]) -> None:
        """Known ones stay as they are."""
        ...

    def add_document(self, document: StoredDocument) -> None:
        """A known one stays as it is."""
        ...

    def add_snapshot(self, snapshot: Snapshot) -> None: ...

    def put_suspicion(self, snapshot: bytes, reason: str | None) -> None: ...

    def put_session(self, session: Session, before: Session | None) -> None:
        """A new row, or ``before``'s row changed: the compare-and-swap. Raises Moved where it has another revision."""
        ...

    def put_note(self, session: bytes, text: str) -> None:
        """In the place of what was there; an empty one is none."""
        ...

    def put_visible(self, visible: Visible) -> None: ...

    def want(self, folder: str, path: bytes, session: bytes, snapshot: bytes | None, boot: str) -> None:
        """From this commit on, ``snapshot`` should be visible there; what is published stays as it was."""
        ...

    def confirm(self, folder: str, path: bytes, snapshot: bytes | None) -> None:
        """That is what the path shows now; one that should show nothing and shows nothing is dropped."""
        ...

    def put_seen(self, folder: str, seen: Iterable[tuple[bytes, bytes]]) -> None:
        """Paths and how they look; those that are to show something else than they do stay as they are."""
        ...

    def drop_visible(self, folder: str, path: bytes) -> None: ...

    def put_folder(self, folder: Folder) -> None:
        """A new row, or another in the place of the one of that label."""
        ...

    def leave(self, folder: str) -> None:
        """The live sessions of a folder go from all lists; nothing else changes."""
        ...

    def join(self, folder: str) -> None:
        """Those that left with it are back."""
        ...

    def add_operation(self, operation: Operation) -> int:
        """Its number: one more than the newest, without a gap; the number in ``operation`` is not looked at."""
        ...

    def mark_undone(self, number: int, by: int | None) -> None:
        """``by`` None: it is in effect again."""
        ...

    def put_workspace(self, workspace: Workspace) -> None:
        """A new row, or another in the place of the one of that id."""
        ...

    def touch_workspace(self, identity: bytes, changed: int, unsaved: int | None) -> None:
        """It was changed then, and is held."""
        ...

    def put_workspace_content(self, content: WorkspaceContent) -> None:
        """In the place of what was there."""
        ...

    def drop_workspace_contents(self, workspace: bytes, keys: Iterable[str] | None = None) -> None:
        """What was put under these keys; without ``keys`` all of it."""
        ...

    def drop_workspace(self, workspace: bytes) -> None:
        """With all that was put."""
        ...

    # What retention and collection change.

    def put_pin(self, session: bytes, label: str, snapshot: bytes) -> None:
        """A new label, or one that is moved."""
        ...

    def drop_pin(self, session: bytes, label: str) -> None:
        """The snapshot stays."""
        ...

    def remove_snapshots(self, identities: Iterable[bytes]) -> None:
        """They were, and are kept no longer; so are the documents that no other names, whose chunks become loose."""
        ...

    def remove_session(self, session: bytes) -> None:
        """With its tags and pins; its snapshots stay, and it is remembered that it was."""
        ...

    def loosen(self, hashes: Iterable[bytes]) -> None:
        """Chunks that may be named by nothing any more; what a workspace had becomes so by itself."""
        ...

    def fasten(self, numbers: Iterable[int]) -> None:
        """What was looked at; a chunk that came loose again meanwhile has another row."""
        ...

    def remove_chunks(self, hashes: Iterable[bytes]) -> None:
        """What was in their rows is free; what is in packs is dead there."""
        ...

    def move_chunks(self, places: Iterable[ChunkPlace]) -> None:
        """The chunks are there from now on; those that are no more stay so."""
        ...

    def shrink(self, pages: int) -> int:
        """Give so many free pages back to the disk; how many are left."""
        ...

    def put_back(self, place: ChunkPlace) -> None:
        """The chunk is there from now on, whatever became of what the catalog had of it."""
        ...

    def put_fact(self, key: str, value: bytes) -> None: ...

    def keep_answer(self, request: bytes, time: int, answer: bytes) -> None: ...

    def forget_answers(self, before: int) -> None:
        """Those given before that time."""
        ...


class Catalog(Protocol):
    """One store's rows. ``commits`` counts, and is raised before anybody is answered; ``committed`` is called after."""

    commits: int
    committed: Callable[[], None]

    @property
    def problems(self) -> list[str]:
        """For people: what of its keeping is less than it should be."""
        ...

    @property
    def queued(self) -> int:
        """How many changes wait."""
        ...

    @property
    def reader(self) -> Reader:
        """This thread's own: sees every commit that was answered; within a ``work``, it is its transaction."""
        ...

    def submit(self, work: Callable[[Transaction], Result]) -> Future[Result]:
        """``work``'s result once it is durable; its error, and nothing changed, where it raises. It may be called more
        than once, and shares its commit with others."""
        ...

    async def commit(self, work: Callable[[Transaction], Result]) -> Result:
        """The same for an event loop."""
        ...

    def examine(self, rest: Rest, *, contents: bool) -> Iterator[Damage]:
        """What is not as it was written of its files, and which row names one that is not there. ``contents``: the
        chunks in its rows are hashed too. For any thread, and beside whatever else is done."""
        ...

    def bring_over(self) -> None:
        """What is only in its log is in its file, where nobody reads just now."""
        ...

    def close(self) -> None:
        """After what was submitted."""
        ...


class Index(Protocol):
    """What is searched: words of sessions, and of the parts of their heads. It may be lost at any time, and is then
    made anew. For any thread; one writes. Raises Damaged, NoSpace, Unreadable."""

    def seen(self) -> tuple[int, int]:
        """The newest operation up to which all is there, by number and time; (0, 0) at the beginning."""
        ...

    def document(self, session: bytes) -> bytes | None:
        """The one of which the parts are indexed."""
        ...

    def put(self, entries: Iterable[IndexedSession], gone: Iterable[bytes], seen: tuple[int, int] | None) -> None:
        """All of it, or nothing. What is there as it should be stays."""
        ...

    def find(self, words: Sequence[str], apps: tuple[str, ...], after: Position | None) -> Iterator[Hit]:
        """Where all the folded words stand: first in what is said of a session, then in its parts; what was put last
        comes first. ``apps``, if some are named, narrow it where the engine can; whoever asks looks again."""
        ...

    def begin_anew(self) -> None:
        """Nothing is in it any more."""
        ...

    def examine(self, rest: Rest) -> Iterator[Damage]:
        """What is not as it was written. For any thread."""
        ...

    def close(self) -> None:
        """Of this thread's."""
        ...
