"""A daemon on the network (``--listen tcp://``): whom it lets in, and who is told that it does not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq
from e2e_daemon import Daemon, until
from e2e_network import LISTENING, Guest, Proxy, guest, refused, said_again
from zmq.utils.monitor import recv_monitor_message

import holdfast
from holdfast_protocol import keys
from holdfast_protocol import messages as m
from holdfast_protocol.errors import BadField, NotAllowed, NotFound, Unreachable

ROLES = {"read": ("list",), "write": ("list", "save"), "admin": ("list", "save", "prune")}
DOING = {
    "list": lambda client: client.list(),
    "save": lambda client: client.save("notes", "by-role", b"x"),
    "prune": lambda client: client.prune(),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A daemon that listens on the network too."""
    made = Daemon(tmp_path_factory.mktemp("s") / "d", flags=LISTENING).start()
    yield made
    made.stop()


@pytest.fixture
def visitor(shared: Daemon, request: pytest.FixtureRequest) -> Guest:
    """Somebody of this test's own, who is not allowed yet."""
    return guest(shared, request.node.name.replace("[", ".").replace("]", "")[-40:].strip("._-"))


def test_it_listens_on_no_network_by_itself(daemon: Daemon) -> None:
    """Without being told to, there is only its own socket, and no key is made."""
    with daemon.client() as client:
        assert client.status().listening == ""
    assert not (daemon.home / keys.SERVER).exists()


@pytest.mark.parametrize("role", ROLES)
def test_a_key_may_what_its_role_may(role: str, visitor: Guest) -> None:
    """And nothing else, which is refused as not allowed; what it does is done in its name."""
    with visitor.allow(role).client() as client:
        assert client.hello().user == visitor.name
        for verb, do in DOING.items():
            if verb in ROLES[role]:
                do(client)
            else:
                with pytest.raises(NotAllowed, match=f"may {role} here: {verb} needs"):
                    do(client)
        if role == "write":
            assert client.log("notes/by-role").rows[-1].author in {visitor.name, "a_key_may_what_its_role_may.admin"}


def test_what_lies_on_the_daemons_machine_is_told_to_an_admin(shared: Daemon, visitor: Guest) -> None:
    """Not to who may only read or write sessions: the daemon would look with its own rights."""
    with shared.client() as owner:
        owner.save("igv", "points", b'<?xml version="1.0"?><Session genome="x" version="8"><Resources/></Session>')
    for role in ("read", "write"):
        with visitor.allow(role).client() as client:
            until(lambda role=role: _may(client) == role)
            with pytest.raises(NotAllowed, match="about the daemon's machine"):
                client.check_resources("igv/points")
    with visitor.allow("admin").client() as client:
        assert client.check_resources("igv/points").rows == []
        with pytest.raises(NotAllowed):  # whoever it is: there is no descriptor
            client.ask(m.PutFile(descriptor=0))


def _may(client: holdfast.Client) -> str:
    try:
        client.tag("igv/points", add=["x"])
    except NotAllowed:
        return "read"
    return "write"


def test_large_content_and_events_go_over_the_network(visitor: Guest) -> None:
    """A document of many chunks comes back as it was, and a subscriber is told of it."""
    content = os.urandom(3_000_000)
    with visitor.allow().client() as client:
        seen = client.operations(limit=1, newest=True).rows
        client.save("large", "one", content)
        assert client.cat("large/one") == content
        told = next(client.events(seen[-1].number if seen else 0))
        assert (told.app, told.author) == ("large", visitor.name)


def test_an_unknown_key_is_told_that_it_is_not_allowed(visitor: Guest) -> None:
    """At once, and not when the time is over, by each of the clients."""
    with pytest.raises(NotAllowed, match="does not allow this key"):
        visitor.client(timeout_seconds=3600)

    async def ask() -> None:
        key = str(visitor.home / keys.CLIENT)
        async with holdfast.AsyncClient(visitor.address, key=key, server_key=visitor.server_key) as client:
            await client.ping()

    with pytest.raises(NotAllowed, match="does not allow this key"):
        asyncio.run(ask())
    said = visitor.cli("list")
    assert (said.code, said.text) == (5, "")
    assert "does not allow this key" in said.err


def test_a_daemon_with_another_key_is_not_spoken_to(visitor: Guest) -> None:
    """The client says that the key is not the one expected, at once."""
    visitor.allow().server_key = zmq.curve_keypair()[0].decode()
    with pytest.raises(NotAllowed, match="does not have the key that is expected"):
        visitor.client(timeout_seconds=3600)


def test_a_daemon_whose_key_is_not_known_is_not_spoken_to(visitor: Guest) -> None:
    """Nothing is trusted at first sight; ``key trust`` makes it known."""
    visitor.allow("read")
    here = Daemon(visitor.home)
    said = here.cli("list", "--socket", visitor.address)
    assert said.code == 5
    assert f"holdfast key trust {visitor.address} KEY" in said.err
    here.ok("key", "trust", visitor.address, visitor.server_key)
    here.ok("list", "--socket", visitor.address)


def test_who_has_no_key_is_told_how_to_make_one(visitor: Guest) -> None:
    """Exit 3, and the command."""
    (visitor.home / keys.CLIENT).unlink()
    said = visitor.cli("list")
    assert said.code == 3
    assert "holdfast key generate" in said.err


def test_nobody_comes_in_without_a_key(shared: Daemon, visitor: Guest) -> None:
    """A client that speaks plainly is cut off before its request is read."""
    context = zmq.Context()
    with context, context.socket(zmq.DEALER) as plain:
        plain.linger = 0
        plain.setsockopt(zmq.RECONNECT_IVL, -1)
        monitor = plain.get_monitor_socket(zmq.EVENT_DISCONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED)
        plain.connect(visitor.address)
        plain.send(b"\x81\xa2id\xc4\x10" + bytes(16))
        assert monitor.poll(20_000)
        assert recv_monitor_message(monitor)["event"] == zmq.EVENT_DISCONNECTED
        assert not plain.poll(0)
        plain.disable_monitor()


def test_a_revoked_key_is_cut_off_and_told(shared: Daemon, visitor: Guest) -> None:
    """Its live connection, its subscription, and whatever it tries again."""
    told: list[object] = []
    subscribed = threading.Event()
    client = visitor.allow().client()

    def listen() -> None:
        try:
            for row in client.events(0):
                told.append(row)
                subscribed.set()
        except NotAllowed as problem:
            told.append(problem)

    listening = threading.Thread(target=listen)
    with shared.client() as owner, client:
        owner.save("notes", "before-revocation", b"for them")
        listening.start()
        assert subscribed.wait(20)
        visitor.revoke()
        until(lambda: not listening.is_alive())
        assert isinstance(told[-1], NotAllowed)
        owner.save("notes", "after-revocation", b"not for them")
        with pytest.raises(NotAllowed):
            client.list()
        assert refused(visitor)
        visitor.allow("read")
        assert client.list(app="notes").rows


def test_a_key_that_may_something_else_comes_back_as_that(visitor: Guest) -> None:
    """A client that is there when its role changes goes on, with the new one."""
    with visitor.allow("write").client() as client:
        client.save("notes", "role", b"1")
        visitor.allow("read")

        def is_refused() -> bool:
            try:
                client.tag("notes/role", add=["x"])
            except NotAllowed:
                return True
            return False

        until(is_refused)
        assert client.cat("notes/role") == b"1"


def test_what_was_recorded_does_nothing_when_it_is_played_again(shared: Daemon, visitor: Guest) -> None:
    """The very bytes of an allowed client, on a new connection."""
    proxy = Proxy(visitor.allow().address)
    with contextlib.closing(proxy), shared.client() as owner:
        with visitor.client(address=proxy.address) as client:
            client.save("notes", "recorded", b"a secret that is not to be read on the way")
            client.delete("notes/recorded")
            owner.undo(client.operations(limit=1, newest=True).rows[-1].number)
        recorded = bytes(proxy.heard[0])
        assert len(recorded) > 500
        assert b"secret" not in recorded
        before = owner.operations(limit=1, newest=True).rows[-1].number
        answered = said_again(visitor.address, recorded)
        assert len(answered) < 400  # a greeting, and what follows a hello
        assert owner.operations(limit=1, newest=True).rows[-1].number == before
        assert owner.cat("notes/recorded") == b"a secret that is not to be read on the way"


def test_a_flood_of_connections_shuts_nobody_out(shared: Daemon, visitor: Guest) -> None:
    """Hundreds that say nothing, or nonsense, or half a greeting: those who may are served all the while."""
    visitor.allow("read")
    with contextlib.ExitStack() as held:
        for number in range(400):
            raw = held.enter_context(socket.create_connection(keys.address(visitor.address), 20))
            with contextlib.suppress(OSError):
                raw.sendall(
                    (b"", b"GET / HTTP/1.0\r\n\r\n", b"\xff\0\0\0\0\0\0\0\1\x7f\3\1CURVE", b"\0" * 5000)[number % 4]
                )
        with shared.client() as owner, visitor.client() as client:
            client.ping()
            owner.ping()
    with visitor.client() as client:
        client.list()
    assert shared.alive


def test_who_knocks_on_and_on_does_not_fill_the_log(shared: Daemon, visitor: Guest) -> None:
    """The first is named; of the others there are far fewer lines than knocks."""
    before = len(shared.log.read_text().splitlines())

    def said() -> list[str]:
        with pytest.raises(NotAllowed):
            visitor.client().ping()
        return [line for line in shared.log.read_text().splitlines()[before:] if visitor.pair.public in line]

    for _ in range(60):
        said()
    assert 0 < len(until(said)) < 30


@pytest.mark.parametrize("name", [keys.ALLOWED, keys.SERVER])
def test_a_file_of_keys_that_others_can_read_is_refused(name: str, house: Path) -> None:
    """The daemon does not start, and says what to type."""
    daemon = Daemon(house / "d", flags=LISTENING)
    daemon.home.mkdir(mode=0o700)
    here = guestless(daemon)
    path = daemon.home / name
    path.chmod(0o644)
    process = daemon.spawn()
    assert process.wait(20) == NotAllowed.exit_code
    assert f"chmod 0600 {path}" in daemon.log.read_text()
    assert here == stat.S_IMODE((daemon.home / keys.ALLOWED).stat().st_mode) or name == keys.ALLOWED
    said = daemon.cli("doctor")
    assert f"→ chmod 0600 {path}" in said.text


def guestless(daemon: Daemon) -> int:
    """Both files of the daemon, as they are made; their mode."""
    daemon.ok("key", "generate", "--server")
    daemon.ok("key", "allow", "ada", "a" * 40)
    return stat.S_IMODE((daemon.home / keys.ALLOWED).stat().st_mode)


def test_nobody_is_let_in_while_the_list_cannot_be_trusted(shared: Daemon, visitor: Guest) -> None:
    """Others can read it, or it is no list: who was in is cut off, and back when it is mended."""
    path = shared.home / keys.ALLOWED
    with visitor.allow("read").client() as client, shared.client() as owner:
        path.chmod(0o640)
        assert refused(visitor)
        assert "chmod 0600" in until(lambda: owner.status().problems)[0]
        path.chmod(0o600)
        until(lambda: not owner.status().problems)
        client.list()
        text = path.read_text()
        path.write_text(f"{text}somebody who is nobody\n")
        assert refused(visitor)
        assert "allowed_keys, line" in owner.status().problems[0]
        path.write_text(text)
        until(lambda: not owner.status().problems)
        client.list()


def test_a_clients_key_that_others_can_read_is_refused(visitor: Guest) -> None:
    """With what to type."""
    path = visitor.home / keys.CLIENT
    path.chmod(0o644)
    said = visitor.allow("read").cli("list")
    assert said.code == 5
    assert f"chmod 0600 {path}" in said.err


def test_status_and_doctor_say_that_it_listens(shared: Daemon, visitor: Guest) -> None:
    """Where, and with which key; a guest's doctor says whom it is taken for."""
    said = shared.ok("status").text
    assert f"listening: {visitor.address}\nnetwork_key: {visitor.server_key}\n" in said
    assert f"network: listens at {visitor.address} too" in shared.cli("doctor").text
    assert f"takes us for {visitor.name}" in visitor.allow("read").cli("doctor").text


def test_keys_are_made_listed_allowed_and_revoked(house: Path) -> None:
    """Without a daemon; the files are closed to others, and what people wrote into the list stays."""
    here = Daemon(house / "d")
    here.home.mkdir(mode=0o700)
    public = here.ok("key", "generate").text.split("\n")[0]
    assert here.cli("key", "generate").code == 5
    here.ok("key", "allow", "laptop", public, "--role", "write", "--app", "renardo", "--app", "igv")
    path = here.home / keys.ALLOWED
    path.write_text(f"# the one on the desk\n{path.read_text()}")
    here.ok("key", "allow", "other", "b" * 40)
    assert here.cli("key", "allow", "laptop", "c" * 40).code == 4
    here.ok("key", "allow", "laptop", public, "--role", "admin")
    assert here.cli("key", "allow", "desk", "d" * 40, "--role", "admin", "--app", "igv").code == 2
    rows = here.ok("key", "list", "--json").rows
    assert [(row["kind"], row["name"], row["role"], row["apps"]) for row in rows] == [
        ("client", "", "", None), ("allowed", "other", "read", None), ("allowed", "laptop", "admin", None),
    ]  # fmt: skip
    here.ok("key", "revoke", "other")
    assert here.cli("key", "revoke", "other").code == 3
    assert path.read_text().startswith("# the one on the desk\n")
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in here.home.iterdir())
    assert "secret" not in here.ok("key", "list").text


@pytest.mark.parametrize("wrong", ["tcp://127.0.0.1", "ipc:///tmp/x", "tcp://127.0.0.1:99999", "tcp://:1"])
def test_an_address_that_is_none_is_refused(wrong: str, house: Path) -> None:
    """With what is expected, at the start."""
    daemon = Daemon(house / "d", flags=("--listen", wrong))
    assert daemon.spawn().wait(20) == BadField.exit_code
    assert "tcp://HOST:PORT is expected" in daemon.log.read_text()


def test_it_listens_at_an_ipv6_address_too(house: Path) -> None:
    """Which stands in brackets."""
    daemon = Daemon(house / "d", flags=("--listen", "tcp://[::1]:0"))
    try:
        visitor = guest(daemon.start(), "visitor").allow("read")
        assert visitor.address.startswith("tcp://[::1]:")
        visitor.client().close()
    finally:
        daemon.stop()


def test_where_nobody_listens_the_client_says_so(visitor: Guest) -> None:
    """At once, and no daemon is started here for one that is elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(Unreachable, match="Nobody can be reached"):
        visitor.client(timeout_seconds=3600, address=free)
    with pytest.raises(Unreachable):
        holdfast.connect(free, start=True, key=str(visitor.home / keys.CLIENT), server_key=visitor.server_key)


def test_the_configuration_says_where_to_listen_too(house: Path) -> None:
    """As the flag does, and the key stays over a restart."""
    daemon = Daemon(house / "d")
    daemon.home.mkdir(mode=0o700)
    (daemon.home / "config.toml").write_text('[network]\nlisten = "tcp://127.0.0.1:0"\n')
    try:
        visitor = guest(daemon.start(), "visitor").allow("read")
        visitor.client().close()
        key = visitor.server_key
        daemon.restart()
        with daemon.client() as owner:
            assert owner.status().network_key == key
    finally:
        daemon.stop()


def test_without_a_key_file_there_is_an_error_and_no_daemon(house: Path) -> None:
    """A key that is said for a path is a mistake of who says it."""
    with pytest.raises(BadField, match="Keys are for tcp://HOST:PORT"):
        holdfast.Client(str(house / "s"), key="x")
    with pytest.raises(NotFound, match="holdfast key generate"):
        holdfast.Client("tcp://127.0.0.1:1", key=str(house / "none"), server_key="a" * 40)
