"""Writing Renardo's session files: exact, in the template's manner, or refused in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from holdfast_daemon.formats.base import CannotHold, Part
from holdfast_daemon.formats.renardo import (
    RENARDO,
    as_renardo_would,
    for_renardo,
    losses,
    losses_that_matter,
    problems,
    refusals,
)

FILES = Path(__file__).resolve().parents[1] / "data" / "renardo"
NAMES = sorted(path.name for path in FILES.glob("*.py"))


def document_of(name):
    return {b"": (FILES / name).read_bytes()}


def buffer(content, name="song"):
    return Part(key="b", name=name, kind="buffer", content=content)


def startup(content=b"s = 1", name="startup.py"):
    return Part(key="s", name=name, kind="startup", content=content)


def substance(parts):
    return [(part.kind, part.name, part.content) for part in parts]


def test_the_files_of_these_tests_are_there():
    """A table over no files would prove nothing."""
    assert len(NAMES) >= 12


@pytest.mark.parametrize("name", NAMES)
def test_fact_3_unchanged_parts_give_the_same_file(name):
    """Fact 3: CRLF, no final newline, BOM and bytes that are no text come back to the byte."""
    document = document_of(name)
    assert RENARDO.write(RENARDO.read(document).parts, document) == document


@pytest.mark.parametrize("name", NAMES)
def test_fact_9_a_change_elsewhere_is_never_refused_for_what_was_there(name):
    """Fact 9: a merge works on a session that holds what Renardo cannot."""
    document = document_of(name)
    parts = [*RENARDO.read(document).parts, buffer(b"added = 1\n")]
    assert substance(RENARDO.read(RENARDO.write(parts, document)).parts) == substance(parts)


@pytest.mark.parametrize("name", ["f2.py", "f3.py", "f3_crlf.py", "f3_cr.py", "f3_bom.py", "latin1.py", "f3_mixed.py"])
def test_fact_3_only_what_changed_changes(name):
    """Fact 3: the last buffer changed, and everything before it is the same bytes in the same manner."""
    document = document_of(name)
    parts = list(RENARDO.read(document).parts)
    parts[-1] = replace(parts[-1], content=b"changed = 1\n")
    written = RENARDO.write(parts, document)[b""]
    header = document[b""].rindex(b"#" * 80)
    assert written[:header] == document[b""][:header]
    assert RENARDO.read({b"": written}).facts["newline"] in (
        RENARDO.read(document).facts["newline"],
        "lf",
        "mixed",
    )


def test_fact_4_generations_stay_what_they_are():
    """Fact 4: F0, F1 and F2 are written as they came while they can hold the parts."""
    for name, generation in [("f0.py", "F0"), ("f1.py", "F1"), ("f2.py", "F2"), ("f3.py", "F3")]:
        parts = list(RENARDO.read(document_of(name)).parts)
        parts[-1] = replace(parts[-1], content=b"changed = 1")
        written = RENARDO.write(parts, document_of(name))
        assert RENARDO.recognise(written).generation == generation


@pytest.mark.parametrize("name", ["f0.py", "f1.py", "f2.py"])
def test_fact_7_a_startup_text_makes_it_f3(name):
    """Fact 7: a startup text added to an older generation is written as a section of its own."""
    parts = [startup(), *RENARDO.read(document_of(name)).parts]
    written = RENARDO.write(parts, document_of(name))
    assert RENARDO.recognise(written).generation == "F3"
    assert substance(RENARDO.read(written).parts) == substance(parts)


def test_fact_7_without_a_startup_text_no_section_is_written():
    """Fact 7: having no startup section is kept."""
    assert RENARDO.read(RENARDO.write([buffer(b"x")])).facts["startup"] is None


def test_a_named_buffer_turns_f1_into_f2():
    """What F1 cannot hold, a name, is no reason to refuse."""
    parts = list(RENARDO.read(document_of("f1.py")).parts)
    parts[0] = replace(parts[0], name="kick")
    assert RENARDO.recognise(RENARDO.write(parts, document_of("f1.py"))).generation == "F2"


def test_the_bytes_are_those_that_renardo_writes():
    """Two buffers and a startup text, as in renardo.md 1.1."""
    rule, separator = b"//" + b"=" * 78, b"#" * 80
    written = RENARDO.write([startup(b"s\n"), buffer(b"x\n", "a"), buffer(b"y", "b")])[b""]
    assert written == b"".join(
        [
            rule + b"\n// STARTUP_FILE: startup.py\n" + rule + b"\ns\n\n\n",
            separator + b"\n######## a\n" + separator + b"\nx\n\n",
            separator + b"\n######## b\n" + separator + b"\ny",
        ]
    )


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([startup(), buffer(b"#" * 80)], "80 or more"),
        ([startup(), buffer(b"x" + b"#" * 81 + b"y")], "80 or more"),
        ([startup(), buffer(b"x", "")], "empty"),
        ([startup(), buffer(b"x", " \u00a0")], "empty"),
        ([startup(), buffer(b"x", "a\nb")], "one line"),
        ([startup(), buffer(b"x", "a\u2028b")], "one line"),
        ([startup(), buffer(b"x", "a\u2029b")], "one line"),
        ([startup(), buffer(b"x", "#" * 80)], "80 or more"),
        ([startup(), buffer(b"x", "\ud800")], "Unicode"),
        ([startup(b""), buffer(b"x")], "empty"),
        ([startup(b"a\n\nb"), buffer(b"x")], "blank line"),
        ([startup(b"a\r\n\r\nb"), buffer(b"x")], "blank line"),
        ([buffer(b"x"), startup()], "first"),
        ([startup(), startup()], "one only"),
        ([buffer(RENARDO.write([startup()])[b""])], "startup header"),
        ([replace(buffer(b"x"), kind="track")], "track"),
    ],
)
def test_fact_9_what_would_be_split_is_refused_by_part(parts, sentence):
    """Fact 9: before anything is written, with the part's key and the reason."""
    with pytest.raises(CannotHold) as refused:
        RENARDO.write(parts)
    assert any(sentence in said and key in ("s", "b") for key, said in refused.value.problems)


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (buffer(b"  x"), "trims"),
        (buffer(b"x\n"), "trims"),
        (buffer("\ufeffx".encode()), "trims"),
        (buffer(b"x", " song "), "name"),
        (buffer(b"x\ry"), "line end"),
        (buffer(b"\xff"), "UTF-8"),
        (startup(b"s\n"), "line ends"),
    ],
)
def test_fact_9_what_would_be_trimmed_is_reported_and_not_refused(part, sentence):
    """Fact 9: outer white space is a loss in Renardo; the file holds it."""
    assert refusals([startup(), part][part.kind == "startup" :]) == []
    assert any(sentence in said for _, said in losses([part]))
    assert losses([part])[0] in problems([part])
    assert substance(RENARDO.read(RENARDO.write([part])).parts) == substance([part])


@pytest.mark.parametrize("part", [buffer(b"x\n"), buffer(b"x\n\n"), buffer(b"\n"), startup(b"s\n\n")])
def test_line_ends_at_a_texts_end_do_not_matter(part):
    """Nearly every text has them: a loss by the letter, which no save is worth a warning for."""
    assert losses([part]) != []
    assert losses_that_matter([part]) == []
    assert [*RENARDO.losses([part])] == []


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (buffer(b"  x\n"), "trims"),
        (buffer(b"\nx\n"), "trims"),
        (buffer(b"x \n"), "trims"),
        (buffer(b"x\r\n"), "line end"),
        (startup(b"s\r\n"), "line end"),
        (buffer(b"x\n", "song "), "name"),
        (buffer(b"\xff\n"), "UTF-8"),
    ],
)
def test_other_losses_matter(part, sentence):
    """Leading and other trailing white space, CR, what is not UTF-8, names: each told once."""
    [(_, said)] = RENARDO.losses([part])
    assert sentence in said


def test_fact_9_nothing_to_report_of_a_plain_session():
    """Fact 9: a session that Renardo holds has no problems."""
    assert problems([startup(), buffer(b"x = 1")]) == []


def test_fact_9_removing_the_startup_text_refuses_a_buffer_that_looks_like_one():
    """Fact 9: a fake startup header was harmless behind a real one and is not without it."""
    fake = buffer(RENARDO.write([startup()])[b""])
    document = RENARDO.write([startup(), fake])
    with pytest.raises(CannotHold, match="startup header"):
        RENARDO.write([fake], document)


def test_fact_9_white_space_before_a_name_is_held():
    """Fact 9: only what stands behind a name is lost in Renardo, and nothing of the startup file's name."""
    parts = [startup(name=" s "), buffer(b"x", "  song"), buffer(b"y", "song  ")]
    assert losses(parts) == [("b", "Renardo drops white space after the name")]
    names = [name for name, _ in as_renardo_would(RENARDO.write(parts)[b""])]
    assert names == [" s ", "  song", "song"]
    assert [name for name, _ in as_renardo_would(for_renardo(parts)[b""])] == names
    assert RENARDO.read(RENARDO.write(parts)).warnings == ()


def test_fact_9_a_startup_text_of_one_blank_line_is_held():
    """Fact 9: Renardo shows it without its line end, which is no other reading."""
    document = RENARDO.write([startup(b"\n"), buffer(b"x")])
    assert RENARDO.read(document).warnings == ()


@pytest.mark.parametrize("count", [79, 80, 81, 160])
def test_fact_9_the_run_of_hashes_that_is_refused_is_80(count):
    """Fact 9: in the text, at its edges and in the name; 79 are safe, and the startup text may hold any."""
    run = b"#" * count
    for part in (buffer(run), buffer(b"x" + run + b"y"), buffer(b"x\n" + run), buffer(b"x", "a" + run.decode())):
        assert bool(refusals([startup(), part])) == (count >= 80)
    assert RENARDO.write([startup(run), buffer(b"x")])


def test_fact_9_every_part_that_cannot_be_held_is_named():
    """Fact 9: all of them at once, by key, before anything is written."""
    parts = [replace(buffer(b"#" * 80), key="b1"), buffer(b"fine"), replace(buffer(b"x", ""), key="b3")]
    with pytest.raises(CannotHold) as refused:
        RENARDO.write(parts)
    assert {key for key, _ in refused.value.problems} == {"b1", "b3"}


def test_no_parts_at_all_are_refused():
    """An empty file would read back as one empty buffer."""
    with pytest.raises(CannotHold, match="further parts"):
        RENARDO.write([])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (b"", " "),
        (b"\n\n", " "),
        (b"a\n\n\nb\n\n", "a\n \n \nb"),
        (b"a\r\n\r\nb", "a\n \nb"),
        (b"#" * 90, "#" * 90),
    ],
)
def test_fact_8_startup_texts_are_made_readable_for_renardo(text, shown):
    """Fact 8: one space for nothing, a space on every blank line, no newline at the end."""
    tabs = as_renardo_would(for_renardo([startup(text), buffer(b"x")])[b""])
    assert tabs == (("startup.py", shown), ("song", "x"))


def test_fact_8_what_no_rule_saves_is_refused():
    """Fact 8: neither a run of 80 # nor bytes that are no text can reach Renardo."""
    with pytest.raises(CannotHold, match="80 or more"):
        for_renardo([startup(), buffer(b"#" * 80)])
    with pytest.raises(CannotHold, match="UTF-8"):
        for_renardo([startup(), buffer(b"\xff")])


def test_fact_12_writing_a_session_touches_nothing_beside_it():
    """Fact 12: the document is the one session file; startup_files/ and settings.toml are never part of it."""
    assert RENARDO.write([startup(), buffer(b"x")]).keys() == {b""}
    assert for_renardo([startup(), buffer(b"x")]).keys() == {b""}


TWO_TEXTS = (("a", b"one\ntwo"), ("b", b"three\nfour"))


@pytest.mark.parametrize("end", [b"\r\n", b"\r"], ids=["crlf", "cr"])
def test_a_part_from_an_editor_of_the_same_system_keeps_the_line_ends_of_all(end):
    """A file of Windows stays one where a text of Windows comes into it."""
    whole = RENARDO.write([Part(key=name, name=name, kind="buffer", content=text) for name, text in TWO_TEXTS])[b""]
    template = whole.replace(b"\n", end)
    parts = RENARDO.read({b"": template}).parts
    edited = [parts[0], replace(parts[1], content=end.join([b"3", b"4", b""]))]
    written = RENARDO.write(edited, {b"": template})[b""]
    assert written == template.replace(end.join([b"three", b"four"]), end.join([b"3", b"4", b""]))
