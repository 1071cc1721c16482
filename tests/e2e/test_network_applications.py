"""A key that is limited to some applications: for it there are no others, whatever it asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from e2e_daemon import Daemon, renardo, until
from e2e_network import LISTENING, Guest, guest

import holdfast
from holdfast_protocol import messages as m
from holdfast_protocol.chunking import hash_of
from holdfast_protocol.connection import new_request_id
from holdfast_protocol.errors import Ambiguous, BadField, HoldfastError, NotAllowed, NotFound
from holdfast_protocol.model import FileSource, PartSource, Ref
from holdfast_protocol.roles import OF_ALL_APPLICATIONS

SECRET = b"the word for today is halyard"
LARGE = SECRET * 40_000
#: What is there for nobody who is limited.
FOREIGN = ("foreign", "plans")


class World:
    """What the owner has, of three applications; the guests may write what is of one, or of two of them."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.owner = daemon.client()
        with self.owner.batch() as batch:
            batch.save("foreign", "both", b"1")
            batch.save("mine", "both", b"1")
        self.mixed = self.owner.operations(limit=1, newest=True).rows[-1].number
        self.owner.save("foreign", "plans", SECRET, tags=["topsecret"])
        self.owner.save("foreign", "large", LARGE)
        self.owner.save("foreign", "twin", b"x")
        self.owner.save("mine", "twin", b"y", tags=["open"])
        self.owner.save("yours", "twin", b"z")
        self.owner.save("mine", "copied-from", b"w")
        self.owner.copy("foreign/plans", "was-elsewhere", app="mine")
        for app in ("foreign", "mine"):
            self.owner.save(app, "template", b"t")
            self.owner.template(f"{app}/template")
        shelf = daemon.home.parent / "shelf"
        shelf.mkdir()
        self.owner.folder_add(shelf, "foreign", label="shelf")
        self.foreign = self.owner.show("foreign/plans", parts=False).session
        self.workspace = self.owner.workspace("plans", app="foreign")
        self.live = self.workspace.id
        self.one = guest(daemon, "one").allow("write", "mine")
        self.two = guest(daemon, "two").allow("write", "mine", "yours")

    def close(self) -> None:
        self.workspace.close()
        self.owner.close()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Made once."""
    daemon = Daemon(tmp_path_factory.mktemp("s") / "d", flags=LISTENING).start()
    made = World(daemon)
    yield made
    made.close()
    daemon.stop()


@pytest.fixture(params=["one", "two"])
def limited(world: World, request: pytest.FixtureRequest) -> Iterator[holdfast.Client]:
    """A client whose key is for one application, or for two."""
    visitor: Guest = getattr(world, request.param)
    with visitor.client() as client:
        yield client


def apps_of(client: holdfast.Client) -> set[str]:
    return {*(client.hello().apps or ())}


def test_the_greeting_says_for_which_applications_a_key_is(world: World, limited: holdfast.Client) -> None:
    """The owner's is for all."""
    assert apps_of(limited) in ({"mine"}, {"mine", "yours"})
    assert world.owner.hello().apps is None


LOOKS: dict[str, Callable[[holdfast.Client], list[Any]]] = {
    "list": lambda client: client.list().rows,
    "list by app": lambda client: client.list(sort="app").rows,
    "list by name": lambda client: client.list(text="twin").rows,
    "list by letter": lambda client: client.list(text="n").rows,
    "list of a folder": lambda client: client.list(folder="sessions", sort="name").rows,
    "list of templates": lambda client: client.list(templates=True).rows,
    "search": lambda client: [row.session for row in client.search("w").rows + client.search("twin").rows],
    "search history": lambda client: [row.session for row in client.search("halyard", history=True).rows],
    "operations": lambda client: client.operations().rows,
    "newest operations": lambda client: client.operations(newest=True, limit=3).rows,
    "events": lambda client: [*client.events(0, follow=False)],
    "workspaces": lambda client: client.workspaces().rows,
    "last": lambda client: [client.last().session],
    "unsaved": lambda client: client.status().unsaved_workspaces,
}


@pytest.mark.parametrize("look", LOOKS)
def test_what_is_told_of_everything_is_of_its_applications(look: str, world: World, limited: holdfast.Client) -> None:
    """All of these of the owner's, and nothing of any other."""
    apps = apps_of(limited)
    found = LOOKS[look](limited)
    assert {row.app for row in found} <= apps
    whole = [row for row in LOOKS[look](world.owner) if row.app in apps]
    assert look in ("newest operations", "last", "search", "list by name") or len(found) == len(whole)
    text = repr(found)
    assert "foreign" not in text


def test_choices_and_counts_are_of_its_applications(limited: holdfast.Client) -> None:
    """Tags too, and what status and the folders count; no path of the daemon's machine is told."""
    apps = apps_of(limited)
    page = limited.list(choices=True, count=True)
    assert {*(page.apps or ())} == apps
    assert page.tags == ["open"]
    status = limited.status()
    assert page.count == status.sessions_count == sum(row.sessions_count for row in limited.folder_list().rows)
    assert (status.socket, status.store, status.sessions, status.problems) == ("", "", "", [])
    assert [row.path for row in limited.folder_list().rows] == [b""]


def refusal(do: Callable[[], object]) -> HoldfastError:
    with pytest.raises(HoldfastError) as caught:
        do()
    return caught.value


def ref_fields(kind: type[m.Request]) -> list[str]:
    hints = {each.name: each.type for each in msgspec.structs.fields(kind)}
    return [name for name, hint in hints.items() if hint is Ref or Ref in getattr(hint, "__args__", ())]


OF_SESSIONS = [kind for kind in m.REPLY_TO if ref_fields(kind) and kind not in OF_ALL_APPLICATIONS]
OTHERS: dict[type[m.Request], dict[str, Any]] = {
    m.Rename: {"name": "new"},
    m.Copy: {"name": "new"},
    m.New: {"name": "new"},
    m.Export: {"to": "markdown"},
    m.Tag: {"add": ["x"]},
    m.Restore: {"parts": ["file"]},
}


def of_session(kind: type[m.Request], field: str, ref: Ref, own: Ref) -> m.Request:
    """A request in which only that reference is of another application."""
    values = dict.fromkeys(ref_fields(kind), own) | {field: ref}
    return kind(**OTHERS.get(kind, {}), **values)


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind in OF_SESSIONS for field in ref_fields(kind)],
    ids=lambda each: each if isinstance(each, str) else each.__name__,
)  # fmt: skip
def test_what_names_another_applications_session_is_answered_as_what_never_was(
    kind: type[m.Request], field: str, world: World, limited: holdfast.Client
) -> None:
    """By id, by name with the application, by name alone: the same code and sentence as for nobody's."""
    own = Ref(app="mine", name="copied-from")
    for foreign, nobody in (
        (Ref(id=world.foreign.id), Ref(id="ab" * 16)),
        (Ref(app="foreign", name="plans"), Ref(app="foreign", name="nobody")),
        (Ref(name="plans"), Ref(name="nobody")),
        (Ref(name="plans", folder="sessions"), Ref(name="nobody", folder="sessions")),
    ):
        there = refusal(lambda foreign=foreign: limited.ask(of_session(kind, field, foreign, own)))
        absent = refusal(lambda nobody=nobody: limited.ask(of_session(kind, field, nobody, own)))
        assert type(there) is type(absent) is NotFound
        assert there.sentence.replace(world.foreign.id, "X").replace("plans", "X") == absent.sentence.replace(
            "ab" * 16, "X"
        ).replace("nobody", "X")
    assert world.owner.show("foreign/plans", parts=False).session == world.foreign


@pytest.mark.parametrize(
    "kind", sorted(OF_ALL_APPLICATIONS, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__
)
def test_what_is_about_the_whole_store_is_not_for_it(kind: type[m.Request], limited: holdfast.Client) -> None:
    """Whatever its role."""
    known: dict[str, Any] = {
        "ref": Ref(app="mine", name="twin"),
        "path": b"/",
        "app": "mine",
        "label": "x",
        "descriptor": 0,
    }
    request = kind(**{name: value for name, value in known.items() if name in kind.__struct_fields__})
    assert isinstance(refusal(lambda: limited.ask(request)), NotAllowed)


@pytest.mark.parametrize(
    "ask",
    [
        lambda client, label: client.save("mine", "new", b"1", folder=label),
        lambda client, label: client.workspace("new", app="mine", folder=label),
        lambda client, label: client.settle(label),
    ],
    ids=["save", "workspace", "settle"],
)
def test_another_applications_folder_is_answered_as_what_never_was(
    ask: Callable[[holdfast.Client, str], object], limited: holdfast.Client
) -> None:
    """And it is in no list."""
    there, absent = refusal(lambda: ask(limited, "shelf")), refusal(lambda: ask(limited, "nobody"))
    assert type(there) is type(absent) is NotFound
    assert there.sentence == absent.sentence.replace("nobody", "shelf")
    assert [row.label for row in limited.folder_list().rows] == ["sessions"]


FOREIGN_APP: list[m.Request] = [
    m.Save(app="foreign", name="new", files=[FileSource(frame=0)]),
    m.Import(app="foreign", name="new", files=[FileSource(frame=0)]),
    m.Copy(ref=Ref(app="mine", name="twin"), name="new", app="foreign"),
    m.New(clear=Ref(app="mine", name="twin"), name="new", app="foreign"),
    m.WorkspaceOpen(app="foreign", name="plans"),
    m.List(app="foreign"),
    m.Search(text="x", app="foreign"),
    m.Subscribe(app="foreign"),
    m.WorkspaceList(app="foreign"),
    m.Last(app="foreign"),
]


@pytest.mark.parametrize("request_", FOREIGN_APP, ids=lambda each: type(each).__name__)
def test_another_application_is_not_for_it_whether_it_is_there_or_not(
    request_: m.Request, limited: holdfast.Client
) -> None:
    """The same sentence for one that nobody has."""
    there = refusal(lambda: limited.ask(request_, [b"x"]))
    absent = refusal(lambda: limited.ask(msgspec.structs.replace(request_, app="nobody"), [b"x"]))
    assert type(there) is type(absent) is NotAllowed
    assert there.sentence == absent.sentence


OF_WORKSPACES = [
    kind for kind in m.REPLY_TO if kind.__name__.startswith("Workspace") and "id" in kind.__struct_fields__
]


@pytest.mark.parametrize("kind", OF_WORKSPACES, ids=lambda kind: kind.__name__)
def test_another_applications_workspace_is_answered_as_what_never_was(
    kind: type[m.Request], world: World, limited: holdfast.Client
) -> None:
    """Whatever is asked of it."""
    known = {
        "source": PartSource(part="x", frame=0),
        "files": [FileSource(frame=0)],
        "part": "x",
        "name": "x",
        "keys": [],
    }
    wanted = {name: value for name, value in known.items() if name in kind.__struct_fields__}
    there = refusal(lambda: limited.ask(kind(id=world.live, **wanted), [b"x"]))
    absent = refusal(lambda: limited.ask(kind(id="ab" * 16, **wanted), [b"x"]))
    assert type(there) is type(absent) is NotFound
    assert there.sentence.replace(world.live, "X") == absent.sentence.replace("ab" * 16, "X")


def test_a_name_is_looked_for_among_its_applications(world: World) -> None:
    """Where the key has one, that is meant; where several have the name, these are told, and no other."""
    with world.one.client() as one, world.two.client() as two:
        assert one.cat("twin") == b"y"
        assert one.save("mine", "by-name", b"n").outcome == "saved"
        problem = refusal(lambda: two.cat("twin"))
        assert isinstance(problem, Ambiguous)
        assert problem.details["candidates"] == ["mine/twin", "yours/twin"]
        assert two.cat("by-name") == b"n"


def test_a_chunk_is_named_by_who_has_sent_it(world: World, limited: holdfast.Client) -> None:
    """What the store has of another's content is neither told nor read by its hash; what was sent here may be named."""
    chunk = world.owner.ask(m.Chunks(ref=Ref(app="foreign", name="large"))).payload[0][:32]
    assert limited.ask(m.Missing(), [chunk]).payload[0] == chunk
    assert world.owner.ask(m.Missing(), [chunk]).payload[0] == b""
    stolen = m.Save(app="mine", name="stolen", files=[FileSource(frame=0, chunked=True)])
    within = m.Batch(changes=[m.Change(save=stolen)])
    live = limited.workspace("copied-from", app="mine")
    for each in (
        stolen, within, m.Import(app="mine", name="stolen", files=stolen.files),
        m.WorkspacePut(id=live.id, source=PartSource(part="p", frame=0, chunked=True)),
        m.WorkspaceReplace(id=live.id, files=stolen.files),
        m.Save(app="mine", name="stolen", parts=[PartSource(part="p", frame=0, chunked=True)]),
    ):  # fmt: skip
        problem = refusal(lambda each=each: limited.ask(each, [chunk]))
        unknown = refusal(lambda each=each: limited.ask(each, [hash_of(b"nobody's")]))
        assert type(problem) is type(unknown) is BadField
        assert problem.sentence.replace(chunk.hex()[:12], "") == unknown.sentence.replace(
            hash_of(b"nobody's").hex()[:12], ""
        )
    live.close()
    limited.ask(m.Put(), [b"sent here"])
    limited.ask(stolen, [hash_of(b"sent here")])
    assert limited.cat("mine/stolen") == b"sent here"
    limited.delete("mine/stolen")


def test_large_content_is_sent_whole_and_comes_back(limited: holdfast.Client) -> None:
    """Also where the store has all of it already, from another application."""
    assert limited.save("mine", "large", LARGE).outcome in ("saved", "unchanged")
    assert limited.cat("mine/large") == LARGE
    limited.delete("mine/large")


def test_undo_takes_what_is_of_its_applications(world: World) -> None:
    """The newest of these, never another's; a batch that holds another's is not reversed at all."""
    with world.one.client() as one:
        one.save("mine", "undone", b"1")
        world.owner.save("foreign", "later", b"1")
        newest = world.owner.operations(limit=1, newest=True).rows[-1].number
        assert one.undo().undone.name == "undone"
        there, absent = refusal(lambda: one.undo(newest)), refusal(lambda: one.undo(newest + 1000))
        assert type(there) is type(absent) is NotFound
        assert isinstance(refusal(lambda: one.undo(world.mixed)), NotAllowed)
        assert world.owner.cat("foreign/later") == b"1"
        assert world.owner.cat("mine/both") == b"1"


def test_a_batch_is_judged_by_each_of_its_changes(limited: holdfast.Client, world: World) -> None:
    """One that touches another application does nothing at all; one that names what it made itself is done."""
    saved = m.Change(save=m.Save(app="mine", name="in-batch", files=[FileSource(frame=0)]))
    for other, code in (
        (m.Change(delete=m.Delete(ref=Ref(app="foreign", name="plans"))), NotFound),
        (m.Change(save=m.Save(app="foreign", name="in-batch", files=[FileSource(frame=0)])), NotAllowed),
    ):
        changes = [saved, other]
        assert isinstance(refusal(lambda changes=changes: limited.ask(m.Batch(changes=changes), [b"1"])), code)
    assert isinstance(refusal(lambda: limited.show("mine/in-batch")), NotFound)
    with limited.batch() as batch:
        batch.save("mine", "in-batch", b"1")
        batch.rename("mine/in-batch", "renamed")
    assert limited.cat("mine/renamed") == b"1"
    limited.delete("mine/renamed")


def test_a_subscriber_is_told_of_its_applications(world: World, limited: holdfast.Client) -> None:
    """And is not lost at the numbers that it is not told."""
    number = world.owner.operations(limit=1, newest=True).rows[-1].number
    world.owner.save("foreign", f"event-{number}", b"1")
    world.owner.save("mine", f"event-{number}", b"1")
    told = limited.events(number)
    row = next(told)
    assert (row.app, row.name) == ("mine", f"event-{number}")
    world.owner.tag("foreign/plans", add=[str(number)])
    world.owner.tag(f"mine/event-{number}", add=["x"])
    assert next(told).type == "tagged"


def test_what_was_copied_from_elsewhere_does_not_tell_from_what(world: World, limited: holdfast.Client) -> None:
    """Neither its operation's note, nor the snapshot before its first one, nor that one's id."""
    rows = [row for row in limited.operations(limit=1000).rows if row.name == "was-elsewhere"]
    assert [(row.type, row.note) for row in rows] == [("copied", "")]
    assert isinstance(refusal(lambda: limited.diff("mine/was-elsewhere")), NotFound)
    assert next(limited.events(rows[0].number - 1)).note == ""
    ref = Ref(app="mine", name="was-elsewhere")
    asked = [limited.ask(m.Show(ref=ref, parts=parts)).reply.snapshot for parts in (False, True)]
    first = [*asked, *limited.ask(m.Log(ref=ref)).reply.rows]
    assert [each.parents for each in first] == [[], [], []]
    assert world.owner.log("mine/was-elsewhere").rows[0].parents != []


def test_an_undone_copy_does_not_tell_from_what(world: World, limited: holdfast.Client) -> None:
    """The row that the answer has is as the log has it; a repeat of the request answers the same."""
    copied = world.owner.copy("foreign/plans", "undone-copy", app="mine").operation
    assert copied is not None
    undone = limited.undo(copied).undone
    assert (undone.type, undone.name, undone.note) == ("copied", "undone-copy", "")


@pytest.mark.parametrize("history", [False, True])
def test_a_search_that_finds_something_elsewhere_is_answered_as_one_that_finds_nothing(
    history: bool, world: World, limited: holdfast.Client
) -> None:
    """No page that may follow, no place where it would begin: it would tell that the words stand there."""
    word = f"mizzen{history}{len(apps_of(limited))}"
    world.owner.save("foreign", "searched", f"{word} topgallant".encode())
    world.owner.save("foreign", "searched", b"is no word")
    world.owner.save("foreign", "found", f"{word} topgallant".encode())
    limited.save("mine", word, word.encode())
    for limit in (1, 2):
        found = limited.ask(m.Search(text=f"{word} topgallant", limit=limit, history=history)).reply
        assert (found.rows, found.more, found.next) == ([], False, b"")
    found = limited.ask(m.Search(text=word, limit=2)).reply
    assert ([row.where for row in found.rows], found.more) == (["name", "part"], False)


def test_a_save_that_goes_on_from_anothers_session_is_done_as_one_from_nobodys(
    world: World, limited: holdfast.Client
) -> None:
    """Under a new name and one that is there, alone and in a batch: nothing tells that there is such a session."""

    def outcomes(identity: str, base: str) -> list[str]:
        limited.save("mine", f"{base}-there", b"1")
        saves = [
            m.Save(app="mine", name=f"{base}-{end}", files=[FileSource(frame=0)], session=identity, expect=1)
            for end in ("alone", "there", "batch")
        ]
        alone = [limited.ask(each, [base.encode()]).reply for each in saves[:2]]
        batch = limited.ask(m.Batch(changes=[m.Change(save=saves[2])]), [b"1"]).reply
        return [*(each.outcome for each in alone), batch.effects[0].saved.outcome]

    one = "one" if apps_of(limited) == {"mine"} else "two"
    assert outcomes(world.foreign.id, f"{one}-foreign") == outcomes("ab" * 16, f"{one}-nobodys")


def test_where_a_folder_of_its_applications_lies_is_not_told(world: World) -> None:
    """Neither in the list of folders nor by the operation that adopted it."""
    own = world.daemon.home.parent / "own"
    own.mkdir()
    world.owner.folder_add(own, "yours", label="own")
    with world.two.client() as two:
        rows = [row for row in two.operations(newest=True, limit=100).rows if row.type == "folder-added"]
        assert [(row.folder, row.note) for row in rows] == [("own", "")]
        assert {row.path for row in two.folder_list().rows} == {b""}
    world.owner.folder_remove("own")


def test_a_change_that_was_done_is_answered_again_after_what_it_named_has_moved(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that is repeated under its id gives its first answer, also to a key that must find what it names."""
    with world.two.client() as two:
        two.save("yours", "moves", b"1")
        identity = new_request_id()
        monkeypatch.setattr("holdfast.exchange.new_request_id", lambda: identity)
        first, again = (two.ask(m.Rename(ref=Ref(name="moves"), name="moved")).reply for _ in range(2))
        assert first == again
        monkeypatch.undo()
        two.delete("yours/moved")


def test_a_narrower_key_loses_its_subscription(world: World) -> None:
    """Who listened to everything when the key was limited is told of its applications only, from then on."""
    visitor = guest(world.daemon, "narrowed").allow("read")
    with visitor.client() as client:
        number = world.owner.operations(limit=1, newest=True).rows[-1].number
        told = client.events(number)
        world.owner.save("foreign", "seen", b"1")
        assert next(told).name == "seen"
        visitor.allow("read", "renardo")
        until(lambda: client.hello().apps == ["renardo"])
        world.owner.save("foreign", "not-seen", b"1")
        world.owner.save("renardo", "seen", renardo("p1 >> pluck()"))
        assert next(told).app == "renardo"
