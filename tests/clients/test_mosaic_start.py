"""What runs inside Mosaic writes its state where it changed, keeps sessions apart, and never takes Mosaic down."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

from holdfast.bridges.mosaic_start import StateWriter


class App:
    """Mosaic's window, as far as it is looked at; ``objects`` are the uuids in it."""

    def __init__(self, *objects: str) -> None:
        self.content = b"1"
        self.show(*objects)

    def show(self, *objects: str) -> None:
        self.objects = objects
        clusters = [SimpleNamespace(uuid=each) for each in objects]
        sides = {"data": clusters, "models": []}
        named = {name: SimpleNamespace(container=SimpleNamespace(data=data)) for name, data in sides.items()}
        self.cdata = SimpleNamespace(**named, to_file=self._to_file)

    def _to_file(self, name: str) -> None:
        assert name.endswith(".pickle"), "Mosaic writes another container otherwise"
        Path(name).write_bytes(" ".join(self.objects).encode() + self.content)


def now(folder: Path) -> tuple[int, bytes | None, str]:
    """Sitting, document and problem."""
    found = json.loads((folder / "now").read_text())
    document = (folder / found["file"]).read_bytes() if found["file"] else None
    return found["sitting"], document, found["problem"]


def test_a_state_is_written_where_it_changed(tmp_path: Path) -> None:
    """Under the same name; what is unchanged is not moved into its place again."""
    app = App("a", "b")
    writer = StateWriter(app, str(tmp_path))
    assert 0 <= writer.write() < 5
    assert now(tmp_path) == (0, b"a b1", "")
    inode = (tmp_path / "state-0.pickle").stat().st_ino
    writer.write()
    assert (tmp_path / "state-0.pickle").stat().st_ino == inode
    app.content = b"2"
    writer.write()
    assert now(tmp_path) == (0, b"a b2", "")


def test_nothing_is_written_of_an_empty_mosaic(tmp_path: Path) -> None:
    """Neither before anything is open, nor after all was closed; what was there is another sitting's."""
    app = App()
    writer = StateWriter(app, str(tmp_path))
    writer.write()
    assert now(tmp_path) == (0, None, "")
    app.show("a")
    writer.write()
    app.show()
    writer.write()
    writer.write()
    assert now(tmp_path) == (1, None, "")
    assert (tmp_path / "state-0.pickle").read_bytes() == b"a1"
    app.show("a")
    writer.write()
    assert now(tmp_path) == (1, b"a1", "")


def test_another_session_is_another_sitting(tmp_path: Path) -> None:
    """It shares no object; one that shares some is the same, edited."""
    app = App("a", "b")
    writer = StateWriter(app, str(tmp_path))
    for objects in (("a", "b"), ("b", "c"), ("d",)):
        app.show(*objects)
        writer.write()
    assert now(tmp_path) == (1, b"d1", "")
    assert (tmp_path / "state-0.pickle").read_bytes() == b"b c1"


def test_what_goes_wrong_is_said_and_the_last_state_stays(tmp_path: Path) -> None:
    """A value that cannot be pickled cuts Mosaic's file; nothing is raised into its window."""
    app = App("a")
    writer = StateWriter(app, str(tmp_path))
    writer.write()

    def fail(name: str) -> None:
        Path(name).write_bytes(b"half")
        raise TypeError("cannot pickle this")

    app.cdata.to_file = fail
    writer.write()
    assert now(tmp_path) == (0, b"a1", "TypeError: cannot pickle this")
    app.show("a")
    writer.write()
    assert now(tmp_path) == (0, b"a1", "")
    del app.cdata
    writer.write()
    assert now(tmp_path)[2].startswith("AttributeError")
