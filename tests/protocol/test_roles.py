"""Who may ask what, and the files of keys that say who is who."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from examples import REQUESTS

from holdfast_protocol import keys
from holdfast_protocol.errors import BadField, Exists, NotAllowed, NotFound, Unreadable
from holdfast_protocol.messages import CHANGING, REPLY_TO, VERBS, Batch, Change, Check, List, Note, Prune
from holdfast_protocol.model import Ref
from holdfast_protocol.roles import (
    ADMIN,
    OF_ALL_APPLICATIONS,
    OF_THE_MACHINE,
    READ,
    ROLE_OF,
    ROLES,
    WRITE,
    may,
    role_of,
)

KEY, OTHER = "a" * 40, "b" * 40


def test_every_verb_has_a_role() -> None:
    """And no other thing has."""
    assert ROLE_OF.keys() == REPLY_TO.keys()
    assert set(ROLE_OF.values()) == {READ, WRITE, ADMIN}
    assert ROLE_OF.keys() >= OF_THE_MACHINE | OF_ALL_APPLICATIONS


@pytest.mark.parametrize("name", [name for name, request in REQUESTS.items() if type(request) in CHANGING])
def test_who_may_read_changes_nothing(name: str) -> None:
    """No request that changes the store may be asked by that role; a note is only read without a text."""
    request = REQUESTS[name]
    assert may(ADMIN, request)
    assert not may(READ, request) or (isinstance(request, Note) and request.text is None)


def test_a_request_that_says_more_needs_more() -> None:
    """A check that repairs, a note that is written."""
    ref = Ref(id="ab" * 16)
    assert (role_of(Note(ref=ref)), role_of(Note(ref=ref, text=""))) == (READ, WRITE)
    assert (role_of(Check()), role_of(Check(repair=True)), role_of(Check(stop=True))) == (READ, ADMIN, ADMIN)
    assert (role_of(Prune(dry_run=True)), role_of(Prune())) == (READ, ADMIN)
    assert role_of(List()) == READ


def test_a_batch_that_only_asks_is_not_for_who_may_read() -> None:
    """The store keeps the answer to a batch, so that by asking again and again a reader would fill the disk."""
    asks = [Change(note=Note(ref=Ref(id="ab" * 16)))]
    assert not may(READ, Batch(changes=asks))
    assert not may(READ, Batch(changes=[]))


def test_no_change_of_a_batch_needs_more_than_the_batch() -> None:
    """So one look at the batch is enough."""
    kinds = [VERBS[name.replace("_", "-")] for name in Change.__struct_fields__]
    assert all(ROLES.index(ROLE_OF[kind]) <= ROLES.index(ROLE_OF[Batch]) for kind in kinds)
    assert not OF_THE_MACHINE & {*kinds}


@pytest.mark.parametrize(
    "line",
    ["ada", "ada read *", f"ada owner * {KEY}", f"ada read * {KEY} more", f"ada read * {KEY[1:]}", f"-ada read * {KEY}",
     f"ada admin igv {KEY}", f"ada read IGV {KEY}", f"ada read a,,b {KEY}", f"bob read * {KEY}"],
)  # fmt: skip
def test_a_line_that_is_none_is_refused_with_its_number(line: str, tmp_path: Path) -> None:
    """So that nobody is let in by mistake."""
    path = tmp_path / keys.ALLOWED
    path.write_text(f"# people\n\nbob read * {OTHER}\n{line}\n")
    path.chmod(0o600)
    with pytest.raises(BadField, match=r"allowed_keys, line 4: "):
        keys.read_allowed(str(path))


def test_the_list_is_read_as_it_is_written(tmp_path: Path) -> None:
    """With roles and applications; the same name again is changed, another key for it is refused."""
    path = str(tmp_path / keys.ALLOWED)
    assert keys.read_allowed(path) == []
    ada, bob = keys.allowed("ada", WRITE, ["renardo", "igv"], KEY), keys.allowed("bob", ADMIN, [], OTHER)
    keys.allow(path, ada)
    keys.allow(path, bob)
    assert keys.read_allowed(path) == [ada, bob]
    assert ada.apps == ("igv", "renardo")
    with pytest.raises(Exists):
        keys.allow(path, keys.allowed("ada", READ, [], "c" * 40))
    with pytest.raises(Exists):
        keys.allow(path, keys.allowed("eve", READ, [], KEY))
    keys.revoke(path, "ada")
    assert keys.read_allowed(path) == [bob]
    with pytest.raises(NotFound):
        keys.revoke(path, "ada")


def test_the_list_that_was_looked_at_is_the_one_that_is_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever may write in its folder, and puts a link in its place meanwhile, gets nothing of what the link means."""
    path, secret = tmp_path / keys.ALLOWED, tmp_path / "secret"
    keys.allow(str(path), keys.allowed("ada", READ, [], KEY))
    secret.write_text("roots own words\n")
    opens = os.open

    def swapping(name: str, *arguments: int) -> int:
        found = opens(name, *arguments)
        if name == str(path):
            path.unlink()
            path.symlink_to(secret)
        return found

    monkeypatch.setattr(os, "open", swapping)
    keys.allow(str(path), keys.allowed("bob", READ, [], OTHER))
    monkeypatch.undo()
    assert "roots own words" not in path.read_text()
    assert [each.name for each in keys.read_allowed(str(path))] == ["ada", "bob"]


def test_a_list_that_is_too_long_is_refused_and_stays(tmp_path: Path) -> None:
    """Rather than to be read, and written back, up to somewhere."""
    path = tmp_path / keys.ALLOWED
    path.write_text(f"ada read * {KEY}\n" + "#\n" * (keys.LARGEST_BYTES // 2) + f"bob read * {OTHER}\n")
    path.chmod(0o600)
    size_bytes = path.stat().st_size
    for change in (lambda: keys.revoke(str(path), "ada"), lambda: keys.read_allowed(str(path))):
        with pytest.raises(Unreadable, match="more than"):
            change()
    assert path.stat().st_size == size_bytes


def test_a_pair_is_not_written_over(tmp_path: Path) -> None:
    """Whoever loses a key has to be allowed again."""
    path = str(tmp_path / keys.CLIENT)
    pair = keys.Pair(KEY, OTHER)
    keys.write_pair(path, pair)
    assert keys.read_pair(path) == pair
    with pytest.raises(NotAllowed, match="move it aside"):
        keys.write_pair(path, pair)


@pytest.mark.parametrize(
    ("said", "host"), [("tcp://[::1]:7", "::1"), ("tcp://a.example:7", "a.example"), ("tcp://*:7", "*")]
)
def test_an_address_is_a_host_and_a_port(said: str, host: str) -> None:
    """An IPv6 address stands in brackets."""
    assert keys.address(said) == (host, 7)


def test_what_root_writes_is_of_the_directorys_user(tmp_path: Path) -> None:
    """So that the service can read what its administrator wrote."""
    home = tmp_path / "service"
    home.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(home, 12345, 12346)
    path = home / keys.ALLOWED
    keys.allow(str(path), keys.allowed("ada", READ, [], KEY))
    keys.allow(str(path), keys.allowed("ada", WRITE, [], KEY))
    state = path.stat()
    assert (state.st_uid, state.st_gid, state.st_mode & 0o777) == (home.stat().st_uid, home.stat().st_gid, 0o600)
