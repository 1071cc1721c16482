"""What one does to the session that is looked at: of each act its key, what it asks first, and what it then does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from holdfast.async_client import AsyncClient
from holdfast.cli.words import title
from holdfast.looking.naming import free_name
from holdfast_protocol.messages import Shown
from holdfast_protocol.model import Ref

_BETWEEN_TAGS = ","


class Done(NamedTuple):
    """What became of it, in a sentence; ``operation`` is what ``undo`` takes back, if anything."""

    sentence: str
    operation: int | None


class At(NamedTuple):
    """The session at the snapshot ``ref``, with the parts that are ticked."""

    shown: Shown
    ref: Ref
    parts: Sequence[str]

    @property
    def name(self) -> str:
        return self.shown.session.name

    @property
    def session(self) -> Ref:
        """Whatever snapshot is looked at."""
        return Ref(id=self.shown.session.id)

    @property
    def expect(self) -> int | None:
        """The revision that is on the screen; what is deleted has none to expect."""
        return None if self.shown.session.deleted else self.shown.session.revision


class Question(NamedTuple):
    """``answer`` is offered. ``may_be_empty``: no text is an answer too."""

    text: str
    answer: str
    may_be_empty: bool = False


class Act(NamedTuple):
    """``asks`` gives None where nothing is to be asked. ``does`` gets the answer; raises HoldfastError. ``stands_out``:
    it is named at the foot of the screen."""

    keys: str
    name: str
    asks: Callable[[At], Question | None]
    does: Callable[[AsyncClient, At, str], Awaitable[Done]]
    stands_out: bool = False


def _nothing(at: At) -> None:
    return None


async def _restore(client: AsyncClient, at: At, said: str) -> Done:
    """The snapshot, or parts of it, are the session again."""
    saved = await client.restore(at.ref, parts=[*at.parts], expect=at.expect, published=True)
    where = title(saved.session)
    if saved.operation is None:
        return Done(f"{where} is like that already", None)
    return Done(f"{_what(at)} put back into {where}", saved.operation)


def _what(at: At) -> str:
    return f"{len(at.parts)} part{'s' if len(at.parts) != 1 else ''}" if at.parts else "everything"


def _ask_copy(at: At) -> Question:
    return Question(f"Name of the copy of {_what(at)}", f"{at.name} copy")


async def _copy(client: AsyncClient, at: At, said: str) -> Done:
    saved = await client.restore(at.ref, parts=[*at.parts], name=said, published=True)
    return Done(f"{title(saved.session)} is made of it", saved.operation)


async def _delete(client: AsyncClient, at: At, said: str) -> Done:
    changed = await client.delete(at.session, published=True, expect=at.expect)
    return Done(f"{title(changed.session)} is deleted", changed.operation)


async def _rename(client: AsyncClient, at: At, said: str) -> Done:
    changed = await client.rename(at.session, said, published=True, expect=at.expect)
    return Done(f"It is {title(changed.session)} now", changed.operation)


async def _duplicate(client: AsyncClient, at: At, said: str) -> Done:
    changed = await client.copy(at.ref, await free_name(client, at.shown.session), published=True)
    return Done(f"{title(changed.session)} is its duplicate", changed.operation)


def _ask_new(at: At) -> Question:
    begins = "begins as this template" if at.shown.session.template else "begins as this one emptied"
    return Question(f"Name of a new session that {begins}", "")


async def _new(client: AsyncClient, at: At, said: str) -> Done:
    if at.shown.session.template:
        changed = await client.copy(at.session, said, published=True)
        return Done(f"{title(changed.session)} is begun", changed.operation)
    saved = await client.new(said, clear=at.ref, published=True)
    return Done(f"{title(saved.session)} is begun", saved.operation)


def _ask_tag(at: At) -> Question:
    return Question(f"Tags of {at.name}, with commas between them", ", ".join(at.shown.session.tags), may_be_empty=True)


async def _tag(client: AsyncClient, at: At, said: str) -> Done:
    had = at.shown.session.tags
    tags = [tag.strip() for tag in said.split(_BETWEEN_TAGS) if tag.strip()]
    add, remove = [tag for tag in tags if tag not in had], [tag for tag in had if tag not in tags]
    if not add and not remove:
        return Done("The tags are as they were", None)
    changed = await client.tag(at.session, add=add, remove=remove)
    return Done(f"Tags of {title(changed.session)}: {', '.join(changed.session.tags) or 'none'}", changed.operation)


def _ask_pin(at: At) -> Question | None:
    """What is pinned is unpinned without a question."""
    if _is_pinned(at):
        return None
    return Question("Label of the pin; the first digits of the snapshot's id without one", "", may_be_empty=True)


async def _pin(client: AsyncClient, at: At, said: str) -> Done:
    on = not _is_pinned(at)
    changed = await client.pin(at.ref, said.strip(), on=on)
    return Done(f"A snapshot of {title(changed.session)} is {'pinned' if on else 'unpinned'}", changed.operation)


def _is_pinned(at: At) -> bool:
    return at.shown.snapshot is not None and bool(at.shown.snapshot.pins)


async def _archive(client: AsyncClient, at: At, said: str) -> Done:
    if at.shown.session.archived:
        changed = await client.unarchive(at.session, published=True, expect=at.expect)
        return Done(f"{title(changed.session)} is in the list again", changed.operation)
    changed = await client.archive(at.session, published=True, expect=at.expect)
    return Done(f"{title(changed.session)} is archived", changed.operation)


async def _template(client: AsyncClient, at: At, said: str) -> Done:
    changed = await client.template(at.session, on=not at.shown.session.template)
    what = "a template now" if changed.session.template else "no template any more"
    return Done(f"{title(changed.session)} is {what}", changed.operation)


async def _accept(client: AsyncClient, at: At, said: str) -> Done:
    """The suspect that is looked at, or else the newest one, or what lies on disk."""
    is_suspect = at.shown.snapshot is not None and at.shown.snapshot.suspect
    saved = await client.accept(at.ref if is_suspect else at.session, published=True, expect=at.expect)
    return Done(f"{title(saved.session)} is what was suspect", saved.operation)


ACTS: dict[str, Act] = {
    "restore": Act("r", "Restore", _nothing, _restore, stands_out=True),
    "copy": Act("c", "As a copy", _ask_copy, _copy, stands_out=True),
    "delete": Act("delete,x", "Delete", _nothing, _delete, stands_out=True),
    "rename": Act("e,f2", "Rename", lambda at: Question(f"New name of {at.name}", at.name), _rename),
    "duplicate": Act("D", "Duplicate", _nothing, _duplicate),
    "new": Act("n", "New from it", _ask_new, _new),
    "tag": Act("number_sign", "Tags", _ask_tag, _tag),
    "pin": Act("p", "Pin or unpin the snapshot", _ask_pin, _pin),
    "archive": Act("A", "Archive, or back", _nothing, _archive),
    "template": Act("T", "Template, or none", _nothing, _template),
    "accept": Act("y", "Accept what is suspect", _nothing, _accept),
}
