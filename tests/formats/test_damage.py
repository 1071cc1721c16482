"""What lies on disk after a write that failed is damage to its format: it is not recognised, not read, or suspicious.

The daemon asks these three questions, in this order, of whatever replaces a good state.
"""

import gzip
import sys
from pathlib import Path

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK
from holdfast_daemon.formats.base import DamagedDocument
from holdfast_daemon.formats.igv import IGV
from holdfast_daemon.formats.mosaic import MOSAIC

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

DATA = Path(__file__).resolve().parents[1] / "data"
XML, JSON, WEB = ((DATA / "igv" / name).read_bytes() for name in ("session_8.xml", "desktop_3.json", "igvjs.json"))
CHATS = {name: (DATA / "aiderdesk" / name).read_bytes() for name in ("v0.json", "chat_v1.json", "chat_v2.json")}
TASK = {path.name.encode(): path.read_bytes() for path in (DATA / "aiderdesk" / "task").iterdir()}
GOOD = [
    *((AIDERDESK, name, content) for name, content in CHATS.items()),
    (MOSAIC, "plain", made.session()),
    (MOSAIC, "protocol 4", made.session(made.V1_1_0)),
    (MOSAIC, "indexed", made.indexed(made.session(), thumbnail=b"\x89PNG", meta=b'{"volume_paths":[]}')),
    (IGV, "XML", XML),
    (IGV, "JSON", JSON),
    (IGV, "igv.js", WEB),
]


def reason(form, old, new):
    """Why ``new`` would not become the head after ``old``, or None."""
    if form.recognise(new) is None:
        return "not recognised"
    try:
        return form.suspicion(form.read(old), form.read(new))
    except DamagedDocument as problem:
        return str(problem)


@pytest.mark.parametrize(("form", "name", "content"), GOOD, ids=[f"{form.app} {name}" for form, name, _ in GOOD])
def test_a_document_that_was_cut_off_is_damaged_wherever_the_cut_is(form, name, content):
    """Disk full, killed, or read while it was written: a pickle without its end, XML and JSON that are still open."""
    whole = content.rstrip()
    cuts = [*range(min(200, len(whole))), *range(200, len(whole), 7), len(whole) - 1]
    assert [at for at in cuts if reason(form, {b"": content}, {b"": content[:at]}) is None] == []


CUT = gzip.compress(XML, mtime=0)[:-9]


@pytest.mark.parametrize("content", [XML, CUT, JSON, WEB], ids=["XML", "gzip", "JSON", "igv.js"])
def test_igv_fact_17_zeros_and_nothing_are_damage(content):
    """Fact 17: as a file is that was made long enough before it was written."""
    assert reason(IGV, {b"": XML}, {b"": bytes(len(content))}) is not None
    assert reason(IGV, {b"": XML}, {b"": b""}) is not None


def test_mosaic_fact_8_a_value_that_could_not_be_pickled_cuts_the_file():
    """Fact 8 and page 4.2: most of the file is there, and no end."""
    content = made.session()
    assert "cut off" in reason(MOSAIC, {b"": content}, {b"": content[: len(content) * 88 // 100]})
    assert "cut off" in reason(MOSAIC, {b"": content}, {b"": content[:-1]})


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_task_whose_context_or_settings_were_cut_off_is_damaged(cut):
    """Page 4.3: AiderDesk writes them in place; the other files of the task are as they were."""
    for path in (b"context.json", b"settings.json"):
        assert reason(AIDERDESK, TASK, {**TASK, path: TASK[path][:cut]}) is not None


def conflicting(content, line):
    """As git leaves a file of which two versions differ in that line."""
    lines = content.split(b"\n")
    both = [b"<<<<<<< HEAD", lines[line], b"=======", lines[line] + b" ", b">>>>>>> other"]
    return b"\n".join([*lines[:line], *both, *lines[line + 1 :]])


@pytest.mark.parametrize(("content", "line"), [(XML, 0), (XML, 1), (XML, 5), (JSON, 1), (JSON, 5), (WEB, 0)])
def test_igv_fact_14_gits_conflict_markers_are_told(content, line):
    """Fact 14: people commit their sessions, and nobody merges them."""
    told = reason(IGV, {b"": content}, {b"": conflicting(content, line)})
    assert told == f"line {line + 1}: it holds git's conflict markers, so two versions of it lie in one file"


@pytest.mark.parametrize("content", [XML, JSON, WEB], ids=["XML", "JSON", "igv.js"])
def test_igv_fact_9_an_empty_session_over_a_full_one_is_suspicious(content):
    """Fact 9: IGV saves its autosaves after New as well."""
    assert "resources is left" in reason(IGV, {b"": content}, IGV.cleared({b"": content}))


def test_a_context_in_conflict_is_no_session():
    """Nothing keeps .aider-desk out of the project's own git."""
    content = CHATS["chat_v1.json"]
    assert reason(AIDERDESK, {b"": content}, {b"": conflicting(content, 3)}) is not None
    with pytest.raises(DamagedDocument, match="conflict markers"):
        AIDERDESK.read({b"": conflicting(content, 3)})
