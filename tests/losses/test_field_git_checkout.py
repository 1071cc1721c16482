"""``git checkout`` in a watched folder: several files are removed, replaced and made in one go, and come back in
another (git removes a file and makes it anew, it does not write into it)."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_daemon import until
from losses_adopted import Adopted, listing
from losses_documents import renardo
from losses_writers import recreates

MAIN = {name: renardo("Clock.bpm = 96\n", (name, f"p1 >> pluck('{name}')\n")) for name in "abcdefg"}
#: On the other branch all but two are others, one is not there, and one is new.
OTHER = {
    **{name: text.replace("96", "140") for name, text in MAIN.items() if name in "abcd"},
    **{name: MAIN[name] for name in "ef"},
    "new": renardo("Clock.bpm = 70\n", ("new", "n1 >> noise()\n")),
}


def _plain(folder: Path, branch: dict[str, str]) -> None:
    """As git does it: first what is not on the branch goes, then what differs is removed and made anew."""
    for file in sorted(folder.glob("*.py")):
        if file.stem not in branch:
            file.unlink()
    for name, text in branch.items():
        if not (folder / f"{name}.py").exists() or (folder / f"{name}.py").read_text() != text:
            recreates(folder / f"{name}.py", text.encode())


def _git(folder: Path, *words: str) -> None:
    fixed = ("-c", "user.name=ann", "-c", "user.email=ann@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *fixed, *words], cwd=folder, check=True, capture_output=True, timeout=30)


def _is_there(adopted: Adopted, branch: dict[str, str]) -> None:
    for name, text in branch.items():
        adopted.head_is(name, text.encode())
    until(lambda: adopted.rows().keys() == branch.keys())


def _there_and_back(adopted: Adopted, switch: Callable[[str], None]) -> None:
    _is_there(adopted, MAIN)
    before = {name: row["id"] for name, row in adopted.rows().items()}
    switch("other")
    _is_there(adopted, OTHER)
    switch("main")
    _is_there(adopted, MAIN)
    adopted.scan()

    assert {name: row["id"] for name, row in adopted.rows().items()} == before
    assert adopted.row()["held"] is None
    assert all(not row["suspect"] and not row["diverged"] for row in adopted.rows().values())
    assert listing(adopted.folder).keys() >= {f"{name}.py" for name in MAIN}
    for name in "abcd":
        adopted.comes_back(name, OTHER[name].encode(), MAIN[name].encode())
    assert len(adopted.history("e")) == 1
    [event] = adopted.events("deleted-outside", name="new")
    adopted.undone(event, OTHER["new"].encode())


def test_there_and_back_again(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Every session has kept its id and both its states; what is only on the other branch is an undo away."""
    folder = desk / "repository"
    folder.mkdir()
    _plain(folder, MAIN)
    adopted = adopt(folder, "renardo", "--layout", "sessions")
    _there_and_back(adopted, lambda branch: _plain(folder, OTHER if branch == "other" else MAIN))


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_there_and_back_again_by_git_itself(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The same with a repository and two branches; what git keeps in .git is no session."""
    folder = desk / "repository"
    folder.mkdir()
    _git(folder, "init")
    for branch, texts in (("main", MAIN), ("other", OTHER)):
        _git(folder, "checkout", "-B", branch)
        _plain(folder, texts)
        _git(folder, "add", "--all")
        _git(folder, "commit", "-m", branch)
    _git(folder, "checkout", "main")
    adopted = adopt(folder, "renardo", "--layout", "sessions")
    _there_and_back(adopted, lambda branch: _git(folder, "checkout", branch))


def test_a_checkout_that_takes_most_away_is_held(adopt: Callable[..., Adopted], desk: Path) -> None:
    """A branch without the sessions holds the folder; back on the first one, nothing has ever been deleted."""
    folder = desk / "repository"
    folder.mkdir()
    _plain(folder, MAIN)
    adopted = adopt(folder, "renardo", "--layout", "sessions")
    before = {name: row["id"] for name, row in adopted.rows().items()}

    _plain(folder, {"a": MAIN["a"]})
    assert adopted.held()
    assert adopted.rows().keys() == MAIN.keys()
    _plain(folder, MAIN)
    adopted.released()
    adopted.scan()

    assert {name: row["id"] for name, row in adopted.rows().items()} == before
    assert adopted.events("deleted-outside") == []
    assert all(len(adopted.history(name)) == 1 for name in MAIN)
