"""``holdfast gui`` as a program: its address is said, serves once asked, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from http.cookiejar import CookieJar

import pytest

from holdfast.testing import PrivateDaemon

DEADLINE_SECONDS = 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_the_address_that_it_says_and_ends_at_once(holdfast_daemon: PrivateDaemon, number: int) -> None:
    """A page that is open does not hold it up."""
    program = os.path.join(os.path.dirname(sys.executable), "holdfast")
    words = [program, "gui", "--no-open", "--no-start", "--socket", holdfast_daemon.socket]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            address = serving.stdout.readline().strip()
            browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            with browser.open(address, timeout=DEADLINE_SECONDS) as answer:
                assert b"Sessions" in answer.read()
            serving.send_signal(number)
            assert serving.wait(DEADLINE_SECONDS) in (0, 130, -number)
        finally:
            serving.kill()
