"""Which of the real programs are there, in which version; one that is not is a skip with its reason."""

from __future__ import annotations

import json

import pytest
from install import PROGRAMS, Program
from programs.processes import run


def there(name: str) -> Program:
    """The program, or the running test is skipped."""
    program = PROGRAMS[name]
    if reason := program.missing():
        pytest.skip(reason)
    return program


def versions() -> list[str]:
    """A line for each program: its version, or why it is not there."""
    return [program.missing() or f"{program.name}: {_version(program)}" for program in PROGRAMS.values()]


def _version(program: Program) -> str:
    if program.modules:
        name = program.modules[0].partition("@")[0]
        package = program.folder / "node_modules" / name / "package.json"
        return f"{name} {json.loads(package.read_bytes())['version']} from npm"
    if program.name == "igv":
        words = ["dpkg-query", "--show", "--showformat=Debian's ${Version}", "igv"]
    elif program.name == "node":
        words = ["node", "--version"]
    else:
        wheel = program.name.partition("-")[0].replace("mosaic", "mosaic-gui")
        found = f"from importlib.metadata import version as v; print({wheel!r}, v({wheel!r}), 'from PyPI')"
        words = [str(program.python), "-I", "-c", found]
    return run(words, limit_seconds=30).output.strip()
