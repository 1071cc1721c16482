"""The peer of the event feed: a bare pyzmq ROUTER that sends the same messages to everybody, once all have asked.

Its arguments are the endpoint, how many ask, and a file with the messages, each behind 4 bytes of its length.
"""

from __future__ import annotations

import sys
from pathlib import Path

import zmq

endpoint, count, file = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
content, messages = file.read_bytes(), []
while content:
    size = int.from_bytes(content[:4], "big")
    messages.append(content[4 : 4 + size])
    content = content[4 + size :]
with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
    socket.setsockopt(zmq.SNDHWM, 0)
    socket.bind(endpoint)
    while True:
        asking = [socket.recv_multipart()[0] for _ in range(count)]
        for message in messages:
            for identity in asking:
                socket.send(identity, zmq.SNDMORE)
                socket.send(message)
