"""Debian's IGV under a virtual screen: it loads a session, saves it, and we see what is left.

IGV has no command line for this. It is driven by a batch file, in a home of its own, with everything that it would
ask the network for said in its preferences.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from programs.processes import Running, run

JAR = Path("/usr/share/java/igv.jar")
LIMIT_SECONDS = 90

#: What IGV says of being offline, of drawing without a screen and of a SAM file, and nothing about the session.
_NOISE = re.compile(
    r"OAuth|UnknownHost|genomes\.tab|GenomeListManager|igv\.org|HttpUtils|version check|\[DataPanel\]|SamReaderFactory",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(r"SEVERE|WARN|ERROR|Exception|Error|.*(could not|not found|Caused by)")
_REFUSAL = re.compile(r"Error loading session|Invalid session file|^SEVERE .*\[IGV\] (java|org|javax)\.", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Saved:
    """What IGV wrote, and the lines of its log that complain."""

    xml: bytes
    complaints: tuple[str, ...]


class Igv:
    """``genome``: the FASTA that IGV starts with; ``home``: an empty folder for preferences and batch files."""

    def __init__(self, genome: Path, home: Path) -> None:
        self._genome = genome
        self._home = home

    def saved_again(self, session: Path, to: Path, commands: Sequence[str] = (), *, is_relative: bool = False) -> Saved:
        """IGV loads ``session``, runs batch ``commands`` and saves to ``to``, which has no blanks: it takes no quotes.

        Raises AssertionError with its log where it does not load or save.
        """
        self._prepare(is_relative)
        to.unlink(missing_ok=True)
        batch = self._home / "run.batch"
        batch.write_text("\n".join([f'load "{session}"', *commands, f"saveSession {to}", "exit", ""]), "utf-8")
        log = self._run(batch)
        assert to.is_file(), f"IGV saved nothing:\n{log}"
        assert not _REFUSAL.search(log), log
        return Saved(xml=to.read_bytes(), complaints=_complaints(log))

    def opened(self, *, genome: Path | None = None) -> OpenIgv:
        """With its command port open. ``genome``: another one to start with; where it is not there, a dialog says so
        and waits for somebody."""
        self._prepare(False)
        port = _free_port()
        file = self._home / "igv" / "prefs.properties"
        said = {"PORT_ENABLED": "true", "PORT_NUMBER": port, "DEFAULT_GENOME_KEY": genome or self._genome}
        file.write_text(file.read_text() + "".join(f"{key}={value}\n" for key, value in said.items()))
        running = OpenIgv(port, Running(self._words("-p", str(port)), self._nowhere(), {"HOME": str(self._home)}))
        if genome is None:
            running.wait_for_its_genome(self._home / "begun.xml")
        return running

    def _prepare(self, is_relative: bool) -> None:
        folder = self._home / "igv"
        folder.mkdir(parents=True, exist_ok=True)
        genomes = self._home / "genomes.tab"
        genomes.write_text(f"<Server-Side Genome List>\nTiny\t{self._genome}\ttiny\n")
        preferences = {
            "DEFAULT_GENOME_KEY": self._genome,
            "SESSION.RELATIVE_PATH": str(is_relative).lower(),
            "PORT_ENABLED": "false",
            "IGV.genome.sequence.dir": genomes,
            "IGV.backup.genome.sequence.dir": genomes,
            "IGV.Bounds": "0,0,1150,800",
        }
        (folder / "prefs.properties").write_text("".join(f"{key}={value}\n" for key, value in preferences.items()))

    def _run(self, batch: Path) -> str:
        words, variables = [*_offline(), *self._words("-b", str(batch))], {"HOME": str(self._home)}
        return run(words, folder=self._nowhere(), variables=variables, limit_seconds=LIMIT_SECONDS).output

    def _words(self, *more: str) -> list[str]:
        java = ["java", f"-Duser.home={self._home}", "-Xmx600m", "-cp", str(JAR), "org.broad.igv.ui.Main"]
        words = ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24", *java]
        return [*words, "--igvDirectory", str(self._home / "igv"), *more]

    def _nowhere(self) -> Path:
        """2.16 first looks for a session's genome relative to its own working directory (igv.md 1.6)."""
        nowhere = self._home / "a" / "b" / "c" / "d" / "e"
        nowhere.mkdir(parents=True, exist_ok=True)
        return nowhere


class OpenIgv:
    """A running IGV; its user is whoever says ``command`` to its port."""

    def __init__(self, port: int, process: Running) -> None:
        self.port = port
        self.process = process
        _wait(self._echoes)

    def command(self, line: str, seconds: float = 30) -> str:
        """Its answer. Raises OSError."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(f"{line}\n".encode())
            return connection.recv(1000).decode().strip()

    def wait_for_its_genome(self, file: Path) -> None:
        """It listens before, and what is loaded before goes when its first genome comes."""

        def has_come() -> bool:
            self.command(f"saveSession {file}")
            return file.is_file() and b"Reference sequence" in file.read_bytes()

        _wait(has_come)

    def close(self) -> None:
        """It is killed."""
        self.process.end()

    def _echoes(self) -> bool:
        try:
            return self.command("echo") == "echo"
        except OSError:
            return False


def _wait(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not what():
        assert time.monotonic() < deadline, "IGV did not begin in time"
        time.sleep(0.2)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _offline() -> list[str]:
    """A network of its own with nothing in it, where that is allowed."""
    return ["unshare", "-n"] if run(["unshare", "-n", "true"], limit_seconds=10).code == 0 else []


def _complaints(log: str) -> tuple[str, ...]:
    lines = [line for line in log.splitlines() if not line.startswith(("\tat ", " "))]
    return tuple(dict.fromkeys(line for line in lines if _COMPLAINT.match(line) and not _NOISE.search(line)))
