"""A machine's systemd, with root and users of its own, in namespaces: what it is told and starts ends with the tests.

Needs root. Folders that it writes to are in memory, the program is where one for all users would be; what is started
with a machine otherwise is left out.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from service_user import DEADLINE_SECONDS, ROOT

NUMBERS = {"root": 0, "anna": 54321, "ben": 54322, "clara": 54323}
PROGRAM = "/opt/holdfast/bin/holdfast"

SETUP = r"""
set -eu
mount --make-rprivate /
mount -t proc proc /proc
for cgroup in /sys/fs/cgroup/unified /sys/fs/cgroup; do
    if [ -e "$cgroup/cgroup.controllers" ] || [ "$(stat -fc %T "$cgroup")" = cgroup2fs ]; then
        mkdir "$cgroup/$TAG"
        echo 0 > "$cgroup/$TAG/cgroup.procs"
        break
    fi
done
exec unshare --cgroup sh -c "$INSIDE" - "$@"
"""

INSIDE = r"""
set -eu
root=$1 prefix=$2 base=$3 python=$4
umount --lazy /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
site=$(echo "$prefix"/lib/python3*/site-packages)
for folder in /run /var/lib /home /srv; do mount -t tmpfs -o mode=755 tmpfs "$folder"; done
mkdir -p /run/lock /run/over /run/work /run/empty
mount -t overlay -o lowerdir=/etc,upperdir=/run/over,workdir=/run/work overlay /etc
for wants in /lib/systemd/system/*.wants; do mount --bind /run/empty "$wants"; done
mount -t tmpfs -o mode=755 tmpfs /etc/systemd/system
printf '[Unit]\nDefaultDependencies=no\n' > /etc/systemd/system/bare.target
for each in anna:54321 ben:54322 clara:54323; do
    name=${each%:*} number=${each#*:}
    echo "$name:x:$number:$number::/home/$name:/bin/sh" >> /etc/passwd
    echo "$name:x:$number:" >> /etc/group
    mkdir -m 700 "/home/$name"
    chown "$number:$number" "/home/$name"
done
mkdir -p /run/program/src /run/program/lib /run/program/bin
mount --bind "$root" /run/program/src
mount --bind "$prefix/lib" /run/program/lib
sed "s|$root|/opt/holdfast/src|" "$site"/*holdfast*.pth > /run/program/pth
mount --bind /run/program/pth "/run/program/lib/${site#"$prefix/lib/"}"/*holdfast*.pth
sed 's|^home = .*|home = /opt/python/bin|' "$prefix/pyvenv.cfg" > /run/program/pyvenv.cfg
ln -s "/opt/python/bin/$python" /run/program/bin/python
for each in 'holdfast holdfast.cli' 'holdfastd holdfast_daemon.app'; do
    name=${each% *} module=${each#* }
    printf '#!/opt/holdfast/bin/python\nimport sys\nfrom %s import main\nsys.exit(main())\n' "$module" \
        > "/run/program/bin/$name"
    chmod 755 "/run/program/bin/$name"
done
mount -t tmpfs -o mode=755 tmpfs /opt
mkdir /opt/holdfast /opt/python
mount --rbind /run/program /opt/holdfast
mount --bind "$base" /opt/python
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --system --unit=bare.target --show-status=no --log-target=console
"""


class Machine:
    """With this checkout's programs for all."""

    def __init__(self, log: Path) -> None:
        self._tag = f"holdfast-{os.getpid()}-{time.monotonic_ns()}"
        base, python = os.path.realpath(sys.base_prefix), os.path.basename(os.path.realpath(sys.executable))
        with log.open("wb") as output:
            self._outer = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "sh", "-c", SETUP, "-",
                 str(ROOT), sys.prefix, base, python],
                env=os.environ | {"TAG": self._tag, "INSIDE": INSIDE}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            )  # fmt: skip
        self._log = log

    def wait_until_it_runs(self) -> None:
        """Its systemd answers."""
        until = time.monotonic() + DEADLINE_SECONDS
        while True:
            assert self._outer.poll() is None, self._log.read_text()
            try:
                self.systemctl("is-system-running")
                return
            except (AssertionError, IndexError):
                assert time.monotonic() < until, self._log.read_text()
                time.sleep(0.1)

    def runs(self, user: str, *words: str, expect: int = 0, **environment: str) -> str:
        """What a command of this user says, which ends with that code."""
        done = subprocess.run(
            [*self._as(user, environment), *words],
            capture_output=True, stdin=subprocess.DEVNULL, timeout=DEADLINE_SECONDS, cwd="/",
        )  # fmt: skip
        said = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == expect, f"{words} of {user} ended with {done.returncode}: {said}"
        return said

    @contextlib.contextmanager
    def begins(self, user: str, *words: str, store: str = "music") -> Iterator[subprocess.Popen[str]]:
        """A command that goes on."""
        inside = self._as(user, {"HOLDFAST_SOCKET": f"/run/holdfast/{store}.sock"})
        with subprocess.Popen([*inside, *words], stdout=subprocess.PIPE, text=True, cwd="/") as process:
            try:
                yield process
            finally:
                process.kill()

    def _as(self, user: str, environment: Mapping[str, str]) -> Sequence[str]:
        number = NUMBERS[user]
        inside = ["nsenter", f"--target={self._inner()}", "--mount", "--pid"]
        become = ["setpriv", f"--reuid={number}", f"--regid={number}", "--init-groups"] if number else []
        told = [f"{name}={value}" for name, value in environment.items()]
        path = "/opt/holdfast/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        home = "/root" if not number else f"/home/{user}"
        return [*inside, *become, "env", "-i", f"HOME={home}", f"PATH={path}", *told]

    def holdfast(self, user: str, *words: str, expect: int = 0, store: str = "music") -> str:
        """The command line, of a user of the shared store."""
        return self.runs(user, PROGRAM, *words, expect=expect, HOLDFAST_SOCKET=f"/run/holdfast/{store}.sock")

    def writes(self, path: str, text: str) -> None:
        """A file, as root."""
        self.runs("root", "sh", "-c", 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', "-", path, text)

    def systemctl(self, *words: str) -> str:
        return self.runs("root", "systemctl", *words)

    def ends(self) -> None:
        """With everything that it started, for it is the first process there."""
        if self._outer.poll() is None:
            os.killpg(self._outer.pid, signal.SIGKILL)
        self._outer.wait()
        until = time.monotonic() + DEADLINE_SECONDS
        for cgroup in Path("/sys/fs/cgroup").glob(f"**/{self._tag}"):
            for folder in sorted(cgroup.glob("**/"), reverse=True):  # itself is one of them
                while True:
                    try:
                        folder.rmdir()
                        break
                    except OSError:
                        assert time.monotonic() < until
                        time.sleep(0.05)

    def _inner(self) -> int:
        """Its first process, as it is called here. Raises IndexError before there is one."""
        outer = self._outer.pid
        return int(Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0])
