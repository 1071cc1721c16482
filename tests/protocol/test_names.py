"""Names that people give (CLI.md, "Naming things"), and references that they type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast_protocol.errors import BadName
from holdfast_protocol.model import Ref
from holdfast_protocol.names import check_application, check_name, parse_reference, shown

ALLOWED = [
    "verse",
    "a",
    "Größe",
    "with space",
    "ends with dot.",
    "a.b.c",
    "user@host",
    "12:30",
    "CON",
    "quotes \" and ' and \\",
    "*?<>|",
    "שלום",
    "مرحبا",
    "mark\u200fed",  # a right-to-left mark orders what stands beside it; it cannot turn a name around
    "🎵👩‍👩‍👧‍👦",
    "e\u0301",
    "x" * 512,
    "ü" * 256,
    "-rf",
    "~",
]
REFUSED = {
    "": "empty",
    "   ": "empty",
    "\u3000": "empty",
    "a/b": "'/'",
    "/": "'/'",
    "a..b": "'..'",
    "a..": "'..'",
    ".": "dot",
    "..": "dot",
    "...": "dot",
    ".hidden": "dot",
    "x" * 513: "513 bytes",
    "ü" * 257: "514 bytes",
    "a\x00b": "control",
    "a\nb": "control",
    "a\tb": "control",
    "a\x7fb": "control",
    "a\x85b": "control",
    "\x1b[31mred": "control",
    "\x9b31mred": "control",
    "\x1b]0;title\x07": "control",
    "a\u2028b": "control",
    "a\u2029b": "control",
    "a\u202eb": "control",
    "a\u2066b": "control",
    "a\ud800b": "not text",
    "\udcff": "not text",
}


def is_safe(text: str) -> bool:
    return not set(text) & {chr(code) for code in (*range(32), *range(127, 160), 0x2028, 0x2029, 0x202E, 0x2066)}


@pytest.mark.parametrize("name", ALLOWED)
def test_a_name_is_any_text(name: str) -> None:
    """What a file system cannot hold is escaped on disk, not refused here."""
    check_name(name)


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_that_is_refused_says_why(name: str) -> None:
    """The sentence has the reason, and the name in a form that no terminal obeys."""
    with pytest.raises(BadName) as caught:
        check_name(name)
    assert REFUSED[name] in caught.value.sentence
    assert is_safe(caught.value.sentence)
    assert caught.value.details == {"name": shown(name)}


@given(st.text(st.characters()))
def test_any_text_is_allowed_or_refused(name: str) -> None:
    """No text raises anything but BadName, and an allowed name is UTF-8 without a path in it."""
    try:
        check_name(name)
    except BadName:
        return
    assert 0 < len(name.encode()) <= 512
    assert "/" not in name
    assert "\x1b" not in name


@given(st.text(st.characters()))
def test_what_is_shown_is_safe(text: str) -> None:
    """One short line of text, whatever is shown."""
    safe = shown(text)
    safe.encode()
    assert is_safe(safe)
    assert len(safe) <= 80 * 10 + 3


@pytest.mark.parametrize("app", ["renardo", "a", "0", "igv-2.19", "my_app", "x" * 64])
def test_an_application_is_a_short_name(app: str) -> None:
    """Lower case, digits, dot, underscore, hyphen."""
    check_application(app)


@pytest.mark.parametrize(
    "app", ["", "Renardo", "a/b", ".a", "-a", "_a", "a..b", "x" * 65, "a b", "é", "a\n", "\u0661", "a\x00", "\ud800"]
)
def test_another_application_is_refused(app: str) -> None:
    """It names a folder too, so it is strict."""
    with pytest.raises(BadName):
        check_application(app)


REFERENCES = {
    "verse": Ref(name="verse"),
    "renardo/verse": Ref(app="renardo", name="verse"),
    "renardo/verse@latest": Ref(app="renardo", name="verse"),
    "renardo/verse@-1": Ref(app="renardo", name="verse", snapshot="-1"),
    "renardo/verse@ab12": Ref(app="renardo", name="verse", snapshot="ab12"),
    "renardo/verse@{2 hours ago}": Ref(app="renardo", name="verse", snapshot="{2 hours ago}"),
    "renardo/verse@{12:30}:intro": Ref(app="renardo", name="verse", snapshot="{12:30}", part="intro"),
    "renardo/verse@good": Ref(app="renardo", name="verse", snapshot="good"),
    "renardo/verse@autosave": Ref(app="renardo", name="verse", snapshot="autosave"),
    "renardo/verse@pin:before": Ref(app="renardo", name="verse", snapshot="pin:before"),
    "renardo/verse@pin:before:intro": Ref(app="renardo", name="verse", snapshot="pin:before", part="intro"),
    "renardo/verse@-1:intro": Ref(app="renardo", name="verse", snapshot="-1", part="intro"),
    "renardo/verse:intro": Ref(app="renardo", name="verse", part="intro"),
    "verse:a:b@c/d": Ref(name="verse", part="a:b@c/d"),
    "x@spin:part": Ref(name="x", snapshot="spin", part="part"),
    "renardo/a/b": Ref(app="renardo", name="a/b"),
    "Größe 🎵@-1": Ref(name="Größe 🎵", snapshot="-1"),
}


@pytest.mark.parametrize("text", REFERENCES)
def test_a_reference_is_taken_apart(text: str) -> None:
    """APP/NAME@SNAPSHOT:PART, of which only the name is needed."""
    assert parse_reference(text) == REFERENCES[text]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "/a",
        "a/",
        "@latest",
        ":part",
        "a/@-1",
        "a/b@",
        "a/b:",
        "a/b@-1:",
        "a@b@c",
        "a@{b",
        "a@pin:",
        "\x1b[m/",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    """An empty piece or an open brace is an error, shown safely."""
    with pytest.raises(BadName) as caught:
        parse_reference(text)
    assert is_safe(caught.value.sentence)


@given(st.text(st.sampled_from("ab/@:{}pin-1 \n")))
def test_any_text_is_a_reference_or_refused(text: str) -> None:
    """A reference that is read has a name and no empty piece."""
    try:
        found = parse_reference(text)
    except BadName:
        return
    assert found.name
    assert found.snapshot
    assert found.app != ""
    assert found.part != ""
