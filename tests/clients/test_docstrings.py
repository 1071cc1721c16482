"""What the docstrings of the Python client show is what its user gets: every example runs, against a real daemon."""

from __future__ import annotations

import asyncio
import doctest
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import holdfast
from holdfast.documents import OpenDocument
from holdfast.exports import Export
from holdfast.parts import PartArray, SessionPart
from holdfast.testing import PrivateDaemon
from holdfast.verbs import Verbs

sys.path.insert(0, str(Path(__file__).parents[1] / "data" / "mosaic"))

from mosaic_sessions import World

#: Every public method of theirs has an example,
CLASSES = (holdfast.Client, holdfast.Workspace, OpenDocument, Export)
#: and each of these: items and properties are shown by one for the whole class.
WHOLE = (holdfast.Workspace, SessionPart, PartArray, holdfast.connect, holdfast.connect_async)

IDEAS = (b"a bridge", b"a bridge and a coda")
_RULE, _LINE = "//" + "=" * 78, "#" * 80
VERSE = f"""\
{_RULE}
// STARTUP_FILE: startup.py
{_RULE}
Clock.bpm = 96


{_LINE}
######## drums
{_LINE}
d1 >> play("x-o-")

{_LINE}
######## bass
{_LINE}
b1 >> bass([0])""".encode()
GENES = b"""\
<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<Session genome="hg38" locus="All" version="8">
    <Resources>
        <Resource path="https://example.org/genes.bed" type="bed"/>
    </Resources>
</Session>
"""


def _cell() -> bytes:
    """A session of Mosaic with a cluster of five points."""
    world = World()
    return bytes(world.pickled(world.session([world.geometry("membrane", 5)])))


#: Sessions that are there where an example names them.
OTHERS: dict[str, Callable[[], bytes]] = {"igv/genes": lambda: GENES, "mosaic/cell": _cell}

DOCUMENTED: dict[str, Any] = {each.__name__: each for each in WHOLE} | {
    f"{kind.__name__}.{name}": method
    for kind in CLASSES
    for name, method in vars(kind).items()
    if inspect.isfunction(method) and not name.startswith("_")
}
#: What a client for asyncio runs too: what it opens, its workspaces and its batches have other methods.
AWAITED = [
    name
    for name, method in DOCUMENTED.items()
    if name.removeprefix("Client.") in vars(Verbs)
    and not re.search(r"client\.(open|export|workspace|batch)\(", method.__doc__ or "")
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of the daemon of all examples is there, and ``genomes``, where an application keeps sessions."""
    made = tmp_path_factory.mktemp("d")
    (made / "genomes").mkdir()
    (made / "genomes" / "genes.xml").write_bytes(GENES)
    return made


@pytest.fixture(scope="module")
def running(root: Path) -> Iterator[PrivateDaemon]:
    """A real daemon, which sees no home but ``root``."""
    made = PrivateDaemon(root / "d")
    kept = {name: value for name, value in made.environment.items() if not name.startswith("XDG_")}
    made.environment = {**kept, "HOME": str(root)}
    with made:
        yield made


@pytest.fixture
def client(running: PrivateDaemon, monkeypatch: pytest.MonkeyPatch) -> Iterator[holdfast.Client]:
    """Of a store as the docstring of ``Client`` describes it; ``holdfast.connect`` finds it too."""
    monkeypatch.setenv("HOLDFAST_SOCKET", running.socket)
    with running.client() as made:
        if not made.list().rows:
            made.save("renardo", "verse", VERSE)
            for content in IDEAS:
                made.save("notes", "ideas", content)
        before = _newest(made)
        yield made
    with running.client() as clearing:
        for workspace in clearing.workspaces().rows:
            clearing.discard(workspace.id)
        if _newest(clearing) != before:
            _clear(clearing)


def _newest(client: holdfast.Client) -> int:
    return client.operations(limit=1, newest=True).rows[0].number


def _clear(client: holdfast.Client) -> None:
    for folder in client.folder_list().rows[1:]:
        client.folder_remove(folder.label)
    for kind in ({}, {"archived": True}, {"deleted": True}, {"templates": True}):
        for session in client.list(**kind).rows:
            client.purge(holdfast.Ref(id=session.id))


def _example(name: str) -> doctest.DocTest:
    text = inspect.getdoc(DOCUMENTED[name]) or ""
    return doctest.DocTestParser().get_doctest(text, {}, name, None, 0)


def _run(name: str, client: holdfast.Client, shown: object, root: Path) -> None:
    """With ``shown`` as the example's client. Raises AssertionError with what is not as it says."""
    example = _example(name)
    for session, content in OTHERS.items():
        if session in (example.docstring or ""):
            client.save(*session.split("/"), content())
    example.globs |= {"client": shown, "holdfast": holdfast, "asyncio": asyncio, "folder": str(root / "genomes")}
    example.globs["backups"] = str(root / "backups")
    if name.startswith("Workspace"):
        example.globs["ws"] = client.workspace("renardo/verse")
    told: list[str] = []
    doctest.DocTestRunner(verbose=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(example, out=told.append)
    assert not told, "".join(told)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_docstring_has_a_short_example_that_is_as_it_says(name: str, client: holdfast.Client, root: Path) -> None:
    """Every public method has one, and it shows what comes back."""
    steps = _example(name).examples
    assert any(step.want for step in steps)
    assert sum(f"{step.source}{step.want}".count("\n") for step in steps) <= 6
    _run(name, client, client, root)


class Awaiting:
    """A client for asyncio, called as the blocking one is."""

    def __init__(self, client: holdfast.AsyncClient, loop: asyncio.Runner) -> None:
        self._client = client
        self._loop = loop

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *given, **named: self._loop.run(getattr(self._client, name)(*given, **named))


@pytest.mark.parametrize("name", AWAITED)
def test_an_example_holds_for_asyncio_too(name: str, client: holdfast.Client, root: Path) -> None:
    """``await client.show(...)`` of an ``AsyncClient`` gives what ``client.show(...)`` does."""
    with asyncio.Runner() as loop:
        awaited = holdfast.AsyncClient(client.path)
        _run(name, client, Awaiting(awaited, loop), root)
        awaited.close()


def test_an_example_that_is_wrong_is_told(client: holdfast.Client, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what came instead."""

    def method() -> None:
        """>>> client.list(app="notes").rows[0].name
        'thoughts'
        """

    monkeypatch.setitem(DOCUMENTED, "method", method)
    with pytest.raises(AssertionError, match=r"Got:\n *'ideas'"):
        _run("method", client, client, root)
