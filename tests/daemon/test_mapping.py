"""What a map makes of the references of a session in ``/work/set``."""

from __future__ import annotations

import pytest

from holdfast_daemon.formats.base import Resource
from holdfast_daemon.mapping import Map
from holdfast_daemon.resources import Around

NEAR = Around(folder=b"/work/set", home=b"/home/ann")


def mapped(reference: str, entries: dict[str, str], below: str = "", near: Around = NEAR) -> str | None:
    target = Map(entries, near).target(Resource(key="k", role="data", reference=reference, below=below))
    return target and target.reference


@pytest.mark.parametrize(
    ("reference", "entries", "expected"),
    [
        ("/old/a.bed", {"/old/a.bed": "/new/a.bed"}, "/new/a.bed"),
        ("/old/a.bed", {"/old/": "/new/"}, "/new/a.bed"),
        ("/old/a.bed", {"/old/": "/new"}, "/new/a.bed"),
        ("/old/a.bed", {"/old": "/new"}, None),
        ("/older/a.bed", {"/old/": "/new/"}, None),
        ("/old/b/a.bed", {"/old/": "/1/", "/old/b/": "/2/"}, "/2/a.bed"),
        ("C:\\data\\b\\a.bed", {"C:\\data\\": "/data/"}, "/data/b/a.bed"),
        ("/data/b/a.bed", {"/data/": "C:\\data\\"}, "C:\\data\\b/a.bed"),
        ("data/a.bed", {"/work/set/data/": "/work/data/"}, "../data/a.bed"),
        ("data/a.bed", {"data/": "/work/set/new/"}, "new/a.bed"),
        ("data/a.bed", {"data/": "/mnt/data/"}, "/mnt/data/a.bed"),
        ("data/a.bed", {"data/": "new/"}, "new/a.bed"),
        ("/work/set/a.bed", {"/work/set/": ""}, "a.bed"),
        ("~/a.bed", {"/home/ann/": "/new/"}, "/new/a.bed"),
        ("file:///old/a.bed", {"/old/": "/new/"}, "/new/a.bed"),
        ("https://one.org/a.bed", {"https://one.org/": "s3://two/"}, "s3://two/a.bed"),
    ],
)
def test_a_reference_becomes_another(reference: str, entries: dict[str, str], expected: str | None) -> None:
    """By itself, by the path that it is here, or by a folder above it; relative where it was and can be."""
    assert mapped(reference, entries) == expected


def test_what_is_relative_to_a_project_stays_in_it_or_becomes_absolute() -> None:
    """An application that resolves names in its project does not look above it."""
    near = Around(folder=b"/w/p/.aider-desk/sessions", home=b"/home/ann")
    assert mapped("src/a.py", {"src/": "/w/p/lib/"}, ".aider-desk", near) == "lib/a.py"
    assert mapped("src/a.py", {"src/": "/w/q/lib/"}, ".aider-desk", near) == "/w/q/lib/a.py"
