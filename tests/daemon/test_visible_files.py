"""Files as the kernel has them: read without following, put in place without losing."""

from __future__ import annotations

import errno
import mmap
import os
import threading
from pathlib import Path

import pytest

from holdfast_daemon import visible_files as files


def _b(path: Path) -> bytes:
    return os.fsencode(path)


@pytest.fixture(params=["exchange", "links", "renames"])
def able(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the file system has: Linux's own have all of it, NFS and FUSE hard links, exFAT neither."""

    def no_flags(source: bytes, target: bytes, flags: int) -> None:
        raise OSError(errno.EINVAL, "no flags here")

    def no_links(source: bytes, target: bytes, *, follow_symlinks: bool) -> None:
        os.lstat(source)
        raise OSError(errno.EPERM, "no links here")

    if request.param != "exchange":
        monkeypatch.setattr(files, "_rename", no_flags)
    if request.param == "renames":
        monkeypatch.setattr(os, "link", no_links)
    return str(request.param)


@pytest.mark.usefixtures("able")
def test_ours_is_exchanged_with_what_is_there(tmp_path: Path) -> None:
    """The displaced bytes stand at our name."""
    ours, target = tmp_path / "ours", tmp_path / "target"
    ours.write_bytes(b"new")
    target.write_bytes(b"old")
    assert files.put_in_place(_b(ours), _b(target)) is True
    assert (target.read_bytes(), ours.read_bytes()) == (b"new", b"old")


@pytest.mark.usefixtures("able")
def test_ours_is_moved_where_nothing_is(tmp_path: Path) -> None:
    """Nothing was displaced."""
    ours, target = tmp_path / "ours", tmp_path / "target"
    ours.write_bytes(b"new")
    assert files.put_in_place(_b(ours), _b(target)) is False
    assert target.read_bytes() == b"new"
    assert not ours.exists()


@pytest.mark.usefixtures("able")
def test_a_link_at_the_target_is_displaced_and_not_followed(tmp_path: Path) -> None:
    """What it points to is untouched."""
    ours, target, secret = tmp_path / "ours", tmp_path / "target", tmp_path / "secret"
    ours.write_bytes(b"new")
    secret.write_bytes(b"secret")
    target.symlink_to(secret)
    assert files.put_in_place(_b(ours), _b(target)) is True
    assert (target.read_bytes(), secret.read_bytes(), ours.is_symlink()) == (b"new", b"secret", True)


def test_moving_aside_never_overwrites(tmp_path: Path) -> None:
    """NOREPLACE: a file that stands at the aside name stays."""
    target, aside = tmp_path / "target", tmp_path / "aside"
    assert files.move_aside(_b(target), _b(aside)) is False
    target.write_bytes(b"1")
    aside.write_bytes(b"2")
    with pytest.raises(FileExistsError):
        files.move_aside(_b(target), _b(aside))
    assert (target.read_bytes(), aside.read_bytes()) == (b"1", b"2")


@pytest.mark.usefixtures("able")
def test_what_is_moved_aside_is_there(tmp_path: Path) -> None:
    """By whatever the file system has."""
    target, aside = tmp_path / "target", tmp_path / "aside"
    assert files.move_aside(_b(target), _b(aside)) is False
    target.write_bytes(b"1")
    assert files.move_aside(_b(target), _b(aside)) is True
    assert (aside.read_bytes(), target.exists()) == (b"1", False)


@pytest.mark.parametrize("able", ["links", "renames"], indirect=True)
def test_what_takes_the_place_in_between_is_not_destroyed(
    tmp_path: Path, able: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the exchange takes two steps, an editor may come between them: each of the three states is still there."""
    ours, target = tmp_path / "ours", tmp_path / "target"
    ours.write_bytes(b"new")
    target.write_bytes(b"old")
    link, times = files._link, []

    def interrupted(source: bytes, to: bytes) -> bool:
        linked = link(source, to)
        if not times:
            times.append(1)
            (tmp_path / "editor").write_bytes(b"of an editor")
            (tmp_path / "editor").rename(target)
        return linked

    monkeypatch.setattr(files, "_link", interrupted)
    if able == "links":
        assert files.put_in_place(_b(ours), _b(target)) is True
        assert (target.read_bytes(), ours.read_bytes()) == (b"new", b"of an editor")
    else:
        with pytest.raises(OSError, match="comes and goes"):
            files.put_in_place(_b(ours), _b(target))
        assert {path.read_bytes() for path in tmp_path.iterdir()} == {b"new", b"old", b"of an editor"}


def test_what_a_crash_left_between_two_names_is_put_back(tmp_path: Path) -> None:
    """Only that, and only where nothing has its place."""
    target, beside = tmp_path / "target", tmp_path / "old-x+"
    beside.write_bytes(b"old")
    (tmp_path / "old-x").write_bytes(b"new")
    assert not files.put_back(_b(tmp_path / "old-x"), _b(target))
    assert files.put_back(_b(beside), _b(target))
    assert target.read_bytes() == b"old"
    beside.write_bytes(b"another")
    assert not files.put_back(_b(beside), _b(target))
    assert (target.read_bytes(), beside.read_bytes()) == (b"old", b"another")


@pytest.mark.parametrize("has_openat2", [True, False])
def test_a_way_holds_good_when_a_link_takes_the_place_of_a_folder(
    tmp_path: Path, has_openat2: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is put there goes to where the way led, and not to where the link points; no way begins with a link."""
    if not has_openat2:
        monkeypatch.setattr(files, "_OPENAT2", 100_000)
    root, elsewhere, ours = tmp_path / "root", tmp_path / "elsewhere", tmp_path / "ours"
    for folder in (root / "a" / "b", elsewhere):
        folder.mkdir(parents=True)
        (folder / "x").write_bytes(b"old")
    ours.write_bytes(b"new")
    with files.way(_b(root), b"a/b/x") as place:
        assert place is not None
        (root / "a" / "b").rename(root / "moved")
        (root / "a" / "b").symlink_to(elsewhere)
        assert files.put_in_place(_b(ours), place)
    assert (elsewhere / "x").read_bytes() == b"old"
    assert (root / "moved" / "x").read_bytes() == b"new"
    with pytest.raises(files.NotAFile), files.way(_b(root), b"a/b/x"):
        pass
    with files.way(_b(root), b"none/x") as place:
        assert place is None
    with files.way(_b(root), b"leaf") as place:
        assert place is not None
        (root / "leaf").write_bytes(b"1")
        assert files.is_there(place)


def test_a_file_a_folder_and_nothing_are_read(tmp_path: Path) -> None:
    """A folder's document is its regular files, without the daemon's own."""
    folder = tmp_path / "folder"
    (folder / "in").mkdir(parents=True)
    (folder / "a").write_bytes(b"A")
    (folder / "in" / "b").write_bytes(b"B")
    (folder / ".holdfast-new-x").write_bytes(b"ours")
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "fifo")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "c").write_bytes(b"C")
    (folder / "linked").symlink_to(tmp_path / "outside")
    assert files.read_document(_b(folder)) == {b"a": b"A", b"in/b": b"B"}
    assert files.read_document(_b(folder / "a")) == {b"": b"A"}
    assert files.read_document(_b(tmp_path / "none")) is None
    assert files.read_document(_b(folder / "a" / "below")) is None


@pytest.mark.parametrize("kind", ["link", "dangling", "fifo", "folder-link"])
def test_what_is_no_file_is_not_opened(tmp_path: Path, kind: str) -> None:
    """Links are not followed; a FIFO does not block."""
    place = tmp_path / "place"
    if kind == "fifo":
        os.mkfifo(place)
    else:
        place.symlink_to({"link": "/etc/passwd", "dangling": "nowhere", "folder-link": "/etc"}[kind])
    with pytest.raises(files.NotAFile):
        files.read_document(_b(place))


def test_a_file_that_changes_while_it_is_read_is_unsettled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next look will tell."""
    place = tmp_path / "place"
    place.write_bytes(b"half")
    look, states = os.fstat, []

    def fstat(descriptor: int) -> os.stat_result:
        states.append(look(descriptor))
        with place.open("ab") as writer:
            writer.write(b" and more")
        return states[-1]

    monkeypatch.setattr(files.os, "fstat", fstat)
    with pytest.raises(files.Unsettled):
        files.read_document(_b(place))


def test_a_new_file_takes_over_mode_and_leaves_nothing_where_it_fails(tmp_path: Path) -> None:
    """An existing name is refused and untouched."""
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"")
    old.chmod(0o640)
    files.write_new(_b(new), [b"con", b"tent"], files.kept_of(_b(old)))
    assert new.stat().st_mode & 0o7777 == 0o640
    with pytest.raises(FileExistsError):
        files.write_new(_b(new), [b"other"], None)
    assert new.read_bytes() == b"content"


def test_only_empty_folders_are_pruned(tmp_path: Path) -> None:
    """A stranger's file stays, and so do the folders that lead to it."""
    folder = tmp_path / "folder"
    (folder / "in" / "deep").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "in" / "stranger").write_bytes(b"")
    files.prune(_b(folder))
    assert sorted(path.name for path in folder.rglob("*")) == ["in", "stranger"]


def test_a_writer_is_noticed_until_it_closes(tmp_path: Path) -> None:
    """A file that somebody holds open for writing, or has mapped so, is not final; a reader does not matter."""
    place = tmp_path / "x"
    place.write_bytes(b"x" * 100)
    with place.open("ab"):
        assert files.has_writer(_b(place))
    with place.open("r+b") as opened:
        mapped = mmap.mmap(opened.fileno(), 100)
    assert files.has_writer(_b(place))
    mapped.close()
    with place.open("rb"):
        assert not files.has_writer(_b(place))


@pytest.mark.parametrize("able", ["exchange", "links"], indirect=True)
@pytest.mark.usefixtures("able")
def test_a_reader_never_sees_nothing_while_files_are_exchanged(tmp_path: Path) -> None:
    """Two hundred exchanges under a reader: old or new, always whole."""
    ours, target = tmp_path / "ours", tmp_path / "target"
    contents = {b"a" * 10_000, b"b" * 9_000}
    for place, content in zip((ours, target), contents, strict=True):
        place.write_bytes(content)
    done = threading.Event()
    seen: set[bytes] = set()

    def read() -> None:
        while not done.is_set():
            seen.add(target.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(200):
        assert files.put_in_place(_b(ours), _b(target))
    done.set()
    reader.join()
    assert seen <= contents
