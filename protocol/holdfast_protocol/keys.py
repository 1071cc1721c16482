"""The files of keys, beside the configuration: who a client is, whom a daemon lets in, which daemon is meant.

They are of one user and closed to everybody else, like ssh's, and what others could read or write is refused. A key is
40 signs of Z85 (ZeroMQ's rfc/32), none of which is a space or a quote. Lines that begin with # are for people.

    client.key      public KEY, secret KEY: this user's own pair
    server.key      the same: the daemon's pair
    allowed_keys    NAME ROLE APPLICATIONS KEY: who may come over the network (applications: * or a,b)
    known_servers   ADDRESS KEY: what a daemon elsewhere must prove to be
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from holdfast_protocol.endpoint import is_remote
from holdfast_protocol.errors import BadField, BadName, Exists, NotAllowed, NotFound, Unreadable
from holdfast_protocol.names import check_application
from holdfast_protocol.roles import ADMIN, ROLES

CLIENT, SERVER, ALLOWED, SERVERS = "client.key", "server.key", "allowed_keys", "known_servers"
FILES = (CLIENT, SERVER, ALLOWED, SERVERS)
#: What a name of a key may be: it becomes the author of what is done with it.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_KEY = re.compile(r"[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}")
_ADDRESS = re.compile(r"tcp://(\[[0-9A-Fa-f:.%]+\]|[^\s:/\[\]]+):(\d{1,5})")
EVERY = "*"
LARGEST_BYTES = 1 << 20


class Pair(NamedTuple):
    """A key, and the secret that proves it."""

    public: str
    secret: str


class Allowed(NamedTuple):
    """Somebody who may come over the network. ``apps``: the only applications that there are for this key, sorted;
    None: all."""

    name: str
    role: str
    apps: tuple[str, ...] | None
    key: str


class Address(NamedTuple):
    """Where on the network. ``host`` is as it was said, without the brackets of an IPv6 address."""

    host: str
    port: int


def address(said: str) -> Address:
    """Of ``tcp://HOST:PORT``. Raises BadField."""
    found = _ADDRESS.fullmatch(said)
    if found is None or int(found[2]) > 65_535:
        raise BadField(f"{said}: tcp://HOST:PORT is expected (an IPv6 address in brackets)", field="listen")
    return Address(found[1].strip("[]"), int(found[2]))


def check_key(said: str) -> str:
    """Raises BadField for what cannot be a key."""
    if not _KEY.fullmatch(said):
        raise BadField("A key has 40 signs, as holdfast key generate shows it", field="key")
    return said


def allowed(name: str, role: str, apps: Iterable[str], key: str) -> Allowed:
    """Checked; ``apps`` empty: all. Raises BadField, BadName."""
    if not _NAME.fullmatch(name):
        raise BadField("A key's name has letters, digits, . _ @ and -, 64 at most", field="name")
    if role not in ROLES:
        raise BadField(f"{role}: one of {', '.join(ROLES)} is expected", field="role")
    only = tuple(sorted({*apps}))
    for app in only:
        check_application(app)
    if only and role == ADMIN:
        raise BadField("An admin's key is for the store as a whole; it cannot be limited to applications", field="app")
    return Allowed(name, role, only or None, check_key(key))


def read_allowed(path: str) -> list[Allowed]:
    """Nobody where the file is not there. Raises NotAllowed where others can read it, BadField, Unreadable."""
    return _allowed_of(path, _text(path))


def _allowed_of(path: str, text: str) -> list[Allowed]:
    found: list[Allowed] = []
    for number, words in _lines(text):
        try:
            name, role, apps, key = words
            entry = allowed(name, role, () if apps == EVERY else apps.split(","), key)
        except (ValueError, BadField, BadName) as problem:
            expected = "NAME ROLE APPLICATIONS KEY are expected"
            said = expected if isinstance(problem, ValueError) else problem.sentence
            raise BadField(f"{path}, line {number}: {said}", field="allowed_keys") from problem
        if any(each.name == entry.name or each.key == entry.key for each in found):
            raise BadField(f"{path}, line {number}: the name or the key is there already", field="allowed_keys")
        found.append(entry)
    return found


def allow(path: str, entry: Allowed) -> None:
    """From now on. Raises Exists where the name has another key, or the key another name."""
    text = _text(path)
    for each in _allowed_of(path, text):
        if (each.name == entry.name) != (each.key == entry.key):
            raise Exists(f"{each.name} has {each.key}: holdfast key revoke {each.name}", name=each.name)
    line = f"{entry.name} {entry.role} {','.join(entry.apps or (EVERY,))} {entry.key}"
    _write(path, "\n".join([*_others(text, entry.name), line, ""]))


def revoke(path: str, name: str) -> None:
    """No longer. Raises NotFound."""
    text = _text(path)
    if not any(each.name == name for each in _allowed_of(path, text)):
        raise NotFound(f"No key is called {name}", name=name)
    _write(path, "\n".join([*_others(text, name), ""]))


def _others(text: str, name: str) -> list[str]:
    """The lines that are not about this name, those for people included, of what was looked at: root writes it where
    somebody else could put another file in its place meanwhile."""
    if not text:
        return ["# NAME ROLE APPLICATIONS KEY (see holdfast key --help)"]
    return [line for line in text.rstrip("\n").split("\n") if line.split()[:1] != [name]]


@contextlib.contextmanager
def changing(directory: str) -> Iterator[None]:
    """Nobody else changes the files of keys there meanwhile."""
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as problem:
        raise Unreadable(f"{directory}: {problem.strerror}", path=directory) from problem
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def new_pair(make: Callable[[], tuple[bytes, bytes]]) -> Pair:
    """A pair that ``make`` made, whose key no shell takes for a flag."""
    while True:
        public, secret = (each.decode() for each in make())
        if public[0].isalnum():
            return Pair(public, secret)


def read_pair(path: str) -> Pair:
    """Raises NotFound where there is no file, NotAllowed where others can read it, BadField, Unreadable."""
    words = dict(each[:2] for _, each in _lines(_text(path)) if len(each) == 2)
    if not words:
        raise NotFound(f"There is no key in {path}; make one with: holdfast key generate", path=path)
    if words.keys() != {"public", "secret"} or not all(map(_KEY.fullmatch, words.values())):
        raise BadField(f"{path} is no file of a key", field="key")
    return Pair(words["public"], words["secret"])


def write_pair(path: str, pair: Pair) -> None:
    """A new file. Raises NotAllowed where one is there: whoever loses a key has to be allowed again."""
    if os.path.lexists(path):
        raise NotAllowed(f"{path} is there already; move it aside first", path=path)
    _write(path, f"# Secret. Whoever has this is you.\npublic {pair.public}\nsecret {pair.secret}\n")


def read_servers(path: str) -> dict[str, str]:
    """Address to key. Raises NotAllowed where others can read it, BadField, Unreadable."""
    found: dict[str, str] = {}
    for number, words in _lines(_text(path)):
        if len(words) != 2 or not is_remote(words[0]) or not _KEY.fullmatch(words[1]):
            raise BadField(f"{path}, line {number}: ADDRESS KEY are expected", field="known_servers")
        found[words[0]] = words[1]
    return found


def write_servers(path: str, servers: dict[str, str]) -> None:
    """All of them, in the place of what was there."""
    _write(path, "".join(f"{where} {key}\n" for where, key in servers.items()))


def check_closed(path: str, state: os.stat_result) -> None:
    """Raises NotAllowed, with what to type, unless the file is ours and nobody else's to read."""
    is_ours = os.geteuid() in (0, state.st_uid)  # who may become the service's user may do it without becoming it
    if not stat.S_ISREG(state.st_mode) or not is_ours or state.st_mode & 0o077:
        from shlex import quote  # only when something is wrong

        raise NotAllowed(
            f"{path} must be a file of uid {os.geteuid()} that nobody else can read (it has uid {state.st_uid}, mode "
            f"{stat.S_IMODE(state.st_mode):04o}); mend it with: chmod 0600 {quote(path)}",
            path=path,
        )


def _text(path: str) -> str:
    """Empty where there is no file. Raises NotAllowed, Unreadable."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return ""
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror}", path=path) from problem
    with os.fdopen(descriptor, "rb") as source:
        check_closed(path, os.fstat(descriptor))
        try:
            text = source.read(LARGEST_BYTES + 1).decode("ascii")
        except (OSError, UnicodeDecodeError) as problem:
            raise Unreadable(f"{path} cannot be read: {problem}", path=path) from problem
    if len(text) > LARGEST_BYTES:  # half a list would be written back without its other half
        raise Unreadable(f"{path} is no file of keys: it has more than {LARGEST_BYTES} bytes", path=path)
    return text


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and words of each line that says something."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.split()


def _write(path: str, text: str) -> None:
    """Whole or not at all, and closed to others from the first byte on. What root writes is of the directory's user."""
    partial = f"{path}.{os.getpid()}.new"
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            if os.geteuid() == 0:
                owner = os.stat(os.path.dirname(os.path.abspath(path)))
                os.fchown(target.fileno(), owner.st_uid, owner.st_gid)
            target.write(text.encode("ascii"))
            target.flush()
            os.fsync(target.fileno())
        os.rename(partial, path)
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror}", path=path) from problem
