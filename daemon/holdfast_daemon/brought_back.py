"""``holdfastd --restore DIR``: a backup becomes the store, where there is none; the visible files are left as they are.

What they show since the backup was made is taken in by the next start, as a change from outside; what is not there any
more is published again. It can be cut off anywhere: all is written beside first, and the catalog is put in place last.
"""

from __future__ import annotations

import os
import shutil

from holdfast_daemon.aside import make_room
from holdfast_daemon.fault import Faults
from holdfast_daemon.folders_root import MarkedRoot
from holdfast_daemon.store.backup import ASIDE, CATALOG, LOCK, PACKS, restore, sync_folder
from holdfast_daemon.store.nouns import new_id
from holdfast_protocol.errors import Damaged, Exists

#: In the store, until all is in place.
BESIDE = "restoring"
#: What says nothing of a store that was removed, should a power cut have kept it.
_LEFT_OVER = (f"{CATALOG}-shm", "search.sqlite-shm", "cookies")


def check_not_cut_off(store: str) -> None:
    """Raises Damaged for a store of which a part was brought back."""
    beside = os.path.join(store, BESIDE)
    if os.path.isdir(beside):
        if not os.path.exists(os.path.join(store, CATALOG)):
            raise Damaged(f"{store} is half of a backup: bring it back again, holdfast backup --restore DIR")
        shutil.rmtree(beside, ignore_errors=True)


def bring_back(directory: str, store: str, sessions: bytes, boot: str, faults: Faults) -> list[str]:
    """What of the backup is damaged, and was brought back as it is. Only for the holder of the store's lock. Raises
    Exists where there is a store, Damaged, StoreNewer, NoSpace, Unreadable."""
    beside = os.path.join(store, BESIDE)
    found = {*os.listdir(store)} - {LOCK, *_LEFT_OVER}
    if CATALOG in found or (found and BESIDE not in found):
        raise Exists(f"There is a store in {store}; nothing was changed. Move it away first", path=store)
    _clear(store)
    identity = new_id()

    def is_there(path: bytes) -> bool:
        return os.path.lexists(os.path.join(sessions, path))

    try:
        damaged = restore(directory, beside, identity, boot, is_there)
    except BaseException:
        _clear(store)
        raise
    faults.at("restore-copied")
    os.rename(os.path.join(beside, PACKS), os.path.join(store, PACKS))
    if os.path.exists(os.path.join(beside, ASIDE)):
        os.replace(os.path.join(beside, ASIDE), os.path.join(store, ASIDE))
        make_room(os.path.join(store, ASIDE))
    MarkedRoot(sessions, identity, fresh=True)
    faults.at("restore-packs")
    sync_folder(store)
    os.rename(os.path.join(beside, CATALOG), os.path.join(store, CATALOG))
    sync_folder(store)
    faults.at("restored")
    shutil.rmtree(beside, ignore_errors=True)
    return damaged


def _clear(store: str) -> None:
    """What was cut off is gone; there is no catalog."""
    for name in (PACKS, BESIDE):
        shutil.rmtree(os.path.join(store, name), ignore_errors=True)
    if os.path.exists(os.path.join(store, ASIDE)):
        os.unlink(os.path.join(store, ASIDE))
