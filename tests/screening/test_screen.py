"""What is found in bytes, whatever lies around it and however they come, and what stands in its place then."""

from __future__ import annotations

import gzip
import json
import pickle
import uuid
import xml.etree.ElementTree as ElementTree
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_keys import KEYS, PAIR, some

from holdfast.screening import leaks, rules
from holdfast.screening.redacted import overlaid
from holdfast.screening.screen import PACKED, REACH_BYTES, WINDOW_BYTES, Found, Screen
from holdfast.screening.spots import HOME

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "samples"
KEY = KEYS["anthropic"].encode()
STARS = b"*" * len(KEY)


class Looked(NamedTuple):
    found: list[Found]
    made: bytes
    remarks: list[str]

    @property
    def kinds(self) -> list[str]:
        return [found.spot.kind for found in self.found]


def look(raw: bytes, *, step: int = 1 << 20) -> Looked:
    found: list[Found] = []
    screen = Screen(found.append)
    for at in range(0, len(raw), step):
        screen.feed(raw[at : at + step])
    screen.end()
    star = screen.reading.star if screen.reading is not None else b"*"
    made = overlaid(raw, 0, screen.runs, star)
    assert len(made) == len(raw)
    return Looked(found, made, [*screen.remarks])


@pytest.mark.parametrize("name", KEYS)
def test_a_key_is_found_and_nothing_of_it_stays(name: str) -> None:
    """By itself, in a sentence, in a chat that is one line of JSON."""
    key = KEYS[name]
    for before, after in (("", ""), ("use ", " for that"), ("my key:\n", "\nthanks"), ("(", ")."), ("a, ", ", b")):
        looked = look((before + key + after).encode())
        assert looked.kinds
        lines = looked.made.decode().split("\n")
        assert all(piece not in lines for piece in key.split("\n"))
        assert looked.made.decode().startswith(before)
        assert looked.made.decode().endswith(after)
    raw = json.dumps({"content": f"my key:\n{key}\n", "more": '"'}).encode()
    told = json.loads(look(raw).made)
    assert (key not in told["content"], told["more"]) == (True, '"')
    assert told["content"].startswith("my key:\n")


def test_what_belongs_to_a_key_goes_with_it() -> None:
    """The id alone would be of no use; the secret behind it is what counts."""
    looked = look(PAIR.encode())
    assert looked.made.decode().split("\n") == [
        f"aws_access_key_id = {'*' * 20}",
        f"aws_secret_access_key = {'*' * 40}",
    ]


def test_no_sample_of_an_application_is_taken_for_a_key() -> None:
    """Chats full of code, coordinates, ids of tracks: nothing but home paths, which are there."""
    if not SAMPLES.is_dir():
        pytest.skip("the collected samples are not on this machine")
    kinds = [kind for path in SAMPLES.rglob("*") if path.is_file() for kind in look(path.read_bytes()).kinds]
    assert {*kinds} == {HOME}


def test_hashes_ids_and_pictures_are_no_keys() -> None:
    """Nor are URLs with ports, placeholders, addresses of mail and of git."""
    random = Random(3)
    lines = [sha256(bytes([number])).hexdigest() for number in range(50)]
    lines += [str(uuid.UUID(int=random.getrandbits(128), version=4)) for _ in range(50)]
    lines += [random.randbytes(600).hex(), "http://localhost:8080/@ana", "git@github.com:a/b.git", "ana@example.org"]
    lines += ["https://ana:${PASSWORD}@host/", "https://ana:***@host/", "https://host/?token=<yours>&sig=x"]
    assert look("\n".join(lines).encode()).found == []
    assert look(random.randbytes(3_000_000)).found == []


@pytest.mark.parametrize("shift", range(0, 140, 20))
def test_a_key_across_two_windows_is_found_once(shift: int) -> None:
    """With its line, wherever the first of them ends."""
    for border in (WINDOW_BYTES, 2 * WINDOW_BYTES - REACH_BYTES, 2 * WINDOW_BYTES, 3 * WINDOW_BYTES - REACH_BYTES):
        lines = (border - shift) // 2
        raw = b"x\n" * lines + KEY + b"\n" + b"y" * 3 * WINDOW_BYTES
        looked = look(raw)
        assert [found.place for found in looked.found] == [f"{lines + 1}:1"]
        assert looked.made == raw.replace(KEY, STARS)
    small = look(b"x\n" * 500 + KEY + b"\n", step=7)
    assert [found.place for found in small.found] == ["501:1"]


def test_what_tells_a_secret_may_lie_before_it() -> None:
    """Also where a window begins between them."""
    url = b" https://ana:geheim@h.org/"
    for border in (2 * WINDOW_BYTES - REACH_BYTES, 3 * WINDOW_BYTES - REACH_BYTES):
        raw = b"x" * (border - url.index(b"geheim")) + url + b"y" * 3 * WINDOW_BYTES
        assert look(raw).made == raw.replace(b"geheim", b"******")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_document_of_two_bytes_a_letter(encoding: str) -> None:
    """It reads as before, with as many stars as the key had letters; also across a border."""
    text = '<?xml version="1.0"?>\n<Session note="密 ' + KEY.decode() + '"/>'
    looked = look(text.encode(encoding))
    assert looked.made.decode(encoding) == text.replace(KEY.decode(), STARS.decode())
    assert looked.found[0].place == "2:18"
    long = "<?xml?>" + "é" * (WINDOW_BYTES // 2 - 50) + " " + KEY.decode() + " " + "b" * WINDOW_BYTES
    assert look(long.encode(encoding)).made.decode(encoding) == long.replace(KEY.decode(), STARS.decode())


def test_json_and_xml_still_read() -> None:
    """Escapes stay whole, and so does what holds the document together."""
    said = {
        "a": f'password="{KEY.decode()}"',
        "b": "C:\\Users\\Ana\\x",
        "c": f"\\{KEY.decode()}\\",
        "d": KEYS["private"],
    }
    for raw in (json.dumps(said).encode(), json.dumps({"inside": json.dumps(said)}).encode()):
        made = look(raw).made
        assert json.loads(made).keys() == json.loads(raw).keys()
        assert KEY not in made
    url = "https://b.org/x.bam?a=1&X-Amz-Signature=" + some(64) + "&b=2"
    root = ElementTree.Element("Resource", path=url, name=f'"{KEY.decode()}"')
    read = ElementTree.fromstring(look(ElementTree.tostring(root)).made)
    assert read.get("path") == "https://b.org/x.bam?a=1&X-Amz-Signature=" + "*" * 64 + "&b=2"
    assert read.get("name") == f'"{STARS.decode()}"'


@pytest.mark.parametrize("length", [34, 40, 45, 48, 65, 92, 120, 200, 300])
@pytest.mark.parametrize("protocol", [4, 5])
def test_a_pickle_reads_as_before(length: int, protocol: int) -> None:
    """Whatever letter the length of its text looks like."""
    text = KEYS["gitlab"] + " " * (length - len(KEYS["gitlab"]))
    path = "/home/ana/" + "d" * (length - 10)
    made = look(pickle.dumps({"name": text, "path": path, "list": [1.5, b"\0"]}, protocol)).made
    left = {"name": "*" * 26 + text[26:], "path": path.replace("ana", "***"), "list": [1.5, b"\0"]}
    assert pickle.loads(made) == left


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("/home/ana/x.bed", "/home/***/x.bed"),
        ("cd /Users/ana", "cd /Users/***"),
        ("file:///home/ana/x", "file:///home/***/x"),
        ("C:\\Users\\Ana\\x", "C:\\Users\\***\\x"),
        ("C:\\\\Users\\\\Ana\\\\x", "C:\\\\Users\\\\***\\\\x"),
        ("/mnt/c/Users/ana/x", "/mnt/c/Users/***/x"),
        ("C:/Users/ana/x", "C:/Users/***/x"),
        ("\\n/home/ana/x", "\\n/home/***/x"),
        ("'/home/ana'", "'/home/***'"),
        ("in /home/ana.", "in /home/***."),
        ("/home/größe/x", "/home/*******/x"),
        ("/home/gr\\u00f6\\u00dfe/x", "/home/***************/x"),
        ("C:\\\\Users\\\\J\\u00f6rg\\\\x", "C:\\\\Users\\\\*********\\\\x"),
        ("C:\\\\Users\\\\u00e4\\\\x", "C:\\\\Users\\\\*****\\\\x"),
        ("\\/home\\/ana\\/x", "\\/home\\/***\\/x"),
        ("C:\\Users\\Ana Maria\\x", "C:\\Users\\*********\\x"),
        ("C:\\\\Users\\\\Ana and\\nx", "C:\\\\Users\\\\*** and\\nx"),
        ("|/home/ana|", "|/home/***|"),
    ],
)
def test_the_name_in_a_home_path_is_replaced(said: str, left: str) -> None:
    """The path still shows what it is."""
    looked = look(said.encode())
    assert (looked.kinds, looked.made.decode()) == ([HOME], left)


@pytest.mark.parametrize(
    "said", ["https://a.org/home/index.html", "src/home/x", "/Users/Shared/x", "/home/*/x", "/homes/a"]
)
def test_another_path_is_no_home(said: str) -> None:
    """Of a page, of a project, of everybody."""
    assert look(said.encode()).found == []


@pytest.mark.parametrize(
    ("url", "left"),
    [
        ("https://ana:geheim@h.org/x", "https://ana:******@h.org/x"),
        ("postgres://ana:a:b@h.org", "postgres://ana:***@h.org"),
        ("ftp://:grün@h.org/", "ftp://:*****@h.org/"),
        ("https://h.org/x?sig=abcd%3D123456", "https://h.org/x?sig=" + "*" * 13),
        ("https://h.org/x?a=1&amp;access_token=abcdefgh", "https://h.org/x?a=1&amp;access_token=********"),
        (
            "https://h.org/x?a=1\\u0026X-Goog-Signature=abcdefgh&b",
            "https://h.org/x?a=1\\u0026X-Goog-Signature=********&b",
        ),
    ],
)
def test_passwords_and_signatures_in_urls(url: str, left: str) -> None:
    """Without any rules from elsewhere."""
    assert look(f"see {url} there".encode()).made.decode() == f"see {left} there"


@pytest.mark.parametrize(
    "said",
    [
        "password = 'Geheim77!'",
        '{"dbPassword": "Geheim77!"}',
        r"{\"token\": \"Geheim77!\"}",
        r"{\\\"token\\\": \\\"Geheim77!\\\"}",
        "DB_PASSWORD=Geheim77!\n",
        'api_key: "Geheim77!",',
        "Authorization: Bearer Geheim77!",
        '<a passwd="Geheim77!"/>',
    ],
)
def test_what_only_its_name_tells(said: str) -> None:
    """A password in code, in a configuration, in what was sent."""
    assert look(said.encode()).made.decode() == said.replace("Geheim77!", "*********")


def test_letters_that_json_wrote_out() -> None:
    """Are letters of a password."""
    said = json.dumps({"password": "Gehäim77!", "more": "\\ü"})
    assert json.loads(look(said.encode()).made) == {"password": "*" * 14, "more": "\\ü"}


@pytest.mark.parametrize(
    "said",
    [
        "password = os.environ['PASSWORD1']", "token: Uint8Array;", 'token = "settings.api.v2"', "maxTokens: 8192123",
        'password: "<your password 1>"', "apiKey: process.env.API_KEY_2", "SECRET=${SECRET_2}", 'secret: "API_KEY_2"',
        "password = hash_password2(given)", '"token": "your-token-1234"', "bearer of bad news", 'password = "passwort"',
    ],
)  # fmt: skip
def test_another_thing_of_such_a_name(said: str) -> None:
    """Is no secret, but a name, a type, a word."""
    assert look(said.encode()).found == []


def test_what_is_shown_gives_nothing_away() -> None:
    """Of a long key its beginning, of a short one how long it is."""
    shown = look(KEY + b" https://a:geheim@h.org/").found
    assert [found.spot.shown for found in shown] == [f"sk-a… ({len(KEY)} bytes)", "… (6 bytes)"]


def test_what_is_packed() -> None:
    """A gzip file is looked into and said to keep what it has; an archive is said not to be."""
    looked = look(gzip.compress(b"a\n" * WINDOW_BYTES + KEY) + gzip.compress(b" /home/ana/"))
    assert [(found.place, found.is_packed) for found in looked.found] == [
        (f"{WINDOW_BYTES + 1}:1", True),
        (f"{WINDOW_BYTES + 1}:116", True),
    ]
    assert look(b"PK\x03\x04 /home/ana/x " + KEY) == ([], b"PK\x03\x04 /home/ana/x " + KEY, [PACKED])
    assert look(b'{"image": "data:image/png;base64,iVBO"}').remarks


def test_where_in_what_is_no_text() -> None:
    """The byte is told; lines of megabytes have columns."""
    assert [found.place for found in look(b"\0" * 99 + b" " + KEY).found] == ["byte 100"]
    assert [found.place for found in look(b"a" * 3_000_000 + b" " + KEY).found] == ["1:3000002"]


def test_ever_so_many_are_counted() -> None:
    """The first thousand are told one by one, and remembering the others costs next to nothing."""
    gathered = leaks.Gathering()
    screen = Screen(gathered.of("a"))
    screen.feed(b"/home/ana/\n" * 5000)
    screen.end()
    found = gathered.all()
    assert (len(found.rows), found.homes_count, found.secrets_count, len(screen.runs)) == (1000, 5000, 0, 10_000)


def test_without_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are not found, which is said with what brings them; what needs no rules is found all the same."""
    monkeypatch.setattr(rules, "are_there", lambda: False)
    monkeypatch.setattr(leaks, "are_there", lambda: False)
    assert look(KEY + b" /home/ana/ https://a:geheim@h.org/").kinds == [HOME, "password in a URL"]
    assert "holdfast[secrets]" in leaks.Gathering().all().remarks[0]


def test_what_was_redacted_is_found_no_more() -> None:
    """It can be exported again, and again."""
    raw = "\n".join([*KEYS.values(), PAIR, "/home/ana/x", "https://a:geheim@h.org/?sig=abcdefgh"]).encode()
    assert look(look(raw).made).found == []


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), max_size=6),
    st.integers(1, 9),
    st.sampled_from([b"*", b"*\0"]),
)
def test_stars_do_not_depend_on_how_bytes_come(gaps: list[tuple[int, int]], step: int, star: bytes) -> None:
    """Cut anywhere, the pieces together are the whole."""
    screen = Screen(lambda found: None)
    at = 0
    for gap, length in gaps:
        screen.runs.extend((at + gap * 2, at + (gap + length) * 2))
        at += (gap + length) * 2
    raw = bytes(range(1, 40)) * (at // 39 + 2)
    pieces = [overlaid(raw[at : at + step], at, screen.runs, star) for at in range(0, len(raw), step)]
    assert b"".join(pieces) == overlaid(raw, 0, screen.runs, star)
