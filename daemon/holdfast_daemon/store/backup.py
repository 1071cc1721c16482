"""What a backup's directory holds: a whole state of the store at any time, the older one or the newer (STORE.md).

The file ``backup`` names all that belongs to the state, with sizes and hashes, and is replaced by a rename when the
rest is durable. Packs are only added to, so each is copied once, in pieces as it grew; what no state names is removed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass, field

from holdfast_daemon.store.base import Dropped, Rest
from holdfast_daemon.store.nouns import ChunkPlace
from holdfast_daemon.store.packs import found_in, is_at
from holdfast_daemon.store.sqlite.copying import begin_again, contents_in, copy_catalog, pack_ends, places_in
from holdfast_protocol.chunking import hash_of, new_hash
from holdfast_protocol.errors import Busy, Damaged, Exists, HoldfastError, NoSpace, NotFound, Unreadable

STATE, LOCK, PACKS, CATALOG, ASIDE = "backup", "lock", "packs", "catalog.sqlite", "aside"
FORMAT = 1
_MAGIC = "holdfast backup"
#: What we write, and may remove.
_OURS = re.compile(r"backup\.new|(catalog|aside)-[0-9]{6,}.*|packs/[0-9]{6,}-[0-9]{6,}\.pack")
#: Stands at the root of a disk.
_OF_NOBODY = ("lost+found",)
_BLOCK_BYTES = 1 << 20


@dataclass
class Piece:
    """Of a file: what stands before ``end_bytes`` and behind the piece before."""

    end_bytes: int
    hash: str


@dataclass
class FileCopy:
    """``name`` in the backup; ``look`` is how the file that was copied looked, so that it is known as the same."""

    name: str
    pieces: list[Piece] = field(default_factory=list)
    look: list[int] = field(default_factory=list)

    @property
    def size_bytes(self) -> int:
        return self.pieces[-1].end_bytes if self.pieces else 0


@dataclass
class State:
    """``packs`` by number."""

    number: int
    store: str
    time: int
    catalog: FileCopy
    aside: FileCopy
    packs: dict[int, FileCopy]

    @property
    def files(self) -> list[FileCopy]:
        return [self.catalog, self.aside, *self.packs.values()]

    @property
    def size_bytes(self) -> int:
        return sum(each.size_bytes for each in self.files)


def state_of(directory: str) -> State | None:
    """The state that a directory holds; None where it holds nothing. Raises Damaged, Exists, Unreadable."""
    with coded(directory):
        if not os.path.isdir(directory) or not os.listdir(directory):
            return None
        path = os.path.join(directory, STATE)
        if not os.path.exists(path):
            if not all(name in (LOCK, PACKS, *_OF_NOBODY) or _OURS.fullmatch(name) for name in os.listdir(directory)):
                raise Exists(f"{directory} is not empty, and is no backup of a store", path=directory)
            return None
        with open(path, "rb") as source:
            first, _, body = source.read().partition(b"\n")
    words = first.decode(errors="replace").split(" ")
    if " ".join(words[:2]) != _MAGIC or len(words) != 4 or words[3] != hash_of(body).hex():
        raise Damaged(f"{path} is damaged; make another backup elsewhere", path=path)
    if words[2] != str(FORMAT):
        raise Unreadable(f"{directory} has a backup of format {words[2]}; this holdfast knows {FORMAT}", path=directory)
    known = json.loads(body)
    packs = {int(number): _copy(each) for number, each in known["packs"].items()}
    return State(**{**known, "catalog": _copy(known["catalog"]), "aside": _copy(known["aside"]), "packs": packs})


def _copy(known: dict[str, list[dict[str, object]]]) -> FileCopy:
    made = FileCopy(**known)  # type: ignore[arg-type]  # what we wrote, as its hash says
    if not _OURS.fullmatch(made.name):
        raise Damaged(f"No file of a backup is called {made.name}")
    made.pieces = [Piece(**each) for each in known["pieces"]]  # type: ignore[arg-type]  # the same
    return made


class Backup:
    """One run. For a thread. ``at`` is told of each step; ``total_bytes`` grows as it is known what there is to do."""

    def __init__(
        self, store: str, store_id: bytes, directory: str, aside: Callable[[], bytes], at: Callable[[str], None],
        rest: Rest, *, all: bool,
    ) -> None:  # fmt: skip
        """``aside`` gives what applications handed over that the catalog could not take."""
        self._store = store
        self._aside_content = aside
        self._id = store_id.hex()
        self._directory = directory
        self._at = at
        self._rest = rest
        self._all = all
        self.stage = ""
        self.total_bytes = self.copied_bytes = 0
        self.damaged: list[str] = []

    def run(self, time: int) -> State:
        """The new state. Raises Dropped where a pack went meanwhile (begin anew), Busy, NoSpace, Damaged, Unreadable,
        Exists; the state that was there is there still."""
        with coded(self._directory):
            os.makedirs(os.path.join(self._directory, PACKS), mode=0o700, exist_ok=True)
            with contextlib.suppress(PermissionError):  # a file system that knows no modes
                os.chmod(self._directory, 0o700)
            lock = os.open(os.path.join(self._directory, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as problem:
                raise Busy(f"Another backup is written to {self._directory} just now") from problem
            before = state_of(self._directory)
            if before is not None and before.store != self._id:
                raise Exists(f"{self._directory} has a backup of another store", path=self._directory)
            self._sweep(before)
            try:
                state = self._written(before, time)
            except BaseException:
                with contextlib.suppress(OSError, HoldfastError):
                    self._sweep(before)
                raise
            self._sweep(state)
            self._at("backup-swept")
            return state
        finally:
            os.close(lock)

    def _written(self, before: State | None, time: int) -> State:
        number = before.number + 1 if before else 1
        self.stage = "workspaces"
        aside = self._aside(f"aside-{number:06d}")  # before the catalog: what leaves it meanwhile is in that
        self.stage = "catalog"
        catalog = self._catalog(f"catalog-{number:06d}.sqlite")
        self._at("backup-catalog")
        self.stage = "packs"
        ends = pack_ends(self._path(catalog.name))
        known = before.packs if before else {}
        self.total_bytes += 2 * sum(max(0, end - _end_of(known.get(pack))) for pack, end in ends.items())
        packs = {
            pack: self._pack(pack, end, self._usable(pack, known.get(pack), catalog.name), number)
            for pack, end in sorted(ends.items())
        }
        with coded(self._directory):
            sync_folder(self._path(PACKS))
            sync_folder(self._directory)
        state = State(number, self._id, time, catalog, aside, packs)
        self.stage = "done"
        self._at("backup-copied")
        self._name(state)
        self._at("backup-named")
        return state

    def _aside(self, name: str) -> FileCopy:
        content = self._aside_content()
        with coded(self._directory), open(self._path(name), "wb", opener=_private) as target:
            target.write(content)
            target.flush()
            os.fsync(target.fileno())
        return FileCopy(name, [Piece(len(content), hash_of(content).hex())])

    def _catalog(self, name: str) -> FileCopy:
        source, path = os.path.join(self._store, CATALOG), self._path(name)
        self.total_bytes += os.path.getsize(source)
        copy_catalog(source, path, self._rest)
        with coded(self._directory):
            size_bytes = os.path.getsize(path)
            self.copied_bytes += size_bytes
            return FileCopy(name, [Piece(size_bytes, _hash(path, 0, size_bytes, self._rest))])

    def _usable(self, pack: int, known: FileCopy | None, catalog: str) -> FileCopy | None:
        """What is there of a pack, where it is this one's beginning still: a number may be given again after a start,
        to other content."""
        if known is None:
            return None
        path = self._path(known.name)
        if not os.path.exists(path) or os.path.getsize(path) < known.size_bytes:
            self.damaged.append(f"{path} is gone, or was cut")
            return None
        if known.look != _look(self._source(pack)):
            places = [each for each in places_in(self._path(catalog), pack) if _ends(each) <= known.size_bytes]
            with coded(self._directory), open(path, "rb") as copied:
                if not all(is_at(copied.fileno(), place) for place in places):
                    return None
        if self._all:
            found = damage_in(self._directory, known, self._rest)
            self.damaged += found
            return None if found else known
        return known

    def _pack(self, pack: int, end: int, known: FileCopy | None, number: int) -> FileCopy:
        """All of it up to ``end``: what is known, and a piece more where it grew."""
        source = self._source(pack)
        made = known or FileCopy(os.path.join(PACKS, f"{pack:06d}-{number:06d}.pack"))
        start = made.size_bytes
        try:
            look = _look(source)
            if start >= end:
                return FileCopy(made.name, made.pieces, look)
            wanted = self._copied(source, self._path(made.name), start, end)
        except FileNotFoundError as problem:
            raise Dropped from problem
        self._at("backup-pack")
        with coded(self._directory):
            if _hash(self._path(made.name), start, end, self._rest) != wanted:
                raise Damaged(f"What was written to {made.name} is not what is read there", path=self._directory)
        self.copied_bytes += end - start
        return FileCopy(made.name, [*made.pieces, Piece(end, wanted)], look)

    def _copied(self, source: str, target: str, start: int, end: int) -> str:
        """Durably; gives the hash of what was read."""
        hashed = new_hash()
        with (
            open(source, "rb") as read, coded(self._directory),
            open(target, "ab", buffering=0, opener=_private) as written,
        ):  # fmt: skip
            read.seek(start)
            written.truncate(start)
            while start < end:
                block = read.read(min(_BLOCK_BYTES, end - start))
                if not block:
                    raise Damaged(f"{source} ends {end - start} bytes before it should", path=source)
                hashed.update(block)
                _write_all(written.fileno(), block)
                start += len(block)
                self._rest(len(block))
            os.fsync(written.fileno())
        return str(hashed.hexdigest())

    def _name(self, state: State) -> None:
        """From here on it is the state of the directory."""
        body = json.dumps(asdict(state), indent=1).encode()
        path = self._path(STATE)
        with coded(self._directory):
            with open(f"{path}.new", "wb", opener=_private) as target:
                target.write(f"{_MAGIC} {FORMAT} {hash_of(body).hex()}\n".encode() + body)
                target.flush()
                os.fsync(target.fileno())
            self._at("backup-state-written")
            os.replace(f"{path}.new", path)
            sync_folder(self._directory)

    def _sweep(self, state: State | None) -> None:
        """What the state does not name goes."""
        kept = {each.name for each in state.files} if state else set()
        with coded(self._directory):
            for folder in ("", PACKS):
                names = (os.path.join(folder, leaf) for leaf in os.listdir(self._path(folder)))
                for name in names:
                    if name not in kept and _OURS.fullmatch(name):
                        os.unlink(self._path(name))

    def _source(self, pack: int) -> str:
        return os.path.join(self._store, PACKS, f"{pack:06d}.pack")

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, name)


def damage_in(directory: str, copy: FileCopy, rest: Rest) -> list[str]:
    """For people: which of its pieces are not what was written."""
    path, start = os.path.join(directory, copy.name), 0
    found: list[str] = []
    for piece in copy.pieces:
        try:
            whole = _hash(path, start, piece.end_bytes, rest) == piece.hash
        except OSError as problem:
            return [*found, f"{path}: {problem.strerror}"]
        if not whole:
            found.append(f"{path} is damaged between bytes {start} and {piece.end_bytes}")
        start = piece.end_bytes
    return found


def restore(
    directory: str, target: str, store_id: bytes, boot: str, is_there: Callable[[bytes], bool]
) -> list[str]:  # fmt: skip
    """The state of a backup stands in the folder ``target``, which is made: catalog (see ``begin_again``), packs and
    aside, durably. Gives what of it is damaged; a catalog that cannot be used is an error. Raises NotFound, Damaged,
    Exists, StoreNewer, NoSpace, Unreadable."""
    state = state_of(directory)
    if state is None:
        raise NotFound(f"There is no backup in {directory}", path=directory)
    found: list[str] = []
    with coded(target):
        os.makedirs(os.path.join(target, PACKS), mode=0o700)
        names = {CATALOG: state.catalog, ASIDE: state.aside}
        names |= {os.path.join(PACKS, f"{number:06d}.pack"): each for number, each in state.packs.items()}
        for name, copy in names.items():
            found += damage_in(directory, copy, lambda _: None)
            if name == CATALOG and not os.path.exists(os.path.join(directory, copy.name)):
                raise Damaged(f"The catalog of the backup in {directory} is gone", path=directory)
            with contextlib.suppress(FileNotFoundError):  # it is named in what was found
                _put(os.path.join(directory, copy.name), os.path.join(target, name), copy.size_bytes)
        if not state.aside.size_bytes:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(target, ASIDE))
        try:
            begin_again(os.path.join(target, CATALOG), store_id, boot, is_there)
        except Damaged as problem:
            raise Damaged(f"{(*found, problem.sentence)[0]}: nothing was brought back", path=directory) from problem
        sync_folder(os.path.join(target, PACKS))
        sync_folder(target)
    return found


def pieces_in(directory: str, hashes: Collection[bytes], rest: Rest) -> Iterator[tuple[bytes, bytes]]:
    """Those of the chunks that are whole in a backup: hash and bytes. Raises what ``state_of`` does."""
    state = state_of(directory)
    if state is not None:
        yield from contents_in(os.path.join(directory, state.catalog.name), hashes)
        for each in state.packs.values():
            yield from found_in(os.path.join(directory, each.name), hashes, rest)


def _put(source: str, target: str, size_bytes: int) -> None:
    with open(source, "rb") as read, open(target, "xb", opener=_private) as written:
        shutil.copyfileobj(read, written, _BLOCK_BYTES)
        written.flush()
        if size_bytes < os.fstat(written.fileno()).st_size:
            written.truncate(size_bytes)  # more had been added than the state names
        os.fsync(written.fileno())


def _hash(path: str, start: int, end: int, rest: Rest) -> str:
    """Of what is on the disk there, not of what the kernel remembers."""
    hashed = new_hash()
    with open(path, "rb", buffering=0) as source:
        os.posix_fadvise(source.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        source.seek(start)
        while start < end and (block := source.read(min(_BLOCK_BYTES, end - start))):
            hashed.update(block)
            start += len(block)
            rest(len(block))
    return str(hashed.hexdigest())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)


def _look(path: str) -> list[int]:
    state = os.stat(path)
    return [state.st_ino, state.st_size, state.st_mtime_ns]


def _ends(place: ChunkPlace) -> int:
    return (place.offset_bytes or 0) + place.size_bytes


def _end_of(copy: FileCopy | None) -> int:
    return copy.size_bytes if copy else 0


def _write_all(descriptor: int, block: bytes) -> None:
    written = 0
    while written < len(block):
        written += os.write(descriptor, block[written:])


def sync_folder(path: str) -> None:
    """What was made, renamed and removed in it is durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def coded(directory: str) -> Iterator[None]:
    """What the system says, as a coded error."""
    try:
        yield
    except OSError as problem:
        if problem.errno in (errno.ENOSPC, errno.EDQUOT):
            raise NoSpace(f"The disk of {directory} is full", path=directory) from problem
        raise Unreadable(f"{directory}: {problem.strerror}", path=directory) from problem

