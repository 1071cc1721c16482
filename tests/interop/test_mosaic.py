"""What we write is opened by the real Mosaic, which sees what we meant and everything else as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from mosaic_desk import Desk, assert_arrays_agree, lines, named, parts_of, written
from programs.mosaic import CannotOpen, Mosaic
from programs.presence import there

from holdfast_daemon.formats.base import Part
from holdfast_daemon.formats.mosaic import MOSAIC
from holdfast_daemon.merge import merge

VERSIONS = ("mosaic-1.3.2", "mosaic-1.3.1")  # with NumPy 2 and with NumPy 1
#: The two containers that Mosaic writes, told apart by the name of the file.
CONTAINERS = (".pickle", ".mosaic")
CLUSTERS = ("membrane 0", "membrane 1", "membrane 2", "with normals", "densities", "segmentation")
MODELS = ("sphere", "ellipsoid", "cylinder", "sheet", "curve", "line", "mesh", "run")


@pytest.fixture(scope="module", params=VERSIONS)
def mosaic(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosaic]:
    with closing(Mosaic(there(request.param), tmp_path_factory.mktemp("mosaic"))) as running:
        yield running


@pytest.fixture(scope="module", params=CONTAINERS)
def desk(request: pytest.FixtureRequest, mosaic: Mosaic, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("sessions"), mosaic, request.param)


@pytest.fixture(scope="module")
def session(desk: Desk) -> bytes:
    return desk.made()


@pytest.fixture(scope="module")
def plain(desk: Desk, session: bytes) -> dict:
    """What Mosaic sees in ``session`` untouched."""
    return desk.seen(session)


@pytest.fixture(scope="module")
def later(desk: Desk, session: bytes) -> bytes:
    """``session`` after a user's work on it."""
    steps = [("crop", "membrane 0", 300), ("rename", "membrane 1", "inner é"), ("move", "membrane 2", 50.0)]
    steps += [("show", "with normals", False), ("color", "curve", [1.0, 0.5, 0.0]), ("remove", "sphere", None)]
    return desk.changed(session, *steps)


@pytest.fixture(scope="module")
def foreign(mosaic: Mosaic, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A session of the other version of Mosaic."""
    (other,) = (there(name) for name in VERSIONS if name != mosaic.name)
    with closing(Mosaic(other, tmp_path_factory.mktemp("other"))) as running:
        return Desk(tmp_path_factory.mktemp("foreign"), running, ".pickle").made()


def put(parts: Sequence[Part], new: Part, name: str = "") -> list[Part]:
    """``parts`` with the one of that name replaced."""
    return [new if each.name == (name or new.name) else each for each in parts]


def without(parts: Sequence[Part], *names: str) -> list[Part]:
    return [each for each in parts if each.name not in names]


def names_in(tree: list) -> set[str]:
    return {name for row in tree for name in ([row] if isinstance(row, str) else row[1])}


def assert_differs(before: dict, after: dict, names: set[str]) -> None:
    """In these objects, and in nothing else that Mosaic sees but their places in the tree."""
    objects, others = dict(before["objects"]), dict(after["objects"])
    differing = {name for name in {**objects, **others} if objects.get(name) != others.get(name)}
    assert differing == names
    for key in ("metadata", "containers", "sections"):
        assert after[key] == before[key], key
    for side in ("_data", "_models"):
        kept, keeps = _rest(before["trees"][side], names), _rest(after["trees"][side], names)
        assert keeps == kept
    assert after["shown"]["trees"] == after["trees"]


def _rest(tree: list, names: set[str]) -> list:
    """The tree without these objects, and without a group that then has none."""
    rows = [row if isinstance(row, str) else [row[0], [each for each in row[1] if each not in names]] for row in tree]
    return [row for row in rows if (row not in names if isinstance(row, str) else row[1])]


def test_every_object_of_mosaics_is_a_part_with_its_name(session: bytes, plain: dict):
    """Fact 2: of every class, in a session that Mosaic itself has made."""
    assert set(plain["objects"]) == {*CLUSTERS, *MODELS}
    names = [each.name for each in parts_of(session)]
    assert [name for name in names if name in plain["objects"]] == [*CLUSTERS, *MODELS]


@pytest.mark.parametrize("name", [*CLUSTERS, *MODELS])
def test_arrays_are_those_that_numpy_has(session: bytes, plain: dict, name: str):
    """Fact 3: in an object of every class."""
    assert_arrays_agree(named(parts_of(session), name), plain["objects"][name])


def test_an_object_restored_from_an_older_session_is_the_only_change(desk: Desk, session: bytes, later: bytes):
    """Fact 12: the cropped cluster has its points again, and the rest is as the user left it."""
    ours = written(put(parts_of(later), named(parts_of(session), "membrane 0")), later)
    after = desk.seen(ours)
    assert_differs(desk.seen(later), after, {"membrane 0"})
    assert after["trees"] == desk.seen(later)["trees"]
    assert after["objects"]["membrane 0"] == desk.seen(session)["objects"]["membrane 0"]


def test_a_removed_object_comes_back_from_an_older_session(desk: Desk, session: bytes, later: bytes):
    """Fact 12: what is not there any more is put behind, and shown."""
    ours = written([*parts_of(later), named(parts_of(session), "sphere")], later)
    after = desk.seen(ours)
    assert_differs(desk.seen(later), after, {"sphere"})
    assert "sphere" in names_in(after["shown"]["trees"]["_models"])


def test_a_rename_restored_is_the_only_change(desk: Desk, session: bytes, later: bytes):
    """Fact 12: the object that Mosaic's user renamed has its old name, in its old place."""
    ours = written(put(parts_of(later), named(parts_of(session), "membrane 1"), "inner é"), later)
    after = desk.seen(ours)
    assert_differs(desk.seen(later), after, {"membrane 1", "inner é"})
    assert ["membranes é", ["membrane 0", "membrane 1"]] in after["trees"]["_data"]


def test_a_part_edited_by_us_has_that_name_in_mosaic(desk: Desk, session: bytes, plain: dict):
    """Fact 12: what a client hands over is a part's content, and its name lies in there."""
    curve = named(parts_of(session), "curve")
    axon = replace(curve, content=curve.content.replace(b"curve", "axoñ".encode()))  # of the same length
    after = desk.seen(written(put(parts_of(session), axon, "curve"), session))
    assert_differs(plain, after, {"curve", "axoñ"})
    state = plain["objects"]["curve"]["state"]
    assert after["objects"]["axoñ"]["state"] == state | {"meta": state["meta"] | {"name": "axoñ"}}


@pytest.mark.parametrize("name", [*CLUSTERS, *MODELS])
def test_an_object_from_another_version_of_mosaic_opens(
    desk: Desk, session: bytes, plain: dict, foreign: bytes, newest: Mosaic, tmp_path: Path, name: str
):
    """Fact 15: NumPy 1 and 2 call themselves differently in a file, and the older cannot open the newer's."""
    ours = written(put(parts_of(session), named(parts_of(foreign), name)), session)
    after = desk.seen(ours)
    assert_differs(plain, after, {name})
    both = Desk(tmp_path, newest, ".pickle")
    assert both.seen(ours)["objects"][name] == both.seen(foreign)["objects"][name]


@pytest.mark.parametrize("name", ["membrane 0", "membrane 2", "densities", "mesh"])
def test_a_removed_object_is_gone_and_nothing_dangles(desk: Desk, session: bytes, plain: dict, name: str):
    """Fact 14: a tree that names what is not there is a KeyError in Mosaic."""
    assert_differs(plain, desk.seen(written(without(parts_of(session), name), session)), {name})


def test_two_sides_merged_show_what_both_did(desk: Desk, session: bytes, later: bytes):
    """Each of two users did something to other objects, and one made a new one."""
    theirs = desk.changed(session, ("move", "densities", 9.0), ("copy", "mesh", "mesh again"), ("show", "line", False))
    both = merge(parts_of(session), parts_of(later), parts_of(theirs), MOSAIC)
    assert not both.conflicts
    after = desk.seen(written(both.parts, later))
    assert_differs(desk.seen(later), after, {"densities", "mesh again", "line"})
    done = desk.seen(theirs)["objects"]
    assert {name: after["objects"][name] for name in ("densities", "mesh again", "line")} == {
        name: done[name] for name in ("densities", "mesh again", "line")
    }


def test_a_cleared_session_opens_empty_with_its_shape(desk: Desk, session: bytes, plain: dict):
    """Fact 14 and issues 25, 4 and 9: the shape is never dropped."""
    after = desk.seen(MOSAIC.cleared({b"": session})[b""])
    assert after["objects"] == {}
    assert after["trees"] == after["shown"]["trees"] == {"_data": [], "_models": []}
    assert after["metadata"] == plain["metadata"]


@pytest.mark.parametrize("name", ["membrane 1", "with normals", "segmentation", "sheet", "mesh", "run"])
def test_one_object_alone_opens(desk: Desk, session: bytes, plain: dict, name: str):
    """A partial load: that object and no other, exactly as it was."""
    parts = parts_of(session)
    after = desk.seen(written(MOSAIC.needed(parts, [named(parts, name)]), session))
    assert after["objects"] == {name: plain["objects"][name]}
    shown = after["shown"]["trees"]
    assert names_in(shown["_data"]) | names_in(shown["_models"]) == {name}


def test_a_session_built_without_a_template_is_the_same_to_the_newest_mosaic(
    newest: Mosaic, tmp_path: Path, session: bytes
):
    """Parts alone, of whatever version, make a whole session: every object, group and the shape."""
    desk = Desk(tmp_path, newest, ".pickle")
    before, after = desk.seen(session), desk.seen(written(parts_of(session), None))
    for key in ("objects", "trees", "metadata", "containers", "shown"):
        assert after[key] == before[key], key


def test_mosaics_own_saving_is_no_change(desk: Desk, session: bytes, later: bytes):
    """Fact 9: opened and saved it has other bytes, and there is nothing to tell of."""
    for document in (session, later):
        again = desk.saved(document)
        assert lines(document, again) == []
        assert lines(document, desk.saved(again)) == []


def test_what_a_user_did_is_told_object_by_object(session: bytes, later: bytes):
    """Fact 11: matched by the object's uuid, each has one line; a removed one also leaves the tree."""
    told = [line for line in lines(session, later) if not line.startswith("tree ")]
    for name in ("membrane 0", "inner é", "membrane 2", "with normals", "curve", "sphere"):
        assert len([line for line in told if name in line]) == 1, (name, told)
    assert len(told) == 6, told
    assert [line for line in told if "membrane 0" in line and "900" in line and "300" in line], told


def test_a_document_of_ours_is_saved_by_mosaic_as_no_change(desk: Desk, session: bytes, later: bytes):
    """What we wrote is what Mosaic would write: its saving of our file is noise as well."""
    ours = written(put(parts_of(later), named(parts_of(session), "membrane 0")), later)
    assert lines(ours, desk.saved(ours)) == []


def test_what_mosaic_cannot_open_is_an_error_here(desk: Desk, session: bytes):
    """The checks above are worth their while: half a file is no empty answer."""
    with pytest.raises(CannotOpen):
        desk.seen(session[: len(session) // 2])
