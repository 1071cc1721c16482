"""IGV 2.19's timed autosave: one new file a minute, whether anything has changed or not, and the oldest removed beyond
the number to keep. After New, two ticks rotated the useful states away (igv.md 2; seen)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from e2e_daemon import until
from losses_adopted import Adopted, listing
from losses_documents import IGV_NEW, igv
from losses_writers import java_writes


def _tick(folder: Path, minute: int, state: bytes) -> str:
    """One autosave: created empty, written in place, then the oldest beyond two is removed. Its name."""
    name = f"session_autosave2026-11-20T21:{minute:02}:20.048Z"
    (folder / f"{name}.xml").touch(exist_ok=False)
    java_writes(folder / f"{name}.xml", state)
    for oldest in sorted(folder.glob("session_autosave*"))[:-2]:
        oldest.unlink()
    return name


def test_what_the_ring_removed_comes_back(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Each removal is an event, and undo writes the file again: an empty New pushes nothing out."""
    folder = desk / "igv" / "autosave"
    folder.mkdir(parents=True)
    adopted = adopt(folder, "igv")
    states = [igv("/data/a.wig"), igv("/data/a.wig", "/data/b.wig"), IGV_NEW, IGV_NEW.replace(b"All", b"chr2")]
    names = []
    for minute, state in enumerate(states):
        names.append(_tick(folder, minute, state))
        adopted.head_is(names[-1], state)

    adopted.gone(*names[:2])
    assert listing(folder) == {f"{name}.xml": state for name, state in zip(names[2:], states[2:], strict=True)}
    events = {event["name"]: event for event in until(lambda: adopted.events("deleted-outside"))}
    assert events.keys() == {*names[:2]}
    for name, state in zip(names[:2], states[:2], strict=True):
        adopted.undone(events[name], state)
    assert listing(folder) == {f"{name}.xml": state for name, state in zip(names, states, strict=True)}
    assert adopted.row()["held"] is None


def test_a_file_created_empty_is_soon_what_it_becomes(adopt: Callable[..., Adopted], desk: Path) -> None:
    """The moment between creating and writing is no damage, and a tick that stays empty is a session all the same."""
    folder = desk / "igv" / "autosave"
    folder.mkdir(parents=True)
    adopted = adopt(folder, "igv")
    leaf = f"{_tick(folder, 1, b'')}.xml"
    name = until(lambda: adopted.names().get(leaf))
    adopted.head_is(name, b"")
    java_writes(folder / leaf, igv("/data/a.wig"))
    adopted.head_is(name, igv("/data/a.wig"))
    assert adopted.flags(name) == (False, False, False)
    assert adopted.rows()[name]["format"] == "igv"
