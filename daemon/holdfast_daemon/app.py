"""holdfastd, the program: its words, and the daemon in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import version

from holdfast_daemon import last_words, logs
from holdfast_daemon.allocator import keep_large_apart
from holdfast_daemon.brought_back import bring_back
from holdfast_daemon.configuration import read as configured
from holdfast_daemon.configuration import shown
from holdfast_daemon.daemon import Daemon
from holdfast_daemon.direct import serve as serve_directly
from holdfast_daemon.fault import Faults
from holdfast_daemon.listener import Lock, make_directory
from holdfast_daemon.notices import Notices
from holdfast_daemon.reporting import text
from holdfast_protocol.endpoint import Places, places
from holdfast_protocol.errors import Damaged, HoldfastError, NoSpace, Unreadable
from holdfast_protocol.processes import boot_id

_log = logging.getLogger("holdfast")

#: Loop and catalog hand the interpreter to each other several times a change, and may wait so long for each: Python's
#: 5 ms cost a change alone a third more time.
SWITCH_SECONDS = 0.001


def main(argv: Sequence[str] | None = None) -> int:
    """Runs in the foreground, logs to stderr, stops cleanly on SIGTERM and SIGINT."""
    arguments = _parser().parse_args(argv)
    logs.begin(os.environ)
    sys.setswitchinterval(SWITCH_SECONDS)
    where = places(
        os.environ,
        store=arguments.store,
        sessions=arguments.sessions,
        socket=arguments.socket,
        config=arguments.config,
    )
    try:
        if arguments.configuration:
            print(shown(configured(where.config)), end="")
            return 0
        if arguments.read_only:
            return serve_directly(where)
        if arguments.restore:
            return _restore(where, arguments.restore)
        asyncio.run(_run(where, arguments))
    except HoldfastError as problem:
        return _ended(problem, where)
    except OSError as problem:
        coded = NoSpace if problem.errno in (errno.ENOSPC, errno.EDQUOT) else Unreadable
        path = text(problem.filename) if problem.filename else ""
        said = f"{path}: {problem.strerror}" if path else str(problem)
        return _ended(coded(said, path=path), where)
    return 0


def _ended(problem: HoldfastError, where: Places) -> int:
    """The service manager keeps the line too, for whoever asks it how its unit is."""
    said = last_words.sentence(problem, where)
    Notices(os.environ).status(said)
    last_words.say(said)
    return problem.exit_code


def _restore(where: Places, directory: str) -> int:
    """Says on stdout what of the backup is damaged; that is code 8, and all else is there."""
    make_directory(where.store)
    note: dict[str, str | int] = {"pid": os.getpid(), "socket": where.socket, "version": version("holdfast")}
    lock = Lock(os.path.join(where.store, "lock"), f"The store {where.store}", note)
    try:
        damaged = bring_back(
            os.path.abspath(directory), where.store, os.fsencode(where.sessions), boot_id(), Faults(os.environ)
        )
    finally:
        lock.release()
    for each in damaged:
        print(text(each))
    return Damaged.exit_code if damaged else 0


async def _run(where: Places, arguments: argparse.Namespace) -> None:
    keep_large_apart()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is something to reload
    signal.signal(signal.SIGIO, signal.SIG_IGN)  # sent where somebody opens a file at the moment of ``has_writer``
    daemon = Daemon(where, os.environ, arguments.listen, arguments.shared)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await daemon.start()
    where, notices = daemon.where, daemon.notices
    serving = f"Serves the sessions in {where.sessions}"

    def reload() -> None:
        notices.reloading()
        daemon.reload()
        notices.ready(serving)

    loop.add_signal_handler(signal.SIGHUP, stopped.set if sys.stdin.isatty() else reload)
    _log.info("holdfastd %s listens at %s; sessions are in %s", version("holdfast"), where.socket, where.sessions)
    notices.ready(serving)
    if arguments.introduce:
        print(_introduction(where), flush=True)
    await stopped.wait()
    _log.info("holdfastd stops")
    notices.stopping()
    with notices.taking_longer():
        await daemon.stop()


def _introduction(where: Places) -> str:
    command = os.path.relpath(os.path.join(os.path.dirname(sys.executable), "holdfast"))
    home = os.path.dirname(where.store)
    return f"""
holdfastd is running. It listens at   {where.socket}
Sessions are ordinary files in        {where.sessions}
Their history is in                   {where.store}

In another terminal:

  export HOLDFAST_HOME={home}
  {command} save notes/hello README.md
  {command} list
  {command} status

Ctrl-C stops it; nothing is lost.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="holdfastd", description="The daemon that owns this machine's sessions.")
    parser.add_argument("--config", metavar="FILE", help="configuration file")
    parser.add_argument("--store", metavar="DIR", help="where the history is kept")
    parser.add_argument("--sessions", metavar="DIR", help="the folder of session files")
    parser.add_argument("--socket", metavar="PATH", help="where to listen")
    parser.add_argument("--listen", metavar="tcp://HOST:PORT", default="", help="where on the network too")
    parser.add_argument("--shared", metavar="NAME", default="", help="for the users that the configuration names")
    parser.add_argument("--introduce", action="store_true", help="say on stdout where everything is, once ready")
    parser.add_argument("--configuration", action="store_true", help="only say on stdout what is set, or what is wrong")
    parser.add_argument("--restore", metavar="DIR", help="only make the store of the backup there; none may be")
    parser.add_argument("--read-only", action="store_true", help="only read the store, until standard input ends")
    parser.add_argument("--version", action="version", version=f"holdfastd {version('holdfast')}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
