"""Every verb has its one method."""

from __future__ import annotations

import math
from pathlib import Path
from types import SimpleNamespace

import pytest
from daemon_store import ME, Store

from holdfast_daemon.adopting import Adopting
from holdfast_daemon.backing_up import BackingUp
from holdfast_daemon.batching import VERBS
from holdfast_daemon.checking import Checking
from holdfast_daemon.formats.registry import load_formats
from holdfast_daemon.formats.renardo import RENARDO
from holdfast_daemon.guarded import guarded
from holdfast_daemon.pruning import Pruning
from holdfast_daemon.service import CAPABILITIES, Service
from holdfast_protocol import messages as wire
from holdfast_protocol.model import FileSource

#: About connections.
SERVERS_OWN = {wire.Hello, wire.Subscribe, wire.Unsubscribe, wire.Cancel}


def _service(store: Store) -> Service:
    unused: object = None  # nothing is asked, so nothing is published and no status given
    return Service(
        store.sessions,
        store.saving,
        store.content,
        SimpleNamespace(rows=unused),
        Adopting(store.sessions, unused, {}, {}, [], ""),
        unused,
        guarded(load_formats({})),
        unused,
        "0",
        "epoch",
        unused,
        unused,
        Pruning(store.sessions, unused, unused, unused),
        Checking(store.sessions, store.chunks, unused, unused, ""),
        BackingUp(store.sessions, store.chunks, "", [], unused),
    )  # type: ignore[arg-type]  # see above


def test_the_manual_says_what_each_capability_is() -> None:
    """PROTOCOL.md, "Hello", has all that the daemon names, and says of none that there are none."""
    text = (Path(__file__).parents[2] / "protocol" / "PROTOCOL.md").read_text("utf-8")
    section = text.partition("\n## Hello\n")[2].partition("\n## ")[0]
    assert [each for each in CAPABILITIES if f"`{each}`" not in section] == []
    assert sorted(CAPABILITIES) == CAPABILITIES


def test_the_table_of_what_a_batch_may_hold_is_complete() -> None:
    """Each change has its verb, which changes the store and whose answer is one that a batch gives."""
    assert tuple(VERBS) == wire.Change.__struct_fields__
    kinds = [wire.VERBS[verb] for verb in VERBS]
    assert set(kinds) < wire.CHANGING
    assert {wire.REPLY_TO[kind] for kind in kinds} == {wire.Saved, wire.Changed, wire.Noted}


def test_the_tables_of_verbs_are_complete(store: Store) -> None:
    """Each verb of the wire is in a table; the server itself answers those that are about its connections."""
    service = _service(store)
    assert {*service.quick, *service.slow, *SERVERS_OWN} == {*wire.REPLY_TO}
    assert set(service.slow) >= wire.CHANGING
    service.close()


def test_only_two_verbs_have_two_ways(store: Store) -> None:
    """Rows are at hand; parts must be read, and for a text many names may be looked at, while others are answered."""
    service = _service(store)
    assert service.quick.keys() & service.slow.keys() == {wire.List, wire.Show}
    assert service.answer_at_once(b"r" * 16, wire.List(app="a"), ME.author) is not None
    assert service.answer_at_once(b"r" * 16, wire.List(text="a"), ME.author) is None
    service.close()


def test_a_verb_keeps_its_name(store: Store) -> None:
    """From the wire to the method; ``import`` is no name in Python."""
    service = _service(store)
    for request, method in {**service.quick, **service.slow}.items():
        assert method.__name__.removesuffix("_document").replace("_", "-") == wire.VERB_OF[request]
    service.close()


def test_a_save_is_answered_where_its_format_fails_to_warn(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is durable is said to be so, whatever a stranger's format does afterwards."""

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr(type(RENARDO), "losses", fail)
    service = _service(store)
    request = wire.Save(app="renardo", name="x", files=[FileSource(frame=0)])
    saved, _ = store.run(service.slow[wire.Save](request, [b"d1 >> pluck()"], ME, math.inf))
    service.close()
    assert isinstance(saved, wire.Saved)
    assert saved.outcome == "saved"
    assert saved.warnings == []
