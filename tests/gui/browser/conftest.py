"""Debian's chromium on a page of each test's own. Run by ``make test-gui``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from holdfast.testing import PrivateDaemon, holdfast_client, holdfast_daemon

__all__ = ["holdfast_client", "holdfast_daemon"]  # fixtures

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One for all tests; each has a context of its own."""
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS])


@pytest.fixture
def gui(holdfast_daemon: PrivateDaemon) -> Iterator[str]:
    """The address that ``holdfast gui`` prints, good for one visit."""
    program = os.path.join(os.path.dirname(sys.executable), "holdfast")
    words = [program, "gui", "--no-open", "--no-start", "--port", "0"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, env=holdfast_daemon.environment) as process:
        assert process.stdout is not None
        yield process.stdout.readline().decode().strip()
        process.terminate()


@pytest.fixture
def page(browser: Browser, gui: str) -> Iterator[Page]:
    """The page, opened. Whatever fails in it fails the test."""
    context = browser.new_context(viewport={"width": 1300, "height": 850})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, problems = context.new_page(), list[str]()
    page.on("pageerror", lambda problem: problems.append(str(problem)))
    page.goto(gui)
    yield page
    context.close()
    assert problems == []
