"""Session files whose names Renardo's page cannot put into an address."""

import os

import pytest

from holdfast_daemon.formats.renardo import name_warnings


@pytest.mark.parametrize(
    "name", ["set.py", "夜 & day.py", "e\u0301.py", "50%.py", "100%zz.py", "a+b;c=d:e.py", ".py", " x .py", "..py"]
)
def test_fact_11_an_ordinary_name_is_not_warned_of(name):
    """Fact 11: Renardo lists and loads hidden names, spaces, a lone % and letters of any script."""
    assert name_warnings(name) == ()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("a#1.py", "#"),
        ("what?.py", "?"),
        ("a%20b.py", "hexadecimal"),
        ("a%2Fb.py", "hexadecimal"),
        ("a\\b.py", "backslash"),
        ("a\tb.py", "tab"),
        ("a\nb.py", "line end"),
        (os.fsdecode(b"caf\xe9.py"), "not UTF-8"),
    ],
)
def test_fact_11_a_name_that_is_an_address_to_the_browser_is_warned_of(name, sentence):
    """Fact 11: Renardo saves and lists such a session, and cannot load it."""
    [warning] = name_warnings(name)
    assert "cannot load" in warning
    assert sentence in warning


@pytest.mark.parametrize("name", ["Foo.PY", "set", "set.py.bak"])
def test_fact_11_a_name_that_renardo_does_not_list_is_warned_of(name):
    """Fact 11: the list is of names that end in .py, in small letters."""
    assert "not list" in name_warnings(name)[0]


def test_fact_11_each_reason_is_named():
    """Fact 11: a name with both # and ? has two warnings."""
    assert len(name_warnings("a#b?.py")) == 2
