"""The bytes of a session file as text, and back: gzip, byte order marks, declared encodings.

Everything behind this works on UTF-8. IGV's reader is Java's: it takes UTF-16, ISO-8859-1 and what else is declared,
and since 2.19 a gzipped file by its content (igv.md 1.1).
"""

from __future__ import annotations

import contextlib
import gzip
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from holdfast_daemon.formats.base import DamagedDocument

GZIP = b"\x1f\x8b"
#: A gzipped file may unpack to this much, and to this many times its own size more.
LARGEST_UNPACKED_BYTES = 8 << 20
LARGEST_UNPACKED_TIMES = 4
#: Unpacked at a time, to a thousand times as much at most.
_PACKED_BYTES = 4096
#: What may be asked for in all: the rule of the house, less what Python and expat take beside.
MEMORY_BYTES = 40 << 20
MEMORY_TIMES = 28

#: What a JSON value takes, by a character of it, with the part that is made of it.
_JSON_BYTES = {b"{": 1400, b"[": 300, b'"': 32, b",": 50}

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_UNMARKED = ((b"<\0", "utf-16-le"), (b"{\0", "utf-16-le"), (b"\0<", "utf-16-be"), (b"\0{", "utf-16-be"))
_DECLARED = re.compile(rb"""\A<\?xml\s[^<>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_CODECS = dict.fromkeys(("utf-8", "utf8"), "utf-8") | dict.fromkeys(("ascii", "us-ascii"), "ascii")
_CODECS |= dict.fromkeys(("iso-8859-1", "latin1", "latin-1"), "latin-1")
_CODECS |= dict.fromkeys(("windows-1252", "cp1252"), "cp1252")


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """``text`` is UTF-8 without a mark; ``memory_bytes`` is what reading it may take."""

    text: bytes
    mark: bytes
    codec: str
    gzipped: bool
    memory_bytes: int

    def json_text(self) -> bytes:
        """For ``jsontext``, which measures what it may take by the text. Raises DamagedDocument where a gzipped file is
        much smaller than that."""
        need = sum(self.text.count(mark) * size for mark, size in _JSON_BYTES.items()) + 6 * len(self.text)
        if self.gzipped and need > self.memory_bytes:
            raise DamagedDocument(f"it would take {need >> 20} MB of memory to read, which is too much for its size")
        return self.text

    def closed_over(self, text: bytes) -> bytes:
        """``text`` as this file would be: in UTF-8 if its own encoding lacks one of the characters."""
        try:
            content = self.mark + text.decode("utf-8").encode(self.codec)
        except UnicodeEncodeError:
            content = _declared_utf8(text)
        return gzip.compress(content, mtime=0) if self.gzipped else content


def opened(content: bytes) -> Envelope:
    """Raises DamagedDocument for what is no text, too much of it, or of an encoding that is not read here."""
    gzipped = content.startswith(GZIP)
    plain = _unpacked(content) if gzipped else content
    mark, codec = _encoding_of(plain)
    return Envelope(
        text=_text_of(plain, mark, codec),
        mark=mark,
        codec=codec,
        gzipped=gzipped,
        memory_bytes=MEMORY_BYTES + MEMORY_TIMES * len(content),
    )


def head_of(content: bytes, largest_bytes: int) -> bytes:
    """How the text begins, whatever may be wrong further on; empty where even that cannot be told."""
    plain = content[: 2 * largest_bytes + 4]
    if content.startswith(GZIP):
        plain = b""
        with contextlib.suppress(DamagedDocument):
            for piece in _inflated(content):
                plain += piece
                if len(plain) > 2 * largest_bytes:
                    break
        plain = plain[: 2 * largest_bytes + 4]
    mark, codec = _encoding_of(plain)
    return plain.removeprefix(mark).decode(codec or "latin-1", "replace").encode("utf-8", "replace")[:largest_bytes]


def _unpacked(content: bytes) -> bytes:
    largest = LARGEST_UNPACKED_BYTES + LARGEST_UNPACKED_TIMES * len(content)
    plain = bytearray()
    for piece in _inflated(content):
        plain += piece
        if len(plain) > largest:
            raise DamagedDocument(f"unpacked, the gzipped file would be over {largest} bytes")
    return bytes(plain)


def _inflated(content: bytes) -> Iterator[bytes]:
    """Of a gzipped file piece by piece: bgzip makes it of many members."""
    at = 0
    while at < len(content):
        if not content.startswith(GZIP, at):
            raise DamagedDocument("something follows the end of the gzipped file")
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
        while not unpacker.eof:
            if at >= len(content):
                raise DamagedDocument("the gzipped file is cut off")
            packed = content[at : at + _PACKED_BYTES]
            try:
                yield unpacker.decompress(packed)
            except zlib.error as error:
                raise DamagedDocument(f"the gzipped file is damaged: {error}") from error
            at += len(packed) - len(unpacker.unused_data)


def _encoding_of(plain: bytes) -> tuple[bytes, str]:
    """The byte order mark, and Python's name of the encoding or nothing for one that is not read here."""
    for mark, codec in _MARKS:
        if plain.startswith(mark):
            return mark, codec
    for beginning, codec in _UNMARKED:
        if plain.startswith(beginning):
            return b"", codec
    declared = _DECLARED.match(plain)
    return b"", _CODECS.get(declared[1].decode("ascii").lower(), "") if declared else "utf-8"


def _text_of(plain: bytes, mark: bytes, codec: str) -> bytes:
    if not codec:
        declared = _DECLARED.match(plain)
        name = declared[1].decode("ascii") if declared else "?"
        raise DamagedDocument(f"its declared encoding {name} is not one that is read here, or not the one it has")
    try:
        text = plain[len(mark) :].decode(codec)
    except UnicodeDecodeError as error:
        raise DamagedDocument(f"not {codec.upper()} at byte {len(mark) + error.start + 1} of {len(plain)}") from error
    return plain[len(mark) :] if codec == "utf-8" else text.encode("utf-8")


def _declared_utf8(text: bytes) -> bytes:
    declared = _DECLARED.match(text)
    assert declared is not None  # else it would be of an encoding that has every character
    return text[: declared.start(1)] + b"UTF-8" + text[declared.end(1) :]
