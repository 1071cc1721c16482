"""igv.js in Debian's chromium: a page that opens one session of a folder that is served, and says what it shows."""

from __future__ import annotations

import json
import queue
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from install import Program
from programs.processes import Running

LIMIT_SECONDS = 90
CHROMIUM = (
    "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip
#: What igv.js has of each track, whatever kind; and the session as it would save it.
PAGE = """<!DOCTYPE html><meta charset="utf-8"><div id="here"></div><script src="/igv.min.js"></script><script>
const say = what => fetch("/said", {method: "POST", body: JSON.stringify(what)});
window.alert = text => say({problem: `alert: ${text}`});
const names = ["type", "name", "color", "altColor", "height", "displayMode", "graphType", "logScale", "autoscale",
               "autoscaleGroup", "dataRange", "url", "frameTranslate", "alpha", "arcType", "arcOrientation"];
const told = track => ({...Object.fromEntries(names.map(name => [name, track[name]])),
                        tracks: (track.tracks || []).map(told)});
igv.createBrowser(document.getElementById("here"), {loadDefaultGenomes: false, sessionURL: "SESSION"}).then(
  browser => say({tracks: browser.trackViews.map(view => told(view.track)), loci: browser.currentLoci(),
                  session: browser.toJSON()}),
).catch(problem => say({problem: String(problem)}));
</script>"""


def shown(program: Program, session: Path, home: Path) -> dict[str, Any]:
    """What igv.js shows of the session: its ``tracks``, ``loci`` and the ``session`` as it would save it. The page lies
    beside it. Raises AssertionError with its problem where it opens nothing."""
    folder = session.parent
    (folder / "page.html").write_text(PAGE.replace("SESSION", session.name), "utf-8")
    shutil.copyfile(program.folder / "node_modules" / "igv" / "dist" / "igv.min.js", folder / "igv.min.js")
    home.mkdir(parents=True, exist_ok=True)
    with _served(folder) as (port, said):
        address = f"http://127.0.0.1:{port}/page.html"
        words = [*CHROMIUM, f"--user-data-dir={home / 'chromium'}", address]
        browser = Running(words, home, {"HOME": str(home)})
        try:
            found: dict[str, Any] = json.loads(said.get(timeout=LIMIT_SECONDS))
        except queue.Empty:
            raise AssertionError(f"igv.js said nothing:\n{(home / 'running.log').read_text()}") from None
        finally:
            browser.end()
    assert "problem" not in found, found["problem"]
    return found


@contextmanager
def _served(folder: Path) -> Iterator[tuple[int, queue.Queue[str]]]:
    """The port, and what the page says."""
    said: queue.Queue[str] = queue.Queue()
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: _Answer(folder, said, *given))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield server.server_port, said
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


class _Answer(SimpleHTTPRequestHandler):
    """Files of a folder, also a piece of one, which igv.js asks for."""

    def __init__(self, folder: Path, said: queue.Queue[str], *given: Any) -> None:
        self._said = said
        super().__init__(*given, directory=str(folder))

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not asked or not file.is_file():
            return super().do_GET()
        content = file.read_bytes()
        begin, end = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {begin}-{end}/{len(content)}")
        self.send_header("Content-Length", str(max(0, end + 1 - begin)))
        self.end_headers()
        self.wfile.write(content[begin : end + 1])
        return None

    def do_POST(self) -> None:
        self._said.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *given: Any) -> None:
        """Nothing."""
