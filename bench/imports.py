"""A folder of small files taken in at once, against one import after the other; and again, when all of it is known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from measure import Measured, ratio, seconds

from holdfast.client import Client
from holdfast.taking import KNOWN, TAKEN

FILES_COUNT = 1_000
ONE_BY_ONE_COUNT = 200
LINE = "#" * 80


def run(endpoint: str, home: Path) -> Iterator[Measured]:
    """As the command line does it: answered when the visible file is there."""
    folder = home / "imported"
    for number in range(FILES_COUNT):
        file = folder / str(number % 20) / f"{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{LINE}\n######## drums\n{LINE}\nd1 >> play('x-{number}')\n")
    files = sorted(folder.rglob("*.py"))

    with Client(endpoint.removeprefix("ipc://"), timeout_seconds=60) as client:

        def one_by_one() -> None:
            for file in files[:ONE_BY_ONE_COUNT]:
                client.import_document(f"alone {file.stem}", file, app="alone", suffix=".py", published=True)

        def together(outcome: str) -> None:
            found = [each.outcome for each in client.import_documents(folder, published=True)]
            assert found == [outcome] * FILES_COUNT, found

        peer = ONE_BY_ONE_COUNT / seconds(one_by_one)
        yield ratio("import of 1,000 small files", peer, FILES_COUNT / seconds(lambda: together(TAKEN)), 1.5)
        yield ratio("the same again", peer, FILES_COUNT / seconds(lambda: together(KNOWN)), 2.0)
