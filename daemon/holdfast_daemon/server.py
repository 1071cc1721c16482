"""The socket: drained whenever it is readable, each message checked, answered, and never waited for.

A plain ROUTER drained from ``loop.add_reader`` does twice the requests of ``zmq.asyncio`` (DESIGN.md section 4). Its
descriptor is edge-triggered, so after every send or receive its events are looked at once more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket as sockets
import time
from collections import OrderedDict
from functools import partial

import zmq

from holdfast_daemon.access import Access, Users
from holdfast_daemon.answering import Answering
from holdfast_daemon.connections import Connections
from holdfast_daemon.deadlines import Wish
from holdfast_daemon.doorkeeper import Doorkeeper, Network
from holdfast_daemon.feed import Feed
from holdfast_daemon.grants import Grant
from holdfast_daemon.lending import Lender, why_not
from holdfast_daemon.limited import Verb
from holdfast_daemon.logs import REQUEST
from holdfast_daemon.once import digest_of
from holdfast_daemon.outbound import Outbound
from holdfast_daemon.payload import Answer
from holdfast_daemon.peers import NOT_ALLOWED, REFUSAL, Peer, introduced
from holdfast_daemon.quota import Amounts, Client, Quota
from holdfast_daemon.sessions import Caller
from holdfast_daemon.under_way import Asking, UnderWay
from holdfast_protocol import connection, messages
from holdfast_protocol.connection import Asked, Frames, RefusedRequest
from holdfast_protocol.errors import Busy, Cancelled, HoldfastError, Internal, NotAllowed, TooLate
from holdfast_protocol.messages import (
    CHANGING,
    EVENT_PAGES,
    LIMITS,
    LOCAL_FILES,
    VERB_OF,
    Cancel,
    Hello,
    Request,
    Subscribe,
    Unsubscribe,
    Unsubscribed,
    WorkspaceLeave,
    WorkspacePut,
    WorkspaceRemove,
    WorkspaceRename,
    WorkspaceReorder,
    WorkspaceReplace,
)
from holdfast_protocol.refusals import is_known
from holdfast_protocol.roles import ADMIN, OF_THE_MACHINE, may, role_of

DRAIN_COUNT = 256
PEERS_COUNT = 4096
UNDER_WAY_COUNT = 4096
BUSY_MS = 100
RETRY_SECONDS = 0.01
#: Messages that libzmq holds for a peer, each way, however large they are; 32 are as fast as 128 and 256 were.
QUEUED_COUNT = 32
BEAT_SECONDS = LIMITS["beat_ms"] / 1000
HEARTBEAT_MS = 5000
#: So long a client that is cut off has to hear why.
FAREWELL_SECONDS = 0.2
#: Changes that may be repeated without an id, and are not cut off in the middle either.
WORKSPACE_CHANGES = (WorkspaceLeave, WorkspacePut, WorkspaceRemove, WorkspaceRename, WorkspaceReorder, WorkspaceReplace)
FOLLOWING: Amounts = {"subscriptions_count": 1}
#: Plain numbers: combining or passing zmq's own enumerations costs as much as sending a message.
NOW, NOW_AND_MORE = int(zmq.NOBLOCK), int(zmq.NOBLOCK | zmq.SNDMORE)
EVENTS, POLLIN = int(zmq.EVENTS), int(zmq.POLLIN)

_log = logging.getLogger("holdfast.server")


class Server:
    """Owns the ROUTER socket and everything that is known of its peers."""

    def __init__(
        self, service: Answering, listener: sockets.socket, path: str, descriptors: int, network: Network | None,
        users: Users,
    ) -> None:  # fmt: skip
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._context = zmq.Context()
        self._context.set(zmq.MAX_SOCKETS, 1023)
        self._socket = self._context.socket(zmq.ROUTER)
        self._peers: OrderedDict[bytes, Peer] = OrderedDict()
        self._quota = Quota()
        self._outbound = Outbound(self._send, self._forget, self._cut)
        self._feed = Feed(service, self._outbound, self._put, self._loop.call_later)
        limit = max(16, min(10_000, (descriptors - 128) // 4))
        self.network = network
        self._grants = network.grants if network is not None else None
        self.users = users
        self._doorkeeper = Doorkeeper(self._context, self._grants, users)
        self.connections = Connections(
            self._socket, listener, f"ipc://{path}", network, users.are_several, limit, self._soon
        )  # fmt: skip
        self._under_way = UnderWay()
        self._draining = self._retrying = self._stopping = False
        self._said: set[str] = set()

    def start(self) -> None:
        """Serve."""
        wire = self._socket
        wire.setsockopt(zmq.LINGER, 500)
        wire.setsockopt(zmq.ROUTER_MANDATORY, 1)
        wire.setsockopt(zmq.SNDHWM, QUEUED_COUNT)
        wire.setsockopt(zmq.RCVHWM, QUEUED_COUNT)
        wire.setsockopt(zmq.MAXMSGSIZE, 4 * LIMITS["frame_bytes"])  # beyond it libzmq cuts the connection, unanswered
        wire.setsockopt(zmq.HEARTBEAT_IVL, HEARTBEAT_MS)
        wire.setsockopt(zmq.HEARTBEAT_TIMEOUT, 2 * HEARTBEAT_MS)  # a machine that slept, a cable that was pulled
        self._doorkeeper.start()
        self.connections.start()
        self._loop.add_reader(_option(wire, zmq.FD), self._drain)
        self._loop.call_later(BEAT_SECONDS, self._beat)
        self._soon()

    async def stop(self) -> None:
        """Take nothing new, answer what is under way, close."""
        self._stopping = True
        await self._under_way.wait(5)
        self._feed.stop()
        self._outbound.flush()
        self._loop.remove_reader(_option(self._socket, zmq.FD))
        await self.connections.stop()
        self._doorkeeper.stop()
        self._context.term()

    @property
    def clients(self) -> int:
        """Peers that were heard of, as far as they can still be connected: libzmq does not tell who has left."""
        return min(len(self._peers), self.connections.count)

    @property
    def requests_count(self) -> int:
        """How many slower ones are under way."""
        return len(self._under_way)

    @property
    def outbound_bytes(self) -> int:
        """What waits for clients to read it."""
        return self._outbound.total_bytes

    def pump(self) -> None:
        """There are new operations."""
        self._feed.pump()

    def _drain(self) -> None:
        """Everything that came, up to a bound, on one view of the store. What is sent from here needs no second look
        at the socket, for the last receive is one."""
        self._draining = True
        empty = False
        try:
            self._service.begin_drain()
            empty = self._take()
            if self._outbound.waiting:  # the same descriptor signals room in a peer's queue
                went = self._outbound.flush()
                empty = self._take() and not went  # last, for a send takes the signal of what came meanwhile
        finally:
            self._service.end_drain()
            self._draining = False
            if not empty:
                self._soon()

    def _take(self) -> bool:
        """True where nothing more is there."""
        for taken in range(DRAIN_COUNT):
            if taken == 1 and not _option(self._socket, EVENTS) & POLLIN:
                return True  # mostly one comes alone, and asking costs a third of the exception
            try:
                identity = self._socket.recv(NOW)
            except zmq.Again:
                return True
            self._received(identity)
        return False

    def _soon(self) -> None:
        if not self._draining:
            self._draining = True
            self._loop.call_soon(self._drain)

    def _rest(self) -> Frames:
        """The frames of a message; those beyond the bound are taken from the socket and dropped. What zmq tells of a
        frame is cheaper than what it tells of the socket."""
        frames: Frames = []
        while True:
            frame = self._socket.recv(NOW, copy=False)
            if len(frames) <= LIMITS["frames_count"]:
                frames.append(frame.bytes)
            if not frame.more:
                return frames

    def _received(self, identity: bytes) -> None:
        peer = self._peers.get(identity)
        if peer is None:
            peer, frames = self._welcome(identity)
        else:
            frames = self._rest()
            self._peers.move_to_end(identity)
        try:
            asked = peer.wire.receive(frames)
        except RefusedRequest as refused:
            self._put(identity, connection.error(refused.id, refused.error))
            return
        if not peer.grant.is_owner:
            try:
                asked = self._admitted(peer, asked)
            except Exception as problem:
                refusal = problem if isinstance(problem, HoldfastError) else _coded(problem, asked)
                self._put(identity, connection.error(asked.id, refusal))
                return
        self._answer(identity, peer, asked, frames)

    def _admitted(self, peer: Peer, asked: Asked) -> Asked:
        """What may be asked by this peer, and of that what there is for it. Raises the error that it is told."""
        grant, request = peer.grant, asked.request
        if not grant.author:
            raise NotAllowed(peer.refusal)
        if not may(grant.role, request):
            raise NotAllowed(f"{grant.author} may {grant.role} here: {VERB_OF[type(request)]} needs {role_of(request)}")
        if type(request) in OF_THE_MACHINE and grant.role != ADMIN:
            raise NotAllowed(f"{VERB_OF[type(request)]} is about the daemon's machine: that needs {ADMIN}")
        if grant.apps is None:
            return asked
        assert self._service.limited is not None  # who serves the network serves such keys
        return self._service.limited.narrowed(asked, grant.apps, grant.author, peer.client.peer)

    def _welcome(self, identity: bytes) -> tuple[Peer, Frames]:
        """A peer not heard of before, and its message, whose first frame tells what the kernel says of it."""
        first = self._socket.recv(NOW, copy=False)
        peer = self._peers[identity] = introduced(identity, first, self._grants, self.users)
        holders = self._service.holders() if len(self._peers) > PEERS_COUNT else ()
        while len(self._peers) > PEERS_COUNT:  # it says hello again when it comes back
            oldest = next((key for key in self._peers if not self._feed.follows(key) and key not in holders), identity)
            self._forget(oldest)
        return peer, [first.bytes, *(self._rest() if first.more else ())]

    def _answer(self, identity: bytes, peer: Peer, asked: Asked, frames: Frames) -> None:
        request = asked.request
        try:
            if isinstance(request, Hello):
                answer: Frames | None = self._greeting(asked.id, peer)
            elif self._otherwise(peer, request) is not None:
                answer = None
            else:
                answer = self._service.answer_at_once(asked.id, request, peer.grant.author)
        except Exception as problem:
            self._put(identity, connection.error(asked.id, _coded(problem, asked)))
            return
        if answer is not None:
            self._put(identity, answer)
        elif isinstance(request, Subscribe):
            try:
                self._follow(peer, asked.id, request)
            except HoldfastError as problem:
                self._put(identity, connection.error(asked.id, problem))
        elif isinstance(request, Unsubscribe):
            self._unfollow(peer.client, request.subscription)
            self._reply(identity, asked.id, (Unsubscribed(), ()))
        elif self._stopping or len(self._under_way) >= UNDER_WAY_COUNT:
            busy = Busy("Too much is under way; try again", limit=UNDER_WAY_COUNT, retry_ms=BUSY_MS)
            self._put(identity, connection.error(asked.id, busy))
        else:
            self._begin(peer, asked, {"requests_in_flight": 1, "request_bytes_in_flight": sum(map(len, frames))})

    def _otherwise(self, peer: Peer, request: Request) -> Verb | None:
        """How it is answered, where that is otherwise than for those for whom all applications are there."""
        limited = self._service.limited
        return None if peer.grant.apps is None or limited is None else limited.verbs.get(type(request))

    def _greeting(self, request: bytes, peer: Peer) -> Frames:
        lender = Lender(peer.client.process, peer.descriptor)
        reason = why_not(lender)
        peer.lender = None if reason else lender
        if reason and reason not in self._said:  # once: it will be the same for the next
            self._said.add(reason)
            _log.info("%s is not offered: %s", LOCAL_FILES, reason)
        return connection.result(request, self._service.hello(peer.grant.author, peer.grant.apps, lends=not reason))

    def _begin(self, peer: Peer, asked: Asked, amounts: Amounts) -> None:
        """A slower request is under way, if there is room for it; what cancels one needs none."""
        client, kind = peer.client, type(asked.request)
        if kind is Cancel:
            amounts = {}
        if self._has_room(client, asked.id, amounts):
            once = kind in CHANGING
            lasts = once or issubclass(kind, WORKSPACE_CHANGES)
            asking = Asking(client.peer, asked.id, time.monotonic() + asked.deadline_ms / 1000, once, lasts)
            room = contextlib.ExitStack()
            room.callback(self._quota.give_back, client, amounts)
            task = self._under_way.begin(asking, partial(self._serve, asking, asked, peer, room))
            task.add_done_callback(lambda _: room.close())  # where it never began

    def _follow(self, peer: Peer, key: bytes, request: Subscribe) -> None:
        self._unfollow(peer.client, key)
        if self._has_room(peer.client, key, FOLLOWING):
            in_pages = EVENT_PAGES in peer.wire.capabilities
            self._feed.subscribe(peer.client.peer, key, request, peer.grant.apps or (), in_pages=in_pages)

    def _unfollow(self, client: Client, key: bytes) -> None:
        if self._feed.unsubscribe(client.peer, key):
            self._quota.give_back(client, FOLLOWING)

    def _has_room(self, client: Client, request: bytes, amounts: Amounts) -> bool:
        """What it asks for is taken, or the client is told to come back."""
        try:
            self._quota.take(client, amounts)
        except Busy as problem:
            self._put(client.peer, connection.error(request, problem))
            return False
        return True

    async def _serve(
        self, asking: Asking, asked: Asked, peer: Peer, room: contextlib.ExitStack, wish: Wish
    ) -> bool:  # fmt: skip
        """One slower request. Past its deadline, or where it was cancelled, the asker is told, and a change that was
        not made is not made. ``room`` is given back before the answer goes out. True where it ended because it was
        cancelled."""
        REQUEST.set(asked.id.hex())
        try:
            with room:
                answer = await self._answered(asking, asked, peer, wish)
            self._reply(asking.peer, asked.id, answer)
            return False
        except asyncio.CancelledError:
            if not wish.is_cancelled:
                raise
            problem: HoldfastError = Cancelled("The request was cancelled")
        except TimeoutError:
            problem = TooLate("The deadline passed")
        except Exception as other:  # the server's one catch-all: every request is answered
            problem = _coded(other, asked)
        self._put(asking.peer, connection.error(asked.id, problem))
        return isinstance(problem, Cancelled)

    async def _answered(self, asking: Asking, asked: Asked, peer: Peer, wish: Wish) -> Answer:
        request, deadline = asked.request, asking.deadline
        digest = await digest_of(asked) if asking.once else b""
        once, verb = asked.id if asking.once else None, VERB_OF[type(request)]
        caller = Caller(peer.grant.author, once, verb, asking.peer, asked.id, wish, digest, peer.lender)
        async with asyncio.timeout(None if asking.lasts else deadline - time.monotonic()):
            if isinstance(request, Cancel):
                outcome = await self._under_way.cancel(asking.peer, request.request)
                return messages.Cancelled(outcome=outcome), ()
            otherwise = self._otherwise(peer, request)
            if otherwise is not None:
                return await otherwise(request, asked.payload, caller, deadline, peer.grant.apps or ())
            return await self._service.slow[type(request)](request, asked.payload, caller, deadline)

    def _reply(self, identity: bytes, request: bytes, answer: Answer) -> None:
        reply, payload = answer
        self._put(identity, connection.result(request, reply, payload))

    def _put(self, identity: bytes, frames: Frames) -> None:
        self._outbound.put(identity, frames)
        if self._outbound.waiting and not self._retrying:
            self._retrying = True
            self._loop.call_later(RETRY_SECONDS, self._retry)

    def _retry(self) -> None:
        self._retrying = False
        self._outbound.flush()
        self._feed.pump()
        if self._outbound.waiting and not self._retrying:
            self._retrying = True
            self._loop.call_later(RETRY_SECONDS, self._retry)

    def _send(self, identity: bytes, frames: Frames) -> str:
        self._soon()  # a send takes the descriptor's signal for messages that came meanwhile
        try:
            self._socket.send(identity, NOW_AND_MORE)
            for frame in frames[:-1]:
                self._socket.send(frame, NOW_AND_MORE)
            self._socket.send(frames[-1], NOW)
        except zmq.Again:
            return "full"
        except zmq.ZMQError as problem:
            if problem.errno == zmq.EHOSTUNREACH:
                return "gone"
            raise
        return "sent"

    def _beat(self) -> None:
        """Whoever holds a workspace is sent something: that is how libzmq tells that a peer has left. Subscribers are
        told how far they are."""
        for peer in self._service.holders():
            if not self._outbound.size_bytes(peer):
                self._put(peer, connection.sign_of_life())
        self._feed.beat()
        if self._grants is not None:
            self._grants.renew()
            self._look_again()
        if not self._stopping:
            self._loop.call_later(BEAT_SECONDS, self._beat)

    def allow(self, access: Access) -> None:
        """Of this machine these are let in from now on."""
        self.users.allow(access)
        self._look_again()

    def _look_again(self) -> None:
        """Who is not allowed any more, or otherwise than before, is told and cut off: it comes back as what it is now,
        where it is anybody."""
        for identity, peer in list(self._peers.items()):
            now = self._grant_of(peer)
            if peer.grant.author and now != peer.grant:
                self._under_way.drop(identity)
                self._forget(identity)
                if now is None:
                    self._put(identity, connection.error(b"", NotAllowed(NOT_ALLOWED if peer.grant.key else REFUSAL)))
                seconds = FAREWELL_SECONDS if now is None else 0
                self.connections.cut(peer.descriptor, max(0, peer.client.process), seconds)

    def _grant_of(self, peer: Peer) -> Grant | None:
        """What this peer may now; None: nothing."""
        if peer.grant.key:
            return None if self._grants is None else self._grants.of(peer.grant.key)
        return None if peer.user is None else self.users.of(peer.user)

    def _cut(self, identity: bytes) -> None:
        """It lets more wait than it may. A subscriber is told when it reads again; any other's connection ends: it
        notices, and libzmq lets go of what waited for it."""
        if not self._feed.cut(identity):
            self._hang_up(identity)

    def _hang_up(self, identity: bytes) -> None:
        peer = self._peers.get(identity)
        if peer is not None:
            self.connections.cut(peer.descriptor, max(0, peer.client.process))  # the kernel knows no process of a key
        self._forget(identity)

    def _forget(self, identity: bytes) -> None:
        self._service.gone(identity)
        peer, followed = self._peers.pop(identity, None), self._feed.forget(identity)
        if peer is not None and followed:
            self._quota.give_back(peer.client, {"subscriptions_count": followed})
        self._outbound.drop(identity)


def _option(socket: zmq.Socket[bytes], option: int) -> int:
    """A socket option whose value is a number."""
    value = socket.getsockopt(option)
    assert isinstance(value, int)
    return value


def _coded(problem: Exception, asked: Asked) -> HoldfastError:
    """What its asker is told. A code that no table names for the verb is a mistake of ours: the tests look for it."""
    verb, told = VERB_OF[type(asked.request)], {"request": asked.id.hex()}
    if isinstance(problem, HoldfastError):
        if not is_known(type(asked.request), problem):
            _log.error("%s is refused with %s, which no table names", verb, problem.code, extra=told)
        return problem
    _log.error("A %s failed", verb, exc_info=problem, extra=told)
    return Internal(f"The daemon met {type(problem).__name__}; its log has more")
