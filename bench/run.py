"""`make bench`: each number of DESIGN.md section 7 that can be had in a minute or two, beside its target.

Ratios are against a peer in the same run, in rounds that take turns. The exit code says whether the measuring
worked, not whether the targets were met. What is measured lies below ``build/``, on the disk of the tree.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import commands
import deletions
import documents
import idle
import round_trips
import saves
from measure import Measured, table
from processes import daemon, echo


def main() -> int:
    """The table on stdout; 1 where something crashed, with its trace."""
    build = Path("build").absolute()
    build.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="bench-", dir=build))
    home.chmod(0o700)
    rows: list[Measured] = []
    crashed = 0
    try:
        with echo(home) as peer, daemon(home) as (subject, pid):
            benches: tuple[Callable[[], Iterator[Measured]], ...] = (
                lambda: round_trips.run(subject, peer),
                lambda: saves.run(subject, home),
                lambda: deletions.run(subject, home),
                lambda: commands.run(home),
                lambda: idle.run(subject, pid),
                lambda: documents.run(subject, home),
            )
            for bench in benches:
                crashed |= _collect(bench, rows)
    except Exception:  # the daemon did not come up, or did not go down: say so, and show what was measured
        traceback.print_exc()
        crashed = 1
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(table(rows))
    return crashed


def _collect(bench: Callable[[], Iterator[Measured]], rows: list[Measured]) -> int:
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
