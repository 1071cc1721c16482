"""The journal beside the store: what was answered is on it after a crash, torn or not, full disk or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast_daemon import aside
from holdfast_daemon.aside import Journal, Record, not_stored
from holdfast_daemon.live import whole
from holdfast_daemon.store.nouns import Workspace


def _row(changed: int) -> Workspace:
    return Workspace(
        id=b"w" * 16, app="notes", folder="sessions", name="a", format="parts", session=b"s" * 16, revision=0,
        base=None, author="ada", created=1, changed=changed, listing=b"",
    )  # fmt: skip


def _record(changed: int, content: bytes = b"content") -> Record:
    return Record(_row(changed), [whole(b"w" * 16, "part", content, b"")], ["gone"])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "aside"


@pytest.fixture
def journal(path: Path) -> Journal:
    journal = Journal(str(path))
    journal.make()
    return journal


def _found(path: Path) -> list[Record]:
    return Journal(str(path)).records()


def test_what_was_kept_is_found(journal: Journal, path: Path) -> None:
    """In order, by another process; and what is kept after that comes behind it."""
    assert journal.keep(_record(1))
    assert journal.keep(_record(2))
    journal.close()
    again = Journal(str(path))
    assert again.records() == [_record(1), _record(2)]
    again.make()
    assert again.keep(_record(3))
    assert _found(path) == [_record(1), _record(2), _record(3)]


def test_after_a_reset_nothing_is_found(journal: Journal, path: Path) -> None:
    """Nor what lies behind a shorter one that was kept since."""
    journal.keep(_record(1, b"long" * 100))
    journal.keep(_record(2, b"long" * 100))
    journal.reset()
    assert _found(path) == []
    journal.keep(_record(3, b""))
    assert _found(path) == [_record(3, b"")]


def test_a_torn_record_is_none(journal: Journal, path: Path) -> None:
    """Those before it are found."""
    journal.keep(_record(1))
    whole_of_first = path.read_bytes().rstrip(b"\0")
    journal.keep(_record(2))
    content = path.read_bytes().rstrip(b"\0")
    for at in range(len(whole_of_first), len(content)):
        path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        assert _found(path) == [_record(1)]
        path.write_bytes(content[:at])
        assert _found(path) == [_record(1)]


@pytest.mark.parametrize("content", [b"", b"HFASIDE1", b"another file of sixteen bytes and more"])
def test_another_file_has_no_records(path: Path, content: bytes) -> None:
    """Whatever it holds."""
    path.write_bytes(content)
    assert _found(path) == []


def test_it_says_when_it_is_full(journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And has all that it said it has."""
    record = _record(1, b"x" * (aside.JOURNAL_BYTES // 3))
    assert [journal.keep(record) for _ in range(4)] == [True, True, False, False]
    assert len(_found(path)) == 2
    journal.reset()
    assert journal.keep(record)


def test_without_room_nothing_is_kept(tmp_path: Path) -> None:
    """A folder that is not there, one that was not made, and one that was closed."""
    nowhere = Journal(str(tmp_path / "none" / "aside"))
    nowhere.make()
    assert not nowhere.keep(_record(1))
    assert not Journal(str(tmp_path / "aside")).keep(_record(1))
    closed = Journal(str(tmp_path / "closed"))
    closed.make()
    closed.close()
    assert not closed.keep(_record(1))


def test_only_what_the_store_does_not_have_counts() -> None:
    """Of this workspace, and later than what is stored of it."""
    other = Record(_row(9).but(id=b"x" * 16), [], [])
    assert not_stored(_row(2), [_record(1), _record(2), other, _record(3), _record(4)]) == [_record(3), _record(4)]


def test_what_is_copied_of_a_journal_is_what_it_has(journal: Journal, path: Path, tmp_path: Path) -> None:
    """The records, though a newer one is torn; nothing where there is none. A copy has room for more."""
    assert aside.used(str(path)) == aside.used(str(tmp_path / "none")) == b""
    journal.keep(_record(1))
    journal.keep(_record(2))
    copied = tmp_path / "copied"
    copied.write_bytes(aside.used(str(path)))
    assert copied.stat().st_size < path.stat().st_size
    aside.make_room(str(copied))
    again = Journal(str(copied))
    assert again.records() == [_record(1), _record(2)]
    again.make()
    assert again.keep(_record(3))
    assert _found(copied) == [_record(1), _record(2), _record(3)]
