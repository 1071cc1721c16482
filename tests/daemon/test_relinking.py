"""A relink whose session is saved by somebody else while it is made."""

from __future__ import annotations

import math

import pytest
from daemon_store import ME, Store

from holdfast_daemon.documents import Documents
from holdfast_daemon.formats.base import Document, Format, Target
from holdfast_daemon.relinking import Relinking
from holdfast_daemon.store.nouns import StoredDocument
from holdfast_protocol.errors import Exists
from holdfast_protocol.messages import Relink, Relinked
from holdfast_protocol.model import Ref


def session(*paths: str, color: str = "0,0,178") -> bytes:
    resources = "".join(f'<Resource path="{path}"/>\n' for path in paths)
    panel = f'<Panel name="P"><Track clazz="F" id="t" color="{color}"/></Panel>'
    return f'<Session genome="hg38"><Resources>\n{resources}</Resources>{panel}</Session>'.encode()


class Overtaken(Documents):
    """Somebody saves while the new document is made."""

    def __init__(self, store: Store, other: bytes) -> None:
        super().__init__(store.catalog, store.content)
        self._store, self._other = store, other

    async def relinked(self, form: Format, stored: StoredDocument, targets: dict[str, Target]) -> Document:  # type: ignore[override]  # as it is called
        """And then it is made of what was there before."""
        found = await super().relinked(form, stored, targets)
        session = self._store.session("x", "igv")
        order = self._store.order("x", self._other, "igv", base=session.head, session=session.id)
        await self._store.saving.save(order, ME)
        return found


def relink(store: Store, other: bytes, expect: int | None) -> Relinked:
    documents = Overtaken(store, other)
    unused: object = None
    verb = Relinking(store.sessions, store.saving, documents, unused)  # type: ignore[arg-type]  # nothing is published
    request = Relink(ref=Ref(app="igv", name="x"), map={"/old/": "/new/"}, expect=expect)
    try:
        reply, _ = store.run(verb.relink(request, [], ME, math.inf))
    finally:
        documents.close()
    assert isinstance(reply, Relinked)
    return reply


def test_what_another_saved_meanwhile_is_merged(store: Store) -> None:
    """As with any two writers: the color is theirs, the place ours."""
    store.save("x", session("/old/a.bed"), "igv")
    reply = relink(store, session("/old/a.bed", color="1,2,3"), None)
    assert reply.saved is not None
    assert reply.saved.outcome == "merged"
    assert store.head("x", "igv") == session("/new/a.bed", color="1,2,3")


def test_where_a_revision_was_expected_nothing_is_merged(store: Store) -> None:
    """Whoever chose from another state looks again; neither a snapshot nor a fork is made."""
    store.save("x", session("/old/a.bed"), "igv")
    with pytest.raises(Exists):
        relink(store, session("/old/a.bed", color="1,2,3"), 1)
    assert store.head("x", "igv") == session("/old/a.bed", color="1,2,3")
    assert len(store.snapshots("x", "igv")) == 2
