"""Folders through the client: paths from the root, and waits that are not cut into tries."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from clients_cli_words import Sent
from clients_fake_daemon import DEADLINE_SECONDS, FakeDaemon, folder_row

from holdfast.client import Client
from holdfast_protocol import messages as wire
from holdfast_protocol.errors import BadField, TooLate, Unreadable
from holdfast_protocol.model import Ref

ADDED = wire.FolderChanged(rows=[folder_row()], operation=5)


def path_asked(daemon: FakeDaemon, client: Client, path: str | bytes) -> bytes:
    sent = Sent(daemon, wire.FolderAdd, ADDED)
    assert client.folder_add(path, "renardo") == ADDED
    request = sent.request()
    assert isinstance(request, wire.FolderAdd)
    return request.path


def test_each_method_sends_its_verb(daemon: FakeDaemon, client: Client) -> None:
    """With its arguments, and gives back the reply."""
    folders = wire.Folders(rows=[folder_row()])
    sent = [
        Sent(daemon, wire.FolderAdd, ADDED),
        Sent(daemon, wire.FolderRemove, ADDED),
        Sent(daemon, wire.FolderList, folders),
        Sent(daemon, wire.FolderScan, folders),
        Sent(daemon, wire.FolderSuggest, wire.Suggestions(rows=[])),
        Sent(daemon, wire.Settle, wire.Settled(number=7)),
    ]
    assert client.folder_add(b"/m\xff", "igv", label="l", layout="n", poll=True) == ADDED
    assert client.folder_remove("work") == ADDED
    assert client.folder_list() == folders
    assert client.folder_scan("work", accept=True, verify=True) == folders
    assert client.folder_suggest(environment={"A": "b"}, folder="/here").rows == []
    assert client.settle("work").number == 7
    assert [each.request() for each in sent] == [
        wire.FolderAdd(path=b"/m\xff", app="igv", label="l", layout="n", poll=True),
        wire.FolderRemove(label="work"),
        wire.FolderList(),
        wire.FolderScan(label="work", accept=True, verify=True),
        wire.FolderSuggest(environment={"A": "b"}, folder=b"/here"),
        wire.Settle(label="work"),
    ]


def test_a_list_can_be_of_a_folder(daemon: FakeDaemon, client: Client) -> None:
    """By its label."""
    sent = Sent(daemon, wire.List, wire.Sessions(rows=[], more=False))
    client.list(folder="work")
    assert sent.request() == wire.List(folder="work")


def test_a_relative_folder_is_below_the_callers(
    daemon: FakeDaemon, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The daemon works elsewhere, so it is told the path from the root; a slash at the end is none of its name."""
    monkeypatch.chdir(tmp_path)
    here = os.fsencode(tmp_path)
    assert path_asked(daemon, client, "music/") == here + b"/music"
    assert path_asked(daemon, client, ".") == here
    assert path_asked(daemon, client, "caf\udcff") == here + b"/caf\xff"


def test_above_a_link_is_where_the_link_leads(
    daemon: FakeDaemon, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """``link/..`` is what the system takes it for; a link alone is kept as it is."""
    (tmp_path / "far" / "away").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "far" / "away")
    monkeypatch.chdir(tmp_path)
    assert path_asked(daemon, client, "link/../music") == os.path.realpath(os.fsencode(tmp_path / "far")) + b"/music"
    assert path_asked(daemon, client, "link") == os.fsencode(tmp_path / "link")


def test_an_empty_path_is_not_the_working_directory(daemon: FakeDaemon, client: Client) -> None:
    """A variable that a script forgot to set adopts nothing."""
    with pytest.raises(BadField):
        client.folder_add("", "renardo")
    assert not daemon.requests(wire.FolderAdd)


def test_a_relative_folder_of_a_removed_directory_is_said(
    daemon: FakeDaemon, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As an error of ours, with what to say instead."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(Unreadable, match="from / on"):
        client.folder_add("music", "renardo")


@pytest.mark.parametrize("request_", [wire.FolderScan(), wire.Settle(), wire.FolderSuggest()])
def test_a_walk_over_the_disk_is_asked_for_once(daemon: FakeDaemon, client: Client, request_: wire.Request) -> None:
    """A scan that takes nearly all of the time allowed is not begun again in the middle, as others are."""
    daemon.answers |= {type(request_): lambda asked: None, wire.Show: lambda asked: None}
    for request in (request_, wire.Show(ref=Ref(name="verse"))):
        with pytest.raises(TooLate):
            client.ask(request, timeout_seconds=0.3)
    assert len(daemon.requests(type(request_))) == 1
    assert len(daemon.requests(wire.Show)) > 1


def test_a_scan_has_the_time_that_its_call_allows(daemon: FakeDaemon, client: Client) -> None:
    """Else the client's."""
    Sent(daemon, wire.FolderScan, wire.Folders(rows=[]))
    client.folder_scan()
    client.folder_scan(timeout_seconds=600)
    first, second = daemon.requests(wire.FolderScan)
    assert 2_000 < first.deadline_ms <= 3_000
    assert 590_000 < second.deadline_ms <= 600_000


def test_a_scan_survives_a_restart_of_the_daemon(daemon: FakeDaemon, client: Client) -> None:
    """The end of the connection is noticed at once, and the scan asked for again."""
    daemon.answers[wire.FolderScan] = lambda asked: None
    found: list[wire.Folders] = []
    asking = threading.Thread(target=lambda: found.append(client.folder_scan(timeout_seconds=DEADLINE_SECONDS)))
    asking.start()
    daemon.wait_for(wire.FolderScan, 1)
    daemon.stop()
    daemon.answers[wire.FolderScan] = lambda asked: wire.Folders(rows=[])
    daemon.start()
    asking.join(DEADLINE_SECONDS)
    assert found == [wire.Folders(rows=[])]
