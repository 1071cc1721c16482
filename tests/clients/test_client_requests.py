"""Requests and answers against a daemon that is away, slow, forgetful or restarted."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import time

import pytest
from clients_fake_daemon import DEADLINE_SECONDS, FakeDaemon, session_row

import holdfast
from holdfast.client import Client
from holdfast_protocol import messages as wire
from holdfast_protocol.connection import Asked
from holdfast_protocol.errors import (
    ERRORS,
    Busy,
    HelloFirst,
    NotAllowed,
    ShuttingDown,
    TooLate,
    Unreachable,
    WrongVersion,
)


def test_hello_comes_first_and_only_once(daemon: FakeDaemon, client: Client) -> None:
    """A client says hello before anything else, once for each connection."""
    client.ping()
    client.ping()
    assert [type(each.request) for each in daemon.asked] == [wire.Hello, wire.Ping, wire.Ping]
    assert client.hello().epoch == "epoch-1"


def test_connecting_asks_once(daemon: FakeDaemon) -> None:
    """The hello of the new connection is the one that was asked for; a later one is asked anew."""
    with holdfast.connect() as client:
        assert [type(each.request) for each in daemon.asked] == [wire.Hello]
        daemon.epoch = "epoch-2"
        assert client.hello().epoch == "epoch-2"


def test_connect_finds_the_socket_of_the_environment(daemon: FakeDaemon) -> None:
    """Without a path the client looks where HOLDFAST_HOME says."""
    with holdfast.connect() as found:
        assert found.path == daemon.path


@pytest.mark.parametrize("leftover", [False, True])
def test_nobody_listening_is_said_at_once(home: object, tmp_path: object, leftover: bool) -> None:
    """No socket, or one that nobody serves: Unreachable at once, with its path and what to type."""
    path = f"{home}/run/holdfast.sock"
    if leftover:
        socket.socket(socket.AF_UNIX).bind(path)
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"holdfast\.sock.*holdfastd"):
        holdfast.connect(timeout_seconds=60)
    assert time.monotonic() - started < 5


def test_a_missing_runtime_directory_is_unreachable(tmp_path: object) -> None:
    """Where not even the directory is, no daemon is running."""
    with pytest.raises(Unreachable):
        holdfast.connect(f"{tmp_path}/nowhere/s")


def test_an_open_runtime_directory_is_refused(daemon: FakeDaemon) -> None:
    """A directory that others may enter could hold anybody's socket."""
    os.chmod(os.path.dirname(daemon.path), 0o755)
    with pytest.raises(NotAllowed):
        holdfast.connect(daemon.path)


def test_a_lost_answer_is_asked_for_again_under_the_same_id(daemon: FakeDaemon, client: Client) -> None:
    """When no answer comes, the same request goes out on a new connection."""
    answers = iter([None, wire.Pong()])
    daemon.answers[wire.Ping] = lambda asked: next(answers)
    client.ping()
    first, second = daemon.requests(wire.Ping)
    assert first.id == second.id
    assert len(daemon.connections) == 2


def test_a_busy_daemon_is_asked_again_when_it_said(daemon: FakeDaemon, client: Client) -> None:
    """The same request goes out on the same connection, after the time that the daemon gave."""
    answers = iter([Busy("Enough", retry_ms=30), wire.Pong()])
    daemon.answers[wire.Ping] = lambda asked: next(answers)
    started = time.monotonic()
    client.ping()
    assert time.monotonic() - started >= 0.03
    first, second = daemon.requests(wire.Ping)
    assert first.id == second.id
    assert len(daemon.connections) == 1


def test_a_daemon_that_is_busy_for_longer_than_the_deadline_is_said(daemon: FakeDaemon, client: Client) -> None:
    """What the daemon said is raised at once: waiting would end in it anyway."""
    daemon.answers[wire.Ping] = lambda asked: Busy("Enough", retry_ms=3_600_000)
    with pytest.raises(Busy):
        client.ping()
    assert len(daemon.requests(wire.Ping)) == 1


def test_a_late_answer_is_not_taken_for_another(daemon: FakeDaemon, client: Client) -> None:
    """An answer that comes after its deadline does not become the answer of the next request."""
    entered, go = threading.Event(), threading.Event()

    def slow(asked: Asked) -> wire.Reply:
        entered.set()
        go.wait(DEADLINE_SECONDS)
        return wire.Sessions(rows=[session_row("late")], more=False)

    daemon.answers[wire.List] = slow
    with pytest.raises(TooLate):
        client.ask(wire.List(), timeout_seconds=0.3)
    assert entered.wait(DEADLINE_SECONDS)
    go.set()
    daemon.answers[wire.List] = lambda asked: wire.Sessions(rows=[session_row("new")], more=False)
    assert [row.name for row in client.list().rows] == ["new"]


def test_silence_ends_with_the_deadline(daemon: FakeDaemon, client: Client) -> None:
    """A daemon that never answers costs the time allowed and no more."""
    daemon.answers[wire.Ping] = lambda asked: None
    started = time.monotonic()
    with pytest.raises(TooLate) as caught:
        client.ask(wire.Ping(), timeout_seconds=0.4)
    assert 0.3 < time.monotonic() - started < 3
    assert caught.value.details["request"] == daemon.requests(wire.Ping)[0].id.hex()


def test_the_daemon_is_told_how_long_we_wait(daemon: FakeDaemon, client: Client) -> None:
    """The deadline in the header is what is left of the time allowed."""
    client.ask(wire.Ping(), timeout_seconds=2.0)
    assert 0 < daemon.requests(wire.Ping)[0].deadline_ms <= 2000


def test_a_restart_in_the_middle_is_survived(daemon: FakeDaemon, client: Client) -> None:
    """A daemon killed over a request and started again gets the same request, and answers it."""
    daemon.answers[wire.Ping] = lambda asked: None
    answers: list[wire.Pong] = []
    asking = threading.Thread(target=lambda: answers.append(client.ping()))
    asking.start()
    daemon.wait_for(wire.Ping, 1)
    daemon.stop()
    del daemon.answers[wire.Ping]
    daemon.epoch = "epoch-2"
    daemon.start()
    asking.join(DEADLINE_SECONDS)
    assert answers == [wire.Pong()]
    assert len({each.id for each in daemon.requests(wire.Ping)}) == 1
    assert client.hello().epoch == "epoch-2"


def test_a_daemon_that_stays_away_is_unreachable_at_the_deadline(daemon: FakeDaemon, client: Client) -> None:
    """A client that had a connection waits for the daemon's return, and then says that nobody listens."""
    client.ping()
    daemon.stop()
    with pytest.raises(Unreachable):
        client.ask(wire.Ping(), timeout_seconds=0.3)


def test_a_forgotten_greeting_is_said_again(daemon: FakeDaemon, client: Client) -> None:
    """HelloFirst is answered with hello and the same request."""
    answers = iter([HelloFirst("who are you"), wire.Pong()])
    daemon.answers[wire.Ping] = lambda asked: next(answers)
    client.ping()
    assert len(daemon.requests(wire.Hello)) == 2


def test_a_stopping_daemon_is_waited_for(daemon: FakeDaemon, client: Client) -> None:
    """ShuttingDown on a connection that worked is met by asking again; on the first one it is raised."""
    client.ping()
    answers = iter([ShuttingDown("bye"), wire.Pong()])
    daemon.answers[wire.Ping] = lambda asked: next(answers)
    client.ping()
    daemon.answers[wire.Hello] = lambda asked: ShuttingDown("bye")
    with pytest.raises(ShuttingDown):
        holdfast.connect(daemon.path)


RETRIED = {"hello-first", "shutting-down", "unreachable"}


@pytest.mark.parametrize("code", sorted(set(ERRORS) - RETRIED))
def test_each_code_is_raised_as_its_class(daemon: FakeDaemon, client: Client, code: str) -> None:
    """An error answer becomes the error of its code, with sentence and details, at once."""
    daemon.answers[wire.Show] = lambda asked: ERRORS[code]("no such thing", candidates=["a", "b"])
    with pytest.raises(ERRORS[code], match="no such thing") as caught:
        client.show("renardo/verse")
    assert caught.value.details == {"candidates": ["a", "b"]}
    assert len(daemon.requests(wire.Show)) == 1


def test_an_error_leaves_the_connection_usable(daemon: FakeDaemon, client: Client) -> None:
    """After a coded error the same connection goes on."""
    daemon.answers[wire.Show] = lambda asked: Busy("later")
    with pytest.raises(Busy):
        client.show("renardo/verse")
    client.ping()
    assert len(daemon.connections) == 1


def test_another_protocol_version_is_not_retried(daemon: FakeDaemon) -> None:
    """WrongVersion is for the caller."""
    daemon.answers[wire.Hello] = lambda asked: WrongVersion("I speak 2")
    with pytest.raises(WrongVersion):
        holdfast.connect(daemon.path)


def test_many_threads_share_a_client(daemon: FakeDaemon, client: Client) -> None:
    """Each thread gets the answer to its own request."""
    daemon.answers[wire.List] = lambda asked: wire.Sessions(rows=[session_row(asked.request.app)], more=False)  # type: ignore[attr-defined]  # only List comes here
    found: dict[str, str] = {}

    def ask(app: str) -> None:
        found[app] = client.list(app=app).rows[0].name

    threads = [threading.Thread(target=ask, args=(f"app{number}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    assert found == {f"app{number}": f"app{number}" for number in range(16)}
    assert len(daemon.connections) == 1


def test_threads_do_not_wait_for_each_other(daemon: FakeDaemon, client: Client) -> None:
    """What one of them asks is answered while another one still waits, on the same connection; ``close`` ends it."""
    daemon.answers[wire.Settle] = lambda asked: None
    ended: list[str] = []

    def wait() -> None:
        with pytest.raises(Unreachable, match="closed"):
            client.settle(timeout_seconds=60)
        ended.append("settle")

    others = [threading.Thread(target=wait) for _ in range(3)]
    for other in others:
        other.start()
    daemon.wait_for(wire.Settle, 3)
    for _ in range(100):
        client.ping()
    assert len(daemon.connections) == 1
    client.close()
    for other in others:
        other.join(DEADLINE_SECONDS)
    assert len(ended) == 3


def test_what_was_never_sent_is_said_so(daemon: FakeDaemon) -> None:
    """A daemon that does not even greet has done nothing."""
    daemon.answers[wire.Hello] = lambda asked: None
    with pytest.raises(TooLate, match="nothing was sent"):
        Client(daemon.path).ask(wire.Status(), timeout_seconds=0.2)


def test_a_client_that_nobody_closed_goes_quietly(daemon: FakeDaemon) -> None:
    """Whenever it is collected, with its connection."""
    dropped = [Client(daemon.path) for _ in range(20)]
    for each in dropped:
        each.ping()
    before = len(os.listdir("/proc/self/fd"))
    del dropped, each
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before - 20


def test_a_signals_handler_that_asks_does_not_hang(daemon: FakeDaemon, client: Client) -> None:
    """It has stopped its own thread in the middle of a request: that goes on afterwards."""
    ended: list[str] = []
    asked = threading.Event()

    def handler(number: int, frame: object) -> None:
        with pytest.raises(TooLate):
            client.ask(wire.Status(), timeout_seconds=0.1)
        ended.append("handler")
        asked.set()

    def answer(asked_for: Asked) -> wire.Reply:
        assert asked.wait(DEADLINE_SECONDS)
        return wire.Pong()

    former = signal.signal(signal.SIGUSR1, handler)
    try:
        daemon.answers[wire.Ping] = answer
        sending = threading.Thread(target=lambda: (daemon.wait_for(wire.Ping, 1), os.kill(os.getpid(), signal.SIGUSR1)))
        sending.start()
        client.ping()
        sending.join()
    finally:
        signal.signal(signal.SIGUSR1, former)
    assert ended == ["handler"]


def test_whoever_leads_may_leave(daemon: FakeDaemon, client: Client) -> None:
    """A thread that gives up after a short while takes nobody's answer with it."""
    go = threading.Event()
    daemon.answers[wire.Ping] = lambda asked: None
    leading = threading.Thread(target=lambda: _too_late(client))
    leading.start()
    daemon.wait_for(wire.Ping, 1)
    rows = wire.Sessions(rows=[session_row("late")], more=False)
    daemon.answers[wire.List] = lambda asked: rows if go.wait(DEADLINE_SECONDS) else None
    found: list[str] = []
    following = threading.Thread(target=lambda: found.extend(row.name for row in client.list().rows))
    following.start()
    daemon.wait_for(wire.List, 1)
    leading.join(DEADLINE_SECONDS)
    go.set()
    following.join(DEADLINE_SECONDS)
    assert found == ["late"]


def _too_late(client: Client) -> None:
    with pytest.raises(TooLate):
        client.ask(wire.Ping(), timeout_seconds=0.3)


def test_a_forked_child_speaks_on_a_connection_of_its_own(daemon: FakeDaemon, client: Client) -> None:
    """Parent and child both go on after a fork, and neither disturbs the other."""
    client.ping()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            client.ping()
            client.close()
            code = 0
        finally:
            os._exit(code)
    _, state = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(state) == 0
    client.ping()
    assert len(daemon.connections) == 2


def test_a_closed_client_says_so(daemon: FakeDaemon, client: Client) -> None:
    """After close nothing is sent any more."""
    client.close()
    with pytest.raises(Unreachable, match="closed"):
        client.ping()
