"""Runs inside Mosaic's own Python: makes sessions with its real classes, opens files, and tells what it sees.

One request a line comes in as JSON (``{"do": "describe", ...}``), one answer a line goes out. It unpickles, so it is
given nothing but files of these tests. No module of ours is imported here, and none of the tests'.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import traceback
from unittest.mock import Mock

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np


def described(thing, above=()):
    """Everything there is in an object of Mosaic's, as JSON; arrays by dtype, shape and digest."""
    if id(thing) in above:
        return "(the same again)"  # SciPy's Rbf holds a method of its own
    if thing is None or isinstance(thing, (bool, int, str)):
        return thing
    if isinstance(thing, np.generic):
        return {"scalar": thing.dtype.str, "value": repr(thing.item())}
    if isinstance(thing, (float, bytes, np.dtype)):
        return repr(thing)
    if hasattr(thing, "__qualname__"):
        return f"{thing.__module__}.{thing.__qualname__}"  # a class, a function, a method
    above = (*above, id(thing))
    if isinstance(thing, np.ndarray):
        return array_of(thing, above)
    if isinstance(thing, (list, tuple)):
        return [described(each, above) for each in thing]
    if isinstance(thing, (set, frozenset)):
        return {"set": sorted(map(str, thing))}
    if isinstance(thing, dict):
        return {str(key): described(value, above) for key, value in thing.items()}
    state = thing.__getstate__()
    return {"class": f"{type(thing).__module__}.{type(thing).__qualname__}", "state": described(state, above)}


def array_of(array, above):
    if array.dtype == object:
        return {"items": [described(each, above) for each in array.ravel()], "shape": list(array.shape)}
    digest = hashlib.sha256(array.tobytes("A")).hexdigest()
    return {"dtype": array.dtype.str, "shape": list(array.shape), "sha256": digest}


def describe(file):
    """What its session reader gives, and what its window shows after loading: names and groups in order."""
    from mosaic.commands.session import Session

    session = Session(quiet=True)
    session.load_session(file)
    containers = {"_data": session._data, "_models": session._models}
    trees = {"_data": session._data_tree, "_models": session._models_tree}
    names = names_in(containers.values())
    return {
        "objects": {side: [described(each) for each in container.data] for side, container in containers.items()},
        "trees": {side: tree_of(tree, names) for side, tree in trees.items()},
        "metadata": described(metadata_of(session)),
        "containers": {side: container_of(container) for side, container in containers.items()},
        "sections": described(getattr(session, "_file_sections", session._metadata if is_old(session) else None)),
        "shown": shown(file),
    }


def is_old(session):
    """Before 1.3.0 the shape was the container's, and what a file has beside the state was called metadata."""
    return not hasattr(session, "metadata")


def metadata_of(session):
    return session._data.metadata if is_old(session) else session.metadata


def names_in(containers):
    return {each.uuid: each._meta.get("name") for container in containers for each in container.data}


def container_of(container):
    # The selection leaks into the file and belongs to no one (mosaic.md 1.2); the metadata are told by themselves.
    told = ("data", "metadata", "_highlighted_uuids")
    return {key: described(each) for key, each in vars(container).items() if key not in told}


def tree_of(tree, names):
    """Names of groups and objects in display order; a group's uuid is new at every load and left out."""
    rows = []
    for uuid in tree.root_items:
        if uuid in tree.group_names:
            rows.append([tree.group_names[uuid], [names.get(each, each) for each in tree.groups.get(uuid, [])]])
        else:
            rows.append(names.get(uuid, uuid))
    return rows


def window():
    """Mosaic's data behind its window, which is there in name only."""
    from mosaic.data import MosaicData
    from qtpy.QtCore import QObject
    from qtpy.QtWidgets import QApplication

    global application, widget
    application = QApplication.instance() or QApplication(["mosaic"])
    widget = type("Widget", (QObject,), {})()
    widget.GetRenderWindow = Mock()
    return MosaicData(widget)


def loaded(file):
    data = window()
    data.load_session(file)
    # As its App does after loading; adds what the tree does not name.
    if hasattr(data, "viewport"):
        data.viewport.render(defer_render=True)
    else:
        data.data.render(), data.models.render()
    return data


def shown(file):
    data = loaded(file)
    sides = {"_data": data.data, "_models": data.models}
    names = names_in(interactor.container for interactor in sides.values())
    rows = {side: tree_of(interactor.data_list.to_state(), names) for side, interactor in sides.items()}
    return {"trees": rows, "shape": described(data.shape)}


def resave(file, to):
    """Opens and saves as the window's own command does."""
    loaded(file).to_file(to)


def make(to):
    """A session with every class of object that a user meets, two groups and a shape; saved by the window."""
    from mosaic.commands.session import Session
    from mosaic.tree_state import TreeStateData

    session = Session(quiet=True)
    session._data.data.extend(clusters())
    session._models.data.extend(models())
    session.metadata = {"shape": (200, 180, 90), "physical_shape": np.array([1360.0, 1224.0, 612.0])}
    first, second, *others = [each.uuid for each in session._data.data]
    session._data_tree = TreeStateData(
        groups={"g1": [first, second], "g2": []},
        group_names={"g1": "membranes é", "g2": "empty"},
        root_items=[others[0], "g1", *others[1:], "g2"],
    )
    session._models_tree = TreeStateData(root_items=[each.uuid for each in session._models.data])
    session.save_session(to)
    viewers = b'{"volume_paths":["/data/volume.mrc"]}'  # of its window: kept only by the indexed container
    loaded(to).to_file(to, sections={"thumbnail": ("png", b"\x89PNG, or so"), "meta": ("json", viewers)})


def clusters():
    from mosaic.formats.records import VertexPropertyContainer
    from mosaic.geometry import Geometry, SegmentationGeometry, VolumeGeometry

    numbers = np.random.default_rng(12)
    made = [Geometry(points=_points(numbers, 900 + 100 * at), meta={"name": f"membrane {at}"}) for at in range(3)]
    made[1].set_visibility(False)
    normals = _points(numbers, 400)
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    properties = VertexPropertyContainer({"score": numbers.random(400), "label": np.array(["a", "bé"] * 200)})
    made.append(
        Geometry(
            points=_points(numbers, 400), normals=normals, sampling_rate=np.array([6.8, 6.8, 13.6]),
            vertex_properties=properties, meta={"name": "with normals", "note": {"by": "me", "when": 3.5}},
        )
    )  # fmt: skip
    made.append(
        VolumeGeometry(
            points=_points(numbers, 12), quaternions=np.tile([1.0, 0, 0, 0], (12, 1)), meta={"name": "densities"},
            volume=numbers.random((7, 8, 9)).astype(np.float32), volume_sampling_rate=np.array([4.0, 4.0, 4.0]),
        )
    )  # fmt: skip
    made.append(SegmentationGeometry(points=(_points(numbers, 300) / 20).round(), meta={"name": "segmentation"}))
    return made


def models():
    from mosaic import meshing
    from mosaic.geometry import Geometry, GeometryTrajectory
    from mosaic.parametrization import RBF, Cylinder, Ellipsoid, Sphere, SplineCurve, TriangularMesh

    numbers = np.random.default_rng(13)
    points = _points(numbers, 60)
    corners = np.array([[0, 0, 0], [50, 0, 0], [0, 50, 0], [0, 0, 50.0]])
    mesh = TriangularMesh(meshing.to_open3d(corners, np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]])))
    fits = {
        "sphere": Sphere(radius=np.float64(30.0), center=np.array([1.0, 2.0, 3.0])),
        "ellipsoid": Ellipsoid(radii=np.array([3.0, 4.0, 5.0]), center=np.zeros(3), orientations=np.eye(3)),
        "cylinder": Cylinder(centers=np.zeros(3), orientations=np.eye(3), radius=5.0, height=20.0),
        "sheet": RBF.fit(points, direction="xy"),
        "curve": SplineCurve(np.cumsum(np.abs(points[:9]), axis=0).astype(float), order=3),
        "line": SplineCurve(np.cumsum(np.abs(points[:9]), axis=0).astype(float), order=1),
    }
    made = [Geometry(points=points[:10], model=fit, meta={"name": name}) for name, fit in fits.items()]
    made.append(Geometry(points=corners, model=mesh, meta={"name": "mesh"}))
    frames = [{"fit": mesh, "filename": f"/data/frame{at}.tsi"} for at in range(2)]
    made.append(GeometryTrajectory(frames, points=corners, model=mesh, meta={"name": "run"}))
    return made


def _points(numbers, count):
    return (numbers.random((count, 3)) * 600).astype(np.float32)


def change(file, to, steps):
    """What a user does by hand: ``[verb, name, value]`` each, on objects by their names; then the window saves."""
    data = loaded(file)
    for verb, name, value in steps:
        interactor = next(side for side in (data.data, data.models) if _named(side, name))
        STEPS[verb](interactor, _named(interactor, name), value)
    data.data.render(), data.models.render()
    data.to_file(to)


def _named(interactor, name):
    return next((each for each in interactor.container.data if each._meta.get("name") == name), None)


def _move(_, geometry, distance):
    geometry._geometry_data.points = geometry._geometry_data.points + np.float32(distance)


def _crop(interactor, geometry, count):
    rest = geometry.subset(np.arange(count), copy=True)
    rest.uuid = geometry.uuid
    container = interactor.container
    container.data[container.uuid_to_index(geometry.uuid)] = rest


def _copy(interactor, geometry, name):
    made = geometry.subset(..., copy=True)
    made._meta["name"] = name
    interactor.container.add(made)


STEPS = {
    "rename": lambda interactor, geometry, name: geometry._meta.__setitem__("name", name),
    "show": lambda interactor, geometry, wanted: geometry.set_visibility(wanted),
    "remove": lambda interactor, geometry, _: interactor.container.remove([geometry.uuid]),
    "color": lambda interactor, geometry, color: geometry.set_appearance(base_color=tuple(color)),
    "move": _move,
    "crop": _crop,
    "copy": _copy,
}


def measure(file, name):
    """How far the first ten points of an object are from what was fitted to it."""
    from mosaic.commands.session import Session

    session = Session(quiet=True)
    session.load_session(file)
    geometry = next(each for each in session._models.data if each._meta.get("name") == name)
    return [float(each) for each in geometry.model.compute_distance(geometry.points[:10])]


def version():
    from mosaic.__version__ import __version__

    return f"{__version__} with NumPy {np.__version__}"


VERBS = {each.__name__: each for each in (describe, resave, make, change, measure, version)}


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever the program prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"is": VERBS[request.pop("do")](**request)}
        except Exception as error:
            answer = {"error": type(error).__name__, "message": f"{error}\n{traceback.format_exc()}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
