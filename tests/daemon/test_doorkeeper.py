"""Without CURVE there is no network, on either side."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

import holdfast
from holdfast_daemon.doorkeeper import check_curve, on_network
from holdfast_protocol import keys
from holdfast_protocol.errors import BadField, Unreachable, Unreadable


def test_a_daemon_whose_libzmq_has_no_curve_does_not_listen() -> None:
    """It says so instead of listening plainly."""
    with pytest.raises(BadField, match="built without CURVE"):
        check_curve(lambda feature: feature != "curve")
    check_curve()


def test_a_client_whose_libzmq_has_no_curve_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And sends nothing."""
    path = str(tmp_path / keys.CLIENT)
    keys.write_pair(path, keys.Pair("a" * 40, "b" * 40))
    monkeypatch.setattr("zmq.has", lambda feature: feature != "curve")
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        address = f"tcp://127.0.0.1:{somebody.getsockname()[1]}"
        with (
            holdfast.Client(address, timeout_seconds=3600, key=path, server_key="c" * 40) as client,
            pytest.raises(Unreachable, match="built without CURVE"),
        ):
            client.ping()


def test_an_address_that_is_taken_is_refused_with_its_name(tmp_path: Path) -> None:
    """As the system says it; the key that was made stays."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        for _ in range(2):
            with pytest.raises(Unreadable, match=f"{address}: Address already in use"):
                on_network(address, str(tmp_path))
    assert keys.read_pair(str(tmp_path / keys.SERVER)).public
