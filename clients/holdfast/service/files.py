"""The files of ``systemd/``, as they are put in place: with the path of the daemon that belongs to this client."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from holdfast.units import SOCKET_UNIT


def text(name: str, program: str) -> str:
    """A space or a ``%`` in the program's path is written out."""
    path = program.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return (_source() / name).read_text("utf-8").replace("ExecStart=holdfastd", f'ExecStart="{path}"')


def _source() -> Path:
    """In a checkout at its top; otherwise where the wheel's shared files were put."""
    checkout = Path(__file__).parents[3] / "systemd"
    installed = [Path(file.locate()).parent for file in metadata.files("holdfast") or () if file.name == SOCKET_UNIT]
    return next((place for place in (checkout, *installed) if (place / SOCKET_UNIT).exists()), checkout)
