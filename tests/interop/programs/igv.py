"""Debian's IGV under a virtual screen: it loads a session, saves it, and we see what is left.

IGV has no command line for this. It is driven by a batch file, in a home of its own, with everything that it would
ask the network for said in its preferences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from programs.processes import run

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
        java = ["java", f"-Duser.home={self._home}", "-Xmx600m", "-cp", str(JAR), "org.broad.igv.ui.Main"]
        words = ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24", *java]
        words += ["--igvDirectory", str(self._home / "igv"), "-b", str(batch)]
        # 2.16 first looks for a session's genome relative to its own working directory (igv.md 1.6).
        nowhere = self._home / "a" / "b" / "c" / "d" / "e"
        nowhere.mkdir(parents=True, exist_ok=True)
        variables = {"HOME": str(self._home)}
        return run([*_offline(), *words], folder=nowhere, variables=variables, limit_seconds=LIMIT_SECONDS).output


def _offline() -> list[str]:
    """A network of its own with nothing in it, where that is allowed."""
    return ["unshare", "-n"] if run(["unshare", "-n", "true"], limit_seconds=10).code == 0 else []


def _complaints(log: str) -> tuple[str, ...]:
    lines = [line for line in log.splitlines() if not line.startswith(("\tat ", " "))]
    return tuple(dict.fromkeys(line for line in lines if _COMPLAINT.match(line) and not _NOISE.search(line)))
