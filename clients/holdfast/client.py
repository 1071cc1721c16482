"""The blocking client."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from holdfast.addresses import addressed
from holdfast.blocking import Line
from holdfast.methods import blocking
from holdfast.plans import Plan, Result, asked
from holdfast.references import reference
from holdfast.verbs import Verbs
from holdfast_protocol import messages as wire
from holdfast_protocol.model import OperationRow, Ref

if TYPE_CHECKING:
    from holdfast.batch import Batch
    from holdfast.documents import OpenDocument
    from holdfast.exports import Export
    from holdfast.parts import SessionPart
    from holdfast.taking import Imported
    from holdfast.workspace import Workspace
    from holdfast_protocol.connection import Answered


class Client:
    """A blocking client, usable from many threads at the same time and after a fork.

    Every method raises a subclass of HoldfastError, at the latest ``timeout_seconds`` after the call: Unreachable
    (nobody listens), TooLate (no answer), Busy, ShuttingDown, and what its verb may answer. A daemon that restarts in
    the middle is waited for, and the request repeated under its id: it is done once.

    References are ``APP/NAME@SNAPSHOT:PART`` or a ``Ref``; what is none raises BadField. Times are UTC nanoseconds,
    sizes bytes, hashes BLAKE3.

    ``path`` is the daemon's socket, or ``tcp://HOST:PORT`` with ``key`` (the file of this user's pair) and
    ``server_key`` (the daemon's public key), which are otherwise those that ``holdfast key`` keeps: over the network a
    key that is not allowed, or is no longer, raises NotAllowed, and so does a daemon that has another key.

    The examples are of a store with two sessions: notes/ideas, which was ``a bridge`` and is ``a bridge and a coda``,
    and renardo/verse with the buffers drums and bass."""

    def __init__(
        self, path: str, *, timeout_seconds: float = 10.0, key: str | None = None, server_key: str | None = None
    ) -> None:
        self.path = path = addressed(path, key, server_key)
        self.timeout_seconds = timeout_seconds
        self.verbs = Verbs(timeout_seconds, self._welcome)
        self._line = Line(path)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up; requests under way and later ones raise Unreachable.

        >>> client.close()
        >>> client.ping()
        Traceback (most recent call last):
        Unreachable: The client is closed
        """
        self._line.close()

    def run(self, plan: Plan[Result]) -> Result:
        """What a plan of ``verbs`` comes to.

        >>> client.run(client.verbs.ping())
        Pong()
        """
        if self._line.pid != os.getpid():
            self._line = Line(self.path)
        return self._line.run(plan, self.timeout_seconds)

    @property
    def _plans(self) -> Verbs:
        return self.verbs

    _run = run

    def ask(
        self, request: wire.Request, payload: Sequence[bytes] = (), timeout_seconds: float | None = None
    ) -> Answered:
        """The answer to any request of ``holdfast_protocol.messages``, with its payload frames.

        >>> from holdfast_protocol import messages
        >>> client.ask(messages.Ping()).reply
        Pong()
        """
        return self.run(asked(request, payload, timeout_seconds))

    hello = blocking(Verbs.hello)
    ping = blocking(Verbs.ping)
    probe = blocking(Verbs.probe)
    save = blocking(Verbs.save)
    import_document = blocking(Verbs.import_document)
    import_bundle = blocking(Verbs.import_bundle)
    list = blocking(Verbs.list)
    search = blocking(Verbs.search)
    show = blocking(Verbs.show)
    log = blocking(Verbs.log)
    diff = blocking(Verbs.diff)
    load = blocking(Verbs.load)
    cat = blocking(Verbs.cat)
    restore = blocking(Verbs.restore)
    accept = blocking(Verbs.accept)
    rename = blocking(Verbs.rename)
    copy = blocking(Verbs.copy)
    tag = blocking(Verbs.tag)
    template = blocking(Verbs.template)
    archive = blocking(Verbs.archive)
    unarchive = blocking(Verbs.unarchive)
    note = blocking(Verbs.note)
    pin = blocking(Verbs.pin)
    new = blocking(Verbs.new)
    check_resources = blocking(Verbs.check_resources)
    relink = blocking(Verbs.relink)
    delete = blocking(Verbs.delete)
    purge = blocking(Verbs.purge)
    prune = blocking(Verbs.prune)
    undo = blocking(Verbs.undo)
    operations = blocking(Verbs.operations)
    folder_add = blocking(Verbs.folder_add)
    folder_remove = blocking(Verbs.folder_remove)
    folder_list = blocking(Verbs.folder_list)
    folder_scan = blocking(Verbs.folder_scan)
    folder_suggest = blocking(Verbs.folder_suggest)
    settle = blocking(Verbs.settle)
    status = blocking(Verbs.status)
    check = blocking(Verbs.check)
    backup = blocking(Verbs.backup)
    workspaces = blocking(Verbs.workspaces)
    recover = blocking(Verbs.recover)
    discard = blocking(Verbs.discard)
    reload = blocking(Verbs.reload)
    last = blocking(Verbs.last)

    def parts(
        self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()
    ) -> builtins.list[SessionPart]:
        """The parts of a snapshot, in document order, or those chosen by key or unique name and by kind; ``REF:PART``
        is one of them. Each is read when it is looked at. Raises NotFound, Ambiguous.

        >>> [part.name for part in client.parts("renardo/verse", kinds=["buffer"])]
        ['drums', 'bass']
        >>> client.parts("renardo/verse:bass")[0].value
        Buffer(name='bass', text='b1 >> bass([0])')
        """
        return self.run(self.verbs.parts(ref, parts=parts, kinds=kinds)).read_by(self.cat)

    def batch(self, *, published: bool = False) -> Batch:
        """Changes that are done together at the end of the ``with`` block, as one operation, or not at all: the block
        raised, or one of them could not be done. Each sees what those before it did, ``undo`` reverses all. The methods
        of the batch are those of a client: save, restore, accept, rename, copy, tag, template, archive, unarchive,
        note, pin, new and delete; what each gives has its ``result`` afterwards. What would become a fork, or is
        suspect, is refused. ``published``: the block ends when the files show it. The details of an error have the
        position of its change, ``change``. Raises Exists, NotAllowed, NotFound, Ambiguous, BadName, BadField,
        CannotHold, Damaged, TooLarge (or more than changes_count; format_bytes for all documents), NoSpace.

        >>> with client.batch() as batch:
        ...     renamed = batch.rename("notes/ideas", "bridges")
        ...     saved = batch.save("notes", "bridges", b"a third bridge")
        >>> saved.result.session.name, client.undo().count
        ('bridges', 2)
        """
        from holdfast.batch import Batch

        return Batch(self, published=published)

    def open(self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()) -> OpenDocument:
        """What ``load`` gives, to be read file by file in windows of 1 MiB: for documents larger than memory. Raises
        NotFound, Ambiguous, Damaged, CannotHold, TooLarge.

        >>> document = client.open("notes/ideas")
        >>> [(file.path, file.size_bytes) for file in document.files]
        [(b'', 19)]
        """
        from holdfast.documents import OpenDocument

        return OpenDocument(self.run(self.verbs.open(ref, parts=parts, kinds=kinds)), self)

    def export(
        self, ref: Ref | str, to: str, *, full: bool = False, history: int | str = 0, resources: bool = False,
        target: str | os.PathLike[str] = "", redact: bool = False, parts: Sequence[str] = (), kinds: Sequence[str] = (),
    ) -> Export:  # fmt: skip
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
        CannotHold, TooLarge, BadField (no such form).

        >>> export = client.export("renardo/verse", "bundle", history="all")
        >>> export.file_name
        'verse.holdfast.zip'
        >>> export.write(f"{folder}/{export.file_name}")
        >>> b"".join(client.export("mosaic/cell:membrane", "csv").read()).splitlines()[0]
        b'x_angstrom,y_angstrom,z_angstrom,curvature'
        """
        from holdfast.exports import Export

        plan = self.verbs.export(
            ref, to, full=full, history=history, resources=resources, target=target, redact=redact, parts=parts,
            kinds=kinds,
        )  # fmt: skip
        return Export(self.run(plan), self)

    def import_documents(
        self, *paths: str | os.PathLike[str], app: str | None = None, published: bool = False
    ) -> Iterator[Imported]:
        """Files, bundles and folders, each told of when it is done: ``path``, and as ``outcome`` taken, known (a
        session of its application has it already: nothing was added), unrecognised, damaged or refused, with ``saved``
        or ``problem``. A folder is one document where an application says so; otherwise what lies in and below it is
        recognised, and the rest is left: links, other file systems, and folders such as .git and node_modules are not
        entered. A session is called as its file; where that is another one's name, with the folder's before it, then
        with a number behind. ``app``: whose documents they are, each folder one, whatever they look like. A file with
        ``named`` is one of ``paths``. Raises TooLarge (more than a million files), BadField, NoSpace; what is about one
        document (Exists, BadName, Unrecognised, Damaged, Unreadable) is its ``problem``.

        >>> client.export("renardo/verse", "native").write(f"{folder}/other.py")
        >>> [(each.outcome, each.saved.session.name) for each in client.import_documents(f"{folder}/other.py")]
        [('known', 'verse')]
        """
        from holdfast.intake import Intake

        intake = Intake(self.verbs, paths, app=app, published=published)
        while came := self.run(intake.next()):
            yield from came

    def windows(self, ref: Ref | str, path: bytes = b"") -> Iterator[bytes]:
        """What ``cat`` gives, in windows of 1 MiB at most, all of one snapshot. Raises NotFound, Ambiguous, Damaged,
        TooLarge.

        >>> [len(window) for window in client.windows("notes/ideas")]
        [19]
        """
        from holdfast.documents import Windows

        windows = Windows(wire.Cat(ref=reference(ref), path=path))
        while found := self.run(windows.next()):
            yield from found

    def workspace(
        self, name: str = "", *, app: str | None = None, folder: str | None = None, format: str | None = None,
        id: str | None = None,
    ) -> Workspace:  # fmt: skip
        """The live state of this application: begun from the session ``APP/NAME`` or, where there is none, empty, its
        document of ``format`` (by default the application's own). ``id``: one that was left goes on. Raises NotFound
        (no such workspace or folder), Ambiguous, BadName, BadField, Damaged, TooLarge.

        >>> with client.workspace("renardo/verse") as ws:
        ...     ws["bass"] = "b1 >> bass([0, 4])"
        ...     ws.save("busier").outcome
        'saved'
        """
        from holdfast.workspace import Workspace

        return Workspace(self, self.run(self.verbs.workspace(name, app=app, folder=folder, format=format, id=id)))

    def events(
        self, since: int | None = None, *, follow: bool = True, app: str | None = None, session: str | None = None,
        types: Sequence[str] = (),
    ) -> Iterator[OperationRow]:  # fmt: skip
        """Every operation after number ``since`` (None: from now on), each once and in order, on a connection of
        its own that outlives restarts of the daemon. ``app``, ``session`` (an id) and ``types`` (of operations) narrow
        it. Without ``follow`` it ends with the newest. Raises Unreachable or TooLate where the daemon stays away for
        ``timeout_seconds``, NotFound where its log ends before ``since``.

        >>> seen = client.operations(limit=1, newest=True).rows[0].number
        >>> deleted = client.delete("notes/ideas")
        >>> for row in client.events(seen):
        ...     row.type, row.name
        ...     break
        ('deleted', 'ideas')
        """
        asked = wire.Subscribe(since=since, app=app, session=session, types=[*types])
        if follow:
            from holdfast.events import Subscription

            yield from Subscription(self.path, asked, self.timeout_seconds).rows()
        else:
            from holdfast.following import Past

            past = Past(asked)
            while (rows := self.run(past.next())) is not None:
                yield from rows

    def _welcome(self) -> wire.Welcome | None:
        return self._line.exchange.welcome
