"""README.md and STORE.md say what is true."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest
from e2e_daemon import Daemon, private_environment, until

import holdfast
from holdfast_protocol.endpoint import places

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def _block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


@pytest.fixture
def environment(house: Path) -> Iterator[dict[str, str]]:
    """A home in which the documents' own commands start a daemon; it is stopped by its process id."""
    made = private_environment(house / "d")
    made["PATH"] = f"{Path(sys.executable).parent}:{made['PATH']}"
    made["TMPDIR"] = str(house)
    yield made
    for home in [house / "d", *house.glob("tmp.*")]:
        with contextlib.suppress(holdfast.HoldfastError):
            with holdfast.connect(places({**made, "HOLDFAST_HOME": str(home)}).socket) as client:
                process = client.status().pid
            os.kill(process, signal.SIGTERM)
            until(lambda number=process: not Path(f"/proc/{number}/exe").exists())


def test_the_tour_works_as_it_is_pasted(environment: dict[str, str]) -> None:
    """README's tour ends with exit 0, and says at each step what it should."""
    tour = _block("sh tour")
    assert len(tour.splitlines()) == 10
    done = subprocess.run(
        ["bash", "-e", "-c", tour], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done
    for expected in (
        "taken renardo/set", "drums", "saved renardo/set  revision 2", "+b1 >> bass([0, 4])",
        "deleted-outside", "undone", "nothing is lost",
    ):  # fmt: skip
        assert expected in done.stdout, done


@pytest.mark.parametrize("source", ["README.md", "examples/ideas.py"])
def test_the_python_example_runs(source: str, environment: dict[str, str]) -> None:
    """README's example, and the same in examples/, print what was saved, undone and left."""
    words = ["-c", _block("python example")] if source == "README.md" else [str(ROOT / source)]
    done = subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == ["a kelp forest", "saved", "a kelp forest"], done


def test_a_connected_application_finds_what_it_had(environment: dict[str, str]) -> None:
    """README's example, killed with its daemon before the save, goes on when it is started again."""
    program = "import holdfast, os, signal\n" + _block("python connected")
    killed = program.replace("ws.save(", "os.kill(client.status().pid, 9); os.kill(os.getpid(), 9); ws.save(")
    again = program.replace('ws["text"] =', 'print(ws["text"].decode()); ws["text"] =')
    first, second = (
        subprocess.run([sys.executable, "-c", each], env=environment, capture_output=True, check=False, timeout=60)
        for each in (killed, again)
    )
    assert (first.returncode, second.returncode) == (-signal.SIGKILL, 0), (first, second)
    assert second.stdout == b"a kelp forest, at noon\n"


def test_the_example_is_the_same_in_both_places() -> None:
    """examples/ideas.py is README's example with a docstring."""
    body = _block("python example").removeprefix("import holdfast\n")
    assert (ROOT / "examples/ideas.py").read_text().endswith(body)


def test_the_readme_is_short_and_begins_with_the_two_commands() -> None:
    """At most six score lines, of which the first command is make run and the second make test."""
    assert len(README.splitlines()) <= 120
    commands = [shlex.split(line, comments=True) for line in _block("sh").splitlines()]
    assert commands == [["make", "run"], ["make", "test"]]


def test_the_manual_of_the_store_names_every_table_and_column(daemon: Daemon) -> None:
    """STORE.md's tables are those of a fresh store, column by column, but for what SQLite keeps of ``names``."""
    manual = (ROOT / "daemon/STORE.md").read_text().split("## The tables")[1].split("\n## ")[0]
    described = {
        row[1].strip(" `"): re.findall(r"`([a-z_]+)`", row[2])
        for row in (line.split("|") for line in manual.splitlines() if line.startswith("| `"))
    }
    daemon.stop()
    catalog = apsw.Connection(str(daemon.home / "store" / "catalog.sqlite"))  # Python's own may be too old for FTS5
    names = [row[1] for row in catalog.execute("PRAGMA main.table_list") if row[2] in ("table", "virtual")]
    names.remove("sqlite_schema")
    real = {name: [row[1] for row in catalog.execute(f"PRAGMA table_info({name})")] for name in names}
    catalog.close()
    assert described == real
