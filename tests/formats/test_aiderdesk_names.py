"""Names under which AiderDesk would not find a session again."""

import pytest

from holdfast_daemon.formats.aiderdesk import AIDERDESK


@pytest.mark.parametrize(
    "name", ["a.json", "two words.json", "ünï 😀.json", "a.b.json", "a.json.json", " a .json", ".a.json"]
)
def test_fact_10_any_ordinary_name_will_do(name):
    """Fact 10: spaces, Unicode and dots."""
    assert AIDERDESK.name_warnings(name) == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.json.b.json", "looks for a.b.json.json"),
        ("a.txt", "does not end in .json"),
        ("a", "does not end in .json"),
        ("a.JSON", "does not end in .json"),
        (".autosaved.json", "autosave"),
        ("a\\b.json", "Windows"),
        ("a\udcff.json", "not UTF-8"),
    ],
)
def test_fact_10_names_that_are_not_listed_warn(name, words):
    """Facts 3 and 10: the first ``.json`` is dropped wherever it stands, and the autosave's slot is its own."""
    [warning] = AIDERDESK.name_warnings(name)
    assert words in warning
    assert warning.isprintable()
