"""What may stand at a path by our own hand, whatever a crash cut off."""

from __future__ import annotations

from holdfast_daemon.formats.base import Document
from holdfast_daemon.store.base import Reader
from holdfast_daemon.store.nouns import Visible
from holdfast_protocol.chunking import hash_of


def known_snapshots(reader: Reader, row: Visible) -> list[bytes]:
    """What is published, what is wanted, and the heads between them."""
    known = [each for each in (row.published, row.wanted) if each is not None]
    for _, snapshot in reader.heads(row.session):
        known.append(snapshot)
        if snapshot == row.published:
            break
    return [each for each in known if reader.snapshot(each) is not None]  # a head between may have been pruned


def is_own_mix(reader: Reader, row: Visible, document: Document) -> bool:
    """Whether the disk shows a publication of several files that was cut off between two of them."""
    if row.published is None or row.wanted is None or row.published == row.wanted:
        return False
    shown = {path: hash_of(content) for path, content in document.items()}
    sets = [{(f.path, f.hash) for f in reader.document_of(each).files} for each in known_snapshots(reader, row)]
    lasting = set.intersection(*({path for path, _ in each} for each in sets))
    return lasting <= set(shown) and set(shown.items()) <= set.union(*sets)
