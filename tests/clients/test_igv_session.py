"""What IGV wrote is judged before it is handed over: whole, with which files, and readable elsewhere."""

from __future__ import annotations

import pytest

from holdfast.bridges.igv_session import resources, with_absolute_paths

EMPTY = b'<?xml version="1.0"?>\n<Session genome="/g.fa" locus="All" version="8"><Panel/></Session>\n'
FULL = EMPTY.replace(
    b"<Panel/>", b'<Resources><Resource path="/a &amp; b.bed"/><Resource path="http://c/d"/></Resources>'
)


def test_its_resources_are_its_files_and_urls() -> None:
    """Of XML, of the older XML, and of JSON with tracks in tracks."""
    assert resources(FULL) == {"/a & b.bed", "http://c/d"}
    assert resources(b'<Global><Files><DataFile name="/x.bed"/></Files></Global>') == {"/x.bed"}
    tracks = b'[{"path":"/a"},{"type":"sequence"},{"type":"merged","tracks":[{"url":"http://b"}]}]'
    assert resources(b'{"reference":{},"tracks":%s}' % tracks) == {"/a", "http://b"}


def test_an_empty_session_has_none() -> None:
    """After ``new``: only the genome is there."""
    assert resources(EMPTY) == resources(b'{"reference":{},"tracks":[{"type":"sequence"}]}') == frozenset()


@pytest.mark.parametrize(
    "document",
    [
        b"", FULL[:-5], FULL[:40], b"<html/>", b"OK", b'{"tracks":[', b'{"tracks":{}}', b"{}",
        b'<!DOCTYPE s [<!ENTITY a "b">]><Session/>',
    ],
)  # fmt: skip
def test_what_is_no_whole_session_is_refused(document: bytes) -> None:
    """Cut, empty, of something else, or with entities."""
    with pytest.raises(ValueError, match=r"."):
        resources(document)


def test_relative_paths_become_absolute() -> None:
    """Those that start from the folder that IGV was told to write into; ids, URLs and names stay."""
    relative = EMPTY.replace(b"/g.fa", b"../data/g.fa").replace(
        b"<Panel/>",
        b'<Resources><Resource path="../data/a &amp; b.bed" coverage="../data/c.tdf" name="x/y"/>'
        b'<Resource path="https://h/d"/><Resource path="/e.bed"/></Resources><Panel><Track id="/e.bed"/></Panel>',
    )
    said = with_absolute_paths(relative, b"/tmp/ours")
    for path in (b'"/tmp/data/g.fa"', b'"/tmp/data/a &amp; b.bed"', b'"/tmp/data/c.tdf"', b'"https://h/d"', b'"x/y"'):
        assert path in said
    assert b".." not in said
    assert with_absolute_paths(FULL, b"/tmp/ours") == FULL
    assert with_absolute_paths(b'{"tracks":[{"path":"../x"}]}', b"/t") == b'{"tracks":[{"path":"../x"}]}'
