"""Why a daemon is not heard. By what is at its socket, in its locks and in its unit each way is told from the others,
in one sentence with what mends it. Only for when something is wrong: nothing here is quick."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Mapping
from typing import NamedTuple

from holdfast.holders import Holder, holder_of
from holdfast.units import PLACES, SERVICE_UNIT, SOCKET_UNIT, trouble, unit_folder
from holdfast_protocol.endpoint import check_trusted, is_shared, places, service_at
from holdfast_protocol.errors import Busy, HoldfastError, NotAllowed, TooLate, Unreachable, Unreadable
from holdfast_protocol.processes import is_stopped

#: Between what is wrong and what to type.
MEND = "; mend it with: "


class Cause(NamedTuple):
    """``what``: is broken, "" where nothing is: none runs, and the next that is started is as good as ever."""

    kind: type[HoldfastError]
    what: str
    sentence: str
    mend: str = ""

    def error(self, path: str) -> HoldfastError:
        return self.kind(f"{self.sentence}{MEND}{self.mend}" if self.mend else self.sentence, socket=path)


def parted(text: str) -> tuple[str, str]:
    """What is wrong, and what mends it, "" where that is not said; of an error's sentence, or a daemon's last words."""
    sentence, _, mend = text.partition(MEND)
    return sentence, mend


def of_nobody(path: str, environment: Mapping[str, str]) -> Cause:
    """Where nobody listens."""
    closed = _of_the_folder(path)
    if closed is not None:
        return closed
    if is_shared(path):
        sentence = f"no daemon listens at {path}, where a shared store would"
        return Cause(Unreachable, "daemon", sentence, f"sudo systemctl start {service_at(path)}")
    store = places(environment, socket=path).store
    holder, keeper = holder_of(f"{path}.lock"), holder_of(os.path.join(store, "lock"))
    if keeper is not None and keeper.socket == path:
        holder = holder or keeper
    if holder is not None:
        return _of_a_holder(path, holder)
    if keeper is not None and keeper.socket:
        sentence = f"process {keeper.pid} holds the store, and listens at {keeper.socket} instead of {path}"
        return Cause(Unreachable, "store", sentence, f"holdfast --socket {shlex.quote(keeper.socket)} status")
    return trouble_of(path, environment) or _of_a_remnant(path, _start(path, environment))


def of_silence(path: str, environment: Mapping[str, str]) -> Cause | None:
    """Where somebody listens, and says nothing; None where that is nothing strange."""
    if is_shared(path):
        sentence = f"the shared store at {path} does not answer"
        return Cause(TooLate, "daemon", sentence, f"sudo systemctl restart {service_at(path)}")
    holder = holder_of(f"{path}.lock")
    if holder is None:
        found = trouble_of(path, environment)
        if found is not None or is_of_systemd(path, environment):
            return found
        sentence = f"something listens at {path}, and holds no lock: it is no daemon"
        return Cause(TooLate, "socket", sentence, f"rm {shlex.quote(path)}")
    if holder.doing:
        return _of_a_holder(path, holder)
    if is_stopped(holder.pid):
        sentence = f"process {holder.pid} listens at {path} and was stopped by a signal or a debugger: it hangs"
        return Cause(TooLate, "daemon", sentence, f"kill -CONT {holder.pid}")
    sentence = f"process {holder.pid} listens at {path} and does not answer: it hangs"
    return Cause(TooLate, "daemon", sentence, f"{holder.ends(hangs=True)}  (nothing that was answered is lost)")


def is_of_systemd(path: str, environment: Mapping[str, str]) -> bool:
    """Whether the socket is the one of the user's own unit."""
    own = places({name: value for name, value in environment.items() if name not in PLACES}, store="/", sessions="/")
    return path == own.socket and os.path.lexists(os.path.join(unit_folder(environment), SOCKET_UNIT))


def trouble_of(path: str, environment: Mapping[str, str]) -> Cause | None:
    """What is wrong with the units, where they are in place for this socket."""
    if not is_of_systemd(path, environment):
        return None
    found = trouble()
    return Cause(Unreachable, "service", *found) if found else None


def _of_a_holder(path: str, holder: Holder) -> Cause:
    """It runs, and nobody listens."""
    process = f"process {holder.pid}"
    if holder.doing == "stopping":
        return Cause(Busy, "", f"holdfastd, {process}, is stopping; try again when it has ended")
    if holder.doing:
        return Cause(Busy, "", f"holdfastd, {process}, is {holder.doing}, and listens after that; try again then")
    end = f"{holder.ends()}  (nothing is lost; the next command starts one)"
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return Cause(Unreachable, "socket", f"{process} runs, and its socket {path} is gone: something deleted it", end)
    if not stat.S_ISSOCK(mode):
        sentence = f"{process} runs, and {_kind(mode)} is where its socket {path} was"
        return Cause(Unreachable, "socket", sentence, f"{_aside(path)}; {end}")
    sentence = f"{process} holds {path}.lock, and nobody listens at {path}: it hangs"
    return Cause(Unreachable, "daemon", sentence, holder.ends(hangs=True))


def _of_the_folder(path: str) -> Cause | None:
    folder = os.path.dirname(path)
    quoted = shlex.quote(folder)
    try:
        check_trusted(path)
        os.stat(path)
    except Unreadable:
        return None  # it is made at the first start
    except NotAllowed as problem:
        is_ours = os.path.isdir(folder) and os.stat(folder).st_uid == os.getuid()
        mend = f"chmod 0700 {quoted}" if is_ours else f"sudo mv {quoted} {quoted}.aside"
        return Cause(NotAllowed, "runtime directory", problem.sentence, mend)
    except OSError:
        return None
    return None


def _start(path: str, environment: Mapping[str, str]) -> str:
    if is_of_systemd(path, environment):
        return f"start it with: systemctl --user start {SERVICE_UNIT}"
    return "start one with: holdfastd"


def _of_a_remnant(path: str, start: str) -> Cause:
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return Cause(Unreachable, "", f"No daemon listens at {path}; {start}")
    if stat.S_ISSOCK(mode):
        return Cause(Unreachable, "", f"No daemon listens at {path}, a socket that one that was killed left; {start}")
    return Cause(Unreachable, "socket", f"{_kind(mode)} is in the place of the socket {path}", _aside(path))


def _aside(path: str) -> str:
    quoted = shlex.quote(path)
    return f"mv {quoted} {quoted}.aside"


def _kind(mode: int) -> str:
    return "a directory" if stat.S_ISDIR(mode) else "a link" if stat.S_ISLNK(mode) else "a file"
