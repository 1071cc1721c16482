"""What one does to a session: an act per verb of the wire, all in one table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from starlette.requests import Request

from holdfast import AsyncClient
from holdfast.gui.forms import Form, read_form
from holdfast.gui.house import house_of
from holdfast.gui.relinking import map_of
from holdfast.gui.toasts import Toast, changed, saved
from holdfast.looking.naming import free_name
from holdfast_protocol.errors import BadField, NotFound
from holdfast_protocol.model import Ref

#: Tags are typed with these between them.
_BETWEEN_TAGS = ","


class Asked(NamedTuple):
    """``session`` is meant, or ``snapshot`` of it; ``form`` says the rest."""

    client: AsyncClient
    session: Ref
    snapshot: Ref
    form: Form

    @property
    def expect(self) -> int | None:
        """The revision that was on screen."""
        return self.form.number("revision")

    @property
    def name(self) -> str:
        """What the new or renamed session is called."""
        return self.form.one("name").strip()


async def change(request: Request) -> Toast:
    """POST: does what the path says to the session that it names."""
    act = ACTS.get(request.path_params["act"])
    if act is None:
        raise NotFound("There is no such act")
    form, session = await read_form(request), request.path_params["id"]
    snapshot = Ref(id=session, snapshot=form.one("at") or "latest")
    return await act(Asked(house_of(request).client, Ref(id=session), snapshot, form))


async def _rename(asked: Asked) -> Toast:
    reply = await asked.client.rename(asked.session, asked.name, published=True, expect=asked.expect)
    return changed(reply, f"Renamed to {reply.session.name}")


async def _copy(asked: Asked) -> Toast:
    reply = await asked.client.copy(asked.snapshot, asked.name, published=True)
    return changed(reply, f"Saved as {reply.session.name}", opens=True)


async def _duplicate(asked: Asked) -> Toast:
    session = (await asked.client.show(asked.session, parts=False)).session
    return await _copy(asked._replace(form=Form([("name", await free_name(asked.client, session))])))


async def _new(asked: Asked) -> Toast:
    reply = await asked.client.new(asked.name, clear=asked.snapshot, published=True)
    return saved(reply, f"Begun: {reply.session.name}", opens=True)


async def _tag(asked: Asked) -> Toast:
    """``had`` are the tags that were offered, ``keep`` those that stay ticked, ``add`` is what was typed."""
    typed = [tag.strip() for tag in asked.form.one("add").split(_BETWEEN_TAGS)]
    keep = asked.form.all("keep")
    add, remove = [tag for tag in typed if tag], [tag for tag in asked.form.all("had") if tag not in keep]
    if not add and not remove:
        return Toast(sentence="Nothing to change: the tags are as they were")
    reply = await asked.client.tag(asked.session, add=add, remove=remove)
    return changed(reply, f"Tags of {reply.session.name}: {', '.join(reply.session.tags) or 'none'}")


async def _note(asked: Asked) -> Toast:
    reply = await asked.client.note(asked.session, asked.form.one("text"))
    if reply.operation is None:
        return Toast(sentence="Nothing to change: the note is as it was")
    return Toast(sentence=f"Noted for {reply.session.name}", undo=reply.operation)


async def _pin(asked: Asked) -> Toast:
    reply = await asked.client.pin(asked.snapshot, asked.form.one("label").strip())
    return changed(reply, f"Pinned a snapshot of {reply.session.name}")


async def _unpin(asked: Asked) -> Toast:
    reply = await asked.client.pin(asked.snapshot, asked.form.one("label"), on=False)
    return changed(reply, f"Unpinned a snapshot of {reply.session.name}")


async def _template(asked: Asked) -> Toast:
    on = asked.form.one("on") != "no"
    reply = await asked.client.template(asked.session, on=on)
    return changed(reply, f"{reply.session.name} is {'a template now' if on else 'no template any more'}")


async def _archive(asked: Asked) -> Toast:
    reply = await asked.client.archive(asked.session, published=True, expect=asked.expect)
    return changed(reply, f"Archived {reply.session.name}")


async def _unarchive(asked: Asked) -> Toast:
    reply = await asked.client.unarchive(asked.session, published=True, expect=asked.expect)
    return changed(reply, f"{reply.session.name} is in the list again")


async def _delete(asked: Asked) -> Toast:
    reply = await asked.client.delete(asked.session, published=True, expect=asked.expect)
    return changed(reply, f"Deleted {reply.session.name}")


async def _accept(asked: Asked) -> Toast:
    reply = await asked.client.accept(asked.snapshot, published=True, expect=asked.expect)
    return saved(reply, f"Accepted: {reply.session.name} is at revision {reply.session.revision}")


async def _restore(asked: Asked) -> Toast:
    """``what``: all or some (those ticked, ``part``). ``where``: here, as (a new session, ``name``) or into (another
    one, ``into``)."""
    form = asked.form
    parts = [] if form.one("what") == "all" else form.all("part")
    if form.one("what") == "some" and not parts:
        raise BadField("Tick the parts that are to be put back", field="part")
    where = form.one("where") or "here"
    name = asked.name if where == "as" else None
    into = form.one("into").strip() if where == "into" else None
    if name == "" or into == "":
        raise BadField("Say which session", field="name" if where == "as" else "into")
    expect = asked.expect if where == "here" else None
    reply = await asked.client.restore(asked.snapshot, parts=parts, name=name, into=into, expect=expect, published=True)
    what = f"{len(parts)} part{'' if len(parts) == 1 else 's'}" if parts else "the whole snapshot"
    return saved(reply, f"Put back {what}: {reply.session.name}", opens=where != "here")


async def _relink(asked: Asked) -> Toast:
    new = map_of(asked.form)
    if not new:
        raise BadField("Choose a file, or say which folder is where now", field="map")
    reply = await asked.client.relink(asked.session, map=new, expect=asked.expect, published=True)
    assert reply.saved is not None
    count = sum(row.new is not None for row in reply.rows)
    return saved(reply.saved, f"Relinked {count} file{'' if count == 1 else 's'} of {reply.saved.session.name}")


ACTS: dict[str, Callable[[Asked], Awaitable[Toast]]] = {
    "rename": _rename, "copy": _copy, "duplicate": _duplicate, "new": _new, "tag": _tag, "note": _note, "pin": _pin,
    "unpin": _unpin, "template": _template, "archive": _archive, "unarchive": _unarchive, "delete": _delete,
    "accept": _accept, "restore": _restore, "relink": _relink,
}  # fmt: skip
