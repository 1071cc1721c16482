"""Where in some letters something is that had better stay at home."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from holdfast.screening.letters import composed, unescaped
from holdfast.screening.rules import keys

HOME = "home path"
_PASSWORD = "password in a URL"
_SIGNATURE = "signature or token in a URL"
_GIVEN = "password or token by its name"
#: A URL from its ``://`` on; none is longer.
_URL = re.compile(rb"://[!#-&(-;=?-\[\]_a-z~\x80-\xff]{3,8192}")
_SIGNED = re.compile(
    rb"[?&](?:x-[a-z]{2,4}-(?:signature|security-token)|signature|sig|token|(?:access|auth|id|refresh)_token"
    rb"|api_?key|client_secret|secret|password|passwd|pwd)=([^&#]{8,})", re.I,
)  # fmt: skip
#: How names of what is secret end, and what follows: ``password = "…"``, ``"apiKey": "…"``, ``DB_PASSWORD=…`` (in
#: capitals, for elsewhere what has no quotes is another name), ``Bearer …``.
_NAMES = (b"passw", b"passphrase", b"secret", b"api", b"token", b"bearer ")
_NAMED = re.compile(
    rb"(?:(?i:passw(?:or)?d|passphrase|secret(?:[_-]?key)?|api[_-]?key|token)(?:[\s\\]{0,8}[\"']?\s{0,3}(?:=>|:=|[:=])[\s\\]{0,8}[\"'])"
    rb"|(?:PASSW(?:OR)?D|PASSPHRASE|SECRET(?:_KEY)?|API_?KEY|TOKEN)=|(?i:bearer) +)"
    rb"([!#-&*+\-./0-9:=?@A-Z^_a-z~\x80-\xff]{8,128})(?=[\"'\\\s,;)<]|\Z)"
)
_MIXED = re.compile(rb"(?=.*[0-9])(?=.*[A-Za-z]).*", re.S)
#: Names and paths of other things.
_NAME = re.compile(rb"[A-Za-z_]\w{0,19}(?:[./:-]+[A-Za-z_]\w{0,19})+|[A-Z0-9_]+|[a-z]+(?:[_-][a-z0-9]+)+|.*://.*")

_HOMES = (b"home", b"sers", b"Documents and Settings")
_USER = rb"[^/\\\s\"'`<>|:*?,;()\[\]{}&\x00-\x1f]"
#: Windows' own people have blanks in their names; what is behind one is the name's where the path goes on.
_HOME = re.compile(
    rb"[/\\](?:home|[Uu]sers|USERS|Documents and Settings)(?:/|\\{1,4}/?)"
    rb"((?<=\\)" + _USER + rb"{1,32}(?: " + _USER + rb"{1,32}){1,2}(?=\\(?![nrt\"]))|" + _USER + rb"{1,64})"
    rb"(?=[/\\\s\"'`<>|,;:)\]}&\x00-\x1f]|\.?$|\.\s)"
)
#: What may stand before it: nothing, or what makes it no part of another path.
_BEFORE_HOME = re.compile(
    rb"(?:^|[^\w.~%\\-]|\\[nrt])(?:/var|/mnt/[a-z]|(?:\A|(?<=\W)|(?<=\\[nrt]))[A-Za-z]:)?[/\\]{0,3}\Z"
)
_LONGEST_BEFORE = 16
#: Nobody's own.
_SHARED = frozenset({b"shared", b"public", b"default", b"all", b"linuxbrew"})
#: What stands for a password, and is none: stars, ``$NAME``, ``{name}``, ``%NAME%``.
_PLACEHOLDER = re.compile(rb"[*.x]*|[$%{\[(].*|pass(?:word|wd)?|pwd|secret|token", re.I)


class Spot(NamedTuple):
    """From ``start`` to ``end``; ``shown`` is what people may see of it."""

    start: int
    end: int
    kind: str
    shown: str


def spots(letters: bytes) -> list[Spot]:
    """In their order, none over another."""
    letters = composed(letters)
    text = unescaped(letters)
    found = [*_of_urls(text), *_keys(text), *_named(text), *_homes(text if b"\0" in letters else letters)]
    apart: list[Spot] = []
    for each in sorted(found, key=lambda spot: spot.start):
        if apart and each.start < apart[-1].end:
            apart[-1] = apart[-1]._replace(end=max(each.end, apart[-1].end))
        else:
            apart.append(each)
    return apart


def _keys(text: bytes) -> Iterator[Spot]:
    for start, end, kind in keys(text):
        yield Spot(start, end, kind, _masked(text[start:end]))


def _of_urls(text: bytes) -> Iterator[Spot]:
    for url in _URL.finditer(text):
        whole = url[0][3:]
        authority = re.split(rb"[/?#]", whole, maxsplit=1)[0]
        user, _, _ = authority.rpartition(b"@")
        name, colon, password = user.partition(b":")
        if colon and not _PLACEHOLDER.fullmatch(password):
            start = url.start() + 3 + len(name) + 1
            yield Spot(start, start + len(password), _PASSWORD, _masked(password))
        for each in _SIGNED.finditer(whole):
            if not _PLACEHOLDER.fullmatch(each[1]):
                start = url.start() + 3 + each.start(1)
                yield Spot(start, start + len(each[1]), _SIGNATURE, _masked(each[1]))


def _named(text: bytes) -> Iterator[Spot]:
    """What only the words before it tell. Other things with such a name have no digits, or are names themselves."""
    lower = text.lower()
    for name in _NAMES:
        at = lower.find(name)
        while at >= 0:
            found = _NAMED.match(text, at)
            if (
                found
                and _MIXED.fullmatch(found[1])
                and not (_PLACEHOLDER.fullmatch(found[1]) or _NAME.fullmatch(found[1]))
            ):
                yield Spot(*found.span(1), _GIVEN, _masked(found[1]))
            at = lower.find(name, at + 1)


def _homes(letters: bytes) -> Iterator[Spot]:
    if not any(name in letters for name in _HOMES):
        return
    for path in _HOME.finditer(letters):
        before = letters[max(0, path.start() - _LONGEST_BEFORE) : path.start()]
        if path[1].lower() in _SHARED or not path[1].strip(b"*.$~"):
            continue
        if _BEFORE_HOME.search(before):
            name = path[1].rstrip(b".")
            yield Spot(path.start(1), path.start(1) + len(name), HOME, path[0].decode(errors="backslashreplace"))


def _masked(secret: bytes) -> str:
    """Of a long one its beginning, by which people know it, and how long it is."""
    shown = secret[:4].decode("ascii", "replace") if len(secret) >= 20 else ""
    return f"{shown}… ({len(secret)} bytes)"
