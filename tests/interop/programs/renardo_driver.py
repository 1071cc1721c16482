"""Runs inside Renardo's own Python: its web application, on loopback and a free port, until its input is closed.

``renardo`` itself would take port 12345 of every network card and open a browser. The port is the one line that goes
out. No module of ours is imported here, and none of the tests'.
"""

from __future__ import annotations

import os
import sys
import threading

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever the program prints is no answer

from renardo.webserver import create_webapp  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

server = make_server("127.0.0.1", 0, create_webapp(), threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, file=answers, flush=True)
sys.stdin.read()
os._exit(0)  # its threads for logs and sockets would wait
