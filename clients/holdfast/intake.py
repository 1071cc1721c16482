"""Many documents at once: files, bundles, and folders, which are documents themselves or are walked.

Nothing is sent to hear that it is nobody's: the daemon is asked by the beginnings of files, a folder at a time. What
may be a document goes as one, several small ones together; what is known already is not taken in again.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from holdfast.calling import names_for
from holdfast.plans import Came, Plan, asked, side_by_side
from holdfast.walking import PASSED, beginning, files_below, listing, reading
from holdfast_protocol.errors import (
    BadField,
    BadName,
    Damaged,
    Exists,
    HoldfastError,
    TooLarge,
    UnknownVerb,
    Unreadable,
    Unrecognised,
)
from holdfast_protocol.messages import LIMITS, Recognise, Recognised, Saved
from holdfast_protocol.model import FileSource

if TYPE_CHECKING:
    from holdfast.sources import DocumentContent, FileContent
    from holdfast.verbs import Verbs

TAKEN, KNOWN, UNRECOGNISED, DAMAGED, REFUSED = "taken", "known", "unrecognised", "damaged", "refused"
#: As people are told of so many.
WORDS = {
    TAKEN: "taken", KNOWN: "already known", UNRECOGNISED: "not recognised", DAMAGED: "damaged", REFUSED: "refused",
}  # fmt: skip

#: By so much of a file it is asked whose it may be.
_BEGINNING_BYTES = 64 * 1024
#: Of so many files, and so much of them, it is asked at once.
_ASKED_COUNT = 200
_ASKED_BYTES = 2 * 1024 * 1024
#: So many documents, and so much of them, are under way together; a larger one is alone.
_ROUND_COUNT = 64
_ROUND_BYTES = 4 * 1024 * 1024
#: Whoever names a folder with more than this means another one.
_MOST_FILES = 1_000_000
_ARCHIVE = b"PK\x03\x04"
#: These are about one document; after any other there is no sense in going on.
_OF_ONE = (BadField, BadName, Exists, TooLarge, Unreadable)


class Imported(NamedTuple):
    """What became of ``path``. ``outcome``: taken; known, and ``saved`` tells as what; unrecognised; damaged; or
    refused, ``problem`` says why. ``named``: it was asked for by this name, and not found in a folder that was.
    ``left_out``: links and the like in it. ``resources_count``: files that a bundle has of what its session points to;
    ``brought``: where they are now."""

    path: str
    outcome: str
    saved: Saved | None = None
    problem: HoldfastError | None = None
    size_bytes: int = 0
    named: bool = False
    left_out: Sequence[str] = ()
    resources_count: int = 0
    brought: Sequence[str] = ()


class _Candidate(NamedTuple):
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


class _Place(NamedTuple):
    """Where to look."""

    path: str
    device: int
    named: bool


class Intake:
    """``paths`` in their order. ``app``: whose documents they are, folders included, whatever they look like; otherwise
    each is recognised. ``name``: of the one document. ``resources``: where the files of bundles go. ``once`` reads what
    is neither a file nor a folder. ``checked`` is told how many bytes of a bundle were, and of how many.
    ``found_count`` tells how many documents were found so far that may be taken in, ``done_count`` and ``done_bytes``
    how many, and how much, of them is done."""

    def __init__(
        self, verbs: Verbs, paths: Sequence[str | os.PathLike[str]], *, app: str | None = None, name: str | None = None,
        resources: str | None = None, published: bool = False, once: Callable[[str], FileContent] | None = None,
        checked: Callable[[int, int], None] | None = None,
    ) -> None:  # fmt: skip
        if name is not None and len(paths) != 1:
            raise BadField("--name is for one document", field="name")
        self._verbs = verbs
        self._app = app
        self._name = name
        self._resources = resources
        self._published = published
        self._once = once
        self._checked = checked
        self._named = deque(os.fspath(path) for path in paths)
        self._places: list[_Place] = []
        self._candidates: deque[_Candidate] = deque()
        self._seen_count = 0
        self._stopped: HoldfastError | None = None
        self.found_count = self.done_count = self.done_bytes = 0

    def next(self) -> Plan[list[Imported]]:
        """What became of the next few; none at the end. Raises TooLarge where there is no end to the files, and what
        stops all of it (NoSpace, Unreachable, Busy, ...)."""
        came: list[Imported] = []
        if self._stopped is not None:  # what became of the others was told first
            raise self._stopped
        while not came and not self._stopped and (self._candidates or self._places or self._named):
            while (self._places or self._named) and not self._is_round_full():
                came += yield from self._look()
            if self._candidates:
                came += yield from self._round()
        if self._stopped is not None and not came:
            raise self._stopped
        return came

    def _is_round_full(self) -> bool:
        return len(self._candidates) >= _ROUND_COUNT or (
            sum(each.size_bytes for each in self._candidates) >= _ROUND_BYTES
        )

    def _look(self) -> Plan[list[Imported]]:
        if self._places:
            return (yield from self._folder(self._places.pop()))
        path = self._named.popleft()
        try:
            return (yield from self._path(path))
        except _OF_ONE as problem:
            return [Imported(path, REFUSED, problem=problem, named=True)]

    def _path(self, path: str) -> Plan[list[Imported]]:
        """One that was named. Raises Unreadable, BadField."""
        state = None
        if path != "-":
            with reading(path):
                state = os.stat(path)
        if state is not None and stat.S_ISDIR(state.st_mode):
            if self._app is not None:
                self._find(_whole_folder(path, named=True, passed=frozenset()))
            else:
                self._places.append(_Place(path, state.st_dev, named=True))
        elif state is not None and stat.S_ISREG(state.st_mode):
            return (yield from self._files([(path, state.st_size)], named=True))
        elif self._once is not None:
            content = self._once(path)
            self._find(_Candidate(path, 0, content, is_folder=False, named=True))
        else:
            raise Unreadable(f"{path} is neither a file nor a folder", path=path)
        return []

    def _folder(self, place: _Place) -> Plan[list[Imported]]:
        """As a document where it is one; otherwise what lies in it."""
        try:
            found = listing(place.path, place.device)
        except Unreadable as problem:
            return [Imported(place.path, REFUSED, problem=problem, named=place.named)]
        self._seen_count += len(found.files)
        if self._seen_count > _MOST_FILES:
            raise TooLarge(f"There are more than {_MOST_FILES} files; name the folders one by one", limit=_MOST_FILES)
        came, likely, may_be_whole = yield from self._asked(found.files, named=False)
        if may_be_whole:
            whole = yield from self._as_document(place)
            if whole is not None:
                return [whole]
        if self._name is not None:
            raise BadField(f"--name is for one document; {place.path} is a folder of several", field="name")
        for each in likely:
            self._find(each)
        self._places += (_Place(path, place.device, named=False) for path in reversed(found.folders))
        return came

    def _as_document(self, place: _Place) -> Plan[Imported | None]:
        """None where it is none, or more than an application reads."""
        try:
            candidate = _whole_folder(place.path, named=place.named, passed=PASSED)
        except _OF_ONE as problem:
            return Imported(place.path, REFUSED, problem=problem, named=place.named)
        if candidate.size_bytes > LIMITS["format_bytes"] or len(candidate.content or ()) > LIMITS["files_count"]:  # type: ignore[arg-type]  # of several files
            return None
        came = yield from self._imported(candidate)
        if came.outcome == UNRECOGNISED:
            return None
        self.found_count += 1
        self._done(candidate)
        return came

    def _files(self, files: Sequence[tuple[str, int]], *, named: bool) -> Plan[list[Imported]]:
        came, likely, _ = yield from self._asked(files, named=named)
        for each in likely:
            self._find(each)
        return came

    def _asked(
        self, files: Sequence[tuple[str, int]], *, named: bool
    ) -> Plan[tuple[list[Imported], list[_Candidate], bool]]:
        """What became already of files of one folder, those that may be documents, and whether the folder may be."""
        came: list[Imported] = []
        likely: list[_Candidate] = []
        may_be_whole = False
        batch: list[tuple[str, int, bytes]] = []
        batch_bytes = 0
        for path, size_bytes in files:
            try:
                start = beginning(path, _BEGINNING_BYTES, follow=named)
            except Unreadable as problem:
                came.append(Imported(path, REFUSED, problem=problem, named=named))
                continue
            if self._app is not None or start.startswith(_ARCHIVE):
                likely.append(_Candidate(path, size_bytes, None, is_folder=False, named=named))
                continue
            batch.append((path, size_bytes, start))
            batch_bytes += len(start)
            if len(batch) >= _ASKED_COUNT or batch_bytes >= _ASKED_BYTES:
                may_be_whole |= yield from self._ask(batch, named, came, likely)
                batch, batch_bytes = [], 0
        if batch:
            may_be_whole |= yield from self._ask(batch, named, came, likely)
        return came, likely, may_be_whole

    def _ask(
        self, batch: Sequence[tuple[str, int, bytes]], named: bool, came: list[Imported], likely: list[_Candidate]
    ) -> Plan[bool]:
        first = batch[0][0]
        sources = [
            FileSource(path=os.fsencode(os.path.basename(path)), frame=number)
            for number, (path, _, _) in enumerate(batch)
        ]
        try:
            answer = yield from asked(Recognise(files=sources), [start for _, _, start in batch])
        except UnknownVerb as problem:
            raise UnknownVerb(f"The daemon is older and cannot be asked whose {first} is; say --app") from problem
        assert isinstance(answer.reply, Recognised)
        may_be = {*answer.reply.files}
        for number, (path, size_bytes, _) in enumerate(batch):
            if number in may_be:
                likely.append(_Candidate(path, size_bytes, None, is_folder=False, named=named))
            else:
                nobody = Unrecognised("No application recognises it")
                came.append(Imported(path, UNRECOGNISED, problem=nobody, size_bytes=size_bytes, named=named))
        return answer.reply.folder

    def _find(self, candidate: _Candidate) -> None:
        self._candidates.append(candidate)
        self.found_count += 1

    def _done(self, candidate: _Candidate) -> None:
        self.done_count += 1
        self.done_bytes += candidate.size_bytes

    def _round(self) -> Plan[list[Imported]]:
        """Several at once."""
        some = self._chosen()
        came: list[Imported] = []
        stopped: HoldfastError | None = None
        ended = yield from side_by_side([self._imported(each) for each in some])
        for candidate, each in zip(some, ended, strict=True):
            if isinstance(each, Came):
                self._done(candidate)
                came.append(each.to)
            else:
                stopped = stopped or each
        self._stopped = stopped
        return came

    def _chosen(self) -> list[_Candidate]:
        """The next few. Those of one name are not among them together: the first is to have it."""
        some: list[_Candidate] = []
        names: set[str] = set()
        size_bytes = 0
        while self._candidates and len(some) < _ROUND_COUNT:
            candidate = self._candidates[0]
            name, size_bytes = candidate.names()[0], size_bytes + candidate.size_bytes
            if some and (name in names or size_bytes > _ROUND_BYTES):
                break
            names.add(name)
            some.append(self._candidates.popleft())
        return some

    def _imported(self, candidate: _Candidate) -> Plan[Imported]:
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
        except _OF_ONE as problem:
            return told._replace(outcome=REFUSED, problem=problem)
        return told._replace(outcome=_outcome(saved), saved=saved)

    def _document(self, candidate: _Candidate) -> Plan[Saved]:
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

    def _bundle(self, candidate: _Candidate, told: Imported) -> Plan[Imported | None]:
        """None where it is none."""
        from holdfast.bundles import opened_bundle
        from holdfast.unbundling import taken_in, write_resources

        path = candidate.path
        if beginning(path, len(_ARCHIVE), follow=candidate.named) != _ARCHIVE:
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
            brought = [] if self._resources is None else write_resources(bundle, self._resources)
            return told._replace(
                outcome=_outcome(saved), saved=saved, resources_count=len(bundle.resources), brought=brought
            )


def _outcome(saved: Saved) -> str:
    return KNOWN if saved.outcome == "unchanged" else TAKEN


def _whole_folder(path: str, *, named: bool, passed: frozenset[str]) -> _Candidate:
    """Raises Unreadable, BadField."""
    left_out: list[str] = []
    with reading(path):
        content = dict(sorted(files_below(path, left_out.append, passed)))
        size_bytes = sum(os.stat(file, follow_symlinks=False).st_size for file in content.values())
    if not content:
        raise BadField(f"There is no file in {path}")
    return _Candidate(path, size_bytes, content, is_folder=True, named=named, left_out=left_out)
