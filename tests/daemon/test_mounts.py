"""Where inotify is deaf is read from the kernel's own list of mounts, as the kernel itself would walk it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_daemon.mounts import DEAF, deaf, read_mountinfo


def table(*mounts: tuple[int, int, str, str]) -> str:
    """Number, parent, point (escaped as the kernel does) and type of each, as in proc(5)."""
    return "".join(
        f"{number} {parent} 0:{number} / {point} rw,relatime shared:{number} - {kind} some:/where rw\n"
        for number, parent, point, kind in mounts
    )


MACHINE = table(
    (20, 1, "/", "ext4"),
    (21, 20, "/home", "btrfs"),
    (22, 21, "/home/share", "nfs4"),
    (23, 22, "/home/share/local", "xfs"),
    (24, 20, "/run/user/1000/gvfs", "fuse.gvfsd-fuse"),
    (25, 20, "/media/disk", "fuseblk"),
    (26, 20, "/mnt/with\\040space\\134\\011", "cifs"),
    (27, 20, "/mnt/ü", "9p"),
    (28, 20, "/mnt/form\x0cfeed\x85", "ceph"),
)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (b"/", "nfs4"),  # what is mounted below it
        (b"/home/ann/sessions", None),
        (b"/home/share", "nfs4"),
        (b"/home/share/sessions", "nfs4"),
        (b"/home/shared", None),  # not below it, though its name begins so
        (b"/home/share/local/sessions", None),
        (b"/run/user/1000/gvfs/sftp", "fuse.gvfsd-fuse"),
        (b"/media/disk/sessions", None),  # a local disk, though FUSE serves it
        (b"/mnt/with space\\\t/x", "cifs"),
        ("/mnt/ü/x".encode(), "9p"),
        ("/mnt/form\x0cfeed\x85/x".encode(), "ceph"),
        (b"/mnt/\xff", None),
    ],
)
def test_the_mount_that_holds_the_path_decides(path: bytes, kind: str | None) -> None:
    """One for all that is below its point, down to the next mount."""
    assert deaf(path, MACHINE) == kind


@pytest.mark.parametrize("kind", [*sorted(DEAF), "fuse.sshfs", "fuse.rclone", "fuse.s3fs"])
def test_a_file_system_that_others_change_is_deaf(kind: str) -> None:
    """Of servers, hosts, clusters and whatever program serves it."""
    assert deaf(b"/far/away", table((1, 1, "/", "ext4"), (2, 1, "/far", kind))) == kind


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "vfat", "ntfs3", "fuseblk"])
def test_a_file_system_of_this_kernel_is_not(kind: str) -> None:
    """All its changes go through here."""
    assert deaf(b"/near/by", table((1, 1, "/", "nfs"), (2, 1, "/near", kind))) is None


def test_of_two_mounts_on_one_point_the_later_counts() -> None:
    """It hides the earlier, which is its parent."""
    assert deaf(b"/a/x", table((1, 0, "/", "ext4"), (2, 1, "/a", "nfs"), (3, 2, "/a", "ext4"))) is None
    assert deaf(b"/a/x", table((1, 0, "/", "ext4"), (2, 1, "/a", "ext4"), (3, 2, "/a", "nfs"))) == "nfs"


def test_a_mount_over_a_folder_hides_the_mounts_in_it() -> None:
    """The longest mount point is then not where the path leads."""
    hidden = (2, 1, "/a/b", "nfs")
    assert deaf(b"/a/b/x", table((1, 0, "/", "ext4"), hidden, (3, 1, "/a", "xfs"))) is None
    assert deaf(b"/a/b/x", table((1, 0, "/", "ext4"), hidden, (3, 1, "/a", "xfs"), (4, 3, "/a/b", "cifs"))) == "cifs"


def test_the_root_may_stand_on_the_kernels_first_one() -> None:
    """``rootfs`` is its own parent."""
    assert deaf(b"/x", table((1, 1, "/", "rootfs"), (2, 1, "/", "nfs"))) == "nfs"


def test_in_a_changed_root_the_mounts_hang_on_nothing_listed() -> None:
    """A daemon in a chroot sees only those below; the nearest to the path counts."""
    assert deaf(b"/data/x", table((8, 7, "/data", "nfs"), (9, 7, "/proc", "proc"))) == "nfs"
    assert deaf(b"/data/x/y", table((8, 7, "/data", "nfs"), (9, 7, "/data/x", "ext4"))) is None
    assert deaf(b"/else", table((8, 7, "/data", "nfs"))) is None


def test_where_nothing_tells_of_mounts_nothing_is_deaf() -> None:
    """No ``/proc``, or one that is not understood."""
    assert deaf(b"/x", "") is None
    assert deaf(b"/x", "so\nor - so\n\n1 2 3\n") is None


@given(st.text("0123 /-\\a\n", max_size=300), st.binary(max_size=20))
def test_no_table_breaks_it(mountinfo: str, path: bytes) -> None:
    """Whatever stands in it, an answer comes."""
    deaf(b"/" + path, mountinfo)


@given(st.lists(st.tuples(*[st.integers(1, 4)] * 2, st.sampled_from(["/", "/a", "/a/b"]), st.just("nfs")), max_size=6))
def test_mounts_that_carry_each_other_end(mounts: list[tuple[int, int, str, str]]) -> None:
    """Numbers that are no tree are not walked for ever."""
    assert deaf(b"/a/b/c", table(*mounts)) in (None, "nfs")


def test_this_machines_mounts_are_read() -> None:
    """Something holds the root, and an answer comes."""
    assert " / " in read_mountinfo()
    deaf(b"/", read_mountinfo())
