"""Several changes as one operation: all of them are done, or none, and they are undone together."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from e2e_changes import held, may_hold
from e2e_daemon import Daemon, renardo
from e2e_line import Line

import holdfast
from holdfast.batch import Planned
from holdfast_protocol import messages as m
from holdfast_protocol.errors import (
    BadField,
    CannotUndo,
    Damaged,
    Exists,
    HoldfastError,
    NotAllowed,
    NotFound,
    TooLarge,
)
from holdfast_protocol.model import FileSource, OperationRow, Ref

APP = "together"


def _since(client: holdfast.Client, number: int) -> list[OperationRow]:
    return client.operations(number, limit=1000).rows


def _newest(client: holdfast.Client) -> int:
    return client.status().operations_count


def _names(client: holdfast.Client, app: str) -> set[str]:
    return {row.name for row in client.list(app=app, limit=1000).rows}


def _refused(
    client: holdfast.Client, kind: type[HoldfastError], write: Callable[[holdfast.Batch], object]
) -> HoldfastError:
    """How a batch of what ``write`` writes down fails."""
    with pytest.raises(kind) as caught, client.batch(published=True) as batch:
        write(batch)
    return caught.value


def test_changes_of_every_kind_are_done_together(client: holdfast.Client, shared: Daemon) -> None:
    """Each gives what it gives alone, sees what those before it did, and the files show it when the block ends."""
    client.save(APP, "kept", b"first")
    client.save(APP, "kept", b"second")
    client.save("renardo", "kept", renardo("Clock.bpm = 96", kick="k1 >> play('X')"))
    assert client.save(APP, "damaged", b"something").outcome == "saved"
    assert client.save(APP, "damaged", b"").outcome == "suspect"
    with client.batch(published=True) as batch:
        renamed = batch.rename(f"{APP}/kept", "moved")
        saved = batch.save(APP, "moved", b"third", message="in a batch")
        restored = batch.restore(f"{APP}/moved@-2")
        accepted = batch.accept(f"{APP}/damaged")
        copied = batch.copy(f"{APP}/moved", "copy")
        tagged = batch.tag(f"{APP}/copy", add=["live"])
        template = batch.template(f"{APP}/copy")
        archived = batch.archive(f"{APP}/copy")
        unarchived = batch.unarchive(f"{APP}/copy")
        noted = batch.note(f"{APP}/copy", "made in a batch")
        pinned = batch.pin(f"{APP}/moved@-1", "third")
        emptied = batch.new("emptied", clear="renardo/kept")
        part = batch.save("renardo", "emptied", parts={"bass": b"b1 >> bass([0])"})
        deleted = batch.delete(f"{APP}/damaged")
    assert (renamed.result.session.name, saved.result.session.revision) == ("moved", 3)
    assert (restored.result.session.revision, accepted.result.session.size_bytes) == (4, 0)
    assert (copied.result.session.name, tagged.result.session.tags) == ("copy", ["live"])
    assert (template.result.session.template, noted.result.text) == (True, "made in a batch")
    assert (archived.result.session.archived, unarchived.result.session.archived) == (True, False)
    assert pinned.result.operation
    assert (emptied.result.outcome, part.result.session.revision) == ("saved", 2)
    assert deleted.result.session.deleted
    assert (client.cat(f"{APP}/moved"), client.cat(f"{APP}/moved@pin:third")) == (b"first", b"third")
    assert client.cat("renardo/emptied:bass") == b"b1 >> bass([0])"
    assert (shared.file(APP, "moved").read_bytes(), shared.file(APP, "copy").read_bytes()) == (b"first", b"first")
    assert not shared.file(APP, "kept").exists()
    assert not shared.file(APP, "damaged").exists()


def test_one_that_cannot_be_done_leaves_all_undone(client: holdfast.Client, shared: Daemon) -> None:
    """The error is that change's own, and says which; neither the store nor a file has anything of the others."""
    client.save("whole", "a", b"before", published=True)
    before = _newest(client)
    handles: list[Planned[m.Saved]] = []

    def write(batch: holdfast.Batch) -> None:
        handles.append(batch.save("whole", "a", b"after"))
        batch.save("whole", "b", b"new")
        batch.rename("whole/nowhere", "c")
        batch.delete("whole/a")

    problem = _refused(client, NotFound, write)
    assert (problem.details["change"], problem.details["name"]) == (2, "whole/nowhere")
    assert "Change 2 (rename)" in problem.sentence
    assert (_since(client, before), _names(client, "whole")) == ([], {"a"})
    assert (client.cat("whole/a"), shared.file("whole", "a").read_bytes()) == (b"before", b"before")
    with pytest.raises(BadField):
        _ = handles[0].result


def test_a_block_that_raises_does_nothing(client: holdfast.Client) -> None:
    """Nor does a batch that is over take another change."""
    before = _newest(client)
    batch = client.batch()

    def write() -> None:
        with batch:
            batch.save(APP, "never", b"")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write()
    with pytest.raises(BadField):
        batch.save(APP, "never", b"")
    with client.batch():
        pass
    assert _since(client, before) == []


def test_the_log_and_its_events_say_what_belongs_together(client: holdfast.Client) -> None:
    """The rows follow each other, and each has the number of the first; a change alone is of no batch."""
    client.save(APP, "alone", b"1")
    before = _newest(client)
    with client.batch() as batch:
        batch.save(APP, "one", b"1")
        batch.tag(f"{APP}/one", add=["live"])
        batch.tag(f"{APP}/one", add=["live"])
        batch.save(APP, "two", b"2")
    assert batch.done is not None
    assert batch.done.operation == before + 1
    rows = [*client.events(before - 1, follow=False)]
    assert [row.batch for row in rows] == [None, *[before + 1] * 3]
    assert [row.type for row in rows[1:]] == ["created", "tagged", "created"]


def test_a_batch_that_changes_nothing_has_no_number(client: holdfast.Client) -> None:
    """All was like that before."""
    client.save(APP, "same", b"1")
    before = _newest(client)
    with client.batch() as batch:
        saved = batch.save(APP, "same", b"1")
        tagged = batch.tag(f"{APP}/same", remove=["none"])
    assert batch.done is not None
    assert (batch.done.operation, saved.result.outcome, tagged.result.operation) == (None, "unchanged", None)
    assert _since(client, before) == []


@pytest.mark.parametrize("which", [None, 0, 1, 2, 3])
def test_undo_of_one_reverses_all(client: holdfast.Client, shared: Daemon, which: int | None) -> None:
    """Whichever is named, or none; the files are as they were, it is a batch itself, and can be undone."""
    app = f"undone-{which}".lower()
    client.save(app, "a", b"before", published=True)
    with client.batch(published=True) as batch:
        batch.save(app, "a", b"after")
        batch.rename(f"{app}/a", "b")
        batch.save(app, "b", b"later")
        batch.save(app, "c", b"new", tags=["live"])
    assert batch.done is not None
    assert batch.done.operation is not None
    undone = client.undo(None if which is None else batch.done.operation + which, published=True)
    assert (undone.count, undone.undone.batch) == (4, batch.done.operation)
    assert (_names(client, app), client.cat(f"{app}/a")) == ({"a"}, b"before")
    assert shared.file(app, "a").read_bytes() == b"before"
    assert not shared.file(app, "b").exists()
    assert not shared.file(app, "c").exists()
    rows = _since(client, batch.done.operation + 3)
    assert [(row.type, row.batch) for row in rows] == [("undone", rows[0].number)] * 4
    assert client.undo(undone.operation, published=True).count == 4
    assert (_names(client, app), client.cat(f"{app}/b")) == ({"b", "c"}, b"later")
    assert shared.file(app, "b").read_bytes() == b"later"
    assert client.undo(batch.done.operation).count == 4
    assert client.cat(f"{app}/a") == b"before"


def test_undo_is_refused_as_a_whole(client: holdfast.Client) -> None:
    """Where a later change stands on one of them: it names that one, and reverses none."""
    client.save("refused", "a", b"before")
    client.save("refused", "b", b"before")
    with client.batch() as batch:
        batch.tag("refused/b", add=["live"])
        saved = batch.save("refused", "a", b"after")
        batch.save("refused", "b", b"after")
    client.save("refused", "a", b"later")
    before = _newest(client)
    assert batch.done is not None
    with pytest.raises(CannotUndo) as caught:
        client.undo(batch.done.operation)
    assert caught.value.details["operation"] == saved.result.operation
    assert f"Operation {saved.result.operation} (saved)" in caught.value.sentence
    assert (_since(client, before), client.cat("refused/b")) == ([], b"after")


def test_each_change_has_its_own_expect(client: holdfast.Client) -> None:
    """Of the session as the changes before it left it."""
    client.save("expected", "a", b"1")
    with client.batch() as batch:
        batch.save("expected", "a", b"2", expect=1)
        batch.tag("expected/a", add=["live"], expect=2)
    before = _newest(client)
    problem = _refused(
        client,
        Exists,
        lambda batch: (batch.save("expected", "a", b"3"), batch.tag("expected/a", add=["late"], expect=2)),
    )
    assert (problem.details["change"], problem.details["revision"]) == (1, 3)
    assert _since(client, before) == []


def test_a_save_that_lost_its_race_is_merged_or_refused(client: holdfast.Client, shared: Daemon) -> None:
    """Parts that only one side changed are merged, as ever; what would be a fork undoes the whole batch."""
    both = {"drums": "d1 >> play('x')", "bass": "b1 >> bass([0])"}
    client.save("renardo", "race", renardo("", **both))
    with shared.client() as other:
        other.save("renardo", "race", renardo("", **{**both, "drums": "d1 >> play('o')"}))
    with client.batch() as batch:
        merged = batch.save("renardo", "race", renardo("", **{**both, "bass": "b1 >> bass([7])"}))
        batch.tag("renardo/race", add=["live"])
    assert merged.result.outcome == "merged"
    assert client.cat("renardo/race:drums").strip() == b"d1 >> play('o')"
    client.load("renardo/race")
    with shared.client() as other:
        other.save("renardo", "race", parts={"bass": b"theirs"})
    before = _newest(client)
    mine = renardo("", **{**both, "bass": "mine"})
    problem = _refused(
        client,
        Exists,
        lambda batch: (batch.tag("renardo/race", remove=["live"]), batch.save("renardo", "race", mine)),
    )
    assert (problem.details["change"], problem.details["conflicts"]) == (1, ["bass"])
    assert _since(client, before) == []
    assert "race (fork)" not in _names(client, "renardo")


def test_a_suspect_is_refused_unless_it_is_accepted(client: holdfast.Client) -> None:
    """It would not become the head, which is what was asked for."""
    client.save(APP, "emptied", b"something")
    before = _newest(client)
    problem = _refused(
        client, Damaged, lambda batch: (batch.save(APP, "beside", b"x"), batch.save(APP, "emptied", b""))
    )
    assert problem.details["change"] == 1
    assert _since(client, before) == []
    with client.batch() as batch:
        batch.save(APP, "emptied", b"", accept=True)
    assert client.cat(f"{APP}/emptied") == b""


def test_a_refusal_of_a_verb_is_one_of_the_batch(client: holdfast.Client) -> None:
    """A template made by one change is none that the next one may save."""
    client.save(APP, "form", b"1")
    _refused(client, NotAllowed, lambda batch: (batch.template(f"{APP}/form"), batch.save(APP, "form", b"2")))
    assert not client.show(f"{APP}/form").session.template


def test_a_client_goes_on_from_what_its_batch_saved(client: holdfast.Client) -> None:
    """Its next save is no fork, and two saves of one session in a batch follow each other."""
    client.save(APP, "on", b"1")
    with client.batch() as batch:
        batch.save(APP, "on", b"2")
        batch.save(APP, "on", b"3")
    saved = client.save(APP, "on", b"4")
    assert (saved.outcome, saved.session.revision) == ("saved", 4)


def test_content_of_any_size_and_number_goes_along(client: holdfast.Client, tmp_path: Path) -> None:
    """More documents than a message has frames, and larger ones than it holds."""
    large = os.urandom(3 * 1024 * 1024)
    (tmp_path / "large").write_bytes(large)
    with client.batch() as batch:
        batch.save("sizes", "large", tmp_path / "large")
        batch.save("sizes", "tree", {b"a": b"1", b"b/c": large[:2_000_000]})
        for number in range(300):
            batch.save("sizes", f"small {number}", b"%d" % number * 100)
        batch.save("sizes", "later", large[1:])
    assert client.cat("sizes/large") == large
    assert client.load("sizes/tree").files == {b"a": b"1", b"b/c": large[:2_000_000]}
    assert [client.cat(f"sizes/small {number}") for number in range(300)] == [b"%d" % n * 100 for n in range(300)]
    assert client.cat("sizes/later") == large[1:]


def test_what_is_no_batch_is_refused(shared: Daemon) -> None:
    """Without a change, with too many, and with one that is no change or two."""
    tag = m.Tag(ref=Ref(name="x"), add=["live"])
    with Line(shared.socket) as line:
        for changes, problem in (
            ([], BadField),
            ([m.Change()], BadField),
            ([m.Change(tag=tag), m.Change(tag=tag, archive=m.Archive(ref=Ref(name="x")))], BadField),
            ([m.Change(tag=tag)] * (m.LIMITS["changes_count"] + 1), TooLarge),
            ([m.Change(save=m.Save(app=APP, name="x", files=[FileSource(frame=7)]))], BadField),
        ):
            with pytest.raises(problem) as caught:
                line.ask(m.Batch(changes=changes))
            assert caught.value.details.keys() & {"field", "limit"}
    assert caught.value.details["field"] == "changes[0].save.files[0].frame"


def test_documents_have_a_bound_together(client: holdfast.Client, shared: Daemon) -> None:
    """Nobody else can change anything while a batch is decided."""
    frame = os.urandom(m.LIMITS["frame_bytes"])
    client.save("bound", "first", frame)
    count = m.LIMITS["format_bytes"] // len(frame) + 1
    changes = [m.Change(save=m.Save(app="bound", name=f"{n}", files=[FileSource(frame=0)])) for n in range(count)]
    with Line(shared.socket) as line, pytest.raises(TooLarge) as caught:
        line.ask(m.Batch(changes=changes), [frame])
    assert caught.value.details["change"] == count - 1
    assert _names(client, "bound") == {"first"}


def test_a_batch_that_fails_takes_no_other_change_with_it(stopped: Daemon) -> None:
    """Though they were to be committed with it, and it had done something before it failed."""
    may_hold(stopped)
    stopped.start()
    tag = m.Change(tag=m.Tag(ref=Ref(app=APP, name="nowhere"), add=["live"]))
    save = m.Save(app=APP, name="x", files=[FileSource(frame=0)])
    with Line(stopped.socket) as line, Line(stopped.socket) as other:
        with held(stopped, other):
            failing = line.tell(m.Batch(changes=[m.Change(save=save), tag]), [b"of a batch"])
            good = line.tell(m.Batch(changes=[m.Change(save=save)]), [b"of another"])
            alone = line.tell(m.Save(app=APP, name="y", files=[FileSource(frame=0)]), [b"alone"])
            line.wait_until_begun()
        with pytest.raises(NotFound):
            line.hear(failing)
        assert isinstance(line.hear(good), m.Batched)
        assert isinstance(line.hear(alone), m.Saved)
    with stopped.client() as client:
        assert client.cat(f"{APP}/x") == b"of another"
        assert [row.batch for row in _since(client, 1)] == [2, None]


def test_an_adopted_folder_is_written_as_by_changes_alone(client: holdfast.Client, house: Path) -> None:
    """A save and a deletion that name sessions there write and remove their files, and undo brings all back."""
    for name in ("kept", "gone"):
        (house / name).write_bytes(b"its application's")
    client.folder_add(house, "adopted", label="adopted-by-a-batch")
    client.folder_scan("adopted-by-a-batch", timeout_seconds=60)
    with client.batch(published=True) as batch:
        batch.save("adopted", "kept", b"saved together")
        batch.delete("adopted/gone")
        batch.copy("adopted/kept", "copied")
    assert [path.name for path in house.iterdir() if path.is_file()] == ["kept"]
    assert (house / "kept").read_bytes() == b"saved together"
    assert client.undo(published=True).count == 3
    assert {path.name: path.read_bytes() for path in house.iterdir() if path.is_file()} == {
        "kept": b"its application's", "gone": b"its application's",
    }  # fmt: skip


def test_a_client_for_asyncio_has_batches(shared: Daemon) -> None:
    """Their methods are not awaited; the end of the block is."""

    async def work() -> tuple[str, int]:
        async with holdfast.AsyncClient(shared.socket) as client:
            async with client.batch(published=True) as batch:
                saved = batch.save(APP, "awaited", b"1")
                batch.tag(f"{APP}/awaited", add=["live"])
            return saved.result.outcome, (await client.undo()).count

    assert asyncio.run(work()) == ("saved", 2)


def test_a_script_writes_its_changes_down(shared: Daemon, tmp_path: Path) -> None:
    """A JSON object a line, from a file or standard input; a line that cannot be done is named, and none is done."""
    (tmp_path / "content").write_bytes(b"from a file")
    lines: list[object] = [
        {"verb": "save", "app": "lines", "name": "a", "text": "hello", "tags": ["new"]},
        {"verb": "save", "app": "lines", "name": "b", "file": str(tmp_path / "content")},
        {"verb": "save", "app": "renardo", "name": "lines", "parts": {"bass": "b1 >> bass([0])"}},
        {"verb": "rename", "ref": "lines/a", "name": "c"},
        {"verb": "note", "ref": {"app": "lines", "name": "c"}, "text": "said"},
    ]
    script = "# a script\n\n" + "\n".join(map(json.dumps, lines))
    (tmp_path / "script").write_text(script)
    done = shared.ok("batch", str(tmp_path / "script"), "--json").rows
    assert [row["session"]["name"] for row in done] == ["a", "b", "lines", "c", "c"]
    assert shared.file("lines", "c").read_bytes() == b"hello"
    assert shared.ok("cat", "lines/b").out == b"from a file"
    assert "4 more" in shared.ok("undo").text
    for bad, code, line in (
        ({"verb": "rename", "ref": "lines/nowhere", "name": "x"}, 3, 8),
        ({"verb": "rename", "ref": "lines/a", "nam": "x"}, 2, 8),
        ({"verb": "tag", "ref": "lines/a", "add": "live"}, 2, 8),
        ({"verb": "purge", "ref": "lines/a"}, 2, 8),
        ({"verb": "save", "app": "lines", "name": "d"}, 2, 8),
        ([], 2, 8),
    ):
        said = shared.cli("batch", content=f"{script}\n{json.dumps(bad)}".encode())
        assert (said.code, f"line {line}: " in said.err) == (code, True), said
    assert shared.cli("batch", str(tmp_path / "none")).code != 0
    assert shared.rows("lines") == {}
