"""Documents made to hurt whoever reads them, and mutants of honest ones. Everything is generated here.

Run as a script it reads mutants until its time is up: ``hostile.py --seconds 600`` (``make fuzz``).
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import io
import json
import random
import struct
import sys
import time
import traceback
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from holdfast_daemon.formats.base import CannotHold, DamagedDocument, Document, Format, Origin, Target
from holdfast_daemon.formats.registry import load_formats

ROOT = Path(__file__).resolve().parents[2]
DEEP = 100_000

SESSION = '<Session genome="hg19" locus="chr1:1-2" version="8">'
CHAT = '{"contextMessages": [{"role": "user", "content": %s}], "contextFiles": []}'


def _nested(depth: int, begin: str, end: str, middle: str = "") -> bytes:
    return (begin * depth + middle + end * depth).encode()


def _laughs() -> bytes:
    lines = ['<!ENTITY l0 "lololololol">', *(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))]
    return f'<?xml version="1.0"?><!DOCTYPE Session [{"".join(lines)}]>{SESSION}&l9;</Session>'.encode()


def _quadratic() -> bytes:
    entity = f'<!DOCTYPE Session [<!ENTITY a "{"a" * 50_000}">]>'
    return f'{entity}{SESSION}<Resources x="{"&a;" * 20_000}"/></Session>'.encode()


def _with_type(declaration: str, content: str = "") -> bytes:
    return f"<!DOCTYPE Session {declaration}>{SESSION}{content}</Session>".encode()


def _indexed(sections: bytes) -> bytes:
    index = b'{"format_version":1,"version":"1.3.2","sections":' + sections + b"}"
    return struct.pack(">I", len(index)) + index


def _zip_bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", '{"holdfast_parts": 1, "parts": []}')
        with archive.open("bomb", "w") as member:
            for _ in range(100):
                member.write(bytes(1_000_000))
    return made.getvalue()


def _gzip_bomb() -> bytes:
    made = io.BytesIO()
    with gzip.GzipFile(fileobj=made, mode="w") as stream:
        stream.write(SESSION.encode())
        for _ in range(100):
            stream.write(b" " * 1_000_000)
        stream.write(b"</Session>")
    return made.getvalue()


def _shared_lists(depth: int) -> bytes:
    """A list of two times the same list of two times the same list …: 2 ** depth leaves in a few bytes."""
    steps = b"".join(b"]\x94(h" + bytes([n]) + b"h" + bytes([n]) + b"e" for n in range(depth))
    return b"\x80\x04" + b"]\x94" + steps + b"."


def _session_pickle(value: bytes) -> bytes:
    """A dictionary that looks like Mosaic's, with opcodes that push one value in it."""
    return b"\x80\x05}\x94(\x8c\x05_data" + value + b"\x8c\x07_models}\x8c\x08metadata}u."


#: Name to bytes; each is given to every format.
DOCUMENTS: Mapping[str, bytes] = {
    "nothing": b"",
    "one byte": b"\x80",
    "NUL": bytes(1000),
    "xml: billion laughs": _laughs(),
    "xml: quadratic blow-up": _quadratic(),
    "xml: 100,000 levels": SESSION.encode() + _nested(DEEP, "<a>", "</a>") + b"</Session>",
    "xml: 100,000 open levels": SESSION.encode() + b"<a>" * DEEP,
    "xml: 100,000 attributes": b"<Session " + b" ".join(b'a%d=""' % n for n in range(DEEP)) + b"/>",
    "xml: an attribute twice": b'<Session genome="a" genome="b"><Resources/></Session>',
    "xml: external entity": _with_type('[<!ENTITY x SYSTEM "file:///etc/passwd">]', "&x;"),
    "xml: external DTD": _with_type('SYSTEM "http://127.0.0.1:9/x.dtd"'),
    "xml: parameter entity": _with_type('[<!ENTITY % x SYSTEM "file:///dev/zero"> %x;]'),
    "xml: endless entity": _with_type('[<!ENTITY a "&b;"><!ENTITY b "&a;">]', "&a;"),
    "xml: unknown encoding": f'<?xml version="1.0" encoding="klingon"?>{SESSION}</Session>'.encode(),
    "xml: wrong encoding": f'<?xml version="1.0" encoding="utf-16"?>{SESSION}</Session>'.encode(),
    "xml: UTF-7": f'<?xml version="1.0" encoding="utf-7"?>{SESSION}</Session>'.encode(),
    "xml: UTF-16": f'<?xml version="1.0" encoding="utf-16"?>{SESSION}</Session>'.encode("utf-16"),
    "xml: UTF-32": f"{SESSION}</Session>".encode("utf-32"),
    "xml: BOM": b"\xef\xbb\xbf" + f"{SESSION}</Session>".encode(),
    "xml: half UTF-16": f"{SESSION}</Session>".encode("utf-16")[:-1],
    "xml: gzip": gzip.compress(f"{SESSION}</Session>".encode(), mtime=0),
    "xml: gzip bomb": _gzip_bomb(),
    "xml: gzip, cut": gzip.compress(f"{SESSION}</Session>".encode() * 99, mtime=0)[:60],
    "xml: huge number": f'{SESSION}<Regions><Region start="{"9" * 99_999}"/></Regions></Session>'.encode(),
    "xml: NUL inside": f"{SESSION}<a b='\0'/></Session>".encode(),
    "xml: conflict marks": b"<<<<<<< HEAD\n<Session genome='a'/>\n=======\n<Session genome='b'/>\n>>>>>>> other\n",
    "json: 100,000 levels": (CHAT % (_nested(DEEP, "[", "]").decode())).encode(),
    "json: 100,000 open levels": b'{"contextMessages": ' + b"[" * DEEP,
    "json: 100,000 objects": b'{"contextFiles": [], "contextMessages": [' + _nested(DEEP, '{"a":', "}", "1") + b"]}",
    "json: duplicate keys": b'{"contextMessages": [], "contextFiles": [], "contextMessages": [1], "tracks": 1}',
    "json: NaN": (CHAT % "NaN").encode(),
    "json: Infinity": (CHAT % "-Infinity").encode(),
    "json: a million digits": (CHAT % ("9" * 1_000_000)).encode(),
    "json: huge exponent": (CHAT % "1e999999999").encode(),
    "json: lone surrogates": (CHAT % '"\\ud800 \\udfff \\udc00\\ud800"').encode(),
    "json: WTF-8": b'{"contextMessages": [{"role": "\xed\xa0\x80"}], "contextFiles": []}',
    "json: UTF-16": (CHAT % '"x"').encode("utf-16"),
    "json: UTF-32": (CHAT % '"x"').encode("utf-32"),
    "json: BOM": b"\xef\xbb\xbf" + (CHAT % '"x"').encode(),
    "json: trailing garbage": (CHAT % '"x"').encode() + b"}",
    "json: wrong types": b'{"contextMessages": {"a": 1}, "contextFiles": "x"}',
    "json: odd messages": b'{"contextMessages": [null, 1, "x", [], {}, {"role": 1}], "contextFiles": [1]}',
    "json: a session of all": b'{"version": [], "reference": 1, "genome": {}, "locus": {}, "tracks": [1, {"url": 1}]}',
    "json: 100,000 tracks": b'{"genome": "hg19", "tracks": [' + b",".join([b'{"url":"x"}'] * DEEP) + b"]}",
    "pickle: memo bomb": b"\x80\x05r\xff\xff\xff\x7f.",
    "pickle: memo bomb on a value": b"\x80\x05Nr\xff\xff\xff\x7f.",
    "pickle: a tebibyte": b"\x80\x05\x8e" + struct.pack("<Q", 1 << 40) + b".",
    "pickle: bytearray of 2**63": b"\x80\x05\x96" + struct.pack("<Q", (1 << 63) - 1) + b".",
    "pickle: a frame too long": b"\x80\x05\x95" + struct.pack("<Q", 1 << 50) + b"N.",
    "pickle: LONG4 negative": b"\x80\x05\x8b" + struct.pack("<i", -1) + b".",
    "pickle: LONG4 of 2 GB": b"\x80\x05\x8b" + struct.pack("<i", 0x7FFFFFFF) + b".",
    "pickle: a long of a megabyte": _session_pickle(b"\x8b" + struct.pack("<i", 1 << 20) + b"\xff" * (1 << 20)),
    "pickle: decimal of 300 kB": b"\x80\x02L" + b"9" * 300_000 + b"L\n.",
    "pickle: 100,000 lists": _session_pickle(b"]" * DEEP + b"a" * (DEEP - 1)),
    "pickle: 100,000 tuples": _session_pickle(b")" + b"\x85" * DEEP),
    "pickle: 100,000 marks": b"\x80\x05" + b"(" * DEEP + b".",
    "pickle: two to the 200": _shared_lists(200),
    "pickle: two to the 100 in a session": _session_pickle(_shared_lists(100)[2:-1]),
    "pickle: a list in itself": _session_pickle(b"]\x94h\x01a"),
    "pickle: os.system": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
    "pickle: eval": b"c__builtin__\neval\n(S'1'\ntR.",
    "pickle: getattr": _session_pickle(b"cbuiltins\ngetattr\n(cbuiltins\neval\n\x8c\x07__doc__tR"),
    "pickle: dotted": _session_pickle(b"\x8c\x10mosaic.container\x8c\x16DataContainer.__init__\x93"),
    "pickle: extension": b"\x80\x05\x82\x01.",
    "pickle: persistent": b"\x80\x05\x8c\x01xQ.",
    "pickle: next buffer": b"\x80\x05\x97.",
    "pickle: build on a class": _session_pickle(b"cmosaic.container\nDataContainer\n}b"),
    "pickle: a dictionary as a key": _session_pickle(b"}(}Nu"),
    "pickle: no stop": _session_pickle(b"N")[:-1],
    "pickle: stack underflow": b"\x80\x05aaaa.",
    "pickle: unknown opcode": b"\x80\x05\xff.",
    "pickle: protocol 200": b"\x80\xc8N.",
    "mosaic: index of 4 GB": b"\xff\xff\xff\xff{",
    "mosaic: index without end": struct.pack(">I", 20) + b'{"sections":{"state"',
    "mosaic: section beyond the end": _indexed(b'{"state":{"offset":9999999999999,"size":99,"encoding":"pickle"}}'),
    "mosaic: section before the start": _indexed(b'{"state":{"offset":-9,"size":-1},"a":{"offset":true,"size":null}}'),
    "mosaic: deep index": struct.pack(">I", 200_000) + b"[" * 200_000,
    "zip: bomb": _zip_bomb(),
    "zip: cut": _zip_bomb()[:100],
    "text: a million lines": b"\n" * 1_000_000,
    "text: separators": (b"#" * 80 + b"\n") * 12_000,
    "text: one line of 2 MB": b"x" * 2_000_000,
}


def seeds() -> Iterator[tuple[str, Document]]:
    """Honest documents of every format: ours, and the collected samples where they are beside the project."""
    folders = (ROOT / "tests" / "data", ROOT.parent / "shared" / "samples")
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "wire" not in path.parts and path.stat().st_size < 400_000:
                yield path.name, {b"": path.read_bytes()}


#: Those that say how their references are written.
POINTING = ("aiderdesk", "igv", "mosaic")


def mutant(random_: random.Random, document: bytes) -> bytes:
    """The document with a few places cut, doubled, swapped or overwritten."""
    made = bytearray(document)
    for _ in range(random_.randint(1, 8)):
        at, length = random_.randint(0, len(made)), random_.choice((1, 1, 2, 4, 16, 300))
        other = random_.randint(0, len(made))
        match random_.randint(0, 5):
            case 0:
                made[at : at + length] = b""
            case 1:
                made[at:at] = made[other : other + length]
            case 2:
                made[at : at + length] = random_.randbytes(length)
            case 3:
                made[at : at + 1] = random_.choice(
                    (b"", b"<", b'"', b"{", b"[", b"\xff", b"\0", b"\x80", b"&", b"\xed")
                )
            case 4:
                made[at : at + 4] = random_.choice((b"\xff\xff\xff\x7f", b"\0\0\0\0", b"true", b"1e99", b"null"))
            case 5:
                del made[at:]
    return bytes(made)


def check(form: Format, document: Document) -> None:
    """Everything that the daemon does with a document that came in. Raises nothing that the contract does not name."""
    form.recognise(document)
    try:
        reading = form.read(document)
    except DamagedDocument:
        return
    json.dumps([reading.facts, [(part.key, part.name, part.kind, dict(part.facts)) for part in reading.parts]])
    assert len({part.key for part in reading.parts}) == len(reading.parts)
    assert form.write(reading.parts, document) == document
    assert all(len(pair) == 2 for pair in form.match(reading.parts, reading.parts))
    assert all(form.same(part, part) for part in reading.parts[:50])
    form.losses(reading.parts)
    form.suspicion(reading, reading)
    elsewhere = {
        each.reference: Target(reference=f"/new{each.reference}", path="/new") for each in form.resources(reading.parts)
    }
    assert form.app not in POINTING or form.relinked(document, {}) == document
    with contextlib.suppress(CannotHold, DamagedDocument):
        form.relinked(document, elsewhere)
    with contextlib.suppress(CannotHold, DamagedDocument):
        form.cleared(document)
    for to in form.conversions:
        with contextlib.suppress(CannotHold, DamagedDocument):
            made = form.converted(document, to, Origin(name="x", created=0, modified=0, path="/old/x", target="/new/x"))
            form.read(made.document)


def main() -> int:
    parser = argparse.ArgumentParser(description="Reads mutants of honest documents until the time is up.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 2**32)
    arguments = parser.parse_args()
    formats, honest = load_formats(), [*seeds()]
    end, count, failures = time.monotonic() + arguments.seconds, 0, 0
    print(f"seed {arguments.seed}; {len(honest)} documents, formats {', '.join(formats)}")
    while time.monotonic() < end and failures < 20:
        seed = arguments.seed + count
        random_ = random.Random(seed)
        name, document = random_.choice(honest)
        content = mutant(random_, document[b""])
        for form in formats.values():
            began = time.monotonic()
            try:
                check(form, {b"": content})
                assert time.monotonic() - began < 2 + 2 * len(content) / 1e6, "too slow"
            except Exception:
                failures += 1
                print(f"{form.app} failed on {name}, seed {seed}:\n{traceback.format_exc(limit=-4)}")
        count += 1
    print(f"{count} mutants, {failures} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
