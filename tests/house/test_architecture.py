"""The house stays as DESIGN.md section 3 and STYLE.md say: imports point one way, each library has one room."""

from __future__ import annotations

import ast
import re
import tomllib

import pytest
from imports import CLIENTS, DAEMON, IMPORTED_AS, IMPURE, PROTOCOL, ROOMS, ROOT, imported, problems, sources

WORDS_NOT_USED = re.compile(r"manager|helper|util", re.IGNORECASE)


@pytest.mark.parametrize("path", sources())
def test_imports_point_one_way_and_libraries_stay_in_their_rooms(path: str) -> None:
    """Clients and daemon meet in the protocol only, decisions do no I/O, a library is known in one place."""
    assert problems(path, sources()[path]) == []


@pytest.mark.parametrize("path", sources())
def test_text_is_not_split_at_every_exotic_line_end(path: str) -> None:
    """``str.splitlines`` also splits at form feeds and U+2028, which documents may hold: say what is split at."""
    calls = [node for node in ast.walk(ast.parse(sources()[path])) if isinstance(node, ast.Call)]
    found = [call.lineno for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "splitlines"]
    assert found == []


@pytest.mark.parametrize("path", sources())
def test_names_say_what_a_thing_is(path: str) -> None:
    """No module, folder or class is a manager, a helper or utils."""
    assert names_not_used(path, sources()[path]) == []


def names_not_used(path: str, source: str) -> list[str]:
    classes = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    return [name for name in [*path.split("/"), *classes] if WORDS_NOT_USED.search(name)]


def test_every_dependency_has_a_room() -> None:
    """What pyproject.toml declares is what the table of rooms names, no more and no less."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    ours = ("testing", "gui", "tui", "print", "secrets")
    declared = [*project["dependencies"], *(each for name in ours for each in extras[name])]
    names = {re.split(r"[^A-Za-z0-9_-]", dependency, maxsplit=1)[0] for dependency in declared}
    assert sorted(IMPORTED_AS.get(name, name) for name in names) == sorted(ROOMS)


def test_every_tree_has_sources() -> None:
    """The checks above look at something."""
    assert {"/".join(path.split("/")[:2]) for path in sources()} == {PROTOCOL, DAEMON, CLIENTS}


@pytest.mark.parametrize(
    ("path", "source", "problem"),
    [
        (f"{CLIENTS}/client.py", "from holdfast_daemon import app", "wrong way"),
        (f"{CLIENTS}/cli/list.py", "def run():\n    import holdfast_daemon.store", "wrong way"),
        (f"{DAEMON}/app.py", "import holdfast", "wrong way"),
        (f"{DAEMON}/app.py", "from holdfast.client import Client", "wrong way"),
        (f"{DAEMON}/saving.py", "from holdfast_daemon.service import Service", "wrong way"),
        (f"{DAEMON}/asking.py", "from holdfast_daemon import changing", "wrong way"),
        (f"{DAEMON}/documents.py", "from .incoming import Incoming", "wrong way"),
        (f"{PROTOCOL}/codec.py", "from holdfast_daemon.app import main", "wrong way"),
        (f"{PROTOCOL}/codec.py", "from holdfast import Client", "wrong way"),
        (f"{DAEMON}/service.py", "import zmq.asyncio", "outside its room"),
        (f"{CLIENTS}/client.py", "from zmq import Context", "outside its room"),
        (f"{DAEMON}/server.py", "import msgpack", "outside its room"),
        (f"{DAEMON}/store/catalog.py", "import msgpack", "outside its room"),
        (f"{DAEMON}/service.py", "import apsw", "outside its room"),
        (f"{DAEMON}/service.py", "from watchdog.observers import Observer", "outside its room"),
        (f"{CLIENTS}/cli/save.py", "import blake3", "outside its room"),
        (f"{DAEMON}/store/chunks.py", "from pyfastcdc import FastCDC", "outside its room"),
        (f"{DAEMON}/config.py", "import platformdirs", "outside its room"),
        (f"{DAEMON}/service.py", "import requests", "without a room"),
        (f"{DAEMON}/service.py", "if True:\n    import pickle", "runs what it reads"),
        (f"{CLIENTS}/tui/app.py", "from holdfast.gui.live import Live", "command line alone"),
        (f"{CLIENTS}/looking/contents.py", "from holdfast import tui", "command line alone"),
        (f"{DAEMON}/merge.py", "import time", "no I/O"),
        (f"{DAEMON}/gate.py", "from holdfast_daemon.store.catalog import Catalog", "no I/O"),
        (f"{DAEMON}/gate.py", "from holdfast_daemon import store", "no I/O"),
        (f"{DAEMON}/gate.py", "from . import store", "no I/O"),
        (f"{DAEMON}/formats/renardo/reading.py", "from ...store import catalog", "no I/O"),
        (f"{DAEMON}/formats/plain.py", "from os import path", "no I/O"),
    ],
)
def test_the_check_catches_a_wrong_import(path: str, source: str, problem: str) -> None:
    """Each made-up source has just the one problem."""
    (found,) = problems(path, source)
    assert found.endswith(problem)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (f"{DAEMON}/server.py", "import zmq"),
        (f"{CLIENTS}/channel.py", "import zmq"),
        (f"{DAEMON}/store/sqlite/reader.py", "import apsw, os, time"),
        (f"{DAEMON}/inotify.py", "from watchdog.events import FileSystemEvent"),
        (
            f"{DAEMON}/merge.py",
            "from holdfast_daemon.formats.base import Part\nfrom holdfast_protocol.model import Row",
        ),
        (f"{DAEMON}/formats/renardo/reading.py", "from ..base import Part\nimport json, posixpath"),
        (f"{CLIENTS}/cli/list.py", "from holdfast.client import Client\nimport os"),
    ],
)
def test_the_check_lets_a_right_import_pass(path: str, source: str) -> None:
    """What the design allows is not found fault with."""
    assert problems(path, source) == []


def test_a_relative_import_is_resolved() -> None:
    """``from ..base import Part`` is the full name that it stands for."""
    path = f"{DAEMON}/formats/renardo/reading.py"
    assert list(imported(path, "from ..base import Part")) == [(1, "holdfast_daemon.formats.base.Part")]


def test_the_check_catches_a_name_that_is_not_used() -> None:
    """A module and a class are both looked at."""
    assert names_not_used(f"{DAEMON}/utils.py", "class SessionManager: pass") == ["utils.py", "SessionManager"]
    assert names_not_used(f"{DAEMON}/store/catalog.py", "class Catalog: pass") == []


def test_the_table_of_what_is_not_pure_names_real_modules() -> None:
    """A slip in the table would allow what it should forbid."""
    import sys

    known = {*sys.stdlib_module_names, "urllib.request", *ROOMS}
    assert all(name in known or name.startswith("holdfast_daemon.") for name in IMPURE)
