"""A watched folder as its user and a hostile stranger see it: an adopted one, or the application's own below sessions.

Everything is asked in this process and over the wire. Where something must have been seen, ``settle`` is the barrier.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e_daemon import Daemon, renardo, until

import holdfast
from holdfast_protocol.model import FolderRow, OperationRow, Ref, SessionRow

APP = "notes"
_CLONE_NEWUSER = 0x10000000

_LINES = "\n".join(f"h{number} >> play('-')" for number in range(40))
#: A session of Renardo's with three buffers, and others that differ from it in one of them.
BASE = renardo("Clock.bpm = 96", kick="k1 >> play('X ')", hat=_LINES, bass="b1 >> bass([0])")
KICK = BASE.replace(b"'X '", b"'XX'")
HAT = BASE.replace(b"h7 >>", b"h7 >> reverb >>")
BASS = BASE.replace(b"bass([0])", b"bass([4])")
OTHER_KICK = BASE.replace(b"'X '", b"'O '")

#: Path → inode, size, time of change and bytes (of a file) of everything in a folder.
Listing = dict[str, tuple[int, int, int, bytes]]


@dataclass(frozen=True)
class Place:
    """``root``: where files of ``app`` are put; ``folder``: the label; ``prefix``: before their paths in it."""

    daemon: Daemon
    client: holdfast.Client
    app: str
    root: Path
    folder: str
    prefix: bytes = b""

    def settle(self) -> None:
        """Everything that is on disk now is in the store."""
        self.client.settle(self.folder, timeout_seconds=60)

    def write(self, name: str, content: bytes) -> Path:
        """A file in its place, by truncation, and seen."""
        (self.root / name).write_bytes(content)
        self.settle()
        return self.root / name

    def rows(self) -> dict[str, SessionRow]:
        """The live sessions by the name of their file."""
        found, offset = [], 0
        while page := self.client.list(app=self.app, folder=self.folder, limit=1000, offset=offset).rows:
            found += page
            offset += len(page)
        return {os.fsdecode(row.path.removeprefix(self.prefix)): row for row in found}

    def row(self, name: str) -> SessionRow:
        """The session of a file."""
        return self.rows()[name]

    def ref(self, name: str, snapshot: str = "latest") -> Ref:
        """The session of a file, whatever it is called."""
        return Ref(id=self.row(name).id, snapshot=snapshot)

    def head(self, name: str) -> bytes:
        """What the head of a file's session holds."""
        return self.content(self.row(name).id)

    def content(self, identity: str, snapshot: str = "latest", path: bytes = b"") -> bytes:
        """One file of a snapshot of a session."""
        return self.client.load(Ref(id=identity, snapshot=snapshot)).files[path]

    def history(self, identity: str) -> list[bytes]:
        """What each snapshot of a session of one file holds, newest first."""
        rows = self.client.log(Ref(id=identity), limit=1000).rows
        return [self.content(identity, row.snapshot) for row in rows]

    def newest(self) -> int:
        """The number of the newest operation."""
        return max((row.number for row in self.client.operations(limit=1, newest=True).rows), default=0)

    def operations(self, since: int = 0) -> list[OperationRow]:
        """Those of this folder after that number."""
        return [row for row in self.client.events(since, follow=False) if row.folder == self.folder]

    def types(self, since: int = 0) -> list[str]:
        """What those did."""
        return [row.type for row in self.operations(since)]

    def state(self) -> FolderRow:
        """The folder as ``folder list`` shows it."""
        return folder_row(self.client, self.folder)

    def held(self) -> str:
        """Why it is held, once it is."""
        return str(until(lambda: self.state().held))

    def released(self) -> None:
        """Once it is held no longer, and watched."""
        until(lambda: (row := self.state()).held is None and row.watching and not row.scanning)

    def problems(self) -> str:
        """What status says of the folder, in one text."""
        return "\n".join([*self.state().problems, *self.client.status().problems])


def adopt(daemon: Daemon, client: holdfast.Client, path: Path, app: str = APP, **options: object) -> Place:
    """``folder add``, and its first scan."""
    path.mkdir(parents=True, exist_ok=True)
    [row, *_] = client.folder_add(str(path), app, **options).rows  # type: ignore[arg-type]  # passed on as they are
    client.folder_scan(row.label, timeout_seconds=60)
    return Place(daemon, client, app, Path(os.fsdecode(row.path)), row.label)


def own(daemon: Daemon, client: holdfast.Client, app: str = APP) -> Place:
    """The application's folder below the sessions folder."""
    root = daemon.sessions / app
    root.mkdir(exist_ok=True)
    return Place(daemon, client, app, root, "sessions", os.fsencode(app) + b"/")


def adopt_sets(daemon: Daemon, client: holdfast.Client, root: Path) -> Place:
    """A folder of Renardo's: ``set.py`` has three buffers, and nothing happens to the nine others."""
    fill(root, {f"still {number}.py": BASE.replace(b"96", b"%d" % number) for number in range(9)})
    fill(root, {"set.py": BASE})
    return adopt(daemon, client, root, "renardo")


def save_set(place: Place, content: bytes, expect: int) -> str:
    """``set.py`` saved by another client, which knows nothing of what this one has seen; the outcome."""
    with place.daemon.client() as client:
        saved = client.save("renardo", "set", content, folder=place.folder, expect=expect, published=True)
    return str(saved.outcome)


def folder_row(client: holdfast.Client, label: str) -> FolderRow:
    """One row of ``folder list``."""
    return next(row for row in client.folder_list().rows if row.label == label)


def identities(place: Place) -> dict[str, str]:
    """The id of each live session by the name of its file."""
    return {name: row.id for name, row in place.rows().items()}


def hears(place: Place) -> None:
    """What is written from now on is seen by its event, without anybody asking. Of the file called 0."""
    until(lambda: place.state().watching == "events")
    (place.root / "0").write_bytes(b"heard again")
    until(lambda: place.head("0") == b"heard again")


def listing(root: Path) -> Listing:
    """Everything in a folder, to see that nobody wrote there."""
    found: Listing = {}
    for path in sorted(root.rglob("*")):
        state = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found[str(path.relative_to(root))] = (state.st_ino, state.st_size, state.st_mtime_ns, content)
    return found


def fill(root: Path, names: Mapping[str, bytes] | list[str] | range) -> dict[str, bytes]:
    """Files by their names; a list's, or numbers', hold their name."""
    root.mkdir(parents=True, exist_ok=True)
    contents = dict(names) if isinstance(names, Mapping) else {str(name): f"this is {name}".encode() for name in names}
    for name, content in contents.items():
        (root / name).write_bytes(content)
    return contents


def filled(place: Place, count: int) -> dict[str, str]:
    """So many sessions; the id of each by its file."""
    fill(place.root, range(count))
    place.settle()
    return identities(place)


def remove_first(place: Place, count: int) -> None:
    """The first so many files, and seen."""
    for number in range(count):
        (place.root / str(number)).unlink()
    place.settle()


def memory_bytes(pid: int) -> int:
    """The most that a process has had in memory so far."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def with_inotify_limits(**limits: int) -> Callable[[], None]:
    """For a new process: ``instances`` and ``watches`` of inotify that it may have, and nobody else is disturbed, as
    they hold for a user namespace of its own."""

    def apply() -> None:
        user, group = os.getuid(), os.getgid()
        if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) != 0:
            os._exit(99)
        for name, content in (
            ("/proc/self/uid_map", f"0 {user} 1"), ("/proc/self/setgroups", "deny"),
            ("/proc/self/gid_map", f"0 {group} 1"),
            *((f"/proc/sys/user/max_inotify_{what}", str(count)) for what, count in limits.items()),
        ):  # fmt: skip
            with open(name, "w") as target:
                target.write(content)

    return apply


def can_limit_inotify() -> bool:
    """Whether this machine lets processes have a user namespace of their own."""
    child = os.fork()
    if child == 0:
        try:
            with_inotify_limits(instances=0)()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0
