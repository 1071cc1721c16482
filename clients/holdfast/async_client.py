"""The client for asyncio."""

from __future__ import annotations

import builtins
import os
from collections.abc import AsyncIterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from holdfast.addresses import addressed
from holdfast.awaiting import AsyncLine
from holdfast.methods import awaiting
from holdfast.plans import Plan, Result, asked
from holdfast.references import reference
from holdfast.verbs import Verbs
from holdfast_protocol import messages as wire
from holdfast_protocol.model import OperationRow, Ref

if TYPE_CHECKING:
    from holdfast.batch import AsyncBatch
    from holdfast.documents import AsyncOpenDocument
    from holdfast.exports import AsyncExport
    from holdfast.parts import SessionPart
    from holdfast.taking import Imported
    from holdfast.workspace import AsyncWorkspace
    from holdfast_protocol.connection import Answered


class AsyncClient:
    """A client for one asyncio loop, with the methods of ``Client``, awaited; any number at the same time.

        async with AsyncClient(path) as client:
            await client.save("renardo", "verse", b"p1 >> pluck()")

    Every method raises a subclass of HoldfastError, at the latest ``timeout_seconds`` after the call. A cancelled one
    is not waited for any longer, and the daemon is told, which then does not do it where it has not done it yet.
    """

    def __init__(
        self, path: str, *, timeout_seconds: float = 10.0, key: str | None = None, server_key: str | None = None
    ) -> None:
        self.path = path = addressed(path, key, server_key)
        self.timeout_seconds = timeout_seconds
        self.verbs = Verbs(timeout_seconds, self._welcome)
        self._line = AsyncLine(path)

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; requests under way and later ones raise Unreachable."""
        self._line.close()

    async def run(self, plan: Plan[Result], *, large: bool = False) -> Result:
        """What a plan of ``verbs`` comes to; ``large``: what it reads and hashes on the way is done in a thread."""
        return await self._line.run(plan, self.timeout_seconds, large=large)

    @property
    def _plans(self) -> Verbs:
        return self.verbs

    _run = run

    async def ask(
        self, request: wire.Request, payload: Sequence[bytes] = (), timeout_seconds: float | None = None
    ) -> Answered:
        """The answer to any request of ``holdfast_protocol.messages``, with its payload frames."""
        return await self.run(asked(request, payload, timeout_seconds))

    hello = awaiting(Verbs.hello)
    ping = awaiting(Verbs.ping)
    probe = awaiting(Verbs.probe)
    save = awaiting(Verbs.save, large=True)
    import_document = awaiting(Verbs.import_document, large=True)
    import_bundle = awaiting(Verbs.import_bundle, large=True)
    list = awaiting(Verbs.list)
    search = awaiting(Verbs.search)
    show = awaiting(Verbs.show)
    log = awaiting(Verbs.log)
    diff = awaiting(Verbs.diff)
    load = awaiting(Verbs.load)
    cat = awaiting(Verbs.cat)
    restore = awaiting(Verbs.restore)
    accept = awaiting(Verbs.accept)
    rename = awaiting(Verbs.rename)
    copy = awaiting(Verbs.copy)
    tag = awaiting(Verbs.tag)
    template = awaiting(Verbs.template)
    archive = awaiting(Verbs.archive)
    unarchive = awaiting(Verbs.unarchive)
    note = awaiting(Verbs.note)
    pin = awaiting(Verbs.pin)
    new = awaiting(Verbs.new)
    check_resources = awaiting(Verbs.check_resources)
    relink = awaiting(Verbs.relink)
    delete = awaiting(Verbs.delete)
    purge = awaiting(Verbs.purge)
    prune = awaiting(Verbs.prune)
    undo = awaiting(Verbs.undo)
    operations = awaiting(Verbs.operations)
    folder_add = awaiting(Verbs.folder_add)
    folder_remove = awaiting(Verbs.folder_remove)
    folder_list = awaiting(Verbs.folder_list)
    folder_scan = awaiting(Verbs.folder_scan)
    folder_suggest = awaiting(Verbs.folder_suggest)
    settle = awaiting(Verbs.settle)
    status = awaiting(Verbs.status)
    check = awaiting(Verbs.check)
    backup = awaiting(Verbs.backup)
    workspaces = awaiting(Verbs.workspaces)
    recover = awaiting(Verbs.recover)
    discard = awaiting(Verbs.discard)
    reload = awaiting(Verbs.reload)
    last = awaiting(Verbs.last)

    async def parts(
        self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()
    ) -> builtins.list[SessionPart]:
        """The parts of a snapshot, in document order, or those chosen by key or unique name and by kind; ``REF:PART``
        is one of them. All of them are read when this returns. Raises NotFound, Ambiguous."""
        found = await self.run(self.verbs.parts(ref, parts=parts, kinds=kinds))
        read = {row.key: await self.cat(found.named(row)) for row in found.rows}
        return found.read_by(lambda ref: read[ref.part or ""])

    def batch(self, *, published: bool = False) -> AsyncBatch:
        """Changes that are done together at the end of the ``with`` block, as one operation, or not at all: the block
        raised, or one of them could not be done. Each sees what those before it did, ``undo`` reverses all. The methods
        of the batch are those of a client: save, restore, accept, rename, copy, tag, template, archive, unarchive,
        note, pin, new and delete; what each gives has its ``result`` afterwards. What would become a fork, or is
        suspect, is refused. ``published``: the block ends when the files show it. The details of an error have the
        position of its change, ``change``. Raises Exists, NotAllowed, NotFound, Ambiguous, BadName, BadField,
        CannotHold, Damaged, TooLarge (or more than changes_count; format_bytes for all documents), NoSpace.
        """
        from holdfast.batch import AsyncBatch

        return AsyncBatch(self, published=published)

    async def open(self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()) -> AsyncOpenDocument:
        """What ``load`` gives, to be read file by file in windows of 1 MiB: for documents larger than memory. Raises
        NotFound, Ambiguous, Damaged, CannotHold, TooLarge."""
        from holdfast.documents import AsyncOpenDocument

        return AsyncOpenDocument(await self.run(self.verbs.open(ref, parts=parts, kinds=kinds)), self)

    async def export(
        self, ref: Ref | str, to: str, *, full: bool = False, history: int | str = 0, resources: bool = False,
        target: str | os.PathLike[str] = "", redact: bool = False, parts: Sequence[str] = (), kinds: Sequence[str] = (),
    ) -> AsyncExport:  # fmt: skip
        """A session in a form that leaves the house, read when it is written: ``native`` (as its application has it),
        ``parts`` (a file for each), ``ply``, ``obj``, ``csv``, ``npy`` (one for each object that has points, in their
        unit), ``bundle`` (an archive with the document and what belongs to it, for
        ``import_bundle``), ``markdown`` (what the application itself exports, where it does, and with ``full`` what
        that leaves out), ``html``, ``pdf``, ``png``, or another of its application's own forms
        (``Shown.conversions``): ``losses`` tells what that cannot hold, and ``target`` is where it will lie, for what
        is relative to it. Into a bundle goes ``history``, the last so many snapshots before this one, those with
        ``pins`` or ``all``, and with ``resources`` the files of this machine that it points to. ``redact``: stars stand
        in the place of each letter of what ``leaks`` tells. ``parts`` (keys or unique names), ``REF:PART`` and
        ``kinds`` choose from parts and objects; one by itself is one file. Raises NotFound, Ambiguous, Damaged,
        CannotHold, TooLarge, BadField (no such form)."""
        from holdfast.exports import AsyncExport

        plan = self.verbs.export(
            ref, to, full=full, history=history, resources=resources, target=target, redact=redact, parts=parts,
            kinds=kinds,
        )  # fmt: skip
        return AsyncExport(await self.run(plan), self)

    async def import_documents(
        self, *paths: str | os.PathLike[str], app: str | None = None, published: bool = False
    ) -> AsyncIterator[Imported]:
        """Files, bundles and folders, each told of when it is done: ``path``, and as ``outcome`` taken, known (a
        session of its application has it already: nothing was added), unrecognised, damaged or refused, with ``saved``
        or ``problem``. A folder is one document where an application says so; otherwise what lies in and below it is
        recognised, and the rest is left: links, other file systems, and folders such as .git and node_modules are not
        entered. A session is called as its file; where that is another one's name, with the folder's before it, then
        with a number behind. ``app``: whose documents they are, each folder one, whatever they look like. A file with
        ``named`` is one of ``paths``. Raises TooLarge (more than a million files), BadField, NoSpace; what is about one
        document (Exists, BadName, Unrecognised, Damaged, Unreadable) is its ``problem``."""
        from holdfast.intake import Intake

        intake = Intake(self.verbs, paths, app=app, published=published)
        while came := await self.run(intake.next(), large=True):
            for each in came:
                yield each

    async def windows(self, ref: Ref | str, path: bytes = b"") -> AsyncIterator[bytes]:
        """What ``cat`` gives, in windows of 1 MiB at most, all of one snapshot. Raises NotFound, Ambiguous, Damaged,
        TooLarge."""
        from holdfast.documents import Windows

        windows = Windows(wire.Cat(ref=reference(ref), path=path))
        while found := await self.run(windows.next()):
            for window in found:
                yield window

    async def events(
        self, since: int | None = None, *, follow: bool = True, app: str | None = None, session: str | None = None,
        types: Sequence[str] = (),
    ) -> AsyncIterator[OperationRow]:  # fmt: skip
        """Every operation after number ``since`` (None: from now on), each once and in order, on a connection of
        its own that outlives restarts of the daemon. ``app``, ``session`` (an id) and ``types`` (of operations) narrow
        it. Without ``follow`` it ends with the newest. Raises Unreachable or TooLate where the daemon stays away for
        ``timeout_seconds``, NotFound where its log ends before ``since``."""
        asked = wire.Subscribe(since=since, app=app, session=session, types=[*types])
        if follow:
            from holdfast.async_events import AsyncSubscription

            async for row in AsyncSubscription(self.path, asked, self.timeout_seconds).rows():
                yield row
        else:
            from holdfast.following import Past

            past = Past(asked)
            while (rows := await self.run(past.next())) is not None:
                for row in rows:
                    yield row

    async def workspace(
        self, name: str = "", *, app: str | None = None, folder: str | None = None, format: str | None = None,
        id: str | None = None,
    ) -> AsyncWorkspace:  # fmt: skip
        """The live state of this application: begun from the session ``APP/NAME`` or, where there is none, empty, its
        document of ``format`` (by default the application's own). ``id``: one that was left goes on. Raises NotFound
        (no such workspace or folder), Ambiguous, BadName, BadField, Damaged, TooLarge."""
        from holdfast.workspace import AsyncWorkspace

        state = await self.run(self.verbs.workspace(name, app=app, folder=folder, format=format, id=id))
        return AsyncWorkspace(self, state)

    def _welcome(self) -> wire.Welcome | None:
        return self._line.exchange.welcome
