"""Where everything is: one answer for the daemon and its clients, from the environment alone.

``HOLDFAST_HOME=DIR`` puts everything below one directory; otherwise the platform's directories are used.
platformdirs is loaded only where its answer is needed: it costs a third of a command's start.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Mapping
from typing import NamedTuple

from holdfast_protocol.errors import NotAllowed, Unreadable

#: The system's bound on a socket's path, without the closing zero byte (unix(7), sun_path).
SOCKET_PATH_BYTES = 107
#: Where the shared stores of a machine listen, ``NAME.sock`` each: root's folder, made by the units of systemd.
SHARED_SOCKETS = "/run/holdfast"


class Places(NamedTuple):
    """Absolute paths of the store, the sessions folder, the runtime directory, the socket and the configuration."""

    store: str
    sessions: str
    runtime: str
    socket: str
    config: str


def places(
    environment: Mapping[str, str],
    *,
    store: str | None = None,
    sessions: str | None = None,
    socket: str | None = None,
    config: str | None = None,
) -> Places:
    """A flag wins over its environment twin, that over ``HOLDFAST_HOME``, that over the platform's directories."""
    home = environment.get("HOLDFAST_HOME")
    home = os.path.abspath(home) if home else None
    runtime = os.path.join(home, "run") if home else _runtime_directory(environment)
    wished = socket or environment.get("HOLDFAST_SOCKET")
    chosen = _chosen(wished) if wished else _fitting(os.path.join(runtime, "holdfast.sock"), environment)
    return Places(
        store=_place(store, "STORE", home, "store", environment),
        sessions=_place(sessions, "SESSIONS", home, "sessions", environment),
        runtime=runtime if is_remote(chosen) else os.path.dirname(chosen),
        socket=chosen,
        config=_place(config, "CONFIG", home, "config.toml", environment),
    )


def is_remote(socket: str) -> bool:
    """Whether this means a daemon on the network, and no path."""
    return socket.startswith("tcp://")


def _chosen(socket: str) -> str:
    return socket if is_remote(socket) else os.path.abspath(socket)


def check_private(directory: str) -> None:
    """Raises NotAllowed unless ``directory`` is ours and closed to everybody else, Unreadable where it is absent."""
    try:
        state = os.lstat(directory)
    except OSError as problem:
        raise Unreadable(f"{directory}: {problem.strerror}", path=directory) from problem
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise NotAllowed(
            f"{directory} must be a directory of uid {os.getuid()} with mode 0700 "
            f"(it has uid {state.st_uid}, mode {stat.S_IMODE(state.st_mode):04o})",
            path=directory,
        )


def check_trusted(socket: str) -> None:
    """Raises NotAllowed where somebody else could pretend to be the daemon that listens at ``socket``: its directory is
    ours and private, or root's for shared stores. Raises Unreadable where that is absent."""
    directory = os.path.dirname(socket)
    if is_shared(socket):
        with contextlib.suppress(OSError):
            state = os.lstat(directory)
            if stat.S_ISDIR(state.st_mode) and state.st_uid == 0 and not state.st_mode & 0o022:
                return
    check_private(directory)


def is_shared(socket: str) -> bool:
    """Whether this is where a shared store of the machine listens, which no client starts."""
    return os.path.dirname(socket) == SHARED_SOCKETS


def service_at(socket: str) -> str:
    """The unit of the shared store that listens there."""
    return f"holdfast@{os.path.basename(socket).removesuffix('.sock')}.service"


def _place(flag: str | None, twin: str, home: str | None, leaf: str, environment: Mapping[str, str]) -> str:
    wished = flag or environment.get(f"HOLDFAST_{twin}")
    if wished:
        return os.path.abspath(wished)
    return os.path.join(home, leaf) if home else _platform_place(leaf)


def _platform_place(leaf: str) -> str:
    import platformdirs

    if leaf == "config.toml":
        return os.path.join(platformdirs.user_config_dir("holdfast", appauthor=False), leaf)
    return os.path.join(platformdirs.user_data_dir("holdfast", appauthor=False), leaf)


def _runtime_directory(environment: Mapping[str, str]) -> str:
    runtime = _system_runtime_directory(environment)
    if runtime:
        return os.path.join(runtime, "holdfast")
    import platformdirs

    # Not platformdirs' runtime directory: where there is none it falls back to the temporary one, which
    # cleaners empty under a running daemon (lessons.md, "Liveness").
    return os.path.join(platformdirs.user_state_dir("holdfast", appauthor=False), "run")


def _system_runtime_directory(environment: Mapping[str, str]) -> str | None:
    """The variable or, in cron and bare ssh that lack it, what it would say; None where there is none."""
    named = environment.get("XDG_RUNTIME_DIR", "")
    if os.path.isabs(named):  # a relative one is to be ignored (XDG base directory specification)
        return named
    usual = f"/run/user/{os.getuid()}"
    return usual if os.path.isdir(usual) else None


def _fitting(path: str, environment: Mapping[str, str]) -> str:
    """``path``, or a short one that stands for it, the same for everybody who asks."""
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        return path
    import hashlib  # rarely needed, and a tenth of a command's start

    digest = hashlib.blake2s(os.fsencode(path), digest_size=8).hexdigest()
    base = _system_runtime_directory(environment)
    if base is None or not os.path.isdir(base) or len(os.fsencode(base)) > 60:
        base = "/tmp"
    return os.path.join(base, f"holdfast-{os.getuid()}-{digest}", "s")
