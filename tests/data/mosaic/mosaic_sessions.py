"""Makes Mosaic sessions with the standard library alone: CPython's own pickler writes stand-ins for Mosaic's objects.

The stand-ins only live in ``sys.modules`` while something is pickled. Nothing is ever unpickled here.
"""

import json
import pickle
import random
import struct
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import ModuleType
from unittest import mock

ITEM_BYTES = {"f4": 4, "f8": 8, "i4": 4, "i8": 8, "U3": 12}


@dataclass(frozen=True)
class Era:
    """How a version spells."""

    protocol: int = 5
    package: str = "mosaic"
    numpy: str = "numpy._core"
    records: str = "mosaic.formats.records"
    trees: str = "mosaic.tree_state"
    has_metadata: bool = True
    has_uuids: bool = True
    tree: str = "TreeStateData"


NEWEST = Era()
V1_3_1 = Era(numpy="numpy.core")
V1_2_4 = Era(numpy="numpy.core", records="mosaic.formats.parser", has_metadata=False)
V1_1_0 = Era(4, "mosaic", "numpy.core", "mosaic.formats.parser", "mosaic.widgets.container_list", has_metadata=False)
V1_0_16 = replace(V1_1_0, tree="TreeState")
V1_0_10 = Era(4, "mosaic", "numpy.core", "mosaic.formats.parser", "", has_metadata=False, has_uuids=False)
COLABSEG = Era(4, "colabseg", "numpy.core", "colabseg.formats", "", has_metadata=False, has_uuids=False)
ERAS = {
    "1.3.2": NEWEST,
    "1.3.0": V1_3_1,
    "1.2.4": V1_2_4,
    "1.1.0": V1_1_0,
    "1.0.11": V1_0_16,
    "1.0.0": V1_0_10,
    "colabseg": COLABSEG,
}


class World:
    """The modules of one era, and objects of their classes."""

    def __init__(self, era=NEWEST):
        self.era = era
        self.modules = {}
        self.dtypes = {}
        self.dtype_class = self.named("numpy", "dtype", type("dtype", (_Dtype,), {}))
        self.ndarray = self.named("numpy", "ndarray", type("ndarray", (), {}))
        self.from_buffer = self.function(f"{era.numpy}.numeric", "_frombuffer")
        self.reconstruct = self.function(f"{era.numpy}.multiarray", "_reconstruct")

    def named(self, module, name, thing):
        """The thing made importable as ``module.name``."""
        parts = module.split(".")
        for end in range(1, len(parts) + 1):
            self.modules.setdefault(".".join(parts[:end]), ModuleType(".".join(parts[:end])))
        # Classes of one module share its name, and the pickler shares what is one object.
        thing.__module__, thing.__qualname__, thing.__name__ = sys.intern(module), name, name
        setattr(self.modules[module], name, thing)
        return thing

    def cls(self, module, name):
        """A class, the same at each call."""
        there = getattr(self.modules.get(module), name, None)
        return there or self.named(module, name, type(name, (), {}))

    def function(self, module, name):
        """A function, the same at each call."""

        def stand_in(*_):
            raise AssertionError("nothing of a session is called")

        there = getattr(self.modules.get(module), name, None)
        return there or self.named(module, name, stand_in)

    def made(self, module, name, /, **state):
        """An object with attributes."""
        thing = self.cls(module, name)()
        thing.__dict__.update(state)
        return thing

    def dtype(self, word="f4"):
        """As NumPy has it: one object for each type."""
        if word not in self.dtypes:
            self.dtypes[word] = self.dtype_class()
            self.dtypes[word].word = word
        return self.dtypes[word]

    def array(self, content, shape, word="f4", order="C", contiguous=True):
        """An array of these bytes."""
        return Array(self, content, shape, self.dtype(word), order, contiguous)

    def floats(self, *values, word="f4"):
        """A vector."""
        form = {"f4": "f", "f8": "d"}[word]
        return self.array(struct.pack(f"<{len(values)}{form}", *values), (len(values),), word)

    def points(self, count, seed=0):
        """Rows of three."""
        return self.array(random.Random(f"{seed}/{count}").randbytes(12 * count), (count, 3))

    def geometry(self, name, count=10, seed=0, kind="Geometry", uuid=None, model=None, meta=None, **more):
        """One as Mosaic pickles it, in the order of its keys."""
        era = self.era
        state = {
            "points": self.points(count, seed),
            "normals": None,
            "quaternions": None,
            "sampling_rate": self.floats(6.8, 6.8, 6.8),
            "meta": {"name": name, **(meta or {})},
            "visible": True if era.has_metadata else 1,
            "appearance": self.appearance(),
        }
        if era.has_uuids:
            state["model"] = model
            properties = {"curvature": self.floats(*[0.5] * count)}
            state["vertex_properties"] = self.made(
                era.records, "VertexPropertyContainer", _n_vertices=count, _properties=properties
            )
            state["uuid"] = uuid or f"uuid-{name}"
        elif model is not None:
            state["meta"]["fit"] = model
        if era.package == "mosaic":
            state["representation"] = "pointcloud"
        return self.made(f"{era.package}.geometry", kind, **{**state, **more})

    def appearance(self, **changes):
        """What Mosaic has for each geometry."""
        return {
            "size": 8,
            "opacity": 1.0,
            "render_spheres": True,
            "base_color": (0.7, 0.7, 0.7),
            "highlight_color": (0.8, 0.2, 0.2),
            **changes,
        }

    def sphere(self):
        """The simplest model."""
        radius = self.scalar(8.5)
        center = self.floats(1.0, 2.0, 3.0, word="f8")
        return self.made(f"{self.era.package}.parametrization", "Sphere", radius=radius, center=center)

    def mesh(self, rows=4):
        """Vertices and triangles."""
        return self.made(
            f"{self.era.package}.parametrization",
            "TriangularMesh",
            vertices=self.array(bytes(24 * rows), (rows, 3), "f8"),
            triangles=self.array(bytes(12 * rows), (rows, 3), "i4"),
        )

    def radial(self):
        """scipy's Rbf, which holds a bound method of itself."""
        rbf = self.cls("scipy.interpolate._rbf", "Rbf")()
        rbf.xi = self.floats(1.0, 2.0, word="f8")
        rbf._function = Called(getattr, (rbf, "_h_linear"))
        package = f"{self.era.package}.parametrization"
        return self.made(package, "RBF", rbf=rbf, grid=None, direction="xz")

    def spline(self):
        """scipy's CubicSpline, which has slots."""
        spline = self.cls("scipy.interpolate._cubic", "CubicSpline")
        one = Slotted(spline, {"_c": self.floats(1.0, word="f8"), "extrapolate": True})
        return self.made(f"{self.era.package}.parametrization", "SplineCurve", _splines=[one])

    def scalar(self, value):
        """A float64 of NumPy's."""
        return Called(
            self.function(f"{self.era.numpy}.multiarray", "scalar"), (self.dtype("f8"), struct.pack("<d", value))
        )

    def container(self, geometries, highlight=(0.8, 0.2, 0.2), **more):
        """A DataContainer."""
        state = {"data": geometries, "base_color": (0.7, 0.7, 0.7), "highlight_color": highlight}
        more = more or {"_highlighted_uuids": set()}
        return self.made(f"{self.era.package}.container", "DataContainer", **state, **more)

    def tree(self, groups=None, root=(), prefix="g"):
        """``groups``: name to uuids. Group uuids are made of ``prefix`` and a number."""
        named = {f"{prefix}{number}": name for number, name in enumerate(groups or {})}
        members = {uuid: [*groups[name]] for uuid, name in named.items()} if groups else {}
        items = [*named, *root]
        if self.era.tree == "TreeState":
            order = {uuid: (place, named.get(uuid)) for place, uuid in enumerate(items)}
            by_name = {name: [*uuids] for name, uuids in (groups or {}).items()}
            return self.made(self.era.trees, "TreeState", groups=by_name, root_order=order, root_items=[*root])
        return self.made(self.era.trees, "TreeStateData", groups=members, group_names=named, root_items=items)

    def session(self, clusters=(), models=(), groups=None, prefix="g", shape=(400, 400, 200), **more):
        """The dict of the whole."""
        era = self.era
        state = {"metadata": {"shape": shape}} if era.has_metadata else {"shape": shape}
        state |= {"_data": self.container([*clusters]), "_models": self.container([*models], (0.2, 0.4, 0.8))}
        if era.trees:
            grouped = {uuid for members in (groups or {}).values() for uuid in members}
            root = [each.uuid for each in clusters if each.uuid not in grouped]
            state["_data_tree"] = self.tree(groups, root, prefix)
            state["_models_tree"] = self.tree(None, [each.uuid for each in models])
        return {**state, **more}

    def pickled(self, thing, protocol=None):
        """As CPython writes it."""
        with _importable(self.modules):
            return pickle.dumps(thing, protocol or self.era.protocol)


class _Dtype:
    def __reduce__(self):
        order = "|" if self.word.startswith("S") else "<"
        return type(self), (self.word, False, True), (3, order, None, None, None, -1, -1, 0)


@dataclass(eq=False)
class Called:
    """An object that is pickled as a call."""

    function: object
    arguments: tuple

    def __reduce__(self):
        return self.function, self.arguments


class Slotted:
    """An object with slots, as ``copyreg`` pickles it."""

    def __init__(self, cls, state):
        self.cls, self.state = cls, state

    def __reduce__(self):
        import copyreg

        return copyreg.__newobj__, (self.cls,), (None, self.state)

    @property
    def __class__(self):
        return self.cls


@dataclass(eq=False)
class Array:
    """Pickled as NumPy pickles its arrays."""

    world: World
    content: bytes
    shape: tuple
    dtype: object
    order: str = "C"
    contiguous: bool = True
    base: bytearray = field(init=False)

    def __post_init__(self):
        self.base = bytearray(self.content)

    def __reduce_ex__(self, protocol):
        if protocol >= 5 and self.contiguous:
            return self.world.from_buffer, (pickle.PickleBuffer(self.base), self.dtype, self.shape, self.order)
        state = (1, self.shape, self.dtype, self.order == "F", bytes(self.content))
        return self.world.reconstruct, (self.world.ndarray, (0,), b"b"), state


@contextmanager
def _importable(modules):
    with mock.patch.dict(sys.modules, modules):
        yield


def session(era=NEWEST, prefix="g", **more):
    """Two clusters in a group, one beside it, a sphere and a mesh."""
    world = World(era)
    clusters = [world.geometry(name, 10 + n, seed=name) for n, name in enumerate(["inner", "outer", "picks"])]
    models = [
        world.geometry("fit", 5, seed="fit", model=world.sphere()),
        world.geometry("hull", 6, seed="hull", model=world.mesh()),
    ]
    groups = {"Membranes": ["uuid-inner", "uuid-outer"]} if era.trees else None
    return world.pickled(world.session(clusters, models, groups, prefix, **more))


def everything(era=NEWEST):
    """Every kind of object that the page on the format tells of."""
    world = World(era)
    odd = world.array(bytes(48), (4, 3), "f4", "F")
    sliced = world.array(bytes(16), (4,), "f4", contiguous=False)
    cluster = world.geometry("odd", normals=odd, quaternions=sliced, note=frozenset({"a", "b"}), large=1 << 70)
    volume = world.geometry(
        "volume", kind="VolumeGeometry", volume=world.array(bytes(96), (2, 3, 4)), meta={"volume_path": "/data/a.mrc"}
    )
    frames = [{"fit": world.mesh(), "filename": f"run/{number}.tsi"} for number in range(2)]
    models = [
        world.geometry("rbf", model=world.radial()),
        world.geometry("spline", model=world.spline()),
        world.geometry("trajectory", kind="GeometryTrajectory", model=world.mesh(), trajectory=frames),
    ]
    return world.pickled(world.session([cluster, volume], models, later={"of": "a newer version"}))


def indexed(state, version="1.3.2", **sections):
    """Mosaic's container with an index."""
    pieces = {"state": (state, "pickle")}
    pieces |= {name: (content, "png" if name == "thumbnail" else "json") for name, content in sections.items()}
    header = b""
    while True:
        at, rows = 4 + len(header), {}
        for name, (content, encoding) in pieces.items():
            rows[name] = {"offset": at, "size": len(content), "encoding": encoding}
            at += len(content)
        index = {"format_version": 1, "version": version, "sections": rows}
        again = json.dumps(index, separators=(",", ":")).encode()
        if len(again) == len(header):
            return struct.pack(">I", len(again)) + again + b"".join(content for content, _ in pieces.values())
        header = again


def unreleased(state):
    """The header of builds that were never released."""
    header = json.dumps({"version": "1.3.0.dev", "created": "2026-04-01", "meta": {}}).encode()
    return struct.pack(">I", len(header)) + header + state


def large(clusters=48, points=78_000):
    """A session of many points: 12 bytes each, and as many for their normals."""
    world = World()
    made = [
        world.geometry(f"membrane {n}", points, seed=n, uuid=f"u{n}", normals=world.points(points, -n), meta={"n": n})
        for n in range(clusters)
    ]
    for each in made:
        each.vertex_properties._properties = {}
    return world.pickled(world.session(made))
