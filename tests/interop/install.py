"""Puts the real programs below ``.interop/``: what the suite beside this file is run against.

Each program stands alone: one that cannot be had leaves its reason in a file, which the suite shows as a skip, and
the others are installed all the same. A second run finds everything there and takes a second.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

HOME = Path(__file__).resolve().parents[2] / ".interop"
LIMIT_SECONDS = 900

#: Three gigabytes are not kept a second time, and each index that lacks a package is not told of.
NPM = ("npm", "install", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
PIP = ("-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check", "--no-cache-dir")


@dataclass(frozen=True, kw_only=True)
class Program:
    """What one real program consists of.

    ``commands`` and ``libraries`` are what it needs of the system, ``packages`` Debian's that bring them; ``wheels``
    is what pip puts into a venv of its own, ``modules`` what npm puts there. With ``beside``, that venv sees the
    packages of the program of that name, and only what differs is installed.
    """

    name: str
    packages: Sequence[str] = ()
    commands: Sequence[str] = ()
    libraries: Sequence[str] = ()
    wheels: Sequence[str] = ()
    modules: Sequence[str] = ()
    beside: str = ""

    @property
    def folder(self) -> Path:
        return HOME / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def reason_file(self) -> Path:
        """Holds why the program could not be installed, and exists only then."""
        return HOME / f"{self.name}.missing"

    def missing(self) -> str:
        """Why the program cannot be run, or nothing."""
        if self.reason_file.is_file():
            return f"{self.name}: {self.reason_file.read_text('utf-8')}"
        absent = [command for command in self.commands if not shutil.which(command)]
        if (self.wheels or self.modules) and not _stamp(self).is_file():
            absent.append(str(self.folder))
        return f"{self.name}: not there: {', '.join(absent)}; try make interop" if absent else ""


#: open3d asks for the first; Qt and VTK for the others, though nothing is shown.
LIBRARIES = {
    "libusb-1.0.so.0": "libusb-1.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libXrender.so.1": "libxrender1",
    "libgomp.so.1": "libgomp1",
}

PROGRAMS = {
    program.name: program
    for program in (
        Program(name="igv", packages=("igv", "xvfb", "xauth"), commands=("igv", "java", "xvfb-run", "xauth")),
        Program(
            name="mosaic-1.3.2",
            packages=tuple(LIBRARIES.values()),
            libraries=tuple(LIBRARIES),
            wheels=("mosaic-gui==1.3.2",),
        ),
        # The last one with NumPy 1, which names its modules otherwise in a pickle (mosaic.md 1.4).
        Program(name="mosaic-1.3.1", wheels=("--no-deps", "mosaic-gui==1.3.1", "numpy<2"), beside="mosaic-1.3.2"),
        # The last one that keeps the shape elsewhere (mosaic.md 1.4).
        Program(name="mosaic-1.2.4", wheels=("--no-deps", "mosaic-gui==1.2.4"), beside="mosaic-1.3.1"),
        Program(name="renardo-1.0.0a4", wheels=("renardo==1.0.0a4",)),
        Program(name="renardo-1.0.0a10", wheels=("renardo==1.0.0a10",)),
        # Of those that open projects, and no sessions (renardo.md 0.3).
        Program(name="renardo-1.0.0a22", wheels=("renardo==1.0.0a22",)),
        Program(name="node", packages=("nodejs",), commands=("node",)),
        # A library for pages, so that it needs a browser and one to be put there by.
        Program(
            name="igv.js",
            packages=("chromium", "nodejs", "npm"),
            commands=("chromium", "node", "npm"),
            modules=("igv@3.8.10",),
        ),
    )
}


def install(program: Program) -> None:
    """Raises CalledProcessError, TimeoutExpired, OSError where it cannot be had."""
    if not (all(map(shutil.which, program.commands)) and _loadable(program.libraries)):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        _run(["apt-get", "--quiet=2", "update"], environment)
        _run(["apt-get", "--quiet=2", "--yes", "--no-install-recommends", "install", *program.packages], environment)
    if not (program.wheels or program.modules):
        return
    if _stamp(program).is_file() and _stamp(program).read_text() == _content(program):
        return
    shutil.rmtree(program.folder, ignore_errors=True)
    if program.wheels:
        _run([sys.executable, "-m", "venv", str(program.folder)])
        if program.beside:
            # Not merely named: so that what stands beside that one is seen, too.
            beside = f"import site; site.addsitedir({str(_packages_of(PROGRAMS[program.beside]))!r})\n"
            (_packages_of(program) / "beside.pth").write_text(beside)
        _run([str(program.python), *PIP, *program.wheels])
    if program.modules:
        program.folder.mkdir(parents=True, exist_ok=True)
        _run([*NPM, "--prefix", str(program.folder), *program.modules])
    _stamp(program).write_text(_content(program))


def _loadable(libraries: Sequence[str]) -> bool:
    known = _run(["ldconfig", "-p"]) if libraries else ""
    return all(library in known for library in libraries)


def _packages_of(program: Program) -> Path:
    return next((program.folder / "lib").glob("python*")) / "site-packages"


def _stamp(program: Program) -> Path:
    return program.folder / ".installed"


def _content(program: Program) -> str:
    return "\n".join((program.beside, *program.wheels, *program.modules))


def _run(words: Sequence[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        words, env=environment, check=False, timeout=LIMIT_SECONDS, text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if done.returncode:
        raise OSError(f"{' '.join(words)} ended with {done.returncode}: {done.stdout.strip()[-500:]}")
    return done.stdout


def main() -> None:
    """Installs every program; one that fails is told of, and is no failure of the whole."""
    HOME.mkdir(exist_ok=True)
    for program in PROGRAMS.values():
        began = time.monotonic()
        try:
            install(program)
        except (OSError, subprocess.TimeoutExpired, StopIteration) as error:
            program.reason_file.write_text(str(error), "utf-8")
            print(f"{program.name}: not installed: {error}", flush=True)
        else:
            program.reason_file.unlink(missing_ok=True)
            print(f"{program.name}: there after {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
