"""The mesh that Mosaic 1.3.2 keeps with every cylinder, and no version before it wrote: distances are measured to that
mesh, and there is an error where there is none (mosaic.md 1.4).

Made as Mosaic makes it: ``Cylinder._build_mesh`` (1.3.2, ``parametrization.py:538-561``), around Open3D's
``TriangleMesh::CreateCylinder`` (0.19, ``cpp/open3d/geometry/TriangleMeshFactory.cpp``).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from holdfast_daemon.formats.mosaic.arrays import new_array, number_of, numbers_of, plain_array
from holdfast_daemon.formats.mosaic.nodes import ABSENT, Made, Name, Node, Table, state_of, with_state

MESH = "_mesh"
#: How far an edge may be from the round surface, of the radius.
_TOLERANCE = 5e-3
_THINNEST = 1e-100
_FEWEST_AROUND, _FEWEST_ALONG, _MOST_SEGMENTS = 12, 1, 512

Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Tube:
    center: Triple
    rows: tuple[Triple, Triple, Triple]
    radius: float
    height: float
    around: int
    along: int

    @property
    def size_bytes(self) -> int:
        """Of its corners and triangles."""
        return 24 * (2 + self.around * (self.along + 1)) + 24 * self.around * (1 + self.along)

    def corners(self) -> Iterator[Triple]:
        """The middles of both ends, then ring by ring from the upper end."""
        yield self._placed((0.0, 0.0, self.height * 0.5))
        yield self._placed((0.0, 0.0, -self.height * 0.5))
        angle, step = 2 * math.pi / self.around, self.height / self.along
        circle = [(math.cos(angle * at) * self.radius, math.sin(angle * at) * self.radius) for at in range(self.around)]
        for ring in range(self.along + 1):
            z = self.height * 0.5 - step * ring
            yield from (self._placed((x, y, z)) for x, y in circle)

    def _placed(self, point: Triple) -> Triple:
        x, y, z = (
            sum(factor * each for factor, each in zip(row, point, strict=True)) + middle
            for row, middle in zip(self.rows, self.center, strict=True)
        )
        return x, y, z

    def triangles(self) -> Iterator[tuple[int, int, int]]:
        """Both ends, then the side."""
        last = 2 + self.around * self.along
        beside = [(at, (at + 1) % self.around) for at in range(self.around)]
        for one, other in beside:
            yield 0, 2 + one, 2 + other
            yield 1, last + other, last + one
        for upper in range(2, last, self.around):
            lower = upper + self.around
            for one, other in beside:
                yield lower + one, upper + other, upper + one
                yield lower + one, lower + other, upper + other


def lacks_mesh(model: Node) -> bool:
    """Whether it is a cylinder without one."""
    state = state_of(model)
    return state is not None and model.callee.name == "Cylinder" and state.get(MESH) is ABSENT


def with_mesh(cylinder: Made, room_bytes: int) -> tuple[Made, int]:
    """The cylinder with its mesh, and what of the room that took; as it is where that is too little, or where its
    numbers are none that make a tube."""
    tube = _tube_of(cylinder)
    if tube is None or tube.size_bytes > room_bytes:
        return cylinder, 0
    corners = b"".join(struct.pack("<3d", *each) for each in tube.corners())
    triangles = struct.pack(f"<{6 * tube.around * (1 + tube.along)}i", *chain.from_iterable(tube.triangles()))
    arrays = [
        *("vertices", new_array("<f8", (len(corners) // 24, 3), corners)),
        *("triangles", new_array("<i4", (len(triangles) // 12, 3), triangles)),
    ]
    mesh = Made(Name("mosaic.parametrization", "TriangularMesh"), (), is_new=True, state=Table(arrays))
    return with_state(cylinder, (state_of(cylinder) or Table()).but({MESH: mesh})), tube.size_bytes


def _tube_of(cylinder: Made) -> _Tube | None:
    state = state_of(cylinder) or Table()
    center, turned = numbers_of(state.get("centers")), state.get("orientations")
    numbers, plain = numbers_of(turned), plain_array(turned)
    radius, height = number_of(state.get("radius")), number_of(state.get("height"))
    if center is None or len(center) != 3 or numbers is None or plain is None or plain.shape != (3, 3):
        return None
    if radius is None or height is None or not (_THINNEST < radius < math.inf and math.isfinite(height)):
        return None
    rows = [numbers[at::3] if plain.is_fortran else numbers[3 * at : 3 * at + 3] for at in range(3)]
    edge = math.sqrt(8 * _TOLERANCE) * min(radius, 1e8)
    around, along = 2 * math.pi * radius / edge, height / edge
    return _Tube(
        _triple(center), (_triple(rows[0]), _triple(rows[1]), _triple(rows[2])), radius, height,
        _segments(around, _FEWEST_AROUND), _segments(along, _FEWEST_ALONG),
    )  # fmt: skip


def _triple(numbers: tuple[float, ...]) -> Triple:
    one, two, three = numbers
    return one, two, three


def _segments(count: float, fewest: int) -> int:
    return math.ceil(min(max(count, fewest), _MOST_SEGMENTS))
