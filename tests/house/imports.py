"""What the architecture's tests look at: the sources, what they import, and what is wrong with that."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROTOCOL, DAEMON, CLIENTS = "protocol/holdfast_protocol", "daemon/holdfast_daemon", "clients/holdfast"

#: Outside library (as it is imported) to the files that may. ``*`` crosses folders.
ROOMS: dict[str, tuple[str, ...]] = {
    "zmq": (
        f"{DAEMON}/server.py",
        f"{DAEMON}/connections.py",
        f"{DAEMON}/doorkeeper.py",
        f"{DAEMON}/liveness.py",
        f"{DAEMON}/peers.py",
        f"{CLIENTS}/channel.py",
    ),
    "msgpack": (f"{PROTOCOL}/codec.py",),
    "msgspec": (
        f"{PROTOCOL}/codec.py",
        f"{PROTOCOL}/messages.py",
        f"{PROTOCOL}/model.py",
        f"{DAEMON}/aside.py",
        f"{DAEMON}/autosave.py",
        f"{DAEMON}/configuration.py",
        f"{DAEMON}/retention.py",
        f"{DAEMON}/store/nouns.py",
        f"{DAEMON}/store/sqlite/*.py",
    ),
    "apsw": (f"{DAEMON}/store/sqlite/*.py",),
    "watchdog": (f"{DAEMON}/inotify.py",),
    "platformdirs": (f"{PROTOCOL}/endpoint.py",),
    "dbus_fast": (f"{DAEMON}/suspend.py",),
    "blake3": (f"{PROTOCOL}/chunking.py",),
    "pyfastcdc": (f"{PROTOCOL}/chunking.py",),
    "pytest": (f"{CLIENTS}/testing.py",),
    "textual": (f"{CLIENTS}/tui/*.py",),
    "rich": (f"{CLIENTS}/tui/*.py",),
    "starlette": (f"{CLIENTS}/gui/*.py",),
    "uvicorn": (f"{CLIENTS}/gui/serve.py",),
    "websockets": (f"{CLIENTS}/gui/serve.py",),
    "jinja2": (f"{CLIENTS}/gui/house.py",),
    "markupsafe": (f"{CLIENTS}/looking/*.py", f"{CLIENTS}/printing/*.py", f"{CLIENTS}/gui/*.py"),
    "pygments": (f"{CLIENTS}/looking/*.py", f"{CLIENTS}/printing/*.py", f"{CLIENTS}/tui/*.py"),
    "markdown_it": (f"{CLIENTS}/looking/marking.py", f"{CLIENTS}/printing/nodes.py"),
    "typst": (f"{CLIENTS}/printing/typesetter.py", f"{CLIENTS}/printing/glyphs.py"),
    "pypdf": (f"{CLIENTS}/printing/typeset.py",),
    "fontTools": (f"{CLIENTS}/printing/glyphs.py",),
    "numpy": (f"{CLIENTS}/printing/clouds.py", f"{CLIENTS}/printing/scene.py", f"{CLIENTS}/printing/samples.py"),
    "kingfisher_sdk": (f"{CLIENTS}/screening/rules.py",),
    "PIL": (f"{CLIENTS}/printing/nodes.py", f"{CLIENTS}/printing/scene.py"),
}
#: Distributions that are imported under another name.
IMPORTED_AS = {
    "pyzmq": "zmq", "dbus-fast": "dbus_fast", "markdown-it-py": "markdown_it", "fonttools": "fontTools",
    "pillow": "PIL", "kingfisher-secret-scanner": "kingfisher_sdk",
}  # fmt: skip

#: A tree to the packages of ours that it may import.
MAY_IMPORT: dict[str, frozenset[str]] = {
    PROTOCOL: frozenset({"holdfast_protocol"}),
    DAEMON: frozenset({"holdfast_protocol", "holdfast_daemon"}),
    CLIENTS: frozenset({"holdfast_protocol", "holdfast"}),
}
OURS = frozenset().union(*MAY_IMPORT.values())

#: The store's engines, and who may know which one it is; everybody else has the contract (store/base.py).
ENGINES = ("holdfast_daemon.store.sqlite", "holdfast_daemon.store.packs")
BUILDERS = (f"{DAEMON}/daemon.py", f"{DAEMON}/direct.py", f"{DAEMON}/store/*.py")

#: Rooms of the clients that know nothing of each other, and of which only the command line knows, which opens them.
SCREENS = ("gui", "tui")

#: The daemon's upper floors, top first: a module imports what stands below its own floor; all others stand below these.
FLOORS = (
    ("forking",),
    ("app",),
    ("daemon", "direct"),
    ("reporting",),
    ("server", "brought_back"),
    ("connections", "feed", "peers", "under_way"),
    ("doorkeeper",),
    ("log_pages",),
    ("service",),
    ("answering",),
    ("limited",),
    ("batching", "narrowing", "relinking"),
    ("adopting", "asking", "backing_up", "changing", "pulling", "putting", "searching"),
    ("continuing", "reloading"),
    ("workspaces",),
    ("live",),
    ("aside",),
    ("incoming", "restoring"),
    ("recognising",),
    ("documents",),
)

#: What decides and does no I/O (STYLE.md, rule 4).
PURE = tuple(
    f"{DAEMON}/{name}"
    for name in (
        *("autosave.py", "breaker.py", "diff.py", "due.py", "gate.py", "layouts.py", "merge.py", "paging.py"),
        "part_rows.py",
        *("payload.py", "pull.py", "quota.py", "reconcile.py", "remarks.py", "retention.py", "words.py"),
        "formats/*.py",
    )
)
IMPURE_ROOMS = (
    *(room for floor in FLOORS for room in floor),
    *("agenda", "folder", "folders", "listener", "outbound", "store", "watching", "inotify"),
)
IMPURE_LIBRARIES = ("zmq", "apsw", "watchdog", "platformdirs")
IMPURE_MODULES = (
    *("asyncio", "concurrent", "fcntl", "http", "mmap", "multiprocessing", "os", "pathlib", "queue", "random"),
    *("secrets", "select", "selectors", "shutil", "signal", "socket", "sqlite3", "subprocess", "tempfile"),
    *("threading", "time", "urllib.request"),
)
IMPURE = frozenset({f"holdfast_daemon.{room}" for room in IMPURE_ROOMS} | {*IMPURE_LIBRARIES, *IMPURE_MODULES})
#: Reading one runs what it holds (DESIGN.md, promise 10).
FORBIDDEN = frozenset({"pickle", "marshal", "shelve", "dill", "cloudpickle"})


@cache
def sources() -> dict[str, str]:
    """Path from the root to the text of every module of ours."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for tree in MAY_IMPORT
        for path in sorted((ROOT / tree).rglob("*.py"))
    }


def imported(path: str, source: str) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything that a module imports, wherever in it; ``from a import b`` is ``a.b``."""
    package = path.split("/")[1:-1]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            base += node.module.split(".") if node.module else []
            yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names)


def problems(path: str, source: str) -> list[str]:
    """A sentence for each import of this module that points the wrong way or stands in the wrong room."""
    tree = next(tree for tree in MAY_IMPORT if path.startswith(f"{tree}/"))
    pure = any(fnmatch(path, pattern) for pattern in PURE)
    found = []
    for line, name in imported(path, source):
        problem = _problem(path, name, tree) or ("a decision does no I/O" if pure and _is_impure(name) else None)
        if problem:
            found.append(f"{path}:{line}: {name}: {problem}")
    return found


def _problem(path: str, name: str, tree: str) -> str | None:
    top = name.partition(".")[0]
    if top in FORBIDDEN:
        return "runs what it reads"
    if any(f"{name}.".startswith(f"holdfast.{each}.") and not _may_open(path, each) for each in SCREENS):
        return "a screen is opened by the command line alone"
    if name.startswith(ENGINES) and not any(fnmatch(path, builder) for builder in BUILDERS):
        return "an engine is reached through store/base.py"
    if top in OURS:
        down = top in MAY_IMPORT[tree] and (tree != DAEMON or top != "holdfast_daemon" or _is_below(name, path))
        return None if down else "the import points the wrong way"
    if top in sys.stdlib_module_names:
        return None
    if top not in ROOMS:
        return "a library without a room"
    return None if any(fnmatch(path, room) for room in ROOMS[top]) else "used outside its room"


def _may_open(path: str, screen: str) -> bool:
    return path.startswith((f"{CLIENTS}/{screen}/", f"{CLIENTS}/cli/"))


def _is_below(name: str, path: str) -> bool:
    """Whether a module of the daemon stands on a lower floor than the one at ``path``, or both on the ground."""
    here = _floor(path.removeprefix(f"{DAEMON}/").removesuffix(".py"))
    there = _floor(name.split(".")[1] if "." in name else "")
    return here < there or here == there == len(FLOORS)


def _floor(room: str) -> int:
    return next((number for number, floor in enumerate(FLOORS) if room in floor), len(FLOORS))


def _is_impure(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in IMPURE)
