"""Whose document something is: by its beginning whose it may be, before it is sent; by all of it whose it is.

A file that is cut off is often recognised no longer. Where it is called and begins as an application's own files do, it
is said to be damaged rather than nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from holdfast_daemon.content import Placed
from holdfast_daemon.documents import Documents, weight
from holdfast_daemon.formats.base import Document, Format
from holdfast_daemon.formats.plain import PLAIN
from holdfast_daemon.payload import Answer, Frames, contents_of
from holdfast_daemon.sessions import Caller
from holdfast_protocol import messages as m
from holdfast_protocol.errors import BadField, Unrecognised

#: Of what kind a file is: an archive, a pickle.
_KIND_BYTES = 4


class Recognising:
    """Asks every format but ``plain``, which takes anything."""

    def __init__(self, documents: Documents, formats: Mapping[str, Format]) -> None:
        self._documents = documents
        self._content = documents.content
        self._formats = [form for form in formats.values() if form.app != PLAIN.app]

    async def recognise(self, request: m.Recognise, payload: Frames, caller: Caller, deadline: float) -> Answer:
        """Which files of a folder may be documents, and whether the folder may be one."""
        if any(source.chunked for source in request.files):
            raise BadField("files: the bytes themselves are expected, not chunks", field="files")
        contents = contents_of(request.files, payload, "files")
        beginnings = {source.path: content for source, content in zip(request.files, contents, strict=True)}
        if len(beginnings) < len(contents) or any(b"/" in name for name in beginnings):
            raise BadField("files: each name is expected once, without a folder", field="files")
        reply = await self._documents.at_once_if_small(weight(beginnings), self._may_be, beginnings)
        return reply, ()

    async def check(self, placed: Placed, form: Format, suffix: str, app: str | None) -> None:
        """``form`` was found certain of it, and is of the application that was named, if one was. Raises Unrecognised;
        Damaged where it cannot be read."""
        await self._documents.at_once_if_small(placed.document.size_bytes, self._check, placed, form, suffix, app)

    def _may_be(self, beginnings: Document) -> m.Recognised:
        files = [
            number
            for number, beginning in enumerate(beginnings.values())
            if any(form.begins(beginning) for form in self._formats)
        ]
        return m.Recognised(files=files, folder=any(form.begins_folder(beginnings) for form in self._formats))

    def _check(self, placed: Placed, form: Format, suffix: str, app: str | None) -> None:
        if form.app != PLAIN.app and app in (None, form.app):
            self._content.reading_placed(placed, form)
            return
        limit = m.LIMITS["format_bytes"]
        if placed.document.size_bytes > limit:
            raise Unrecognised(f"It is larger than {limit} bytes, which is more than is read to recognise it")
        if not placed.document.is_folder:
            for own in self._named_so(self._content.bytes_placed(placed)[b""], suffix):
                self._content.reading_placed(placed, own)
        raise Unrecognised(f"It is no {app} document" if app else "No application recognises it")

    def _named_so(self, content: bytes, suffix: str) -> Iterator[Format]:
        """Whose files are called and begin so, where that says more than that it is an archive, or anything at all."""
        named = (form for form in self._formats if suffix and form.suffix == suffix)
        return (form for form in named if form.begins(content) and not form.begins(content[:_KIND_BYTES]))
