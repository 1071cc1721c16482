"""Documents as the verbs need them: small ones are read and placed in the loop, larger ones in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from holdfast_daemon import naming
from holdfast_daemon.content import LOOP_BYTES, READINGS_BYTES, Content, Placed
from holdfast_daemon.formats import base
from holdfast_daemon.formats.base import Format, Part
from holdfast_daemon.lately import Lately, Unkept
from holdfast_daemon.recent import Recent
from holdfast_daemon.store.base import Catalog
from holdfast_daemon.store.nouns import Session, StoredDocument
from holdfast_protocol.errors import BadField, CannotHold, Damaged

Value = TypeVar("Value")

STORED_COUNT = 4
LATELY_SECONDS = 5.0
CONVERTED_COUNT = 2  # two who read different forms window by window do not take each other's place
FILE_BYTES = 1024  # what a file costs beside its bytes, in bytes


class Documents:
    """What the verbs share of content, formats and threads. For the loop only."""

    def __init__(self, catalog: Catalog, content: Content) -> None:
        self.content = content
        self._catalog = catalog
        self._stored: Recent[bytes, StoredDocument] = Recent(STORED_COUNT)
        self._reading: Lately[base.Reading] = Lately(LATELY_SECONDS)
        self._built: Lately[base.Document] = Lately(LATELY_SECONDS)
        self._converted: Lately[base.Converted] = Lately(LATELY_SECONDS, CONVERTED_COUNT)
        self._rendered: Lately[bytes] = Lately(LATELY_SECONDS)
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="work")

    def close(self) -> None:
        """After the threads' work."""
        self._reading.forget()
        self._built.forget()
        self._converted.forget()
        self._rendered.forget()
        self._threads.shutdown()

    async def in_thread(self, work: Callable[..., Value], *values: Any) -> Value:
        """What ``work`` gives; the loop goes on meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *values))

    def stored(self, identity: bytes) -> StoredDocument:
        """A document's files; kept for a few documents, as whoever reads one window or file reads the next."""
        document = self._stored.get(identity)
        if document is None:
            document = self._catalog.reader.document(identity)
            self._stored.put(identity, document)
        return document

    async def at_once_if_small(self, size_bytes: int, work: Callable[..., Value], *values: Any) -> Value:
        """What ``work`` gives; ``size_bytes`` is the size of the document that it is about."""
        at_once = size_bytes <= LOOP_BYTES and not self.content.has_strangers
        return work(*values) if at_once else await self.in_thread(work, *values)

    async def place(self, document: base.Document) -> Placed:
        """Its chunks are on disk or in the rows that will name them."""
        return await self.at_once_if_small(weight(document), self.content.place, document)

    async def bytes_of(self, document: StoredDocument) -> dict[bytes, bytes]:
        """All of it. Raises TooLarge, Damaged."""
        return await self.in_thread(self.content.bytes_of, document)

    async def read(self, document: StoredDocument, form: Format) -> base.Reading:
        """Its parts. Raises Damaged, TooLarge."""

        async def read() -> base.Reading:
            return await self.at_once_if_small(document.size_bytes, self.content.reading, document, form)

        return await (read() if document.size_bytes <= READINGS_BYTES else self._reading.of((document.id, form), read))

    async def resources(self, form: Format, document: StoredDocument) -> Sequence[base.Resource]:
        """What it points to. Raises Damaged, TooLarge."""
        reading = await self.read(document, form)
        try:
            return await self.in_thread(form.resources, reading.parts)
        except base.DamagedDocument as problem:
            raise Damaged(f"Not a readable {form.app} document: {problem}") from problem

    async def cleared(self, form: Format, stored: StoredDocument, keep: Sequence[str]) -> base.Document:
        """It emptied. Raises NotFound for a kind to keep of which it has no part; Damaged, CannotHold."""
        naming.known_kinds((await self.read(stored, form)).parts, keep)
        document = await self.bytes_of(stored)
        try:
            return await self.in_thread(form.cleared, document, keep)
        except base.DamagedDocument as problem:
            raise Damaged(f"Not a readable {form.app} document: {problem}") from problem
        except base.CannotHold as problem:
            raise _cannot_hold(f"A {form.app} document cannot be cleared", problem) from problem

    async def relinked(
        self, form: Format, stored: StoredDocument, targets: Mapping[str, base.Target]
    ) -> base.Document:  # fmt: skip
        """It with other references, read again: what cannot be so is refused. Raises Damaged, TooLarge, CannotHold."""
        before = await self.resources(form, stored)
        document = await self.bytes_of(stored)
        wanted = [targets[each.reference].reference if each.reference in targets else each.reference for each in before]
        try:
            "".join(wanted).encode()
            return await self.in_thread(_relinked, form, document, targets, wanted)
        except base.DamagedDocument as problem:
            raise Damaged(f"Not a readable {form.app} document: {problem}") from problem
        except (base.CannotHold, UnicodeError) as problem:
            told = problem if isinstance(problem, base.CannotHold) else base.CannotHold([("document", str(problem))])
            raise _cannot_hold(f"{form.app} cannot point there", told) from problem

    async def built(
        self, session: Session, document: StoredDocument, wanted: Sequence[str], kinds: Sequence[str]
    ) -> base.Document:
        """A document of the parts that are named and of what they need, as ``document`` is written. Raises NotFound,
        Ambiguous, Damaged, CannotHold, TooLarge."""

        async def build() -> base.Document:
            form = self.content.form(session.format)
            reading = await self.read(document, form)
            chosen = naming.find_parts(reading.parts, wanted, kinds)
            whole = await self.bytes_of(document)
            return await self.written(form, form.needed(reading.parts, chosen), whole)

        return await self._built.of((document.id, session.format, tuple(wanted), tuple(kinds)), build)

    async def converted(
        self, session: Session, document: StoredDocument, to: str, origin: base.Origin
    ) -> base.Converted:  # fmt: skip
        """It in another form of its application. Raises BadField for none of its forms; Damaged, CannotHold,
        TooLarge."""
        form = self.content.form(session.format)
        if to not in form.conversions:
            forms = [*form.conversions]
            known = f"one of {', '.join(forms)} is expected" if forms else f"{form.app} has one form only"
            raise BadField(f"to: {known}", field="to", forms=forms)

        async def convert() -> base.Converted:
            whole = await self.bytes_of(document)
            try:
                return await self.in_thread(form.converted, whole, to, origin)
            except base.DamagedDocument as problem:
                raise Damaged(f"Not a readable {form.app} document: {problem}") from problem
            except base.CannotHold as problem:
                raise _cannot_hold(f"{to} cannot hold this", problem) from problem

        return await self._converted.of((document.id, session.format, to, origin), convert)

    async def markdown(self, session: Session, document: StoredDocument, *, full: bool) -> bytes:
        """The document for people to read. Raises Damaged, TooLarge."""

        async def render() -> bytes:
            form = self.content.form(session.format)
            reading = await self.read(document, form)
            try:
                return await self.in_thread(partial(form.markdown, session.name, reading, full=full))
            except base.DamagedDocument as problem:
                raise Damaged(f"Not a readable {form.app} document: {problem}") from problem

        return await self._rendered.of((document.id, session.format, session.name, full), render)

    async def written(self, form: Format, parts: Sequence[Part], template: base.Document | None) -> base.Document:
        """The document of these parts. Raises CannotHold with a sentence for each part."""
        try:
            return await self.in_thread(form.write, parts, template)
        except base.CannotHold as problem:
            raise _cannot_hold(f"{form.app} cannot hold this", problem) from problem


class AtOnce(Documents):
    """For the one thread in which a transaction is: everything is done there and then, and nothing is kept."""

    def __init__(self, catalog: Catalog, content: Content) -> None:
        super().__init__(catalog, content)
        self._reading, self._built = Unkept(0), Unkept(0)
        self._rendered, self._converted = Unkept(0), Unkept(0)

    async def in_thread(self, work: Callable[..., Value], *values: Any) -> Value:
        """What ``work`` gives."""
        return work(*values)


def _relinked(
    form: Format, document: base.Document, targets: Mapping[str, base.Target], wanted: Sequence[str]
) -> base.Document:
    """Raises CannotHold where it would not be read back as wanted."""
    new = form.relinked(document, targets)
    try:
        after = [each.reference for each in form.resources(form.read(new).parts)]
    except base.DamagedDocument as problem:
        raise base.CannotHold([("document", f"it would not be readable: {problem}")]) from problem
    if after != [*wanted]:
        odd = next((each for each in wanted if each not in after), "document")
        raise base.CannotHold([(odd, "it would not be read back as it is")])
    return new


def new_part(form: Format, name: str, content: bytes, beside: Sequence[Part]) -> Part:
    """A part that was not there yet. Raises CannotHold."""
    try:
        return form.new_part(name, content, beside)
    except base.CannotHold as problem:
        raise _cannot_hold(f"{form.app} has no place for a new part", problem) from problem


def _cannot_hold(what: str, problem: base.CannotHold) -> CannotHold:
    sentences = [f"{key}: {text}" for key, text in problem.problems]
    return CannotHold(f"{what}: {sentences[0] if len(sentences) == 1 else 'several parts'}", problems=sentences)


def weight(document: base.Document) -> int:
    """Its size in bytes, with something for each file."""
    return sum(map(len, document.values())) + FILE_BYTES * (len(document) - 1)
