"""The same objects are pickled differently by different versions of Python, NumPy and Mosaic.

Parts are always spelt as the newest do, so that an object compares across versions; a document is spelt as it was.
"""

from __future__ import annotations

from dataclasses import dataclass

from holdfast_daemon.formats.mosaic.arrays import as_buffer, as_state, is_buffer, plain_array
from holdfast_daemon.formats.mosaic.machine import Pickle
from holdfast_daemon.formats.mosaic.nodes import Made, Table

#: What everything was called before Mosaic.
COLABSEG = "colabseg"
#: Older package or module, and what it is called today (mosaic.md 1.4).
_RENAMED = (
    (f"{COLABSEG}.container", "mosaic.container"),
    (f"{COLABSEG}.geometry", "mosaic.geometry"),
    (f"{COLABSEG}.parametrization", "mosaic.parametrization"),
    ("mosaic.formats.parser", "mosaic.formats.records"),
    ("mosaic.widgets.container_list", "mosaic.tree_state"),
    ("numpy.core", "numpy._core"),
)


@dataclass(frozen=True, slots=True)
class Spelling:
    """``protocol`` 4 or 5; ``older``: pairs of a module's name today and the older one that is written for it."""

    protocol: int = 5
    older: tuple[tuple[str, str], ...] = ()

    @property
    def is_colabseg(self) -> bool:
        """Whether Mosaic was not called so yet."""
        return any(older.startswith(COLABSEG) for _, older in self.older)

    def module(self, name: str) -> str:
        """How a module is called here."""
        for newer, older in self.older:
            name = _renamed(name, newer, older)
        return name

    def object(self, made: Made) -> Made:
        """An array in the way of this protocol; anything else as it is."""
        if self.protocol < 5 and is_buffer(made):
            plain = plain_array(made)
            return as_state(plain) if plain else made
        return made


class Target(Spelling):
    """How a document is spelt that is written for a version, whichever it was of."""

    def module(self, name: str) -> str:
        """How the version calls a module, by whatever name it is said."""
        return super().module(todays(name))


class Newest(Spelling):
    """How parts are spelt."""

    def module(self, name: str) -> str:
        """What a module is called today."""
        return todays(name)

    def object(self, made: Made) -> Made:
        """Every plain array as protocol 5 has it."""
        plain = None if is_buffer(made) else plain_array(made)
        return as_buffer(plain) if plain else made


NEWEST = Newest()


def todays(module: str) -> str:
    """The newest name of a module."""
    for older, newer in _RENAMED:
        module = _renamed(module, older, newer)
    return module


def spelling_of(pickle: Pickle) -> Spelling:
    """How this document is spelt; what it does not tell is concluded from what else is in it."""
    modules = {module for module, _ in pickle.names}
    has_shape = isinstance(pickle.root, Table) and "shape" in pickle.root.texts()
    uses = {older: any(_renamed(module, older, "") != module for module in modules) for older, _ in _RENAMED}
    uses["numpy.core"] |= has_shape and not any(module.startswith("numpy._core") for module in modules)
    uses["mosaic.formats.parser"] |= has_shape and "mosaic.formats.records" not in modules
    uses["mosaic.widgets.container_list"] |= pickle.protocol < 5 and "mosaic.tree_state" not in modules
    is_colabseg = any(module.startswith(COLABSEG) for module in modules)
    older = tuple((newer, older) for older, newer in _RENAMED if uses[older] or (is_colabseg and COLABSEG in older))
    return Spelling(protocol=max(4, pickle.protocol), older=older)


def _renamed(module: str, old: str, new: str) -> str:
    return new + module[len(old) :] if module == old or module.startswith(f"{old}.") else module
