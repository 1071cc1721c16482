"""What a client can ask, as plans: one method per verb of the wire, with the verb's name (``import`` is
``import_document``). ``Client`` and ``AsyncClient`` have the same methods, which run them.

What only some verbs need (hashing, cutting) is imported where it is used: the command line pays for every import at
each start.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from holdfast.bases import Bases
from holdfast.exchange import GREETING
from holdfast.plans import Plan, Result, asked, replied
from holdfast.references import reference, without_part
from holdfast_protocol import messages as wire
from holdfast_protocol.errors import BadField, Damaged, HoldfastError
from holdfast_protocol.model import Ref

if TYPE_CHECKING:
    from holdfast.batch import Planned
    from holdfast.documents import LoadedDocument, Opened
    from holdfast.exporting import Planned as PlannedExport
    from holdfast.live import LiveState
    from holdfast.parts import ChosenParts
    from holdfast.sources import DocumentContent, EarlierDocument, FileContent, Parcel
    from holdfast_protocol.model import Earlier, PartRow

#: What a slow disk takes, in bytes a second: a save's deadline grows by its content at this speed.
_SLOW_BYTES_PER_SECOND = 20_000_000
_UPLOADS = 3


class Verbs:
    """``timeout_seconds``: what a request may take; ``welcome``: of the daemon that was greeted last, or None.
    ``room_bytes``: how much content may travel in a message itself, where that is less than usual."""

    room_bytes: int | None = None

    def __init__(self, timeout_seconds: float, welcome: Callable[[], wire.Welcome | None]) -> None:
        self.timeout_seconds = timeout_seconds
        self.bases = Bases()
        self._welcome = welcome

    def hello(self) -> Plan[wire.Welcome]:
        """The daemon's protocol, version, epoch (new at each of its starts), limits (bytes, but for ``_count`` and
        ``_levels``), and who it takes us for. Raises WrongVersion.

        >>> welcome = client.hello()
        >>> welcome.protocol, welcome.limits["window_bytes"]
        (1, 1048576)
        """
        return replied(GREETING, wire.Welcome)

    def ping(self) -> Plan[wire.Pong]:
        """The daemon's loop runs.

        >>> client.ping()
        Pong()
        """
        return replied(wire.Ping(), wire.Pong)

    def probe(self, *, timeout_seconds: float | None = None) -> Plan[wire.Probed]:
        """The daemon works: its store's writer had its turn, and wrote nothing. Waits for the changes before.

        >>> client.probe()
        Probed()
        """
        return replied(wire.Probe(), wire.Probed, timeout_seconds)

    def save(
        self,
        app: str,
        name: str,
        content: DocumentContent | None = None,
        *,
        parts: Mapping[str, FileContent] | None = None,
        folder: str | None = None,
        message: str = "",
        expect: int | None = None,
        new: bool = False,
        accept: bool = False,
        published: bool = False,
        tags: Sequence[str] = (),
    ) -> Plan[wire.Saved]:
        """A document, or ``parts`` (key or name → bytes or path) put into the head, becomes the session's new head.

        ``content``: bytes; or an ``os.PathLike`` whose file is read in pieces, however large, by the daemon itself
        where it can; or, for a document of several files, a mapping of relative path (raw bytes) to either.
        ``published``: answered only when the visible file shows it. Look at ``outcome``: saved, unchanged, merged,
        forked (kept under the name of ``session``) or suspect (kept, but not the head). Large content has more time.
        Raises Exists (with ``new``), NotAllowed (a template), NotFound (no such folder, part, or revision), Ambiguous,
        BadName, BadField, CannotHold, Damaged, TooLarge, NoSpace, Unreadable (a file that cannot be read, or that
        another program goes on changing).

        It continues what this client last loaded or saved under this name, if anything: that session from that
        revision (after ``merged``, load again). Where somebody else has the name by now, it is a fork. Where nobody
        has (the session was deleted or renamed), it is a new session of this name, as any save is: the deletion was
        meant, and ``undo`` reverses it where the name is free. After a fork the name stands for the fork, for this
        client and until it loads the name again: the next saves go on there, and the other writer's session is left
        alone. With ``expect``, the revision it started from of whatever has the name, or ``new``, nothing remembered
        is used.

        >>> client.save("notes", "ideas", b"another bridge", message="after the walk").outcome
        'saved'
        >>> saved = client.save("renardo", "verse", parts={"bass": b"b1 >> bass([0, 4])"})
        >>> saved.session.revision
        2
        """
        base = self.bases.of(app, folder, name) if expect is None and not new else None

        def request(parcel: Parcel) -> wire.Request:
            return wire.Save(
                app=app, name=base.name if base else name, folder=folder, files=parcel.files, parts=parcel.parts,
                message=message, expect=base.revision if base else expect, new=new, accept=accept,
                published=published, tags=[*tags], session=base.session if base else None,
            )  # fmt: skip

        saved = yield from self._send(request, content, parts or {})
        self.bases.saved(saved, (folder, name))
        return saved

    def import_document(
        self, name: str, content: DocumentContent, *, app: str | None = None, suffix: str = "", published: bool = False,
        message: str = "", tags: Sequence[str] = (), note: str = "", pins: Sequence[str] = (),
        history: Sequence[EarlierDocument] = (), recognised: bool = False, other_names: Sequence[str] | None = None,
        unless_known: bool = False,
    ) -> Plan[wire.Saved]:  # fmt: skip
        """A new session; its application is recognised by content unless ``app`` names it. ``content`` is as in
        ``save``, ``suffix`` a hint: what the file's name ended in. What the application cannot read is kept too, with
        the format plain; with ``recognised`` it is refused. ``history``: what was before it
        (``holdfast.sources.EarlierDocument``), oldest first. ``other_names``: what to call it where another session has
        the name, the last of them with a number where all are taken. ``unless_known``: where a session of the
        application (without ``other_names``, the one of that name) has all of it already, nothing is done, and
        ``outcome`` is unchanged. Raises Exists, BadName, BadField, TooLarge, NoSpace, Unrecognised, Damaged, Unreadable
        (as ``save``).

        >>> content = client.cat("renardo/verse")
        >>> client.import_document("chorus", content, suffix=".py").session.app
        'renardo'
        """

        def request(parcel: Parcel, earlier: Sequence[Earlier]) -> wire.Request:
            return wire.Import(
                name=name, app=app, suffix=suffix, files=parcel.files, published=published, message=message,
                tags=[*tags], note=note, pins=[*pins], history=[*earlier], recognised=recognised,
                other_names=None if other_names is None else [*other_names], unless_known=unless_known,
            )  # fmt: skip

        return self._seen(self._send_with(request, content, {}, history))

    def import_bundle(
        self, path: str | os.PathLike[str], *, name: str | None = None, published: bool = False
    ) -> Plan[wire.Saved]:
        """The session of a bundle that ``export`` made, as a new one: the document, and before it the history that the
        bundle holds, with tags, note and pins. Every hash is looked at before anything is taken in. Where the session
        is here already, from an earlier import too, nothing is added, and ``outcome`` is unchanged. Raises Damaged (it
        is no bundle, or not as it should be), Exists (the name, of another session), BadName, BadField, TooLarge,
        NoSpace, Unreadable.

        >>> client.export("notes/ideas", "bundle", history="all").write(f"{folder}/ideas.zip")
        >>> purged = client.purge("notes/ideas")
        >>> client.import_bundle(f"{folder}/ideas.zip").outcome, len(client.log("notes/ideas").rows)
        ('saved', 2)
        >>> client.import_bundle(f"{folder}/ideas.zip").outcome
        'unchanged'
        """
        from holdfast.bundles import opened_bundle
        from holdfast.unbundling import taken_in

        with opened_bundle(path) as bundle:
            if bundle is None:
                raise Damaged(f"{os.fspath(path)} is no bundle")
            bundle.verify()
            return (yield from taken_in(self, bundle, name, published=published))

    def list(
        self,
        *,
        app: str | None = None,
        tag: str | None = None,
        text: str | None = None,
        archived: bool = False,
        deleted: bool = False,
        templates: bool = False,
        sort: str = "modified",
        limit: int = 100,
        offset: int = 0,
        folder: str | None = None,
        reverse: bool = False,
        after: bytes = b"",
        count: bool = False,
        choices: bool = False,
    ) -> Plan[wire.Sessions]:
        """One page of the sessions that fit all filters; ``sort``: modified, created, name, size or app. The next page
        is had with ``after``, the ``next`` of this one, as quickly wherever it is. Times are UTC nanoseconds, sizes
        bytes. ``count``: also how many fit, which takes the longer the more do. ``choices``: also the
        applications and tags that there are. Raises BadField.

        >>> [(row.app, row.name) for row in client.list(sort="name").rows]
        [('notes', 'ideas'), ('renardo', 'verse')]
        """
        request = wire.List(
            app=app, tag=tag, text=text, archived=archived, deleted=deleted, templates=templates,
            sort=sort, limit=limit, offset=offset, folder=folder, reverse=reverse, after=after, count=count,
            choices=choices,
        )  # fmt: skip
        return replied(request, wire.Sessions)

    def search(
        self,
        text: str,
        *,
        app: str | None = None,
        deleted: bool = False,
        history: bool = False,
        limit: int = 100,
        after: bytes = b"",
    ) -> Plan[wire.Found]:
        """One page of the places where every word of ``text`` stands: names, tags, notes, and parts of heads, or with
        ``history`` of older snapshots. The next page is had with ``after``, its ``next``. ``matches`` are positions in
        ``snippet``, in characters. Raises BadField.

        >>> row = client.search("coda").rows[0]
        >>> row.session.name, row.snippet, row.matches
        ('ideas', 'a bridge and a coda', [15, 19])
        """
        request = wire.Search(text=text, app=app, deleted=deleted, history=history, limit=limit, after=after)
        return replied(request, wire.Found)

    def show(self, ref: Ref | str, *, parts: bool = True) -> Plan[wire.Shown]:
        """One session and, with ``parts``, what its format sees in the snapshot. Raises NotFound, Ambiguous.

        >>> shown = client.show("renardo/verse")
        >>> [(part.key, part.name) for part in shown.parts]
        [('startup', 'startup.py'), ('buffer-1', 'drums'), ('buffer-2', 'bass')]
        """
        shown = yield from replied(wire.Show(ref=reference(ref), parts=parts, start=0), wire.Shown)
        before: list[PartRow] = []
        while shown.more and shown.snapshot is not None:
            before += shown.parts
            here = Ref(id=shown.session.id, snapshot=shown.snapshot.snapshot)
            shown = yield from replied(wire.Show(ref=here, start=len(before)), wire.Shown)
        shown.parts[:0] = before
        return shown

    def parts(self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()) -> Plan[ChosenParts]:
        """The parts of a snapshot, in document order, or those chosen by key or unique name and by kind; ``REF:PART``
        is one of them. Raises NotFound, Ambiguous."""
        from holdfast.parts import ChosenParts, chosen
        from holdfast.references import of_snapshot

        whole = reference(ref)
        wanted = [*parts] if whole.part is None else [whole.part, *parts]
        shown = yield from self.show(without_part(whole))
        assert shown.snapshot is not None
        pinned = of_snapshot(Ref(id=shown.session.id), shown.snapshot.snapshot)
        return ChosenParts(chosen(shown.parts, wanted, kinds), pinned, shown.session.format)

    def log(self, ref: Ref | str, *, limit: int = 100, offset: int = 0) -> Plan[wire.Snapshots]:
        """One page of a session's snapshots, newest first. Raises NotFound, Ambiguous.

        >>> [(row.cause, row.size_bytes) for row in client.log("notes/ideas").rows]
        [('saved', 19), ('saved', 8)]
        """
        return replied(wire.Log(ref=reference(ref), limit=limit, offset=offset), wire.Snapshots)

    def diff(self, old: Ref | str, new: Ref | str | None = None) -> Plan[wire.Changes]:
        """What changed, part by part; without ``new``: from the snapshot before ``old`` to it. Raises NotFound,
        Ambiguous, Damaged, TooLarge.

        >>> client.diff("notes/ideas").rows[0].line
        'file: +1 −1 lines'
        >>> client.diff("notes/ideas@-1", "notes/ideas").summary
        '1 file changed'
        """
        return replied(wire.Diff(old=reference(old), new=None if new is None else reference(new)), wire.Changes)

    def open(
        self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = (), to: str = "", target: str = ""
    ) -> Plan[Opened]:
        """A document of a snapshot, or one built from chosen parts, or in another of its application's forms. Raises
        NotFound, Ambiguous, Damaged, CannotHold, TooLarge, BadField (no such form)."""
        from holdfast.documents import Opened

        whole = reference(ref)
        chosen = [*parts] if whole.part is None else [whole.part, *parts]
        request = wire.Load(ref=without_part(whole), parts=chosen, kinds=[*kinds], to=to, target=target)
        answer = yield from asked(request)
        assert isinstance(answer.reply, wire.Loaded)
        if answer.reply.to != to:
            raise BadField("This daemon is older than its client: it knows of no other forms", field="to", forms=[])
        self.bases.seen(answer.reply.session)
        return Opened(request, answer.reply, answer.payload)

    def load(self, ref: Ref | str, *, parts: Sequence[str] = (), kinds: Sequence[str] = ()) -> Plan[LoadedDocument]:
        """The document of a snapshot, or one built from chosen parts: ``session``, ``snapshot`` and ``files`` (path →
        bytes; ``b""`` is the path in a document of one file). Raises NotFound, Ambiguous, Damaged, CannotHold,
        TooLarge.

        >>> client.load("notes/ideas@-1").files
        {b'': b'a bridge'}
        """
        opened = yield from self.open(ref, parts=parts, kinds=kinds)
        return (yield from opened.whole())

    def cat(self, ref: Ref | str, path: bytes = b"") -> Plan[bytes]:
        """All bytes of one part (``REF:PART``) or of one file. Raises NotFound, Ambiguous, Damaged, TooLarge.

        >>> client.cat("renardo/verse:bass")
        b'b1 >> bass([0])'
        """
        from holdfast.documents import Windows

        return Windows(wire.Cat(ref=reference(ref), path=path)).all()

    def export(
        self, ref: Ref | str, to: str, *, full: bool = False, history: int | str = 0, resources: bool = False,
        target: str | os.PathLike[str] = "", redact: bool = False, parts: Sequence[str] = (), kinds: Sequence[str] = (),
    ) -> Plan[PlannedExport]:  # fmt: skip
        """What of a session leaves the house, read when it is asked for. Raises NotFound, Ambiguous, Damaged, TooLarge,
        BadField."""
        from holdfast.exporting import planned

        redaction = None
        if redact:
            from holdfast.screening.redaction import Redaction
            from holdfast.screening.rules import needed

            needed()
            redaction = Redaction()
        return planned(
            self, reference(ref), to, full=full, history=history, resources=resources, target=_absolute(target),
            redaction=redaction, parts=parts, kinds=kinds,
        )  # fmt: skip

    def restore(
        self,
        ref: Ref | str,
        *,
        parts: Sequence[str] = (),
        kinds: Sequence[str] = (),
        name: str | None = None,
        into: Ref | str | None = None,
        expect: int | None = None,
        published: bool = False,
    ) -> Plan[wire.Saved]:
        """An older snapshot, or chosen parts of it, becomes the head again, of this session, of a new one called
        ``name``, or (parts only) of another one, ``into``. ``expect`` is the revision (``session.revision``) that its
        caller has seen: where the session is at another by now, nothing is done. Raises NotFound, Ambiguous, Exists
        (the name, or another revision than ``expect``), NotAllowed (its application may have it open), BadName,
        CannotHold, Damaged, TooLarge, NoSpace.

        >>> client.restore("notes/ideas@-1").session.revision
        3
        >>> client.cat("notes/ideas")
        b'a bridge'
        """
        request = wire.Restore(
            ref=reference(ref), parts=[*parts], kinds=[*kinds], name=name,
            into=None if into is None else reference(into), expect=expect, published=published,
        )  # fmt: skip
        return self._seen(replied(request, wire.Saved))

    def accept(self, ref: Ref | str, *, published: bool = False, expect: int | None = None) -> Plan[wire.Saved]:
        """The newest suspect of a session, or the one that is named, becomes its head. Raises NotFound, Ambiguous,
        Exists (another revision than ``expect``), NotAllowed (its application may have it open).

        >>> client.save("renardo", "verse", b"").outcome
        'suspect'
        >>> client.accept("renardo/verse").session.size_bytes
        0
        """
        request = wire.Accept(ref=reference(ref), published=published, expect=expect)
        return self._seen(replied(request, wire.Saved))

    def rename(
        self, ref: Ref | str, name: str, *, published: bool = False, expect: int | None = None
    ) -> Plan[wire.Changed]:
        """The session keeps its id and history under another name. Raises NotFound, Ambiguous, BadName, Exists (the
        name, or another revision than ``expect``), NotAllowed (its application may have it open).

        >>> client.rename("notes/ideas", "bridges").session.name
        'bridges'
        """
        request = wire.Rename(ref=reference(ref), name=name, published=published, expect=expect)
        changed = yield from replied(request, wire.Changed)
        self.bases.renamed(changed.session)
        return changed

    def copy(self, ref: Ref | str, name: str, *, app: str | None = None, published: bool = False) -> Plan[wire.Changed]:
        """A new session that begins with the snapshot. Raises NotFound, Ambiguous, BadName, Exists.

        >>> client.copy("notes/ideas@-1", "only a bridge").session.size_bytes
        8
        """
        return replied(wire.Copy(ref=reference(ref), name=name, app=app, published=published), wire.Changed)

    def tag(
        self, ref: Ref | str, *, add: Sequence[str] = (), remove: Sequence[str] = (), expect: int | None = None
    ) -> Plan[wire.Changed]:
        """The session gets and loses tags; its document and revision stay. Raises NotFound, Ambiguous, BadName,
        BadField (none is given), Exists (another revision than ``expect``).

        >>> client.tag("notes/ideas", add=["live", "slow"]).session.tags
        ['live', 'slow']
        """
        request = wire.Tag(ref=reference(ref), add=[*add], remove=[*remove], expect=expect)
        return replied(request, wire.Changed)

    def template(self, ref: Ref | str, *, on: bool = True, expect: int | None = None) -> Plan[wire.Changed]:
        """The session is a template, which no save changes, or with ``on`` False none any more. Raises NotFound,
        Ambiguous, Exists (another revision than ``expect``).

        >>> client.template("renardo/verse").session.template
        True
        >>> client.copy("renardo/verse", "tonight").session.template
        False
        """
        return replied(wire.Template(ref=reference(ref), on=on, expect=expect), wire.Changed)

    def archive(self, ref: Ref | str, *, published: bool = False, expect: int | None = None) -> Plan[wire.Changed]:
        """The session leaves the ordinary list, and its file moves into ``archived/``; all else stays as it was. Raises
        NotFound, Ambiguous, Exists (another revision than ``expect``).

        >>> changed = client.archive("notes/ideas")
        >>> [row.name for row in client.list().rows], client.cat("notes/ideas")
        (['verse'], b'a bridge and a coda')
        """
        return replied(wire.Archive(ref=reference(ref), published=published, expect=expect), wire.Changed)

    def unarchive(self, ref: Ref | str, *, published: bool = False, expect: int | None = None) -> Plan[wire.Changed]:
        """The session is in the ordinary list again. Raises NotFound, Ambiguous, Exists (another revision than
        ``expect``).

        >>> client.archive("notes/ideas").session.archived, client.unarchive("notes/ideas").session.archived
        (True, False)
        """
        return replied(wire.Unarchive(ref=reference(ref), published=published, expect=expect), wire.Changed)

    def note(self, ref: Ref | str, text: str | None = None, *, expect: int | None = None) -> Plan[wire.Noted]:
        """What people wrote about a session; with ``text``, that from now on (nothing, if it is empty). Raises
        NotFound, Ambiguous, TooLarge (note_bytes), BadField (control characters), Exists (another revision than
        ``expect``).

        >>> noted = client.note("notes/ideas", "for the second set")
        >>> client.note("notes/ideas").text
        'for the second set'
        """
        return replied(wire.Note(ref=reference(ref), text=text, expect=expect), wire.Noted)

    def pin(self, ref: Ref | str, label: str = "", *, on: bool = True, expect: int | None = None) -> Plan[wire.Changed]:
        """The snapshot is called ``label`` (by default the first digits of its id), is found as ``@pin:LABEL``, and
        retention never takes it; with ``on`` False the label goes, or without one all of the snapshot's. Raises
        NotFound, Ambiguous, BadName, Exists (another snapshot is called so, or another revision than ``expect``).

        >>> pinned = client.pin("notes/ideas@-1", "demo")
        >>> client.cat("notes/ideas@pin:demo")
        b'a bridge'
        """
        return replied(wire.Pin(ref=reference(ref), label=label, on=on, expect=expect), wire.Changed)

    def new(
        self, name: str, *, clear: Ref | str, app: str | None = None, keep: Sequence[str] = (), published: bool = False
    ) -> Plan[wire.Saved]:
        """A new session that begins as ``clear`` emptied: what its user set up stays (IGV's genome, Renardo's startup
        file, Mosaic's shape), and the parts of the kinds in ``keep``. One from a template is a ``copy``. Raises
        NotFound, Ambiguous, BadName, BadField (another application's), Exists, CannotHold, Damaged, TooLarge, NoSpace.

        >>> saved = client.new("chorus", clear="renardo/verse")
        >>> [part.name for part in client.show("renardo/chorus").parts]
        ['startup.py', 'Untitled']
        """
        request = wire.New(name=name, app=app, clear=reference(clear), keep=[*keep], published=published)
        return self._seen(replied(request, wire.Saved))

    def check_resources(self, ref: Ref | str) -> Plan[wire.Resources]:
        """The files and URLs that a session points to: there, moved, missing, or remote (never opened). Raises
        NotFound, Ambiguous, Damaged, TooLarge.

        >>> [(row.reference, row.state) for row in client.check_resources("igv/genes").rows]
        [('https://example.org/genes.bed', 'remote')]
        """
        return replied(wire.CheckResources(ref=reference(ref)), wire.Resources)

    def relink(
        self, ref: Ref | str, *, map: Mapping[str, str] | None = None, search: Sequence[bytes] = (),
        dry_run: bool = False, expect: int | None = None, published: bool = False,
        timeout_seconds: float | None = None,
    ) -> Plan[wire.Relinked]:  # fmt: skip
        """The session's references changed to where its files are now: by a ``map`` of old to new (an old one that ends
        in a slash stands for all below it), and by what a ``search`` of folders finds. With ``dry_run`` only what would
        be, with candidates for each. Raises NotFound, Ambiguous (several files fit: ``candidates``), Exists (another
        revision than ``expect``), NotAllowed (a template), CannotHold, Damaged, TooLarge (or a search that is too
        long), Unreadable (a folder to search), BadField, NoSpace.

        >>> moved = client.relink("igv/genes", map={"https://example.org/": "https://data.example.org/"})
        >>> [(row.reference, row.new) for row in moved.rows]
        [('https://example.org/genes.bed', 'https://data.example.org/genes.bed')]
        """
        request = wire.Relink(
            ref=reference(ref), map={**(map or {})}, search=[*search], dry_run=dry_run, expect=expect,
            published=published,
        )  # fmt: skip
        return replied(request, wire.Relinked, timeout_seconds)

    def delete(self, ref: Ref | str, *, published: bool = False, expect: int | None = None) -> Plan[wire.Changed]:
        """The session leaves the list; ``undo`` brings it back. Raises NotFound, Ambiguous, Exists (another revision
        than ``expect``), NotAllowed (its application may have it open).

        >>> client.delete("notes/ideas").session.deleted
        True
        >>> [row.name for row in client.list(deleted=True).rows]
        ['ideas']
        """
        return replied(wire.Delete(ref=reference(ref), published=published, expect=expect), wire.Changed)

    def purge(self, ref: Ref | str, *, expect: int | None = None) -> Plan[wire.Changed]:
        """The session and its history are gone for good; ``prune`` frees their room. Raises NotFound, Ambiguous,
        NotAllowed (a workspace began from it), Busy (its file is still there: it is deleted only), Exists (another
        revision than ``expect``).

        >>> client.purge("notes/ideas").session.name
        'ideas'
        >>> client.list(deleted=True).rows
        []
        """
        return replied(wire.Purge(ref=reference(ref), expect=expect), wire.Changed)

    def prune(
        self, *, dry_run: bool = False, limit: int = 1000, offset: int = 0, timeout_seconds: float | None = None
    ) -> Plan[wire.Pruned]:
        """What the rules of retention take goes, and its room is given back (``freed_bytes``); with ``dry_run`` nothing
        goes, and ``rows`` says of each snapshot why it would go or stay. A large store takes its time: allow for it,
        TooLate otherwise.

        >>> pruned = client.prune(timeout_seconds=60)
        >>> client.cat("notes/ideas@-1")  # a save stays, unless a rule says otherwise
        b'a bridge'
        """
        return replied(wire.Prune(dry_run=dry_run, limit=limit, offset=offset), wire.Pruned, timeout_seconds)

    def batch(self, changes: Sequence[Planned[Any]], *, published: bool = False) -> Plan[wire.Batched]:
        """All of these changes, or none. Each has its result then. Raises what any of them does; ``details`` has its
        position, ``change``."""
        from holdfast.batch import gathered

        def once() -> Plan[wire.Batched]:
            within = Verbs(self.timeout_seconds, self._welcome)
            within.bases = self.bases.once()
            return gathered(within, changes, published=published)

        return self._retried(once)

    def undo(
        self, number: int | None = None, *, published: bool = False, expect: int | None = None
    ) -> Plan[wire.Undone]:
        """Reverse an operation, or without a number the newest undoable one; of a batch, all of it. Raises CannotUndo,
        NotFound, Exists (its session is at another revision than ``expect``), NotAllowed (its application may have it
        open), Damaged and TooLarge (an autosave that is to be a workspace again).

        >>> deleted = client.delete("notes/ideas")
        >>> client.undo(deleted.operation).undone.type
        'deleted'
        >>> client.cat("notes/ideas")
        b'a bridge and a coda'
        """
        return replied(wire.Undo(number=number, published=published, expect=expect), wire.Undone)

    def operations(self, since: int = 0, *, limit: int = 100, newest: bool = False) -> Plan[wire.OperationRows]:
        """One page of the log after number ``since``, oldest first; with ``newest`` its last ``limit`` rows. Times are
        UTC nanoseconds.

        >>> [(row.type, row.name) for row in client.operations(limit=2, newest=True).rows]
        [('created', 'ideas'), ('saved', 'ideas')]
        """
        return replied(wire.Operations(since=since, limit=limit, newest=newest), wire.OperationRows)

    def folder_add(
        self, path: str | bytes, app: str, *, label: str | None = None, layout: str | None = None, poll: bool = False
    ) -> Plan[wire.FolderChanged]:
        """Watch a folder in which an application keeps sessions; ``rows`` has it, and those adopted with it. Its first
        scan goes on behind the answer (``folder_scan`` waits for it). One that is watched already is answered with what
        is there. Raises Unreadable (no such path), BadField (the layout), BadName, Exists (the label), NotAllowed (it
        is the daemon's own, or watched by another path).

        >>> client.folder_add(folder, "igv").rows[0].label
        'genomes'
        """
        from holdfast.references import absolute

        request = wire.FolderAdd(path=absolute(path), app=app, label=label, layout=layout, poll=poll)
        return replied(request, wire.FolderChanged)

    def folder_remove(self, label: str) -> Plan[wire.FolderChanged]:
        """Watching ends and its sessions leave the list; files and history stay. Raises NotFound, NotAllowed, Busy.

        >>> added = client.folder_add(folder, "igv")
        >>> [row.label for row in client.folder_remove("genomes").rows]
        ['genomes']
        """
        return replied(wire.FolderRemove(label=label), wire.FolderChanged)

    def folder_list(self) -> Plan[wire.Folders]:
        """The watched folders, the daemon's own first.

        >>> [(row.label, row.sessions_count) for row in client.folder_list().rows]
        [('sessions', 2)]
        """
        return replied(wire.FolderList(), wire.Folders)

    def folder_scan(
        self,
        label: str | None = None,
        *,
        accept: bool = False,
        verify: bool = False,
        timeout_seconds: float | None = None,
    ) -> Plan[wire.Folders]:
        """Look at every path of a folder, or of all; they are given as they are after it. ``verify`` reads every file,
        ``accept`` deletes what is missing in a held folder. A large folder takes its time: allow for it, TooLate
        otherwise. Raises NotFound.

        >>> client.folder_scan("sessions", timeout_seconds=60).rows[0].missing_count
        0
        """
        request = wire.FolderScan(label=label, accept=accept, verify=verify)
        return replied(request, wire.Folders, timeout_seconds)

    def folder_suggest(
        self, *, environment: Mapping[str, str] | None = None, folder: str | bytes | None = None
    ) -> Plan[wire.Suggestions]:
        """Where applications keep sessions on this machine; nothing is adopted. ``environment``: variables that they
        look at. ``folder``: this one, those above and those below are looked at too.

        >>> found = client.folder_suggest(folder=folder).rows
        >>> [(row.app, row.sessions_count) for row in found if row.path == folder.encode()]
        [('igv', 1)]
        """
        from holdfast.references import absolute

        place = b"" if folder is None else absolute(folder)
        request = wire.FolderSuggest(environment={**(environment or {})}, folder=place)
        return replied(request, wire.Suggestions)

    def settle(self, label: str | None = None, *, timeout_seconds: float | None = None) -> Plan[wire.Settled]:
        """Returns when everything that is on disk now, in a folder or in all, is in the store; ``number`` is the
        newest operation then. Raises NotFound, and TooLate where the time allowed does not suffice.

        >>> settled = client.settle(timeout_seconds=60)
        >>> client.operations(since=settled.number).rows
        []
        """
        return replied(wire.Settle(label=label), wire.Settled, timeout_seconds)

    def status(self) -> Plan[wire.StatusReport]:
        """How the daemon is: ``_bytes`` are bytes, ``started`` and ``unsaved`` UTC nanoseconds.

        >>> status = client.status()
        >>> status.sessions_count, status.workspaces_count
        (2, 0)
        """
        return replied(wire.Status(), wire.StatusReport)

    def check(
        self, *, begin: bool = True, all: bool = False, repair: bool = False, stop: bool = False, wait_ms: int = 0,
        timeout_seconds: float | None = None,
    ) -> Plan[wire.Checked]:  # fmt: skip
        """Whether the store is as it was written. A check begins, unless one runs or ``begin`` is false; it goes on by
        itself, and ``stop`` ends it. What is given says how far it is, as soon as it has ended, or after ``wait_ms``;
        ask again with ``begin=False``. ``all`` reads again what was read within a week, ``repair`` puts back what it
        can.

        >>> checked = client.check(all=True, wait_ms=60_000, timeout_seconds=90)
        >>> checked.running, checked.failed, checked.rows
        (False, None, [])
        """
        request = wire.Check(begin=begin, all=all, repair=repair, stop=stop, wait_ms=wait_ms)
        return replied(request, wire.Checked, timeout_seconds)

    def backup(
        self, directory: str | bytes | None = None, *, begin: bool = True, all: bool = False, stop: bool = False,
        wait_ms: int = 0, timeout_seconds: float | None = None,
    ) -> Plan[wire.BackedUp]:  # fmt: skip
        """A copy of the store in ``directory``, on the daemon's machine: a new or empty one, or one with a backup of
        this store, to which what is new is added. One begins, unless one runs or ``begin`` is false; it goes on by
        itself, and ``stop`` ends it. What is given says how far it is, as soon as it has ended, or after ``wait_ms``;
        ask again with ``begin=False``. ``all`` reads back what older ones copied, too. Raises BadField, NotAllowed
        (a place within the store or a watched folder), Exists (something else is there), Unreadable.

        >>> made = client.backup(backups, wait_ms=60_000, timeout_seconds=90)
        >>> made.running, made.failed, client.status().last_backup == made.began
        (False, None, True)
        """
        place = os.fsencode(os.path.abspath(directory)) if directory is not None else b""
        request = wire.Backup(
            directory=place, begin=begin, all=all, stop=stop, wait_ms=wait_ms
        )
        return replied(request, wire.BackedUp, timeout_seconds)

    def workspace(
        self, name: str = "", *, app: str | None = None, folder: str | None = None, format: str | None = None,
        id: str | None = None,
    ) -> Plan[LiveState]:  # fmt: skip
        """The live state of this application: begun from the session ``APP/NAME`` or, where there is none, empty, its
        document of ``format`` (by default the application's own). ``id``: one that was left goes on. Raises NotFound
        (no such workspace or folder), Ambiguous, BadName, BadField, Damaged, TooLarge."""
        from holdfast.live import LiveState

        named = reference(name) if name else Ref()
        request = wire.WorkspaceOpen(
            app=app or named.app, name=named.name, folder=folder or named.folder, format=format, id=id
        )
        return LiveState((yield from replied(request, wire.WorkspaceState)))

    def workspaces(self, *, app: str | None = None) -> Plan[wire.Workspaces]:
        """Those that are held or were left, changed last first. Times are UTC nanoseconds.

        >>> with client.workspace("renardo/verse"):
        ...     [(row.name, row.parts_count) for row in client.workspaces().rows]
        [('verse', 3)]
        """
        return replied(wire.WorkspaceList(app=app), wire.Workspaces)

    def recover(
        self, id: str, *, name: str | None = None, message: str = "", accept: bool = False, published: bool = False
    ) -> Plan[wire.Saved]:
        """A workspace that was left is saved, under ``name`` as a new session, and ends. Raises NotFound, Exists,
        NotAllowed (a template), BadName, CannotHold, Damaged, TooLarge, NoSpace.

        >>> with client.workspace("renardo/verse") as ws:
        ...     ws["bass"] = "b1 >> bass([0, 4])"
        >>> client.recover(client.last().workspace.id).session.revision
        2
        """
        request = wire.WorkspaceSave(id=id, name=name, message=message, accept=accept, end=True, published=published)
        return replied(request, wire.Saved)

    def discard(self, id: str) -> Plan[wire.WorkspaceEnded]:
        """A workspace is not wanted; what it had is in the history as an autosave. Raises NotFound, and
        CannotHold, Damaged, TooLarge where that cannot be.

        >>> with client.workspace("renardo/verse") as ws:
        ...     ws["bass"] = "b1 >> bass([0, 4])"
        >>> client.discard(ws.id).ended
        True
        """
        return replied(wire.WorkspaceDiscard(id=id), wire.WorkspaceEnded)

    def reload(self, id: str, *, head: bool = False) -> Plan[wire.WorkspaceReloaded]:
        """A workspace has again what it began from, or what its session's ``head`` is now; what was unsaved is in the
        history as an autosave, and ``undo`` brings it back. Raises NotFound, and CannotHold, Damaged, TooLarge where
        that cannot be.

        >>> with client.workspace("renardo/verse") as ws:
        ...     ws["chorus"] = "c1 >> pluck()"
        ...     [part.name for part in client.reload(ws.id).parts]
        ['startup.py', 'drums', 'bass']
        """
        return replied(wire.WorkspaceReload(id=id, head=head), wire.WorkspaceReloaded)

    def last(self, *, app: str | None = None) -> Plan[wire.LastState]:
        """What to go on with: the workspace that was left last with unsaved changes, and the session changed last.

        >>> last = client.last()
        >>> last.workspace, last.session.name
        (None, 'ideas')
        """
        return replied(wire.Last(app=app), wire.LastState)

    def _send(
        self,
        request: Callable[[Parcel], wire.Request],
        content: DocumentContent | None,
        parts: Mapping[str, FileContent],
    ) -> Plan[wire.Saved]:
        return self._send_with(lambda parcel, earlier: request(parcel), content, parts, ())

    def _send_with(
        self,
        request: Callable[[Parcel, Sequence[Earlier]], wire.Request],
        content: DocumentContent | None,
        parts: Mapping[str, FileContent],
        history: Sequence[EarlierDocument],
    ) -> Plan[wire.Saved]:
        from holdfast.sources import pack, pack_history

        def once() -> Plan[wire.Saved]:
            welcome = self._welcome()
            lends = welcome is not None and wire.LOCAL_FILES in welcome.capabilities
            parcel = yield from pack(content, parts, self.room_bytes, lends=lends)
            earlier: Sequence[Earlier] = ()
            if history:
                earlier, parcel = yield from pack_history(history, parcel)
            timeout_seconds = self.timeout_seconds + parcel.size_bytes / _SLOW_BYTES_PER_SECOND
            answer = yield from asked(request(parcel, earlier), parcel.frames, timeout_seconds)
            assert isinstance(answer.reply, wire.Saved)
            return answer.reply

        return (yield from self._retried(once))

    def _retried(self, once: Callable[[], Plan[Result]]) -> Plan[Result]:
        """Chunks that no save has named yet may be gone with a restarted daemon, or when the connection was cut: then
        they are sent again."""
        tries = 1
        while True:
            before = self._welcome() or (yield from self.hello())
            try:
                return (yield from once())
            except HoldfastError as problem:
                is_gone = isinstance(problem, BadField) and "chunk" in problem.details
                if tries == _UPLOADS or (self._welcome() == before and not is_gone):
                    raise
                tries += 1

    def _seen(self, saving: Plan[wire.Saved]) -> Plan[wire.Saved]:
        saved = yield from saving
        self.bases.saved(saved)
        return saved


def _absolute(target: str | os.PathLike[str]) -> str:
    """As the daemon needs it, which may have been started in another folder."""
    place = os.fspath(target)
    whole = place and os.path.abspath(place)
    return os.path.join(whole, "") if place.endswith(os.sep) else whole
