"""No document hurts: every format reads each of a table of hostile ones, and mutants of honest ones, in bounded time
and memory, and either gives parts or says in a sentence why not."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: the table is imported by its unique name

from hostile import DOCUMENTS, check, mutant, seeds

from holdfast_daemon.formats.registry import load_formats

FORMATS = load_formats()
SEEDS = [*seeds()]
#: What a document may cost: a second for each megabyte and one more (this machine is shared, so five times that),
#: 64 MB and 30 times its size.
SLOW = 5
ROOM_BYTES = 64 * 1024 * 1024


@pytest.mark.parametrize("app", FORMATS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_hostile_document_is_read_or_refused_in_time(name: str, app: str) -> None:
    """No exception but the contract's, no hang."""
    content = DOCUMENTS[name]
    began = time.process_time()
    check(FORMATS[app], {b"": content})
    assert time.process_time() - began < SLOW * (1 + len(content) / 1e6)


@pytest.mark.parametrize("app", FORMATS)
def test_a_hostile_document_takes_no_more_memory_than_it_may(app: str) -> None:
    """In a process that has no more: 64 MB and thirty times the document's size."""
    done = subprocess.run([sys.executable, __file__, app], capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("app", FORMATS)
def test_mutants_of_honest_documents_are_read_or_refused(app: str) -> None:
    """A bounded number of them; ``make fuzz`` goes on from there."""
    for seed in range(300):
        random_ = random.Random(seed)
        _, document = random_.choice(SEEDS)
        check(FORMATS[app], {b"": mutant(random_, document[b""])})


def _within_memory(app: str) -> None:
    """Reads each document with a limit of address space of its own."""
    form = FORMATS[app]
    check(form, {b"": b"warm"})
    for name, content in DOCUMENTS.items():
        with open("/proc/self/statm", encoding="ascii") as source:
            used_bytes = int(source.read().split()[0]) * resource.getpagesize()
        limit = used_bytes + ROOM_BYTES + 30 * len(content)
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
        try:
            check(form, {b"": content})
        except MemoryError:
            sys.exit(f"{app} takes too much memory for {name} ({len(content)} bytes)")
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


if __name__ == "__main__":
    _within_memory(sys.argv[1])
