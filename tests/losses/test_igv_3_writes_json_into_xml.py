"""IGV 3.0 beta: Save Session over ``foo.xml`` writes JSON into it, and no IGV opens that file again: it goes by the
name (igv.md 1.7)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from losses_adopted import Adopted, listing
from losses_documents import as_javascript, igv
from losses_writers import java_writes

XML = igv("/data/reads.wig")
JSON = as_javascript(
    {
        "reference": {"id": "toy", "fastaURL": "/genomes/toy.fa"},
        "locus": "chr1:1000-9000",
        "tracks": [{"path": "/data/reads.wig", "name": "reads", "format": "wig", "type": "wig", "id": "r"}],
    }
)


def test_the_xml_comes_back_under_its_name(adopt: Callable[..., Adopted], desk: Path) -> None:
    """Both are kept in one history; nothing is moved or renamed before its user asks, and the XML is one command
    away."""
    folder = desk / "sessions"
    folder.mkdir()
    java_writes(folder / "foo.xml", XML)
    adopted = adopt(folder, "igv")
    adopted.head_is("foo", XML)

    java_writes(folder / "foo.xml", JSON)

    snapshot = adopted.kept("foo", JSON, suspect=None)
    assert snapshot["cause"] == "outside"
    assert listing(folder) == {"foo.xml": JSON}
    adopted.comes_back("foo", XML)
    assert listing(folder) == {"foo.xml": XML}
