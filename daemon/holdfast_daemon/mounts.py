"""On which file systems inotify is deaf: what another machine, or the server behind them, changes is not told here."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

MOUNTINFO = "/proc/self/mountinfo"

#: Besides every ``fuse.*``. Not ``fuseblk``: a local disk (ntfs-3g, exfat), whose changes all go through this kernel.
DEAF = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda",  # a server's
    "9p", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "fakeowner",  # the host's, of a virtual machine or a container
    "ceph", "glusterfs", "lustre", "ocfs2", "gfs2", "orangefs", "pvfs2", "beegfs", "gpfs", "panfs",  # a cluster's
    "fuse",
})  # fmt: skip

_ESCAPE = re.compile(r"\\([0-7]{3})")


class _Mount(NamedTuple):
    number: str
    parent: str
    point: str
    kind: str


def deaf(path: bytes, mountinfo: str) -> str | None:
    """The type of the file system that holds the path, or is mounted below it, where inotify does not tell of changes
    made by others.

    ``path`` is absolute and resolved (``os.path.realpath``); ``mountinfo`` as in proc(5). None: inotify tells of all.
    """
    mounts, whole = _mounts(mountinfo), os.fsdecode(path)
    below = {mount.point for mount in mounts if mount.point != whole and _is_on(mount.point, whole)}
    kinds = (_kind_of(place, mounts) for place in (whole, *sorted(below)))
    return next((kind for kind in kinds if kind in DEAF or kind.startswith("fuse.")), None)


def read_mountinfo() -> str:
    """This machine's mounts; empty where nothing tells of them."""
    try:
        with open(MOUNTINFO, "rb") as source:
            return os.fsdecode(source.read())
    except OSError:
        return ""


def _mounts(mountinfo: str) -> list[_Mount]:
    mounts = []
    for line in mountinfo.split("\n"):  # not splitlines: the kernel escapes no other end of a line in a name
        place, _, system = line.partition(" - ")
        fields = place.split(" ")
        if len(fields) >= 6:
            mounts.append(_Mount(fields[0], fields[1], _unescaped(fields[4]), system.split(" ")[0]))
    return mounts


def _kind_of(path: str, mounts: list[_Mount]) -> str:
    """As the kernel walks: from mount to mount, each time the first one that is met on the way down the path.

    Mostly that is the longest mount point; not where one was mounted over a folder that holds another.
    """
    listed = {mount.number for mount in mounts}
    upon: dict[str | None, list[_Mount]] = {}
    for mount in mounts:
        known = mount.parent in listed and mount.parent != mount.number
        upon.setdefault(mount.parent if known else None, []).append(mount)
    number: str | None = None
    kind = ""
    while met := [mount for mount in reversed(upon.pop(number, [])) if _is_on(path, mount.point)]:
        sign = -1 if number is None else 1  # of those that nothing listed carries, the nearest counts
        nearest = min(met, key=lambda mount: sign * len(mount.point))
        number, kind = nearest.number, nearest.kind
    return kind


def _is_on(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _unescaped(field: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 8)), field)
