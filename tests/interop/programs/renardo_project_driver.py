"""Runs inside the Python of a Renardo that opens projects: its web application, as ``renardo_driver`` runs older ones.

Without its start, which would run SuperCollider and its own runtime; what opens projects and files needs neither.
"""

from __future__ import annotations

import os
import socket
import sys
import threading

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever the program prints is no answer

import uvicorn  # noqa: E402
from renardo.webserver.app import app  # noqa: E402

listener = socket.create_server(("127.0.0.1", 0))
server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
threading.Thread(target=server.run, args=([listener],), daemon=True).start()
print(listener.getsockname()[1], file=answers, flush=True)
sys.stdin.read()
os._exit(0)
