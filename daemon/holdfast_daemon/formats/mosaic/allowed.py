"""The complete list of what a session may name (mosaic.md 3.1), and what may be done with each name.

Nothing here is imported or called: the list only decides whether a document is what we take it for. One that names
anything else is kept whole and not taken apart.
"""

from __future__ import annotations

from holdfast_daemon.formats.mosaic.nodes import Name, Node, class_of

GEOMETRIES = frozenset({"Geometry", "VolumeGeometry", "SegmentationGeometry", "GeometryTrajectory", "PointCloud"})
_MODELS = frozenset(
    {
        *("Sphere", "Ellipsoid", "Cylinder", "RBF", "SplineCurve", "TriangularMesh", "BallPivoting", "PoissonMesh"),
        *("AlphaShape", "ShrinkWrap", "FlyingEdges", "ConvexHull", "FairHull", "ClusteredBallPivotingMesh"),
        "MarchingCubes",
    }
)
CONTAINER = "DataContainer"

#: Made by ``__new__`` and given a state.
_CLASSES: dict[str, frozenset[str]] = {
    "mosaic.container": frozenset({CONTAINER}),
    "mosaic.geometry": GEOMETRIES,
    "mosaic.formats.records": frozenset({"VertexPropertyContainer"}),
    "mosaic.formats.parser": frozenset({"VertexPropertyContainer"}),
    "mosaic.tree_state": frozenset({"TreeStateData", "TreeState"}),
    "mosaic.widgets.container_list": frozenset({"TreeStateData", "TreeState"}),
    "mosaic.parametrization": _MODELS,
    "colabseg.container": frozenset({CONTAINER}),
    "colabseg.geometry": GEOMETRIES,
    "colabseg.parametrization": _MODELS,
    "scipy.interpolate._rbf": frozenset({"Rbf"}),
    "scipy.interpolate._cubic": frozenset({"CubicSpline"}),
    "scipy.interpolate._fitpack2": frozenset(
        {"UnivariateSpline", "LSQUnivariateSpline", "InterpolatedUnivariateSpline"}
    ),
}
_FUNCTIONS: dict[str, frozenset[str]] = {
    "numpy": frozenset({"dtype"}),
    "numpy._core.multiarray": frozenset({"_reconstruct", "scalar"}),
    "numpy._core.numeric": frozenset({"_frombuffer"}),
    "numpy.core.multiarray": frozenset({"_reconstruct", "scalar"}),
    "numpy.core.numeric": frozenset({"_frombuffer"}),
    "builtins": frozenset({"getattr"}),
}
#: Only named: an argument, or an attribute.
_VALUES: dict[str, frozenset[str]] = {
    "numpy": frozenset({"ndarray"}),
    "scipy._lib.array_api_compat.numpy._aliases": frozenset({"asarray"}),
}


def is_known(name: Name) -> bool:
    """Whether it may occur at all."""
    return any(name.name in table.get(name.module, ()) for table in (_CLASSES, _FUNCTIONS, _VALUES))


def may_be_made(callee: Node, arguments: Node, *, is_new: bool) -> bool:
    """Whether Mosaic itself makes objects in this way."""
    if not isinstance(callee, Name):
        return False
    table = _CLASSES if is_new else _FUNCTIONS
    if callee.name not in table.get(callee.module, ()):
        return False
    return callee.name != "getattr" or _is_radial_function(arguments)


def _is_radial_function(arguments: Node) -> bool:
    """``getattr(<Rbf>, "_h_…")``: how Python writes the bound method that scipy's Rbf holds of itself."""
    if not isinstance(arguments, tuple) or len(arguments) != 2 or not isinstance(arguments[1], str):
        return False
    owner = class_of(arguments[0])
    return owner is not None and owner.name == "Rbf" and arguments[1].startswith("_h_")
