"""Encoded answers to questions that the catalog alone decides, kept until something is committed.

A page, a terminal and a script ask for the same rows again and again; between two commits they are the same bytes.
"""

from __future__ import annotations

from holdfast_protocol.messages import List, Log, Operations, Ping, Request, Show

#: What the catalog alone decides, or nothing at all.
LASTING = frozenset({Ping, Show, List, Log, Operations})
ANSWERS_COUNT = 1024
ANSWER_BYTES = 8 * 1024


class Answers:
    """For the loop only. ``renew`` comes before whatever the answers are made from is read."""

    def __init__(self) -> None:
        self._bodies: dict[Request, bytes] = {}
        self._commits = -1

    def renew(self, commits: int) -> None:
        """``commits``: how many there were when the present view of the catalog began, or a moment before."""
        if commits != self._commits:
            self._bodies.clear()
            self._commits = commits

    def get(self, request: Request) -> bytes | None:
        """The body of the answer, where this was asked since the last commit."""
        return self._bodies.get(request) if type(request) in LASTING else None

    def put(self, request: Request, body: bytes) -> None:
        """Keeps what may be kept: small, and not dependent on the time of day."""
        if len(self._bodies) < ANSWERS_COUNT and len(body) <= ANSWER_BYTES and _is_lasting(request):
            self._bodies[request] = body


def _is_lasting(request: Request) -> bool:
    if isinstance(request, Show):
        return not request.parts and "{" not in request.ref.snapshot  # {2 hours ago} is another snapshot later
    return type(request) in LASTING
