"""The page in a browser: the first rows of a long list and what moves in it, a large session in 3D, and what the server
costs. By Playwright's chromium, with software WebGL; where that is missing, a line says so.

First rows are held against a page of the same bytes that stands ready, served by the same uvicorn.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lists
from measure import Measured, at_most, in_turn
from processes import BIN, cpu_seconds, daemon, environment, resident_bytes

import holdfast

SESSIONS_COUNT = 100_000
ROUNDS = 7
CLUSTERS_COUNT, POINTS_COUNT = 9, 625_000  # 90 MB as Mosaic writes them
IDLE_SECONDS, ORBIT_SECONDS = 10, 3
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage")
STATIC = """
import sys, uvicorn
from starlette.staticfiles import StaticFiles
uvicorn.run(StaticFiles(directory=sys.argv[1], html=True), port=int(sys.argv[2]), log_level="error")
"""
#: When the first row has a name for which this is true, in milliseconds of the clock.
SEEN = """name => new Promise((done) => {
  const look = () => document.querySelector('.item bdi')?.textContent.includes(name) && done(Date.now());
  const all = { childList: true, subtree: true, characterData: true };
  new MutationObserver(look).observe(document.getElementById('space'), all);
  look();
})"""
DRAWN = "[...(document.querySelector('point-cloud')?.things ?? new Map()).values()].some((thing) => thing.points)"
REST = (
    "!document.querySelector('point-cloud').moving && /points/.test(document.querySelector('.cloud-state').innerText)"
)
ORBIT = """seconds => new Promise((done) => {
  const cloud = document.querySelector('point-cloud'), until = performance.now() + 1000 * seconds;
  let frames = 0;
  const turn = () => {
    cloud.move(0.02);
    frames += 1;
    performance.now() < until ? requestAnimationFrame(turn) : done(frames);
  };
  turn();
})"""


def run(home: Path, count: int = SESSIONS_COUNT) -> Iterator[Measured]:
    """A line for each number that is asked of the page."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        yield Measured(what="page", value="no playwright", target="–", met=None, detail="make test-gui installs it")
        return
    if shutil.which("chromium") is None:
        yield Measured(what="page", value="no chromium", target="–", met=None, detail="make test-gui installs it")
        return
    place = home / "page"
    (place / "store").mkdir(parents=True, mode=0o700)
    place.chmod(0o700)
    lists.fill(place / "store", count)
    with sync_playwright() as playwright, daemon(place) as (endpoint, pid), _gui(place) as (address, server):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
        client = holdfast.connect(endpoint.removeprefix("ipc://"), timeout_seconds=120)
        visit = browser.new_context(viewport={"width": 1300, "height": 850}, bypass_csp=True)  # to be asked questions
        page = visit.new_page()
        page.goto(address)
        page.locator(".item").first.wait_for()
        yield from _first_rows(browser, page, visit.storage_state(), place, count)
        yield from _changes(page, client)
        yield from _idle(server, pid)
        yield from _large(page, client)
        yield at_most("page: memory of its server", resident_bytes(server) / 2**20, 80, "MB", "after all of this")
        browser.close()
        client.close()


@contextmanager
def _gui(home: Path) -> Iterator[tuple[str, int]]:
    words = [str(BIN / "holdfast"), "gui", "--no-open", "--no-start", "--port", "0"]
    with subprocess.Popen(words, env=environment(home), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1], process.pid
        finally:
            process.terminate()


def _first_rows(browser: Any, page: Any, state: Any, place: Path, count: int) -> Iterator[Measured]:
    """In a new window each, and again in one that is there."""
    address = page.url
    ready = place / "ready"
    ready.mkdir()
    (ready / "index.html").write_text(page.request.get(address).text(), "utf-8")
    port = 18_000 + int(time.time()) % 10_000
    with subprocess.Popen([sys.executable, "-c", STATIC, str(ready), str(port)]) as static:
        try:
            peer = f"http://127.0.0.1:{port}/"
            _wait(page, peer)
            bare, ours = in_turn(lambda: _opened(browser, peer, None), lambda: _opened(browser, address, state), ROUNDS)
        finally:
            static.terminate()
    detail = f"{count:,} sessions; a ready page of the same bytes {bare:.2f} s, {ours / bare:.1f} times as long"
    yield at_most("page: to its first rows, in a new window", ours, 0.6, "s", detail)
    times = [
        _timed(lambda: (page.reload(wait_until="commit"), page.locator(".item").first.wait_for())) for _ in range(5)
    ]
    yield at_most("page: to its first rows, read again", statistics.median(times), 0.6, "s")


def _wait(page: Any, address: str) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            page.request.get(address)
            return
        except Exception:  # not there yet: Playwright's own kind of error
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def _opened(browser: Any, address: str, state: Any) -> float:
    context = browser.new_context(viewport={"width": 1300, "height": 850}, storage_state=state)
    page = context.new_page()
    try:
        return _timed(lambda: (page.goto(address, wait_until="commit"), page.locator(".item").first.wait_for()))
    finally:
        context.close()


def _timed(work: Any) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _changes(page: Any, client: holdfast.Client) -> Iterator[Measured]:
    """From the answer to a save, and from the last key, until the row is there."""
    late = []
    for number in range(ROUNDS):
        page.evaluate(f"name => {{ window.seen = ({SEEN})(name); }}", f"seen {number}.")
        client.save("notes", f"seen {number}.", b"x")
        answered = time.time() * 1000
        late.append(page.evaluate("window.seen") - answered)
    yield at_most("page: event to row", statistics.median(late), 200, "ms", f"slowest {max(late):.0f} ms")
    field, typed = page.get_by_placeholder("Search sessions"), []
    for number in range(ROUNDS):
        page.evaluate(f"name => {{ window.seen = ({SEEN})(name); }}", f"seen {number}.")
        field.fill(f"seen {number}")
        began = time.time() * 1000
        field.press(".")
        typed.append(page.evaluate("window.seen") - began)
    field.fill("")
    yield at_most(
        "page: search typed to rows", statistics.median(typed), 300, "ms", "of which it waits 120 for more keys"
    )


def _idle(server: int, pid: int) -> Iterator[Measured]:
    time.sleep(2)
    before = [cpu_seconds(each) for each in (server, pid)]
    time.sleep(IDLE_SECONDS)
    for who, process, was in zip(("its server", "the daemon"), (server, pid), before, strict=True):
        share = round((cpu_seconds(process) - was) / IDLE_SECONDS * 100, 1)
        yield at_most(
            f"page: of a core, {who}, nothing happening", share, 0.2, "%", "the kernel counts in steps of 0.1 %"
        )


def _large(page: Any, client: holdfast.Client) -> Iterator[Measured]:
    sys.path.append(str(Path(__file__).parents[1] / "tests" / "data" / "mosaic"))
    import mosaic_sessions

    world = mosaic_sessions.World()
    many = [world.geometry(f"cluster {number}", POINTS_COUNT, seed=number) for number in range(CLUSTERS_COUNT)]
    content = world.pickled(world.session(many))
    client.save("mosaic", "large", content)
    row = page.locator(".item", has_text="large").first
    row.wait_for()
    first = _timed(lambda: (row.click(), page.wait_for_function(DRAWN)))
    whole = first + _timed(lambda: page.wait_for_function(REST, timeout=120_000))
    detail = f"{len(content) / 1e6:.0f} MB; all of it after {whole:.1f} s"
    yield at_most("page: preview of a large session of Mosaic, first drawn", first, 1.5, "s", detail)
    frames = page.evaluate(ORBIT, ORBIT_SECONDS)
    shown = page.locator(".cloud-state").inner_text().partition(" points")[0]
    what = f"page: frames a second while {shown} points turn"
    yield Measured(what=what, value=f"{frames / ORBIT_SECONDS:.0f}", target="–", met=None, detail="software WebGL")
