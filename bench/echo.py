"""The peer of `ping` and `show`: a bare blocking pyzmq echo. Its argument is the endpoint."""

from __future__ import annotations

import sys

import zmq

with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
    socket.bind(sys.argv[1])
    while True:
        socket.send_multipart(socket.recv_multipart())
