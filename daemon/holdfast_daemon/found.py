"""What was read at a path by somebody who wants to know what has become of it."""

from __future__ import annotations

from holdfast_daemon.content import Content, Placed
from holdfast_daemon.formats.base import Document, Format


class Found:
    """A document that lies in a folder; ``document`` is None where it is too large for any format to read."""

    def __init__(self, content: Content, document: Document | None, placed: Placed | None = None) -> None:
        self._content = content
        self._placed = placed
        self.document = document

    @property
    def placed(self) -> Placed:
        """Its chunks are kept, from here on."""
        if self._placed is None:
            assert self.document is not None
            self._placed = self._content.place(self.document)
        return self._placed

    @property
    def is_folder(self) -> bool:
        return b"" not in self.document if self.document is not None else self.placed.document.is_folder

    def form(self, app: str, known: str | None = None) -> Format:
        """The format that fits; of what is too large for one, that of the session as it was known, or the application's
        own."""
        if self.document is not None:
            return self._content.form_for(app, self.document)
        return self._content.form(known or app)
