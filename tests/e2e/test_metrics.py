"""``holdfast metrics``: what status says, as numbers that Prometheus takes."""

from __future__ import annotations

import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e_daemon import CLI, Daemon

LINE = re.compile(r'[a-z_]+(\{[a-z]+="([^"\\]|\\.)*"(,[a-z]+="([^"\\]|\\.)*")*\})? -?[0-9.]+(e[+-]?[0-9]+)?')


@pytest.fixture
def daemon(house: Path) -> Iterator[Daemon]:
    running = Daemon(house / "d").start()
    yield running
    running.stop()


def test_every_line_is_a_number_with_a_name_that_says_its_unit(daemon: Daemon) -> None:
    """And each is introduced; folders are labels, whatever their names."""
    odd = daemon.home.parent / 'a "b"\\c'
    odd.mkdir()
    with daemon.client() as client:
        client.save("notes", "a", b"text\n")
        client.folder_add(odd, app="notes")
    text = daemon.cli("metrics").text
    lines = [line for line in text.split("\n") if line]
    samples = [line for line in lines if not line.startswith("#")]
    assert all(LINE.fullmatch(line) for line in samples), samples
    names = {re.split("[ {]", line)[0] for line in samples}
    assert {line.split(" ")[2] for line in lines if line.startswith("# TYPE")} == names
    assert "holdfast_sessions 1" in samples
    assert all(name.endswith("_total") == (f"# TYPE {name} counter" in lines) for name in names)
    assert {label for line in samples for label in re.findall(r"[{,]([a-z]+)=", line)} == {"folder", "version"}
    assert 'holdfast_folder_held{folder="sessions"} 0' in samples


def test_they_are_served_to_this_machine_and_to_no_other_page(daemon: Daemon) -> None:
    """At /metrics of the address that is said; a name that somebody else gave this machine is refused."""
    words = [*CLI, "metrics", "--serve", "0", "--no-start"]
    with subprocess.Popen(words, env=daemon.environment, stdout=subprocess.PIPE, text=True) as serving:
        try:
            assert serving.stdout is not None
            address = serving.stdout.readline().strip()
            with urllib.request.urlopen(address, timeout=20) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
                assert b'holdfast_build_info{version="' in answer.read()
            asked = urllib.request.Request(address, headers={"Host": "evil.example:80"})
            with pytest.raises(urllib.error.HTTPError, match="421"):
                urllib.request.urlopen(asked, timeout=20)
            daemon.kill()
            with pytest.raises(urllib.error.HTTPError, match="503"):
                urllib.request.urlopen(address, timeout=60)
            daemon.start()
            with urllib.request.urlopen(address, timeout=20) as answer:
                assert answer.status == 200
        finally:
            serving.terminate()


def test_a_port_that_there_cannot_be_is_wrong_usage(daemon: Daemon) -> None:
    """exit 2, and no traceback."""
    said = daemon.cli("metrics", "--serve", "70000")
    assert said.code == 2
    assert "a port is up to 65535" in said.err
