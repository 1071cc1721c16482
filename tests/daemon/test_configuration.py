"""The configuration: what is written there holds, and what cannot be understood is refused by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from holdfast_daemon import configuration
from holdfast_daemon.autosave import Pace
from holdfast_daemon.retention import Rules, Thinning
from holdfast_protocol.errors import BadField, Unreadable


def test_no_file_is_a_file_without_options(tmp_path: Path) -> None:
    """Everything has its default."""
    assert configuration.read(str(tmp_path / "none")) == configuration.Configuration() == configuration.parse("")
    assert configuration.Configuration().autosave.of("any") == Pace(quiet_seconds=2.0, ceiling_seconds=30.0)


def test_an_application_has_what_is_said_for_it_and_the_rest_as_all() -> None:
    """And the others what is said for all."""
    pace = configuration.parse("""
        [autosave]
        quiet_seconds = 1
        [app.aiderdesk.autosave]
        ceiling_seconds = 5.5
        """).autosave
    assert pace.of("renardo") == Pace(quiet_seconds=1.0, ceiling_seconds=30.0)
    assert pace.of("aiderdesk") == Pace(quiet_seconds=1.0, ceiling_seconds=5.5)


def test_the_rules_of_retention_are_said_in_part() -> None:
    """What is not said is as it is by default, and as for all where it is said for one application."""
    retention = configuration.parse("""
        [retention]
        budget_bytes = 1_000
        autosaves.last = 3
        [app.igv.retention]
        saves.daily = 9
        autosaves.hourly = 1
        """).retention
    assert retention.of("renardo") == Rules(budget_bytes=1000, autosaves=Thinning(last=3))
    assert retention.of("igv") == Rules(
        budget_bytes=1000, autosaves=Thinning(last=3, hourly=1), saves=Thinning(daily=9)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("[autosav]", "autosav", "is it autosave?"),
        ("[autosave]\nquiet = 1", "autosave.quiet", "is it autosave.quiet_seconds?"),
        ("[app.x.autosafe]", "app.x.autosafe", "is it app.x.autosave?"),
        ("[autosave]\nquiet_seconds = -1", "autosave.quiet_seconds", ">= 0.01"),
        ("[autosave]\nquiet_seconds = nan", "autosave.quiet_seconds", ">= 0.01"),
        ("[autosave]\nquiet_seconds = '1'", "autosave.quiet_seconds", "a number of seconds is expected, not text"),
        ("[app.x.autosave]\nceiling_seconds = inf", "app.x.autosave.ceiling_seconds", "<= 86400"),
        ("[retention]\nautosaves.lats = 3", "retention.autosaves.lats", "is it retention.autosaves.last?"),
        ("[retention]\nsaves.last = -1", "retention.saves.last", ">= 0"),
        ("[retention]\nbudget_bytes = '2GB'", "retention.budget_bytes", "whole number of bytes is expected, not text"),
        ("[retention]\nbudget_bytes = 2e9", "retention.budget_bytes", "not a number with a point or an exponent"),
        ("[retention]\nsaves = true", "retention.saves", "a table is expected, not true or false"),
        ("[log]\nlevel = 'INFO'", "log.level", "one of debug, info, warning, error is expected"),
        ("[log]\n[log]", "", "twice"),
        ("x = " + "[" * 100_000, "", "too deep"),
        ("autosave = 1", "autosave", "a table is expected"),
        ("[app]\nx = 1", "app.x", "a table is expected"),
        ("[app.x]\nautosave = 1", "app.x.autosave", "a table is expected"),
        ("autosave =", "", "not TOML"),
    ],
)
def test_what_cannot_be_understood_is_refused_by_its_name(text: str, field: str, said: str) -> None:
    """With what would be right."""
    with pytest.raises(BadField, match=re.escape(said)) as refused:
        configuration.parse(text)
    assert refused.value.details["field"] == field


def test_a_mark_that_an_editor_puts_first_and_its_line_ends_are_nothing(tmp_path: Path) -> None:
    """As on Windows."""
    file = tmp_path / "config.toml"
    file.write_bytes(b"\xef\xbb\xbf[log]\r\nlevel = 'debug'\r\n")
    assert configuration.read(str(file)).log.level == "debug"


def test_what_cannot_be_read_is_refused_by_its_path(tmp_path: Path) -> None:
    """A folder, or bytes that are not UTF-8."""
    (tmp_path / "bytes").write_bytes(b"\xff")
    for path in (tmp_path, tmp_path / "bytes"):
        with pytest.raises(Unreadable, match=path.name):
            configuration.read(str(path))


def _options(kind: type[Any], place: str = "") -> Iterator[tuple[str, object]]:
    """Name and default of each, as they are written."""
    for option in fields(kind):
        if is_dataclass(option.default):
            yield from _options(type(option.default), f"{place}{option.name}.")
        else:
            yield f"{place}{option.name}", option.default


@pytest.mark.parametrize("section", sorted(configuration.SECTIONS | configuration.COMMON))
def test_every_option_is_documented_with_its_default(section: str) -> None:
    """And the document has no other."""
    text = (Path(__file__).parents[2] / "daemon" / "CONFIGURATION.md").read_text("utf-8")
    own = text.partition(f"## `{section}`")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_.]+)` \| ([^|]+) \|", own, re.M)
    known = dict(_options((configuration.SECTIONS | configuration.COMMON)[section]))
    assert {name for name, _ in rows} == {*known}
    assert all(known[name] is None or str(known[name]) == default for name, default in rows)


def test_the_documents_example_is_understood() -> None:
    """As it stands there."""
    text = (Path(__file__).parents[2] / "daemon" / "CONFIGURATION.md").read_text("utf-8")
    found = configuration.parse(text.partition("```toml")[2].partition("```")[0])
    assert found.autosave.of("aiderdesk").ceiling_seconds == 10.0
    assert found.retention.of("igv").saves == Thinning(daily=30, monthly=24)


def test_what_is_shown_says_the_same() -> None:
    """Read again, it is the configuration that was shown, whichever options were set."""
    of_one = "[app.igv.retention]\nsaves = {daily = 3}\nautosaves.last = 2\n"
    for text in ("", of_one, f"{of_one}[retention]\ncount = 5\nage_seconds = 9\n"):
        known = configuration.parse(text)
        assert configuration.parse(configuration.shown(known)) == known
