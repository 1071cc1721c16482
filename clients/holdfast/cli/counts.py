"""Numbers on the command line: what is no count is wrong usage, and nothing is asked."""

from __future__ import annotations

import argparse

_LARGEST = 2**63 - 1


def count(text: str) -> int:
    """The type of a flag that takes a number of things, an operation or a revision."""
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _LARGEST:
        return int(text)
    raise argparse.ArgumentTypeError(f"a whole number from 0 on is expected, not {text!r}")


def port(text: str) -> int:
    """For argparse: of TCP; 0 is any that is free."""
    found = count(text)
    if found > 65_535:
        raise argparse.ArgumentTypeError(f"a port is up to 65535, not {text}")
    return found


def seconds(text: str) -> float:
    """For argparse: how long."""
    found = float(text)
    if not 0 < found <= 86_400:
        raise argparse.ArgumentTypeError("a number of seconds above 0, a day at most")
    return found
