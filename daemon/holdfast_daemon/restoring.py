"""What ``restore`` brings back: a whole snapshot or parts of one, to its own session, to another or to a new one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from holdfast_daemon import naming
from holdfast_daemon.documents import Documents
from holdfast_daemon.lifecycle import Lifecycle
from holdfast_daemon.order import Order
from holdfast_daemon.restored import put_into
from holdfast_daemon.saving import Saving
from holdfast_daemon.sessions import Caller, Sessions
from holdfast_protocol.messages import Restore, Saved
from holdfast_protocol.names import check_name


class Restoring:
    """Chosen parts make a document of their own, or take the place of their partners in a head."""

    def __init__(self, sessions: Sessions, saving: Saving, lifecycle: Lifecycle, documents: Documents) -> None:
        self._catalog = sessions.catalog
        self._clock = sessions.clock
        self._saving = saving
        self._lifecycle = lifecycle
        self._documents = documents
        self._content = documents.content

    async def restore(self, request: Restore, caller: Caller) -> Saved:
        """Raises NotFound, Ambiguous, Exists, CannotHold, Damaged."""
        named = naming.find(self._catalog.reader, request.ref, self._clock())
        wanted = [*request.parts, *([request.ref.part] if request.ref.part else [])]
        if request.name is not None:
            return await self._as_new(request.name, named, wanted, request.kinds, caller)
        if wanted or request.kinds or request.into is not None:
            return await self._parts(request, named, wanted, caller)
        return await self._lifecycle.restore(named.snapshot, request.expect, caller)

    async def _as_new(
        self, name: str, named: naming.Named, wanted: Sequence[str], kinds: Sequence[str], caller: Caller
    ) -> Saved:
        check_name(name)
        placed = None
        if wanted or kinds:
            document = self._catalog.reader.document(named.snapshot.document)
            placed = await self._documents.place(await self._documents.built(named.session, document, wanted, kinds))
        return await self._lifecycle.restore_as(named.snapshot, placed, named.session.app, name, caller)

    async def _parts(self, request: Restore, named: naming.Named, wanted: Sequence[str], caller: Caller) -> Saved:
        reader = self._catalog.reader
        target = naming.find_session(reader, request.into, deleted=False) if request.into else named.session
        started_from = self._saving.head_of(target, request.expect)
        form = self._content.form(target.format)
        document, head = reader.document(named.snapshot.document), reader.document_of(started_from)
        source = (await self._documents.read(document, form)).parts
        current = (await self._documents.read(head, form)).parts
        kinds = naming.known_kinds([*source, *current], request.kinds)
        chosen = naming.find_parts(source, wanted, kinds & {part.kind for part in source})
        if not wanted and not kinds:
            chosen = [*source]
        # What a task of several files needs is nothing that a session of one file could hold.
        needed = form.needed(source, chosen) if document.is_folder == head.is_folder else chosen
        foreign = target.id != named.session.id
        work = partial(put_into, form, current, source, chosen=chosen, needed=needed, kinds=kinds, foreign=foreign)
        merged = await self._documents.in_thread(work)
        whole = await self._documents.bytes_of(head)
        placed = await self._documents.place(await self._documents.written(form, merged, whole))
        order = Order(
            app=target.app, name=target.name, folder=target.folder, session=target.id, placed=placed, form=form,
            cause="restored", base=started_from, accept=True,
        )  # fmt: skip
        return await self._saving.save(order, caller)
