"""`make bench`: each number of DESIGN.md section 7 that can be had in a few minutes, beside its target.

Ratios are against a peer in the same run, in rounds that take turns. The exit code says whether the measuring
worked, not whether the targets were met. What is measured lies below ``build/``, on the disk of the tree.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import checks
import commands
import deletions
import documents
import events
import fairness
import folders
import idle
import imports
import large
import lists
import page
import prints
import round_trips
import saves
import terminal
from measure import Measured, table
from processes import daemon, echo

Bench = Callable[[], Iterator[Measured]]


def main() -> int:
    """The table on stdout; 1 where something crashed, with its trace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", metavar="BENCH", help="a module's name; all by default")
    parser.add_argument("--files", type=int, default=folders.FILES_COUNT, help="in the largest adopted folder")
    parser.add_argument("--sessions", type=int, default=lists.SESSIONS_COUNT, help="in the largest list")
    parser.add_argument("--large", type=int, default=large.SIZE_BYTES, help="bytes of the file that goes up and down")
    arguments = parser.parse_args()
    build = Path("build").absolute()
    build.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=build))
    home.chmod(0o700)
    rows: list[Measured] = []
    crashed = 0
    try:
        with echo(home) as peer, daemon(home) as (subject, pid):
            benches: dict[str, Bench] = {
                "round_trips": lambda: round_trips.run(subject, peer),
                "saves": lambda: saves.run(subject, home),
                "deletions": lambda: deletions.run(subject, home),
                "commands": lambda: commands.run(home),
                "fairness": lambda: fairness.run(subject),
                "events": lambda: events.run(home),
                "checks": lambda: checks.run(subject),
                "idle": lambda: idle.run(subject, pid),
                "documents": lambda: documents.run(subject, home),
                "imports": lambda: imports.run(subject, home),
                "large": lambda: large.run(subject, home, pid, arguments.large),
                "folders": lambda: folders.run(home, arguments.files),
                "terminal": lambda: terminal.run(home),
                "lists": lambda: lists.run(home, arguments.sessions),
                "page": lambda: page.run(home),
                "prints": lambda: prints.run(home),
            }
            for name in arguments.only or benches:
                crashed |= _collect(benches[name], rows)
    except Exception:  # the daemon did not come up, or did not go down: say so, and show what was measured
        traceback.print_exc()
        crashed = 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(table(rows))
    return crashed


def _collect(bench: Bench, rows: list[Measured]) -> int:
    try:
        for row in bench():
            rows.append(row)
            print(".", end="", file=sys.stderr, flush=True)
    except Exception:  # one bench that crashes leaves the others their turn
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
