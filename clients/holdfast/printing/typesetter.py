"""Typst in a process of its own: what it remembers of one compilation for the next goes with it, whoever waits can be
interrupted, and a server's loop goes on meanwhile."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import typst

from holdfast_protocol.errors import Damaged

Form = Literal["pdf", "png"]
_PICTURE_PPI = 144.0
_TOLD_SIGNS = 300


def typeset(said: Mapping[str, Any], beside: Mapping[str, bytes], form: Form, *, tagged: bool = False) -> bytes:
    """``said`` is what sheet.typ reads, ``beside`` the files that it names. ``tagged``: a PDF with what screen readers
    go by. Nothing is left behind where it is interrupted. Raises Damaged."""
    main = (files("holdfast.printing") / "sheet.typ").read_bytes()
    with TemporaryDirectory(prefix="holdfast-print-") as folder:
        for name, content in {"main.typ": main, "sheet.json": json.dumps(said).encode(), **beside}.items():
            Path(folder, name).write_bytes(content)
        # -P: nothing is imported from the folder that we happen to be in. Its own group: a terminal's Ctrl-C is ours.
        words = [sys.executable, "-P", "-m", "holdfast.printing.typesetter", folder, form, str(int(tagged))]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, process_group=0, check=False)
    if done.returncode != 0:
        why = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:_TOLD_SIGNS]
        raise Damaged(f"It cannot be typeset: {why or f'the typesetter ended with {done.returncode}'}")
    return done.stdout


def main(folder: str, form: Form, tagged: str) -> None:
    """In the other process."""
    made = typst.compile(
        Path(folder, "main.typ"), root=Path(folder), format=form, ppi=_PICTURE_PPI, pdf_tags=bool(int(tagged))
    )
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]  # as ``typeset`` says it
