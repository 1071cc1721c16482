"""Large sessions: what is asked of them grows as they do. The bounds are several times what it takes."""

import gzip
import time

import pytest

from holdfast_daemon.formats.base import DamagedDocument, Part
from holdfast_daemon.formats.igv import IGV

TRACKS = 2000
MOST_SECONDS = 4  # of the processor, whoever else uses it; anything quadratic takes several times as long


def session(color="0,0,178", folder="/data"):
    resources = "\n".join(f'        <Resource path="{folder}/s{n}.bigWig" type="bigwig"/>' for n in range(TRACKS))
    tracks = "\n".join(
        f'        <Track attributeKey="s{n}" clazz="org.broad.igv.track.DataSourceTrack" color="{color}" '
        f'fontSize="10" height="40" id="{folder}/s{n}.bigWig" name="s{n}" renderer="BAR_CHART" visible="true">\n'
        '            <DataRange baseline="0.0" drawBaseline="true" flipAxis="false" maximum="10.0" minimum="0.0" '
        'type="LINEAR"/>\n        </Track>'
        for n in range(TRACKS)
    )
    return (
        f'<Session genome="hg38" version="8">\n    <Resources>\n{resources}\n    </Resources>\n'
        f'    <Panel name="DataPanel">\n{tracks}\n    </Panel>\n</Session>\n'
    ).encode()


DOCUMENT = {b"": session()}
PARTS = IGV.read(DOCUMENT).parts
MOVED = IGV.read({b"": session("1,2,3", "/mnt")}).parts
ALIKE = [Part(key=str(n), name="n", kind="track", content=f'<Track id="a" n="{n}"/>'.encode()) for n in range(TRACKS)]


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(lambda: IGV.read(DOCUMENT), id="read"),
        pytest.param(lambda: IGV.write(PARTS[:-1], DOCUMENT), id="write"),
        pytest.param(lambda: IGV.write([*PARTS[:-TRACKS], *PARTS[: -TRACKS - 1 : -1]], DOCUMENT), id="write reversed"),
        pytest.param(lambda: IGV.write(MOVED, DOCUMENT), id="write what moved"),
        pytest.param(lambda: IGV.write(PARTS), id="write anew"),
        pytest.param(lambda: IGV.match(PARTS, PARTS[::-1]), id="match reversed"),
        pytest.param(lambda: IGV.match(PARTS, MOVED), id="match what moved"),
        pytest.param(lambda: IGV.match(ALIKE, ALIKE[::-1]), id="match namesakes"),
        pytest.param(lambda: [IGV.same(*pair) for pair in zip(PARTS, MOVED, strict=True)], id="same"),
        pytest.param(lambda: IGV.needed(PARTS, PARTS), id="needed"),
        pytest.param(lambda: IGV.cleared(DOCUMENT), id="cleared"),
    ],
)
def test_fact_2_two_thousand_tracks_take_no_time(work):
    """Fact 2: 1 MB and 2,000 tracks; time grows with the session and not with its square."""
    begin = time.process_time()
    work()
    assert time.process_time() - begin < MOST_SECONDS


def open_session(text):
    return f'<Session genome="g">{text}'.encode()


@pytest.mark.parametrize(
    "content",
    [
        open_session("<a>" * 300_000),
        open_session("<a/>" * 250_000),
        open_session("<!---->" * 140_000),
        b"<!--->" * 160_000,
        open_session("\n<<<<<<< x" * 100_000),
        open_session(f"<Panel><Track id='{'a_' * 500_000}'/></Panel></Session>"),
        open_session("<Panel><Track " + "".join(f' a{n}=""' for n in range(100_000)) + "/></Panel></Session>"),
        b"<!DOCTYPE a [" + b"".join(b'<!ENTITY e%d "x">' % n for n in range(12_000)) + b"]><a/>",
        gzip.compress(b"", mtime=0) * 50_000 + gzip.compress(b"<Session>", mtime=0),
        b'{"genome":"g","tracks":[' + b"0," * 400_000 + b"0]}",
        b'{"genome":"g","tracks":[],' + b",".join(b'"%d":0' % n for n in range(100_000)) + b"}",
    ],
    ids=[
        *("depth", "elements", "comments", "no comments", "markers", "long id", "attributes", "entities"),
        "members of gzip",
        *("tracks", "members"),
    ],
)
def test_a_megabyte_of_nothing_is_refused_or_read_at_once(content):
    """Whatever is repeated."""
    begin = time.process_time()
    try:
        IGV.recognise({b"": content})
        IGV.read({b"": content})
    except DamagedDocument:
        pass
    assert time.process_time() - begin < MOST_SECONDS
