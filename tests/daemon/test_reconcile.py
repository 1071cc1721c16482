"""The table of DESIGN.md section 2, row by row and over every combination."""

from __future__ import annotations

from itertools import product

import pytest

from holdfast_daemon.reconcile import Verdict, verdict

P, W, X, H = b"published", b"wanted", b"something else", b"a head between"


@pytest.mark.parametrize(
    ("on_disk", "published", "wanted", "expected"),
    [
        (W, W, W, Verdict.NOTHING),
        (None, None, None, Verdict.NOTHING),
        (W, P, W, Verdict.CONFIRM),
        (W, None, W, Verdict.CONFIRM),
        (P, P, W, Verdict.PUBLISH),
        (P, P, None, Verdict.PUBLISH),
        (None, None, W, Verdict.PUBLISH),
        (X, P, W, Verdict.OUTSIDE),
        (X, W, W, Verdict.OUTSIDE),
        (X, None, W, Verdict.OUTSIDE),
        (X, P, None, Verdict.OUTSIDE),
        (None, P, None, Verdict.CONFIRM),
        (None, P, W, Verdict.GONE),
        (None, W, W, Verdict.GONE),
    ],
)
def test_every_row(on_disk: bytes | None, published: bytes | None, wanted: bytes | None, expected: Verdict) -> None:
    """Content decides what is to be done about a path."""
    assert verdict(on_disk, published, wanted) is expected


def test_what_a_power_cut_tore_is_published_again() -> None:
    """Neither, before the publication was synced: ours once more; where nothing is wanted it is an outside change."""
    assert verdict(X, P, W, torn=True) is Verdict.REPUBLISH
    assert verdict(X, None, W, torn=True) is Verdict.REPUBLISH
    assert verdict(X, P, None, torn=True) is Verdict.OUTSIDE


@pytest.mark.parametrize("torn", [False, True])
def test_what_is_known_is_never_torn_nor_outside(torn: bool) -> None:
    """The wanted, the published and a head between them are ours, whatever happened to the machine."""
    assert verdict(W, P, W, torn=torn) is Verdict.CONFIRM
    assert verdict(P, P, W, torn=torn) is Verdict.PUBLISH
    assert verdict(H, P, W, torn=torn, on_way=[P, H, W]) is Verdict.PUBLISH
    assert verdict(H, P, None, torn=torn, on_way=[P, H]) is Verdict.PUBLISH


def test_foreign_bytes_are_never_published_over_unseen() -> None:
    """Over all combinations: bytes that are not ours are never merely published over or called nothing."""
    for on_disk, published, wanted, torn in product([None, P, W, X], [None, P, W], [None, P, W], [False, True]):
        found = verdict(on_disk, published, wanted, torn=torn)
        if on_disk is not None and on_disk not in (published, wanted):
            assert found in (Verdict.OUTSIDE, Verdict.REPUBLISH)
        if found is Verdict.NOTHING:
            assert on_disk == published == wanted
        if found is Verdict.GONE:
            assert on_disk is None
            assert published is not None
            assert wanted is not None
