"""A real systemd of a user's own, in mounts of its own: what it is told and what it starts ends with the tests.

Needs root, for the mounts. The user has no privileges, a name that only these mounts know, and a home that goes away.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

NUMBER = 54321
HOME, RUNTIME = "/run/home", f"/run/user/{NUMBER}"
DEADLINE_SECONDS = 60
ROOT = Path(__file__).parents[2]

#: Its words: folders that the user has to see, whoever may see what is above them.
SETUP = r"""
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/systemd/system /run/home /run/aside "$RUNTIME"
chown "$NUMBER:$NUMBER" /run/home "$RUNTIME"
chmod 700 /run/home "$RUNTIME"
(cat /etc/passwd; echo "tester:x:$NUMBER:$NUMBER::/run/home:/bin/sh") > /run/passwd
mount --bind /run/passwd /etc/passwd
number=0
for folder in "$@"; do
    above=$folder
    closed=
    while [ "$above" != / ]; do
        above=$(dirname "$above")
        [ "$(( 0$(stat -c %a "$above") & 1 ))" = 1 ] || closed=$above
    done
    [ -n "$closed" ] || continue
    number=$((number + 1))
    mkdir -p "/run/aside/$number"
    mount --bind "$folder" "/run/aside/$number"
    echo "$closed" >> /run/closed
    echo "$number $folder" >> /run/folders
done
if [ -e /run/closed ]; then
    sort -u /run/closed | while read -r closed; do mount -t tmpfs -o mode=755 tmpfs "$closed"; done
    while read -r number folder; do mkdir -p "$folder"; mount --bind "/run/aside/$number" "$folder"; done < /run/folders
fi
for cgroup in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    if [ -e "$cgroup/cgroup.procs" ]; then
        mkdir -p "$cgroup/holdfast-$$"
        chown -R "$NUMBER:$NUMBER" "$cgroup/holdfast-$$"
        echo $$ > "$cgroup/holdfast-$$/cgroup.procs"
    fi
done
exec setpriv --reuid="$NUMBER" --regid="$NUMBER" --clear-groups env -i HOME=/run/home PATH=/usr/bin:/bin \
    XDG_RUNTIME_DIR="$RUNTIME" SYSTEMD_LOG_TARGET=console \
    script -qec "/lib/systemd/systemd --user" /run/home/systemd.log
"""


class User:
    """Somebody with a systemd, and this checkout's programs."""

    def __init__(self, process: int) -> None:
        self._process = process

    def left(self) -> list[int]:
        """Processes of theirs, systemd's or not."""
        mounts = os.readlink(f"/proc/{self._process}/ns/mnt")
        return [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if _mounts_of(entry) == mounts]

    def runs(self, *words: str, expect: int = 0) -> str:
        """What a command of theirs says, which ends with that code."""
        done = subprocess.run(
            [*self._inside(), *words], capture_output=True, stdin=subprocess.DEVNULL, timeout=DEADLINE_SECONDS, cwd="/"
        )
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == expect, f"{words} ended with {done.returncode}: {said}"
        return said

    def holdfast(self, *words: str, expect: int = 0) -> str:
        """The command line."""
        return self.runs(os.path.join(os.path.dirname(sys.executable), "holdfast"), *words, expect=expect)

    def runs_beside(self, *words: str) -> subprocess.Popen[bytes]:
        """A command of theirs, with pipes to what it reads and from what it says."""
        return subprocess.Popen(
            [*self._inside(), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/"
        )

    def systemctl(self, *words: str, expect: int = 0) -> str:
        return self.runs("systemctl", "--user", *words, expect=expect)

    def pid(self) -> int:
        """Of the daemon that serves."""
        said = self.holdfast("--no-start", "status")
        return int(next(line.split(": ")[1] for line in said.split("\n") if line.startswith("pid: ")))

    def writes(self, path: str, text: str) -> None:
        """A file below their home."""
        self.writes_to(f"{HOME}/{path}", text)

    def writes_to(self, path: str, text: str) -> None:
        """A file anywhere."""
        self.runs("sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', "-", path, text)

    def makes_outside(self, folder: str) -> None:
        """A folder of theirs where only root makes any."""
        words = ["install", "--directory", f"--owner={NUMBER}", folder]
        subprocess.run([*self._entered(), *words], check=True, timeout=DEADLINE_SECONDS)

    def _entered(self) -> Sequence[str]:
        return ("nsenter", f"--mount=/proc/{self._process}/ns/mnt")

    def _inside(self) -> Sequence[str]:
        return (
            *self._entered(), "setpriv", f"--reuid={NUMBER}", f"--regid={NUMBER}",
            "--clear-groups", "env", "-i", f"HOME={HOME}", "PATH=/usr/bin:/bin", f"XDG_RUNTIME_DIR={RUNTIME}",
        )  # fmt: skip


def _mounts_of(process: Path) -> str:
    try:
        return os.readlink(process / "ns" / "mnt")
    except OSError:  # it ended
        return ""
