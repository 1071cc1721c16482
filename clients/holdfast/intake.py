"""Many documents at once: files, bundles, and folders, which are documents themselves or are walked.

Nothing is sent to hear that it is nobody's: the daemon is asked by the beginnings of files, a folder at a time. What
may be a document goes as one, several small ones together; what is known already is not taken in again.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from holdfast.plans import Came, Plan, asked, side_by_side
from holdfast.taking import ARCHIVE, OF_ONE, REFUSED, UNRECOGNISED, Candidate, Imported, Taking, whole_folder
from holdfast.walking import PASSED, beginning, listing, reading
from holdfast_protocol.errors import (
    BadField,
    HoldfastError,
    TooLarge,
    UnknownVerb,
    Unreadable,
    Unrecognised,
)
from holdfast_protocol.messages import LIMITS, Recognise, Recognised
from holdfast_protocol.model import FileSource

if TYPE_CHECKING:
    from holdfast.sources import FileContent
    from holdfast.verbs import Verbs

#: By so much of a file it is asked whose it may be.
_BEGINNING_BYTES = 64 * 1024
#: So much of a file that somebody names is sent unasked.
_MEANT_BYTES = 1024 * 1024
#: Of so many files, and so much of them, it is asked at once.
_ASKED_COUNT = 200
_ASKED_BYTES = 2 * 1024 * 1024
#: So many documents, and so much of them, are under way together; a larger one is alone.
_ROUND_COUNT = 64
_ROUND_BYTES = 4 * 1024 * 1024
#: Of so many that are nobody's it is told before more is looked at.
_TOLD_COUNT = 100
#: Whoever names a folder with more than this means another one.
_MOST_FILES = 1_000_000


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
        self._taking = Taking(
            verbs, app=app, name=name, resources=resources, published=published, checked=checked
        )  # fmt: skip
        self._app = app
        self._name = name
        self._once = once
        self._named = deque(os.fspath(path) for path in paths)
        self._places: list[_Place] = []
        self._candidates: deque[Candidate] = deque()
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
            while (self._places or self._named) and not self._is_round_full() and len(came) < _TOLD_COUNT:
                came += yield from self._look()
            if self._candidates and (self._is_round_full() or not (self._places or self._named)):
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
        except OF_ONE as problem:
            return [Imported(path, REFUSED, problem=problem, named=True)]

    def _path(self, path: str) -> Plan[list[Imported]]:
        """One that was named. Raises Unreadable, BadField."""
        state = None
        if path != "-":
            with reading(path):
                state = os.stat(path)
        if state is not None and stat.S_ISDIR(state.st_mode):
            if self._app is not None:
                self._find(whole_folder(path, named=True, passed=frozenset()))
            else:
                self._places.append(_Place(path, state.st_dev, named=True))
        elif state is not None and stat.S_ISREG(state.st_mode):
            return (yield from self._files([(path, state.st_size)], named=True))
        elif self._once is not None:
            content = self._once(path)
            self._find(Candidate(path, 0, content, is_folder=False, named=True))
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
            candidate = whole_folder(place.path, named=place.named, passed=PASSED)
        except OF_ONE as problem:
            return Imported(place.path, REFUSED, problem=problem, named=place.named)
        if candidate.size_bytes > LIMITS["format_bytes"] or len(candidate.content or ()) > LIMITS["files_count"]:  # type: ignore[arg-type]  # of several files
            return None
        came = yield from self._taking.imported(candidate)
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
    ) -> Plan[tuple[list[Imported], list[Candidate], bool]]:
        """What became already of files of one folder, those that may be documents, and whether the folder may be."""
        came: list[Imported] = []
        likely: list[Candidate] = []
        may_be_whole = False
        batch: list[tuple[str, int, bytes]] = []
        batch_bytes = 0
        for path, size_bytes in files:
            try:
                start = beginning(path, _BEGINNING_BYTES, follow=named)
            except Unreadable as problem:
                came.append(Imported(path, REFUSED, problem=problem, named=named))
                continue
            is_meant = self._app is not None or (named and size_bytes <= _MEANT_BYTES)
            if is_meant or start.startswith(ARCHIVE):
                likely.append(Candidate(path, size_bytes, None, is_folder=False, named=named))
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
        self, batch: Sequence[tuple[str, int, bytes]], named: bool, came: list[Imported], likely: list[Candidate]
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
                likely.append(Candidate(path, size_bytes, None, is_folder=False, named=named))
            else:
                nobody = Unrecognised("No application recognises it")
                came.append(Imported(path, UNRECOGNISED, problem=nobody, size_bytes=size_bytes, named=named))
        return answer.reply.folder

    def _find(self, candidate: Candidate) -> None:
        self._candidates.append(candidate)
        self.found_count += 1

    def _done(self, candidate: Candidate) -> None:
        self.done_count += 1
        self.done_bytes += candidate.size_bytes

    def _round(self) -> Plan[list[Imported]]:
        """Several at once."""
        some = self._chosen()
        came: list[Imported] = []
        stopped: HoldfastError | None = None
        ended = yield from side_by_side([self._taking.imported(each) for each in some])
        for candidate, each in zip(some, ended, strict=True):
            if isinstance(each, Came):
                self._done(candidate)
                came.append(each.to)
            else:
                stopped = stopped or each
        self._stopped = stopped
        return came

    def _chosen(self) -> list[Candidate]:
        """The next few. Those of one name are not among them together: the first is to have it."""
        some: list[Candidate] = []
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
