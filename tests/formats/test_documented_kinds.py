"""FORMATS.md names every kind of part that a format gives."""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: the documents are imported by their unique name

from hostile import DOCUMENTS, seeds

from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.registry import load_formats

PAGE = Path(__file__).parents[2] / "daemon" / "FORMATS.md"


def _documented() -> dict[str, set[str]]:
    table = PAGE.read_text().partition("| Application | Kind |")[2].partition("\n\n")[0]
    kinds: dict[str, set[str]] = defaultdict(set)
    app = ""
    for row in table.split("\n")[2:]:
        first, second = (cell.strip().strip("`") for cell in row.split("|")[1:3])
        app = first or app
        kinds[app].add(second)
    return kinds


def test_every_kind_of_part_is_documented() -> None:
    """Over all honest and hostile documents that there are."""
    documented, formats = _documented(), load_formats()
    assert documented.keys() == formats.keys()
    for app, form in formats.items():
        if app == "parts":
            continue
        for document in [*(document for _, document in seeds()), *({b"": each} for each in DOCUMENTS.values())]:
            try:
                parts = form.read(document).parts
            except DamagedDocument:
                continue
            assert {part.kind for part in parts} <= documented[app]


def test_the_page_names_no_kind_that_no_format_knows() -> None:
    """Each is a word of the application's package."""
    for app, kinds in _documented().items():
        package = Path(str(sys.modules[type(load_formats()[app]).__module__].__file__))
        files = package.parent.glob("*.py") if package.name == "__init__.py" else [package]
        words = {word for file in files for word in re.findall(r'"([a-z-]+)"', file.read_text())}
        assert kinds - words <= {"any"}, app
