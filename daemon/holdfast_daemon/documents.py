"""Documents as the verbs need them: small ones are read and placed in the loop, larger ones in a thread."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from holdfast_daemon import naming
from holdfast_daemon.content import LOOP_BYTES, Content, Placed
from holdfast_daemon.formats import base
from holdfast_daemon.formats.base import Format, Part
from holdfast_daemon.store.base import Catalog
from holdfast_daemon.store.nouns import Session, StoredDocument
from holdfast_protocol.errors import CannotHold

Value = TypeVar("Value")

STORED_COUNT = 4
FILE_BYTES = 1024  # what a file costs beside its bytes, in bytes


class Documents:
    """What the verbs share of content, formats and threads. For the loop only."""

    def __init__(self, catalog: Catalog, content: Content) -> None:
        self.content = content
        self._catalog = catalog
        self._stored: OrderedDict[bytes, StoredDocument] = OrderedDict()
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="work")

    def close(self) -> None:
        """After the threads' work."""
        self._threads.shutdown()

    async def in_thread(self, work: Callable[..., Value], *values: Any) -> Value:
        """What ``work`` gives; the loop goes on meanwhile."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *values))

    def stored(self, identity: bytes) -> StoredDocument:
        """A document's files; kept for a few documents, as whoever reads one window or file reads the next."""
        document = self._stored.pop(identity, None) or self._catalog.reader.document(identity)
        self._stored[identity] = document
        while len(self._stored) > STORED_COUNT:
            self._stored.popitem(last=False)
        return document

    async def at_once_if_small(self, size_bytes: int, work: Callable[..., Value], *values: Any) -> Value:
        """What ``work`` gives; ``size_bytes`` is the size of the document that it is about."""
        return work(*values) if size_bytes <= LOOP_BYTES else await self.in_thread(work, *values)

    async def place(self, document: base.Document) -> Placed:
        """Its chunks are on disk or in the rows that will name them."""
        return await self.at_once_if_small(weight(document), self.content.place, document)

    async def bytes_of(self, document: StoredDocument) -> dict[bytes, bytes]:
        """All of it. Raises TooLarge, Damaged."""
        return await self.in_thread(self.content.bytes_of, document)

    async def read(self, document: StoredDocument, form: Format) -> base.Reading:
        """Its parts. Raises Damaged, TooLarge."""
        return await self.at_once_if_small(document.size_bytes, self.content.reading, document, form)

    async def chosen(
        self, session: Session, document: StoredDocument, wanted: Sequence[str], kinds: Sequence[str]
    ) -> list[Part]:
        """The parts that are named, or all of them where none is. Raises NotFound, Ambiguous, Damaged."""
        reading = await self.read(document, self.content.form(session.format))
        return naming.find_parts(reading.parts, wanted, kinds) if wanted or kinds else [*reading.parts]

    async def written(self, form: Format, parts: Sequence[Part], template: base.Document | None) -> base.Document:
        """The document of these parts. Raises CannotHold with a sentence for each part."""
        try:
            return await self.in_thread(form.write, parts, template)
        except base.CannotHold as problem:
            raise CannotHold(
                f"{form.app} cannot hold this: {problem}",
                problems=[f"{key}: {text}" for key, text in problem.problems],
            ) from problem


def weight(document: base.Document) -> int:
    """Its size in bytes, with something for each file."""
    return sum(map(len, document.values())) + FILE_BYTES * (len(document) - 1)
