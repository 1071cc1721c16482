"""Where everything is, over environments: the daemon and its clients must come to the same answer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from holdfast_protocol import endpoint
from holdfast_protocol.endpoint import SOCKET_PATH_BYTES, Places, check_private, places
from holdfast_protocol.errors import NotAllowed, Unreadable

HOME = {"HOLDFAST_HOME": "/srv/demo"}
LONG = "/srv/" + "x" * 100


def test_home_has_everything_below_it() -> None:
    """HOLDFAST_HOME alone decides, whatever the platform's variables say."""
    expected = Places(
        store="/srv/demo/store",
        sessions="/srv/demo/sessions",
        runtime="/srv/demo/run",
        socket="/srv/demo/run/holdfast.sock",
        config="/srv/demo/config.toml",
    )
    assert places(HOME) == expected
    assert places(HOME | {"XDG_RUNTIME_DIR": "/run/user/1", "XDG_DATA_HOME": "/data"}) == expected


def test_a_relative_home_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer does not depend on where it is used later."""
    monkeypatch.chdir(tmp_path)
    assert places({"HOLDFAST_HOME": "demo"}).store == str(tmp_path / "demo" / "store")
    assert places({}, store="s").store == str(tmp_path / "s")


def test_an_empty_home_is_none() -> None:
    """``HOLDFAST_HOME=`` is as if it were not set."""
    assert places({"HOLDFAST_HOME": "", "XDG_RUNTIME_DIR": "/run/x"}).socket == "/run/x/holdfast/holdfast.sock"


def test_without_home_the_platform_decides(house: Path) -> None:
    """Data, configuration and socket lie where the platform keeps such things."""
    found = places({"XDG_RUNTIME_DIR": "/run/x"})
    assert found == Places(
        store=str(house / "data_home" / "holdfast" / "store"),
        sessions=str(house / "data_home" / "holdfast" / "sessions"),
        runtime="/run/x/holdfast",
        socket="/run/x/holdfast/holdfast.sock",
        config=str(house / "config_home" / "holdfast" / "config.toml"),
    )


@pytest.mark.parametrize("place", ["store", "sessions", "socket", "config"])
def test_a_flag_wins_over_its_twin_and_that_over_home(place: str) -> None:
    """Flag, then HOLDFAST_STORE and its like, then HOLDFAST_HOME; the other places stay."""
    twin = {f"HOLDFAST_{place.upper()}": "/twin/x"}
    assert getattr(places(HOME | twin), place) == "/twin/x"
    assert getattr(places(HOME | twin, **{place: "/flag/x"}), place) == "/flag/x"
    for other in {"store", "sessions", "socket", "config"} - {place}:
        assert getattr(places(HOME | twin), other) == getattr(places(HOME), other)


def test_a_chosen_socket_moves_the_runtime_directory() -> None:
    """What belongs to the socket lies beside it."""
    assert places(HOME, socket="/flag/x.sock").runtime == "/flag"


def test_a_relative_runtime_directory_is_ignored() -> None:
    """The specification says so, and a socket that depends on the working directory is found by nobody."""
    assert places({"XDG_RUNTIME_DIR": "run"}) == places({})


def test_a_process_without_the_variable_finds_the_same_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    """cron and a bare ssh command lack XDG_RUNTIME_DIR; the daemon under systemd has it."""
    usual = f"/run/user/{os.getuid()}"
    monkeypatch.setattr(os.path, "isdir", lambda path: path == usual)
    assert places({}) == places({"XDG_RUNTIME_DIR": usual})


def test_without_any_runtime_directory_the_socket_is_kept_with_the_state(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in the temporary directory, which cleaners empty under a running daemon."""
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    assert places({}).socket == str(house / "state_home" / "holdfast" / "run" / "holdfast.sock")


@pytest.mark.parametrize(
    "runtime", [{}, {"XDG_RUNTIME_DIR": "/"}, {"XDG_RUNTIME_DIR": LONG}, {"XDG_RUNTIME_DIR": "relative"}]
)
def test_a_path_that_is_too_long_has_a_short_one(runtime: dict[str, str]) -> None:
    """It fits, depends on the long path alone, and lies in a directory of its own."""
    environment = runtime | {"HOLDFAST_HOME": LONG}
    found = places(environment)
    assert len(os.fsencode(found.socket)) <= SOCKET_PATH_BYTES
    assert found == places(dict(environment), socket=None)
    assert found.runtime == os.path.dirname(found.socket)
    assert found.socket != places(runtime | {"HOLDFAST_HOME": LONG + "y"}).socket
    assert found.store == LONG + "/store"


def test_the_short_path_is_the_one_of_the_manual(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client in another language computes the same path (PROTOCOL.md, "Short path")."""
    monkeypatch.setattr(os, "getuid", lambda: 1000)
    monkeypatch.setattr(os.path, "isdir", lambda path: False)
    assert places({"HOLDFAST_HOME": LONG}).socket == "/tmp/holdfast-1000-4325bb9844ff07be/s"
    monkeypatch.setattr(os.path, "isdir", lambda path: path == "/run/user/1000")
    assert places({"HOLDFAST_HOME": LONG}).socket == "/run/user/1000/holdfast-1000-4325bb9844ff07be/s"


def test_the_longest_path_that_fits_is_kept() -> None:
    """107 bytes are allowed, 108 are not, and bytes count, not letters."""
    room = SOCKET_PATH_BYTES - len("//run/holdfast.sock")
    assert places({"HOLDFAST_HOME": "/" + "x" * room}).socket.endswith("x/run/holdfast.sock")
    assert places({"HOLDFAST_HOME": "/" + "x" * (room + 1)}).socket.endswith("/s")
    assert places({"HOLDFAST_HOME": "/" + "ü" * (room - 1)}).socket.endswith("/s")


def test_a_home_that_is_not_text_has_a_socket() -> None:
    """Bytes that are no text are digested as they are."""
    assert places({"HOLDFAST_HOME": LONG + "\udcff"}).socket.endswith("/s")


def test_a_private_directory_is_taken(tmp_path: Path) -> None:
    """Ours, mode 0700: nothing is said."""
    tmp_path.chmod(0o700)
    check_private(str(tmp_path))


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o720, 0o750, 0o755, 0o777])
def test_an_open_directory_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever else may go in could pretend to be the daemon."""
    tmp_path.chmod(mode)
    with pytest.raises(NotAllowed) as caught:
        check_private(str(tmp_path))
    assert caught.value.details == {"path": str(tmp_path)}
    assert f"{mode:04o}" in caught.value.sentence


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    """A file, and a link even to a private directory, are refused; what is not there is unreadable."""
    tmp_path.chmod(0o700)
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "file").chmod(0o700)
    (tmp_path / "link").symlink_to(tmp_path)
    for leaf in ("file", "link"):
        with pytest.raises(NotAllowed):
            check_private(str(tmp_path / leaf))
    with pytest.raises(Unreadable):
        check_private(str(tmp_path / "absent"))


def test_somebody_elses_directory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mode 0700 of another user is not private to us."""
    tmp_path.chmod(0o700)
    monkeypatch.setattr(endpoint.os, "getuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(NotAllowed):
        check_private(str(tmp_path))
