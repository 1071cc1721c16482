"""What the kernel tells of a folder becomes hints; the watches stay right whatever happens to the directories.

Nothing here waits for luck: a cookie says when all that happened before it has been handed out.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import itertools
import os
import shutil
import socket
import stat
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from watchdog.observers import inotify_c
from watchdog.observers.inotify_c import InotifyConstants, InotifyEvent, InotifyFD, Mask, WatchDescriptor

from holdfast_daemon.cookies import Cookies
from holdfast_daemon.inotify import MASK
from holdfast_daemon.watching import Watch

DEADLINE_SECONDS = 20.0
LOST = (b"", "lost")


def enters(path: bytes) -> bool:
    return not os.path.basename(path).startswith(b"worktree")


class Told:
    """What a folder's owner would hear, in order; ``react`` is called with each."""

    def __init__(self) -> None:
        self.hints: list[tuple[bytes, str]] = []
        self.react: Callable[[tuple[bytes, str]], None] = lambda hint: None

    def changed(self, path: bytes, *, now: bool = False, moved: bool = False, writing: bool = False) -> None:
        now = now or moved
        self.hints.append((path, "gone" if now else "changed"))
        self.react(self.hints[-1])

    def lost(self) -> None:
        self.hints.append(LOST)
        self.react(LOST)


class Bench:
    """A folder with watches on it that all end with the test."""

    def __init__(self, tmp_path: Path) -> None:
        self.root = tmp_path / "folder"
        self.outside = tmp_path / "outside"
        self.root.mkdir()
        self.outside.mkdir()
        self.told = Told()
        self.cookies = Cookies(os.fsencode(tmp_path / "cookies"))
        self.cookies.start()
        self.watches: list[Watch] = []

    def watch(self, root: Path | None = None, told: Told | None = None) -> Watch:
        """One that is started."""
        made = self.unstarted(root, told)
        made.start()
        return made

    def unstarted(self, root: Path | None = None, told: Told | None = None) -> Watch:
        made = Watch(os.fsencode(root or self.root), enters, told or self.told)
        self.watches.append(made)
        return made

    def seen(self, told: Told | None = None) -> list[tuple[bytes, str]]:
        """All hints for what has happened up to now, and forget them."""
        come = threading.Event()
        self.cookies.ask(come.set)
        assert come.wait(DEADLINE_SECONDS)
        heard = told or self.told
        hints, heard.hints = heard.hints, []
        return hints

    def stop(self) -> None:
        for watch in self.watches:
            watch.stop()
        self.cookies.stop()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # watchdog warns where its tables and ours disagree
        yield made
        made.stop()


def watches_in_kernel() -> int:
    """How many inotify watches this process has, as the kernel counts them."""
    count = 0
    for descriptor in os.listdir("/proc/self/fdinfo"):
        with contextlib.suppress(OSError):
            count += Path("/proc/self/fdinfo", descriptor).read_text().count("inotify wd:")
    return count


def refuse(monkeypatch: pytest.MonkeyPatch, number: int, beginning: bytes) -> None:
    """The kernel refuses to watch what begins so."""
    real = inotify_c.inotify_add_watch

    def add(fd: int, path: bytes, mask: int) -> int:
        if path.startswith(beginning):
            ctypes.set_errno(number)
            return -1
        return real(fd, path, mask)

    monkeypatch.setattr(inotify_c, "inotify_add_watch", add)


# What happens to a file


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _listen(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        before = Path.cwd()
        os.chdir(path.parent)  # a socket's path has 107 bytes
        try:
            listener.bind(path.name)
        finally:
            os.chdir(before)


@pytest.mark.parametrize(
    "happen",
    [
        lambda path: path.write_bytes(b"whole"),
        _append,
        lambda path: os.truncate(path, 1),
        lambda path: path.chmod(0o600),
        lambda path: os.utime(path, (1, 1)),
        lambda path: path.with_name("temporary").write_bytes(b"x") and path.with_name("temporary").replace(path),
    ],
)
def test_whatever_may_change_a_file_is_told(bench: Bench, happen: Callable[[Path], object]) -> None:
    """By its path relative to the folder, from any directory in it."""
    for file in (bench.root / "a", bench.root / "deep/er/a"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"before")
    bench.watch()
    for name in ("a", "deep/er/a"):
        happen(bench.root / name)
        assert (name.encode(), "changed") in bench.seen()


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.symlink_to("/"),
        lambda path: os.mkfifo(path),
        _listen,
        lambda path: path.with_name("worktree").mkdir(),
    ],
)
def test_whatever_comes_into_being_is_told(bench: Bench, make: Callable[[Path], object]) -> None:
    """Files of every kind, and directories that are not entered."""
    bench.watch()
    make(bench.root / "new")
    (made,) = os.listdir(os.fsencode(bench.root))
    assert set(bench.seen()) == {(made, "changed")}


def test_a_name_that_is_not_text_is_told_as_it_is(bench: Bench) -> None:
    """In its raw bytes."""
    bench.watch()
    Path(os.fsdecode(os.fsencode(bench.root) + b"/\xff\xfe")).write_bytes(b"")
    assert (b"\xff\xfe", "changed") in bench.seen()


def test_a_file_that_is_written_and_not_closed_is_told(bench: Bench) -> None:
    """Each time: an application that always writes is to be captured too."""
    bench.watch()
    with (bench.root / "a").open("wb", buffering=0) as file:
        bench.seen()
        file.write(b"more")
        assert (b"a", "changed") in bench.seen()


def test_what_has_gone_is_told_as_gone(bench: Bench) -> None:
    """Deleted, or moved to the trash: at once, without a wait for a partner."""
    for name in "ab":
        (bench.root / name).write_bytes(b"")
    bench.watch()
    (bench.root / "a").unlink()
    assert bench.seen()[-1] == (b"a", "gone")
    (bench.root / "b").rename(bench.outside / "b")
    assert bench.seen() == [(b"b", "gone")]


def test_of_a_rename_both_names_are_told(bench: Bench) -> None:
    """The old one has gone, the new one is to be looked at."""
    (bench.root / "a").write_bytes(b"")
    bench.watch()
    (bench.root / "a").rename(bench.root / "b")
    assert bench.seen() == [(b"a", "gone"), (b"b", "changed")]


def test_reading_tells_nothing(bench: Bench) -> None:
    """Nor does listing: our own looks make no work."""
    (bench.root / "deep").mkdir()
    (bench.root / "deep/a").write_bytes(b"x")
    bench.watch()
    (bench.root / "deep/a").read_bytes()
    os.listdir(bench.root / "deep")
    assert bench.seen() == []


# Directories


def test_a_directory_that_is_not_entered_is_not_watched(bench: Bench) -> None:
    """Neither one that was there, nor a new one, nor what is below it; that it is there is told."""
    (bench.root / "worktree/src").mkdir(parents=True)
    before = watches_in_kernel()
    bench.watch()
    assert watches_in_kernel() == before + 1
    (bench.root / "worktree/src/a").write_bytes(b"")
    (bench.root / "worktree2").mkdir()
    (bench.root / "worktree2/a").write_bytes(b"")
    assert bench.seen() == [(b"worktree2", "changed")]
    assert watches_in_kernel() == before + 1


def test_in_a_new_directory_nothing_is_missed(bench: Bench) -> None:
    """What was made in it before it could be watched is told, and no scan is asked for."""
    bench.watch()
    for turn in range(50):
        (bench.root / f"{turn}/b/c").mkdir(parents=True)
        (bench.root / f"{turn}/b/c/file").write_bytes(b"")
        (bench.root / f"{turn}/b/worktree").mkdir()
    hints = bench.seen()
    for turn in range(50):
        for name in (f"{turn}", f"{turn}/b", f"{turn}/b/c", f"{turn}/b/c/file", f"{turn}/b/worktree"):
            assert (name.encode(), "changed") in hints
    assert LOST not in hints


def test_a_directory_is_told_once_it_is_watched(bench: Bench) -> None:
    """Who looks at what was known below it when told misses nothing that happens later."""
    bench.watch()
    (bench.outside / "d/e").mkdir(parents=True)

    def look(hint: tuple[bytes, str]) -> None:
        directory = bench.root / os.fsdecode(hint[0])
        if directory.is_dir():
            (directory / "later").write_bytes(b"")

    bench.told.react = look
    (bench.outside / "d").rename(bench.root / "d")
    assert {(b"d/later", "changed"), (b"d/e/later", "changed")} <= {*bench.seen(), *bench.seen()}


def test_a_directory_that_is_moved_in_is_told_with_all_in_it(bench: Bench) -> None:
    """And watched from then on."""
    (bench.outside / "d/e").mkdir(parents=True)
    (bench.outside / "d/e/file").write_bytes(b"")
    bench.watch()
    (bench.outside / "d").rename(bench.root / "d")
    assert bench.seen() == [(b"d", "changed"), (b"d/e", "changed"), (b"d/e/file", "changed")]
    (bench.root / "d/e/file").unlink()
    assert bench.seen() == [(b"d/e/file", "gone")]


def test_a_directory_that_is_moved_away_is_watched_no_longer(bench: Bench) -> None:
    """It has gone, and as nothing tells of what was in it, a scan is asked for."""
    (bench.root / "d/e").mkdir(parents=True)
    before = watches_in_kernel()
    bench.watch()
    (bench.root / "d").rename(bench.outside / "d")
    assert bench.seen() == [(b"d", "gone"), LOST]
    assert watches_in_kernel() == before + 1
    (bench.outside / "d/e/file").write_bytes(b"")
    assert bench.seen() == []


def test_a_directory_that_is_moved_within_is_told_by_its_new_path(bench: Bench) -> None:
    """With what is below it."""
    (bench.root / "d/e").mkdir(parents=True)
    bench.watch()
    (bench.root / "d").rename(bench.root / "n")
    bench.seen()
    (bench.root / "n/e/file").write_bytes(b"")
    assert set(bench.seen()) == {(b"n/e/file", "changed")}


def test_a_directory_in_the_place_of_another_is_the_one_watched(bench: Bench) -> None:
    """Of a git checkout, or of an application that replaces its folder."""
    (bench.root / "d/e").mkdir(parents=True)
    (bench.outside / "d/e").mkdir(parents=True)
    bench.watch()
    (bench.root / "d").rename(bench.outside / "old")
    (bench.outside / "d").rename(bench.root / "d")
    bench.seen()
    (bench.outside / "old/e/file").write_bytes(b"")
    assert bench.seen() == []
    (bench.root / "d/e/file").write_bytes(b"")
    assert set(bench.seen()) == {(b"d/e/file", "changed")}


def test_a_directory_moved_over_an_empty_one_is_watched(bench: Bench) -> None:
    """The parent tells of no deletion then."""
    (bench.root / "from").mkdir()
    (bench.root / "to").mkdir()
    bench.watch()
    (bench.root / "from").rename(bench.root / "to")
    bench.seen()
    (bench.root / "to/file").write_bytes(b"")
    assert set(bench.seen()) == {(b"to/file", "changed")}


def test_of_a_deleted_tree_all_is_told_and_no_scan_is_needed(bench: Bench) -> None:
    """Every file and directory as gone: each was emptied while it was watched."""
    (bench.root / "d/e").mkdir(parents=True)
    (bench.root / "d/e/file").write_bytes(b"")
    before = watches_in_kernel()
    bench.watch()
    shutil.rmtree(bench.root / "d")
    assert bench.seen() == [(b"d/e/file", "gone"), (b"d/e", "gone"), (b"d", "gone")]
    assert watches_in_kernel() == before + 1


def test_of_a_deleted_directory_that_was_never_watched_a_scan_is_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has told what was in it."""
    (bench.root / "d").mkdir()
    refuse(monkeypatch, errno.EACCES, os.fsencode(bench.root / "d"))
    bench.watch()
    (bench.root / "d").rmdir()
    assert bench.seen() == [(b"d", "gone"), LOST]


def test_a_link_to_a_directory_is_never_entered(bench: Bench) -> None:
    """Neither one that was there nor a new one, nor one in a new directory."""
    (bench.root / "before").symlink_to(bench.outside)
    before = watches_in_kernel()
    bench.watch()
    (bench.root / "d").mkdir()
    (bench.root / "d/new").symlink_to(bench.outside)
    (bench.root / "new").symlink_to(bench.outside)
    bench.seen()
    (bench.outside / "file").write_bytes(b"")
    assert bench.seen() == []
    assert watches_in_kernel() == before + 2


def test_the_root_itself_may_be_a_link(bench: Bench) -> None:
    """It is what a person named."""
    (bench.outside / "link").symlink_to(bench.root)
    bench.watch(bench.outside / "link")
    (bench.root / "d").mkdir()
    (bench.root / "d/file").write_bytes(b"")
    assert (b"d/file", "changed") in bench.seen()


def test_a_directory_that_may_not_be_read_is_skipped(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its permissions change: then all in it is told."""
    (bench.root / "d").mkdir()
    (bench.root / "d/file").write_bytes(b"")
    (bench.root / "e").mkdir()
    with monkeypatch.context() as denied:
        refuse(denied, errno.EACCES, os.fsencode(bench.root / "d"))
        watch = bench.watch()
        (bench.root / "e/file").write_bytes(b"")
        assert (b"e/file", "changed") in bench.seen()
    (bench.root / "d").chmod(0o755)
    assert bench.seen() == [(b"d", "changed"), (b"d/file", "changed")]
    assert watch.problem == ""
    (bench.root / "d").chmod(0o700)
    assert bench.seen() == [(b"d", "changed")]


# The root


def test_a_root_that_is_missing_or_no_directory_is_refused(bench: Bench) -> None:
    """And nothing is watched."""
    (bench.root / "file").write_bytes(b"")
    before = watches_in_kernel()
    for name in ("missing", "file"):
        watch = bench.unstarted(bench.root / name)
        with pytest.raises(OSError, match=r"No such file|Not a directory"):
            watch.start()
        assert not watch.started
    assert watches_in_kernel() == before


def test_a_root_that_may_not_be_read_is_refused(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though watchdog itself takes no notice of that."""
    refuse(monkeypatch, errno.EACCES, os.fsencode(bench.root))
    watch = bench.unstarted()
    with pytest.raises(PermissionError):
        watch.start()
    assert not watch.started


@pytest.mark.parametrize("how", ["deleted", "moved", "replaced"])
def test_a_root_that_goes_ends_the_watch(bench: Bench, how: str) -> None:
    """A scan is asked for, what happens in a moved one is not told, and the watch can be started anew."""
    (bench.root / "d").mkdir()
    before = watches_in_kernel()
    watch = bench.watch()
    if how == "deleted":
        shutil.rmtree(bench.root)
    else:
        bench.root.rename(bench.outside / "moved")
    if how == "replaced":
        bench.root.mkdir()
    assert LOST in bench.seen()
    assert not watch.started
    assert watches_in_kernel() == before
    (bench.outside / "file").write_bytes(b"")
    bench.root.mkdir(exist_ok=True)
    watch.start()
    (bench.root / "file").write_bytes(b"")
    assert set(bench.seen()) == {(b"file", "changed")}


def test_an_unmounted_root_ends_the_watch(bench: Bench) -> None:
    """As the kernel would tell of it."""
    watch = bench.watch()
    InotifyFD.get_instance().handle_event(_event_of(bench.root, InotifyConstants.IN_UNMOUNT))
    assert not watch.started
    assert bench.seen() == [LOST]


def test_of_an_unmount_within_a_scan_is_asked(bench: Bench) -> None:
    """The directory that it was mounted on has come to light, with what stands in it; the watch goes on."""
    (bench.root / "d").mkdir()
    watch = bench.watch()
    InotifyFD.get_instance().handle_event(_event_of(bench.root / "d", InotifyConstants.IN_UNMOUNT))
    assert watch.started
    assert bench.seen() == [LOST]
    (bench.root / "d/file").write_bytes(b"")
    assert set(bench.seen()) == {(b"d/file", "changed")}


def _event_of(directory: Path, mask: Mask) -> InotifyEvent:
    """An event of the watch that a directory has: asked once more, the kernel says which one that is."""
    wd = inotify_c.inotify_add_watch(InotifyFD.get_instance()._inotify_fd, os.fsencode(directory), MASK)
    return InotifyEvent(wd, mask, 0, b"")


# Several watches


def test_a_watch_that_stops_deafens_no_other(bench: Bench) -> None:
    """Nested or equal, they share the kernel's watches."""
    inner = bench.root / "d"
    (inner / "e").mkdir(parents=True)
    before = watches_in_kernel()
    heard = [Told() for _ in range(4)]
    roots = (bench.root, inner, inner, bench.root)
    watches = [bench.watch(root, told) for root, told in zip(roots, heard, strict=True)]
    assert watches_in_kernel() == before + 3
    for stopped, watch in enumerate(watches):
        (inner / "e" / f"{stopped}").write_bytes(b"")
        for number, told in enumerate(heard):
            path = os.fsencode((inner / "e" / f"{stopped}").relative_to(roots[number]))
            assert ((path, "changed") in bench.seen(told)) is (number >= stopped)
        watch.stop()
    assert watches_in_kernel() == before


def test_started_again_it_hears_each_thing_once(bench: Bench) -> None:
    """However often."""
    watch = bench.watch()
    for _ in range(3):
        watch.start()
    (bench.root / "a").mkdir()
    assert bench.seen() == [(b"a", "changed")]


def test_a_watched_folder_that_is_moved_within_another_is_told_to_both(bench: Bench) -> None:
    """Its own watch has lost its root; the other goes on."""
    (bench.root / "d").mkdir()
    told = Told()
    inner = bench.watch(bench.root / "d", told)
    bench.watch()
    (bench.root / "d").rename(bench.root / "n")
    assert bench.seen(told) == [LOST]
    assert not inner.started
    bench.seen()
    (bench.root / "n/file").write_bytes(b"")
    assert (b"n/file", "changed") in bench.seen()


def test_what_fails_in_one_owner_ends_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged and its owner told to scan, whatever that brings; the reader lives."""

    def fail(hint: tuple[bytes, str]) -> None:
        raise ValueError(hint)

    other = Told()
    bench.watch()
    bench.watch(told=other)
    bench.told.react = fail
    (bench.root / "a").mkdir()
    assert bench.seen() == [(b"a", "changed"), LOST]
    assert bench.seen(other) == [(b"a", "changed")]
    assert "ValueError" in caplog.text


# Limits and losses


def test_where_the_limit_is_reached_at_start_nothing_stays_watched(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner polls instead."""
    (bench.root / "d/e").mkdir(parents=True)
    refuse(monkeypatch, errno.ENOSPC, os.fsencode(bench.root / "d/e"))
    before = watches_in_kernel()
    watch = bench.unstarted()
    with pytest.raises(OSError, match="limit"):
        watch.start()
    assert not watch.started
    assert watches_in_kernel() == before


def test_where_the_limit_is_reached_later_it_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan is asked for, what is watched goes on, and a new start where there is room forgets it."""
    watch = bench.watch()
    with monkeypatch.context() as full:
        refuse(full, errno.ENOSPC, os.fsencode(bench.root / "d"))
        (bench.root / "d").mkdir()
        assert LOST in bench.seen()
        assert "limit" in watch.problem
        (bench.root / "file").write_bytes(b"")
        assert (b"file", "changed") in bench.seen()
        bench.seen()
    watch.start()
    assert watch.problem == ""


def test_an_overflow_is_an_occasion_to_watch_what_the_limit_kept_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is room by then."""
    watch = bench.watch()
    with monkeypatch.context() as full:
        refuse(full, errno.ENOSPC, os.fsencode(bench.root / "d"))
        (bench.root / "d").mkdir()
        bench.seen()
        InotifyFD.get_instance().handle_event(OVERFLOW)
        assert "limit" in watch.problem
    InotifyFD.get_instance().handle_event(OVERFLOW)
    assert watch.problem == ""
    bench.seen()
    (bench.root / "d/file").write_bytes(b"")
    assert (b"d/file", "changed") in bench.seen()


def test_after_an_overflow_everything_is_watched_again(bench: Bench) -> None:
    """A true one: the reader is held up while more happens than the kernel's queue takes."""
    (bench.root / "moved/e").mkdir(parents=True)
    (bench.root / "away/e").mkdir(parents=True)
    bench.watch()
    held, go = threading.Event(), threading.Event()

    def hold(hint: tuple[bytes, str]) -> None:
        held.set()
        assert go.wait(DEADLINE_SECONDS)

    bench.told.react = hold
    (bench.root / "begin").write_bytes(b"")
    assert held.wait(DEADLINE_SECONDS)
    for turn in range(int(Path("/proc/sys/fs/inotify/max_queued_events").read_text()) // 2 + 1):
        os.utime(bench.root / "begin", (turn, turn))
        os.utime(bench.root / "moved", (turn, turn))
    (bench.root / "new/e").mkdir(parents=True)
    (bench.root / "moved").rename(bench.root / "here")
    (bench.root / "away").rename(bench.outside / "away")
    answered: list[int] = []
    come = threading.Event()
    bench.cookies.ask(lambda: (answered.append(bench.told.hints.count(LOST)), come.set())[1])
    go.set()
    assert come.wait(DEADLINE_SECONDS)
    assert answered == [1]
    bench.seen()
    (bench.outside / "away/e/file").write_bytes(b"")
    for name in ("new/e", "here/e", "here"):
        (bench.root / name / "file").write_bytes(b"")
        assert set(bench.seen()) == {(f"{name}/file".encode(), "changed")}


def test_after_an_overflow_nothing_is_told_twice(bench: Bench) -> None:
    """What was watched all the time is watched once."""
    before = watches_in_kernel()
    watch = bench.watch()
    InotifyFD.get_instance().handle_event(OVERFLOW)
    (bench.root / "d").mkdir()
    assert bench.seen() == [LOST, (b"d", "changed")]
    watch.stop()
    assert watches_in_kernel() == before


def test_a_root_that_went_unseen_ends_the_watch(bench: Bench) -> None:
    """An overflow shows it."""
    watch = bench.watch()
    with deafened():
        bench.root.rename(bench.outside / "moved")
        bench.seen()
    assert bench.seen() == [LOST]
    assert not watch.started


def test_of_a_directory_replaced_unseen_only_the_new_one_is_watched(bench: Bench) -> None:
    """The old one, and what is below it, is somewhere else."""
    (bench.root / "d/e").mkdir(parents=True)
    (bench.outside / "d").mkdir()
    before = watches_in_kernel()
    bench.watch()
    with deafened():
        (bench.root / "d").rename(bench.outside / "old")
        (bench.outside / "d").rename(bench.root / "d")
        bench.seen()
    assert bench.seen() == [LOST]
    assert watches_in_kernel() == before + 2
    (bench.outside / "old/e/file").write_bytes(b"")
    (bench.outside / "old/file").write_bytes(b"")
    (bench.root / "d/file").write_bytes(b"")
    assert set(bench.seen()) == {(b"d/file", "changed")}


@contextlib.contextmanager
def deafened() -> Iterator[None]:
    """Events are lost on their way, but for those of cookies; at the end an overflow is told for them."""
    reader = InotifyFD.get_instance()
    real = reader.handle_event

    def handle(event: InotifyEvent) -> None:
        if event.is_ignored or event.name.startswith(b"cookie"):
            real(event)

    reader.handle_event = handle  # type: ignore[method-assign]  # the seam between reading and handing out
    try:
        yield
    finally:
        del reader.handle_event
        reader.handle_event(OVERFLOW)


OVERFLOW = InotifyEvent(WatchDescriptor(-1), InotifyConstants.IN_Q_OVERFLOW, 0, b"")
_paths = st.lists(st.sampled_from("ab"), min_size=1, max_size=3).map("/".join)
_steps = st.tuples(st.sampled_from(["make", "make", "move", "away", "delete", "wait"]), _paths, _paths)


Step = tuple[str, str, str]


def _happen(bench: Bench, steps: list[Step]) -> None:
    for what, one, other in steps:
        with contextlib.suppress(OSError):
            if what == "make":
                (bench.root / one).mkdir(parents=True)
            elif what == "move":
                (bench.root / one).rename(bench.root / other)
            elif what == "away":
                (bench.root / one).rename(bench.outside / f"{len(os.listdir(bench.outside))}")
            elif what == "delete":
                shutil.rmtree(bench.root / one)
            elif what == "wait":
                bench.seen()


def _every_directory_is_heard(bench: Bench) -> None:
    bench.seen()
    inside = [Path(directory) for directory, _, _ in os.walk(bench.root)]
    for directory in inside:
        (directory / "mark").write_bytes(b"")
    for directory, _, _ in os.walk(bench.outside):
        Path(directory, "mark").write_bytes(b"")
    expected = {os.fsencode((directory / "mark").relative_to(bench.root)) for directory in inside}
    assert {path for path, _ in bench.seen()} == expected
    for directory in inside:
        (directory / "mark").unlink()


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seen=st.lists(_steps, max_size=15), lost=st.lists(_steps, max_size=10), after=st.lists(_steps, max_size=10))
def test_whatever_happens_to_the_directories_each_is_heard_by_its_path(
    tmp_path_factory: pytest.TempPathFactory, seen: list[Step], lost: list[Step], after: list[Step]
) -> None:
    """Made, moved, replaced and deleted in any order; also where events are lost, and an overflow told for them."""
    before = watches_in_kernel()
    bench = Bench(tmp_path_factory.mktemp("any"))
    watch = bench.watch()
    try:
        _happen(bench, seen)
        if lost:
            bench.seen()
            with deafened():
                _happen(bench, lost)
                bench.seen()
        _happen(bench, after)
        _every_directory_is_heard(bench)
        assert watch.started
        assert watches_in_kernel() == before + 1 + sum(1 for _ in os.walk(bench.root))
    finally:
        bench.stop()
    assert watches_in_kernel() == before


def test_what_happens_during_the_start_is_not_lost(bench: Bench) -> None:
    """Directories are moved and made while they are being entered."""
    stop = threading.Event()

    def stir() -> None:
        for turn in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
            one, other = "abc"[turn % 3], "abc"[turn % 2]
            _happen(bench, [("make", f"{one}/{other}/a", ""), ("move", one, f"{other}/m"), ("delete", f"{one}/m", "")])

    stirring = threading.Thread(target=stir)
    stirring.start()
    try:
        watch = bench.unstarted()
        for _ in range(100):
            watch.start()
    finally:
        stop.set()
        stirring.join()
    _every_directory_is_heard(bench)


# Cookies


def test_a_cookie_comes_after_all_that_happened_before(bench: Bench) -> None:
    """In whatever folder, and with all that a new directory brought."""
    bench.watch()
    for turn in range(200):
        (bench.root / f"{turn}/e").mkdir(parents=True)
        (bench.root / f"{turn}/e/file").write_bytes(b"")
        assert (f"{turn}/e/file".encode(), "changed") in bench.seen()


def test_everyone_who_asks_is_answered_once(bench: Bench) -> None:
    """From many threads at once."""
    answered: list[int] = []
    all_come = threading.Semaphore(0)

    def ask(number: int) -> None:
        for turn in range(50):
            bench.cookies.ask(lambda mine=number * 50 + turn: (answered.append(mine), all_come.release()))  # type: ignore[misc]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(400):
        assert all_come.acquire(timeout=DEADLINE_SECONDS)
    bench.seen()
    assert sorted(answered) == [*range(400)]


def test_the_folder_is_the_owners_alone_and_left_tidy(tmp_path: Path) -> None:
    """A killed daemon's cookies are removed; what is not one stays."""
    folder = tmp_path / "new/cookies"
    Cookies(os.fsencode(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("cookie-17", "other"):
        (folder / name).write_bytes(b"")
    cookies = Cookies(os.fsencode(folder))
    assert os.listdir(folder) == ["other"]
    come = threading.Event()
    cookies.start()
    cookies.ask(come.set)
    assert come.wait(DEADLINE_SECONDS)
    cookies.stop()
    assert os.listdir(folder) == ["other"]


@pytest.mark.parametrize("how", ["deleted", "deleted and made", "moved", "moved and made"])
def test_a_cookie_folder_that_goes_is_made_again(bench: Bench, tmp_path: Path, how: str) -> None:
    """Who waited for a cookie in the old one is answered, and who asks later."""
    bench.watch()
    held, go, come = threading.Event(), threading.Event(), threading.Event()
    bench.told.react = lambda hint: (held.set(), go.wait(DEADLINE_SECONDS))[1]  # type: ignore[assignment]
    (bench.root / "a").mkdir()
    assert held.wait(DEADLINE_SECONDS)
    if how.startswith("deleted"):
        (tmp_path / "cookies").rmdir()
    else:
        (tmp_path / "cookies").rename(tmp_path / "elsewhere")
    if how.endswith("made"):
        (tmp_path / "cookies").mkdir()
    bench.cookies.ask(come.set)
    go.set()
    assert come.wait(DEADLINE_SECONDS)
    bench.seen()


def test_stopped_no_cookie_is_made(tmp_path: Path) -> None:
    """Whatever was on its way from the kernel."""
    cookies = Cookies(os.fsencode(tmp_path / "cookies"))
    before = watches_in_kernel()
    cookies.start()
    cookies.stop()
    cookies.on_queue_overflow()
    cookies.on_watch_deleted(WatchDescriptor(1))
    assert watches_in_kernel() == before


def test_where_no_cookie_can_be_made_it_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """And who asked is not answered."""

    def full(path: bytes, mode: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    answered: list[bool] = []
    with monkeypatch.context() as disk:
        disk.setattr(os, "mknod", full)
        with pytest.raises(OSError, match="full"):
            bench.cookies.ask(lambda: answered.append(True))
    bench.seen()
    assert answered == []


def test_who_fails_when_answered_harms_nobody(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """The reader goes on."""

    def fail() -> None:
        raise ValueError

    bench.cookies.ask(fail)
    assert bench.seen() == []
    assert "ValueError" in caplog.text


def test_a_strangers_file_in_the_cookie_folder_harms_nobody(bench: Bench, tmp_path: Path) -> None:
    """Whatever its name."""
    for name in ("other", "cookie-", "cookie-x", "cookie-" + "9" * 200):
        (tmp_path / "cookies" / name).write_bytes(b"")
    assert bench.seen() == []
