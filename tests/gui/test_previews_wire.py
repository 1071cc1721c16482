"""Previews of sessions that a daemon has: everything drawn is what the wire gives, and nothing in it is markup."""

import asyncio
import shutil
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.testclient import TestClient

import holdfast.gui
from holdfast import AsyncClient
from holdfast.gui import blob
from holdfast.gui.previews import igv, mosaic
from holdfast.testing import PrivateDaemon

sys.path.append(str(Path(__file__).parents[1] / "data" / "mosaic"))
import mosaic_sessions as made

IGV = (Path(__file__).parents[1] / "data" / "igv" / "session_8.xml").read_bytes()
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def daemon():
    home = Path(tempfile.mkdtemp(prefix="holdfast-"))
    try:
        with PrivateDaemon(home) as running:
            yield running
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def client(daemon):
    with daemon.client() as made_client:
        yield made_client


@pytest.fixture
def blobs(daemon, monkeypatch):
    """The route by itself; its daemon is asked by one client in the loop of the server."""
    house = SimpleNamespace(client=AsyncClient(daemon.socket))
    monkeypatch.setattr(blob, "house_of", lambda request: house)
    with TestClient(Starlette(routes=blob.ROUTES)) as asking:
        yield asking


def drawn(daemon, preview, ref):
    """The preview's part of the page."""
    folder = Path(next(iter(holdfast.gui.__path__))) / "templates"
    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, undefined=jinja2.StrictUndefined
    )

    async def page():
        async with AsyncClient(daemon.socket) as asked:
            shown = await asked.show(ref)
            context = await preview.context(
                SimpleNamespace(client=asked, prefix="/p"), shown, "latest", QueryParams("")
            )
            return pages.get_template(preview.TEMPLATE).render(
                prefix="/p", session=shown.session, shown=shown, **context
            )

    return asyncio.run(page())


def test_the_points_of_a_cluster_come_as_they_are(client, blobs):
    """Byte for byte what the session has, and every second of them where only so many are wanted."""
    client.save("mosaic", "cell", made.session())
    shown = client.show("mosaic/cell")
    cluster = next(part for part in shown.parts if part.kind == "cluster")
    points = client.cat(f"mosaic/cell:{cluster.key}/points")
    path = f"/blob/{shown.session.id}/{shown.snapshot.snapshot}"
    assert blobs.get(path, params={"key": cluster.key}).content == points
    rows = [points[at : at + 12] for at in range(0, len(points), 12)]
    assert blobs.get(path, params={"key": cluster.key, "every": 2}).content == b"".join(rows[::2])


@pytest.mark.parametrize(
    ("asked", "code", "status"),
    [
        ({"key": "none"}, "not-found", 404),
        ({"key": "uuid-outer", "array": "none"}, "not-found", 404),
        ({"key": "uuid-outer", "dtype": "<U3"}, "bad-field", 400),
        ({"key": "uuid-outer", "every": "-1"}, "bad-field", 400),
        ({"key": "uuid-outer", "every": "9" * 5000}, "bad-field", 400),
    ],
)
def test_what_is_not_there_is_refused_with_its_code(client, blobs, asked, code, status):
    """Before a byte of it is sent."""
    session = client.save("mosaic", "cell", made.session()).session
    answer = blobs.get(f"/blob/{session.id}/latest", params=asked)
    assert (answer.status_code, answer.text.partition(":")[0]) == (status, code)


def test_a_mosaic_session_is_listed_as_it_is_drawn(daemon, client):
    """Each geometry with its box, its color and where its numbers are."""
    client.save("mosaic", "cell", made.session())
    page = drawn(daemon, mosaic, "mosaic/cell")
    shown = client.show("mosaic/cell")
    for part in shown.parts:
        if part.kind in ("cluster", "model") and part.facts["points"]:
            blob = f"/p/blob/{shown.session.id}/{shown.snapshot.snapshot}"
            assert f'data-places="{blob}?key={part.key}&amp;' in page
    assert 'data-color="0.698' in page
    assert 'style="' not in page


def test_igv_tracks_of_files_that_are_not_there_are_marked(daemon, client):
    """As its drawing and in a list that names the files."""
    client.save("igv", "toy", IGV)
    page = drawn(daemon, igv, "igv/toy")
    assert "missing" in page
    assert "tracks/signal.wig" in page
    assert "url(#igv-lost)" in page
    assert 'style="' not in page


def test_an_igv_session_of_panels_has_their_heights_and_colors(daemon, client):
    """What its picture is made of is what the wire says of its parts."""
    client.save("igv", "toy", IGV)
    panels = {part.name: part.facts.get("height") for part in client.show("igv/toy").parts if part.kind == "panel"}
    assert all(panels.values())
    page = drawn(daemon, igv, "igv/toy")
    assert all(f"<title>{name}</title>" in page for name in panels)
    assert 'fill="#0000b2"' in page


def test_names_in_a_session_are_never_markup(daemon, client):
    """Of tracks, regions, loci, genomes and geometries."""
    world = made.World()
    geometry = world.geometry(HOSTILE, uuid="u1")
    client.save("mosaic", "cell", world.pickled(world.session([geometry])))
    client.save("igv", "toy", IGV.replace(b'name="signal"', f'name="{HOSTILE}"'.replace("<", "&lt;").encode()))
    for preview, ref in ((mosaic, "mosaic/cell"), (igv, "igv/toy")):
        page = drawn(daemon, preview, ref)
        assert "onerror" in page
        assert HOSTILE not in page
