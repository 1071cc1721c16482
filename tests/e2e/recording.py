"""``make record``: today's client and today's daemon, recorded on the wire, for the tests of those that come after.

Its argument is the name of the record, which must be new: what an old client said is never edited.
"""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
import threading
from itertools import islice
from pathlib import Path

import msgpack
import zmq
from dialogue import HOME, RECORDS, USER, Said, replaced, write
from e2e_daemon import Daemon, renardo

import holdfast
from holdfast_protocol import chunking
from holdfast_protocol import messages as wire
from holdfast_protocol.model import FileSource

LARGE = bytes(3 * 1024 * 1024)  # chunks, and yet a small record


class Between:
    """A thread between clients and the daemon, which writes down what both say."""

    def __init__(self, path: str, daemon: str) -> None:
        self.said: list[Said] = []
        self._daemon = daemon
        self._context = zmq.Context()
        self._front = self._context.socket(zmq.ROUTER)
        self._front.bind(f"ipc://{path}")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._context.destroy(linger=0)

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._front, zmq.POLLIN)
        lines: dict[bytes, zmq.Socket[bytes]] = {}
        while not self._stop.is_set():
            ready = dict(poller.poll(50))
            for number, (identity, line) in enumerate(lines.items()):
                if line in ready:
                    frames = line.recv_multipart()
                    self.said.append(Said(number, False, frames))
                    self._front.send_multipart([identity, *frames])
            if self._front in ready:
                identity, *frames = self._front.recv_multipart()
                if identity not in lines:
                    line = lines[identity] = self._context.socket(zmq.DEALER)
                    line.connect(f"ipc://{self._daemon}")
                    poller.register(line, zmq.POLLIN)
                self.said.append(Said([*lines].index(identity), True, frames))
                lines[identity].send_multipart(frames)


def tour(client: holdfast.Client, folder: Path) -> None:
    """Nearly every verb, with its errors; what may happen by itself (autosaves) comes last."""
    client.ping()
    first = renardo("Clock.bpm = 96", intro="i1 >> pluck([1])", bass="b1 >> bass([0])")
    client.save("renardo", "verse", first, message="first", tags=["live"])
    client.save("renardo", "verse", parts={"intro": b"i1 >> pluck([2])"}, published=True)
    client.save("renardo", "verse", first.replace(b"bass([0])", b"bass([4])"), expect=1)  # merged
    client.save("renardo", "verse", first.replace(b"pluck([1])", b"pluck([9])"), expect=1)  # forked
    client.save("plain", "large", LARGE)
    chunk = b"handed over by hand"
    name = chunking.hash_of(chunk)
    client.ask(wire.Missing(), [name])
    client.ask(wire.Put(), [chunk])
    client.ask(wire.Save(app="plain", name="chunk", files=[FileSource(frame=0, chunked=True)]), [name])
    client.import_document("taken-in", first, suffix=".py")
    client.list(limit=2)
    client.list(app="renardo")
    client.search("pluck")
    shown = client.show("renardo/verse")
    client.show("renardo/verse", parts=False)
    client.log("renardo/verse")
    client.diff("renardo/verse@-1", "renardo/verse")
    client.load("renardo/verse")
    client.load("plain/large")
    client.cat("renardo/verse:intro")
    client.restore(f"renardo/verse@{client.log('renardo/verse').rows[-1].snapshot}")
    client.save("renardo", "verse", b"")  # suspect
    client.accept("renardo/verse@latest")
    client.undo()
    client.rename("renardo/verse", "chorus")
    client.copy("renardo/chorus", "bridge")
    client.tag("renardo/chorus", add=["b"], remove=["live"])
    client.template("renardo/bridge")
    client.new("fresh", clear="renardo/bridge")
    client.archive("renardo/fresh", published=True)
    client.unarchive("renardo/fresh", published=True)
    client.note("renardo/fresh", "to be sung twice")
    client.note("renardo/fresh")
    client.pin("renardo/fresh", "gig")
    client.check_resources("renardo/fresh")
    client.delete("renardo/fresh", published=True)
    client.undo(published=True)
    client.delete("plain/chunk", published=True)
    client.purge("plain/chunk")
    client.prune(dry_run=True)
    client.folder_add(os.fsencode(folder), "renardo", label="work")
    client.folder_scan("work")
    client.settle("work")
    client.folder_list()
    client.folder_remove("work")
    client.status()
    for refused in (
        lambda: client.show("renardo/nothing"),
        lambda: client.save("renardo", "chorus", first, new=True),
        lambda: client.list(sort="taste"),
        lambda: client.undo(100_000),
    ):
        try:
            refused()
        except holdfast.HoldfastError as problem:
            print(f"refused: {problem.code}")
    newest = client.operations(limit=3, newest=True).rows[-1].number
    client.operations(0)
    rows = client.events(newest - 2)
    [*islice(rows, 2)]
    client.tag("renardo/chorus", add=["told"])
    next(rows)
    with client.workspace("renardo/chorus") as live:
        live["intro"] = b"i1 >> pluck([5])"
        live["more"] = b"m1 >> bell([0])"
        live.rename("more", "less")
        startup, *others = (part.key for part in live.parts)
        live.reorder([startup, *reversed(others)])
        live.patch("less", 0, 2, b"l1", of=chunking.hash_of(b"m1 >> bell([0])"))
        live["less"]
        client.workspaces()
        client.last(app="renardo")
        live.save(message="by hand", published=True)
        live["intro"] = b"i1 >> pluck([6])"
        live.reload()
        del live["less"]
        live.discard()
    assert shown.session.name == "verse"


def main() -> int:
    """A line that says what was written."""
    target = RECORDS / sys.argv[1] / "dialogue.msgpack.gz"
    if target.exists():
        raise SystemExit(f"{target} is there, and is never edited")
    with tempfile.TemporaryDirectory() as place:
        home, folder, between = Path(place) / "h", Path(place) / "work", Path(place) / "between"
        folder.mkdir()
        between.mkdir(mode=0o700)
        (folder / "found.py").write_bytes(renardo("Clock.bpm = 80", solo="s1 >> pluck([3])"))
        daemon = Daemon(home).start()
        line = Between(str(between / "s"), daemon.socket)
        try:
            with holdfast.Client(str(between / "s"), timeout_seconds=20.0) as client:
                tour(client, folder)
        finally:
            line.stop()
            daemon.stop()
        user = pwd.getpwuid(os.geteuid()).pw_name
        write(target, [_nameless(each, place, user) for each in line.said])
    print(f"{target.relative_to(RECORDS)}: {len(line.said)} messages, {target.stat().st_size} bytes")
    return 0


def _nameless(said: Said, place: str, user: str) -> Said:
    """Without this machine's places and its user."""
    header = replaced(said.header, place, HOME)
    for row in _maps(header):
        row.update({field: USER for field in ("author", "user") if row.get(field) == user})
    return said._replace(frames=[msgpack.packb(header), *said.frames[1:]])


def _maps(value: object) -> list[dict[str, object]]:
    if isinstance(value, dict):
        return [value, *(found for each in value.values() for found in _maps(each))]
    return [found for each in value for found in _maps(each)] if isinstance(value, list) else []


if __name__ == "__main__":
    sys.exit(main())
