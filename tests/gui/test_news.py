"""Who looks on is told of what vanished, with the way back."""

from __future__ import annotations

import re
import time

from starlette.testclient import TestClient

from holdfast import Client
from holdfast.testing import PrivateDaemon

DEADLINE_SECONDS = 20


def asked(page: TestClient, words: str) -> str:
    """The news of a page that was opened before anything happened, once it says that."""
    until = time.monotonic() + DEADLINE_SECONDS
    while words not in (said := page.get("/news", params={"since": 0}).text):
        assert time.monotonic() < until, said
        time.sleep(0.05)
    return said


def test_a_file_that_was_deleted_is_told_once_with_its_undo(
    page: TestClient, holdfast_daemon: PrivateDaemon, holdfast_client: Client
) -> None:
    """The place that asks next time asks for what comes after it; what was brought back is not told."""
    holdfast_client.save("notes", "ideas", b"a bridge\n", published=True)
    (holdfast_daemon.home / "sessions" / "notes" / "ideas").unlink()
    said = asked(page, "notes/ideas was deleted outside")
    assert "/undo" in said
    (since,) = re.findall(r"/news\?since=(\d+)", said)
    assert "deleted outside" not in page.get("/news", params={"since": since}).text
    holdfast_client.undo(published=True)
    assert "deleted outside" not in page.get("/news", params={"since": 0}).text


def test_many_that_go_together_are_told_together(
    page: TestClient, holdfast_daemon: PrivateDaemon, holdfast_client: Client
) -> None:
    """And a name is text there too."""
    for number in range(60):
        holdfast_client.save("notes", f"<b>{number:02}", b"text %d\n" % number, published=True)
    for each in sorted((holdfast_daemon.home / "sessions" / "notes").iterdir())[:5]:
        each.unlink()
    said = asked(page, "5 sessions were deleted outside")
    assert "notes/&lt;b&gt;00" in said
    assert "<b>" not in said
