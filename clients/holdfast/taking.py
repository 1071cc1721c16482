"""One of many documents that are taken in: what it may be, how it goes, and what became of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from holdfast.astray import folders_left_behind
from holdfast.calling import names_for
from holdfast.plans import Plan
from holdfast.walking import beginning, files_below, reading
from holdfast_protocol.errors import (
    BadField,
    BadName,
    Damaged,
    Exists,
    HoldfastError,
    TooLarge,
    Unreadable,
    Unrecognised,
)
from holdfast_protocol.messages import LIMITS, Saved
from holdfast_protocol.model import Ref

if TYPE_CHECKING:
    from holdfast.bundles import Bundle
    from holdfast.sources import DocumentContent
    from holdfast.verbs import Verbs

TAKEN, KNOWN, UNRECOGNISED, DAMAGED, REFUSED = "taken", "known", "unrecognised", "damaged", "refused"
#: As people are told of so many.
WORDS = {
    TAKEN: "taken", KNOWN: "already known", UNRECOGNISED: "not recognised", DAMAGED: "damaged", REFUSED: "refused",
}  # fmt: skip

ARCHIVE = b"PK\x03\x04"
#: These are about one document; after any other there is no sense in going on.
OF_ONE = (BadField, BadName, Exists, TooLarge, Unreadable)


class Imported(NamedTuple):
    """What became of ``path``. ``outcome``: taken; known, and ``saved`` tells as what; unrecognised; damaged; or
    refused, ``problem`` says why. ``named``: it was asked for by this name, and not found in a folder that was.
    ``left_out``: links and the like in it. ``resources_count``: files that a bundle has of what its session points to;
    ``brought``: where they are now, unless ``problem`` says why they are not. ``left_behind``: folders with files that
    the document found from where it lay, and does not find now."""

    path: str
    outcome: str
    saved: Saved | None = None
    problem: HoldfastError | None = None
    size_bytes: int = 0
    named: bool = False
    left_out: Sequence[str] = ()
    resources_count: int = 0
    brought: Sequence[str] = ()
    left_behind: Sequence[str] = ()


class Candidate(NamedTuple):
    """What may be a document. ``content`` None: the file at ``path``, which may be a bundle."""

    path: str
    size_bytes: int
    content: DocumentContent | None
    is_folder: bool
    named: bool
    left_out: Sequence[str] = ()

    def names(self) -> tuple[str, list[str], str]:
        """As ``names_for`` gives them."""
        return names_for(self.path, is_folder=self.is_folder)


class Taking:
    """``app``: whose documents they are, whatever they look like; otherwise each is recognised. ``name``: of the only
    one. ``resources``: where the files of bundles go. ``checked`` is told how many bytes of a bundle were, and of how
    many."""

    def __init__(
        self, verbs: Verbs, *, app: str | None, name: str | None, resources: str | None, published: bool,
        checked: Callable[[int, int], None] | None,
    ) -> None:  # fmt: skip
        self._verbs = verbs
        self._app = app
        self._name = name
        self._resources = resources
        self._published = published
        self._checked = checked

    def imported(self, candidate: Candidate) -> Plan[Imported]:
        """Raises what is not about this one alone."""
        told = Imported(
            candidate.path, TAKEN, size_bytes=candidate.size_bytes, named=candidate.named, left_out=candidate.left_out
        )
        try:
            if candidate.content is None:
                bundle = yield from self._bundle(candidate, told)
                if bundle is not None:
                    return bundle
            saved = yield from self._document(candidate)
        except Unrecognised as problem:
            return told._replace(outcome=UNRECOGNISED, problem=problem)
        except Damaged as problem:
            return told._replace(outcome=DAMAGED, problem=problem)
        except OF_ONE as problem:
            return told._replace(outcome=REFUSED, problem=problem)
        told = told._replace(outcome=_outcome(saved), saved=saved)
        if told.outcome == TAKEN and candidate.named and candidate.content is None:
            folders = yield from folders_left_behind(self._verbs, candidate.path, Ref(id=saved.session.id))
            return told._replace(left_behind=folders)
        return told

    def _document(self, candidate: Candidate) -> Plan[Saved]:
        if candidate.size_bytes > LIMITS["format_bytes"] and self._app is None:
            limit = LIMITS["format_bytes"]
            raise Unrecognised(f"It is larger than {limit} bytes, which is more than is read to recognise it")
        content = Path(candidate.path) if candidate.content is None else candidate.content
        name, other_names, suffix = candidate.names()
        return (
            yield from self._verbs.import_document(
                self._name or name, content, app=self._app, suffix=suffix, published=self._published,
                recognised=self._app is None, other_names=None if self._name else other_names, unless_known=True,
            )
        )  # fmt: skip

    def _bundle(self, candidate: Candidate, told: Imported) -> Plan[Imported | None]:
        """None where it is none."""
        from holdfast.bundles import opened_bundle
        from holdfast.unbundling import taken_in

        path = candidate.path
        if beginning(path, len(ARCHIVE), follow=candidate.named) != ARCHIVE:
            return None
        with opened_bundle(path) as bundle:
            if bundle is None:
                return None
            if self._app is not None:
                raise BadField(f"{path} is a bundle, which says its application; --app is for documents")
            bundle.verify(self._checked)
            _, other_names, _ = names_for(os.path.join(os.path.dirname(path), bundle.name), is_folder=True)
            saved = yield from taken_in(
                self._verbs, bundle, self._name, published=self._published,
                other_names=None if self._name else other_names,
            )  # fmt: skip
            told = told._replace(outcome=_outcome(saved), saved=saved, resources_count=len(bundle.resources))
            return self._with_resources(bundle, told)

    def _with_resources(self, bundle: Bundle, told: Imported) -> Imported:
        from holdfast.unbundling import write_resources

        if self._resources is None:
            return told
        try:
            return told._replace(brought=write_resources(bundle, self._resources))
        except (Exists, Unreadable) as problem:  # the session is in
            return told._replace(problem=problem)


def _outcome(saved: Saved) -> str:
    return KNOWN if saved.outcome == "unchanged" else TAKEN


def whole_folder(path: str, *, named: bool, passed: Collection[str]) -> Candidate:
    """The folder as one document, without those folders in it that are ``passed``. Raises Unreadable, BadField (it is
    empty)."""
    left_out: list[str] = []
    with reading(path):
        content = dict(sorted(files_below(path, left_out.append, passed)))
        size_bytes = sum(os.stat(file, follow_symlinks=False).st_size for file in content.values())
    if not content:
        raise BadField(f"There is no file in {path}")
    return Candidate(path, size_bytes, content, is_folder=True, named=named, left_out=left_out)
