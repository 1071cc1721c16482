"""What waits for slow peers is bounded, in order, and costs the others nothing."""

from __future__ import annotations

from holdfast_daemon.outbound import Outbound
from holdfast_protocol.connection import Frames
from holdfast_protocol.messages import LIMITS

MEBIBYTE = b"x" * (1 << 20)


class Line:
    """A socket that takes, is full, or has lost peers."""

    def __init__(self) -> None:
        self.state: dict[bytes, str] = {}
        self.sent: list[tuple[bytes, Frames]] = []
        self.gone: list[bytes] = []
        self.cut: list[bytes] = []
        self.outbound = Outbound(self._send, self.gone.append, self.cut.append)

    def _send(self, peer: bytes, frames: Frames) -> str:
        state = self.state.get(peer, "sent")
        if state == "sent":
            self.sent.append((peer, frames))
        return state


def test_what_waits_goes_out_in_order() -> None:
    """Nothing overtakes what waits for the same peer."""
    line = Line()
    line.state[b"a"] = "full"
    line.outbound.put(b"a", [b"1"])
    line.state[b"a"] = "sent"
    line.outbound.put(b"a", [b"2"])
    assert line.sent == []
    assert line.outbound.size_bytes(b"a") == 2
    line.outbound.flush()
    assert line.sent == [(b"a", [b"1"]), (b"a", [b"2"])]
    assert not line.outbound.waiting
    assert line.outbound.size_bytes(b"a") == 0


def test_a_peer_over_the_bound_is_cut_off_alone() -> None:
    """Its queue is dropped at the bound; another peer's stays."""
    line = Line()
    line.state = {b"slow": "full", b"other": "full"}
    line.outbound.put(b"other", [b"1"])
    for _ in range(LIMITS["outbound_bytes"] // len(MEBIBYTE)):
        line.outbound.put(b"slow", [MEBIBYTE])
    assert line.cut == []
    assert line.outbound.size_bytes(b"slow") == LIMITS["outbound_bytes"]
    line.outbound.put(b"slow", [b"one more byte"])
    assert (line.cut, line.gone) == ([b"slow"], [])
    assert line.outbound.size_bytes(b"slow") == 0
    assert line.outbound.size_bytes(b"other") == 1


def test_a_peer_that_is_gone_leaves_nothing() -> None:
    """Whether it goes at once or while something waits."""
    line = Line()
    line.state = {b"a": "gone", b"b": "full"}
    line.outbound.put(b"a", [b"1"])
    line.outbound.put(b"b", [b"1"])
    line.state[b"b"] = "gone"
    line.outbound.flush()
    assert line.gone == [b"a", b"b"]
    assert not line.outbound.waiting
