"""What people may set, in one TOML file. Every option is a field of a dataclass, with its unit in its name.

    [autosave]
    quiet_seconds = 2.0

    [app.aiderdesk.autosave]        # for one application; what is not said here is as above
    ceiling_seconds = 10.0

    [retention]
    budget_bytes = 2_000_000_000
    autosaves.last = 20

No file is a file without options. One that cannot be understood is refused at the start, with the option's name: a
daemon that goes on with other settings than were written would be worse than none.
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec

from holdfast_daemon.access import Access
from holdfast_daemon.autosave import Pace
from holdfast_daemon.logs import Log
from holdfast_daemon.retention import Rules
from holdfast_protocol.errors import BadField, Unreadable

APP = "app"

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True)
class PerApplication(Generic[Section]):
    """One for all, and others for some."""

    common: Section
    apps: Mapping[str, Section] = field(default_factory=dict)

    def of(self, app: str | None) -> Section:
        """That of an application."""
        return self.apps.get(app or "", self.common)


@dataclass(frozen=True, slots=True)
class Listening:
    """``listen``: also at this address, ``tcp://HOST:PORT``; None: on no network."""

    listen: str | None = None


@dataclass(frozen=True, slots=True)
class Configuration:
    """All of it."""

    autosave: PerApplication[Pace] = PerApplication(Pace())
    retention: PerApplication[Rules] = PerApplication(Rules())
    log: Log = field(default_factory=Log)
    network: Listening = field(default_factory=Listening)
    access: Access = field(default_factory=Access)


#: Words for the types of TOML.
TYPES = {
    "int": "a whole number", "float": "a number", "str": "text", "bool": "true or false", "object": "a table",
    "array": "a list",
}  # fmt: skip
SECTIONS: dict[str, type[Any]] = {"autosave": Pace, "retention": Rules}
#: Sections that no application has one of its own of.
COMMON: dict[str, type[Any]] = {"log": Log, "network": Listening, "access": Access}


def read(path: str) -> Configuration:
    """Of the file at ``path``. Raises BadField, Unreadable."""
    try:
        with open(path, "rb") as source:
            text = source.read().decode("utf-8-sig")  # some editors begin a file with a mark
    except FileNotFoundError:
        return Configuration()
    except (OSError, UnicodeDecodeError) as problem:
        raise Unreadable(f"The configuration {path} cannot be read: {problem}", path=path) from problem
    try:
        return parse(text)
    except BadField as problem:
        raise BadField(f"The configuration {path}: {problem.sentence}", **problem.details) from problem


def parse(text: str) -> Configuration:
    """Raises BadField."""
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise BadField(f"it is not TOML: {problem}", field="") from problem
    except RecursionError as problem:
        raise BadField("its tables or lists lie too deep in each other", field="") from problem
    _check_names("", whole, [*SECTIONS, *COMMON, APP])
    apps = _table(APP, whole.get(APP, {}))
    for app, options in apps.items():
        _check_names(f"{APP}.{app}.", _table(f"{APP}.{app}", options), SECTIONS)
    found: dict[str, Any] = {name: _section(name, whole, apps) for name in SECTIONS}
    found |= {name: _converted(name, whole.get(name, {}), kind) for name, kind in COMMON.items()}
    return Configuration(**found)


def shown(configuration: Configuration) -> str:
    """All that is in force, as a file that says it: of all applications, and of each what differs from that."""
    tables: list[str] = []
    for name in SECTIONS:
        section = getattr(configuration, name)
        common = _flat(section.common)
        tables.append(_written(name, common))
        for app, own in sorted(section.apps.items()):
            differing = {option: value for option, value in _flat(own).items() if common.get(option) != value}
            tables.append(_written(f"{APP}.{json.dumps(app)}.{name}", differing))
    tables += [_written(name, _flat(getattr(configuration, name))) for name in COMMON]
    return "\n".join(table for table in tables if table)


def _flat(section: Any, place: str = "") -> dict[str, Any]:
    """The options of a section by their dotted names."""
    found: dict[str, Any] = {}
    for option in fields(section):
        value = getattr(section, option.name)
        found |= _flat(value, f"{place}{option.name}.") if is_dataclass(value) else {f"{place}{option.name}": value}
    return found


def _written(name: str, options: Mapping[str, Any]) -> str:
    lines = [
        f"# {option}: none" if value is None else f"{option} = {json.dumps(value)}" for option, value in options.items()
    ]
    return "\n".join([f"[{name}]", *lines, ""]) if lines else ""


def _section(name: str, whole: dict[str, Any], apps: dict[str, Any]) -> PerApplication[Any]:
    common = whole.get(name, {})
    of_apps = {app: (f"{APP}.{app}.{name}", options[name]) for app, options in apps.items() if name in options}
    return PerApplication(
        _converted(name, common, SECTIONS[name]),
        {
            app: _converted(place, _over(common, _table(place, options)), SECTIONS[name])
            for app, (place, options) in of_apps.items()
        },
    )


def _over(common: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """``own``, with what only ``common`` says."""
    both = {key: _over(common[key], own[key]) for key in own if isinstance(own[key], dict) and key in common}
    return common | own | both


def _converted(place: str, table: object, kind: type[Any]) -> Any:
    _check_fields(f"{place}.", _table(place, table), kind)
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as problem:
        said, _, where = str(problem).partition(" - at `$.")
        name = f"{place}.{where.rstrip('`')}" if where else place
        raise BadField(f"{name}: {_in_words(said, name, kind)}", field=name) from problem


def _in_words(said: str, name: str, kind: type[Any]) -> str:
    """What msgspec says, for people who write TOML: ``Expected `int | null`, got `str```."""
    found = re.fullmatch(r"Expected `(\w+)(?: \| null)?`(?:, got `(\w+)`| (.*))", said)
    if found is None:
        values = getattr(get_type_hints(kind).get(name.rpartition(".")[2]), "__args__", ())
        return f"one of {', '.join(map(str, values))} is expected" if values else f"{said[:1].lower()}{said[1:]}"
    expected, got, bound = found.groups()
    unit = next((f" of {unit}" for unit in ("seconds", "bytes") if name.endswith(f"_{unit}")), "")
    wanted = f"{TYPES.get(expected, expected)}{unit if expected in ('int', 'float') else ''} is expected"
    if bound:
        return f"{wanted}, {bound}"
    fraction = expected == "int" and got == "float"
    return f"{wanted}, not {TYPES.get(got, f'a {got}')}{' with a point or an exponent' if fraction else ''}"


def _check_fields(place: str, table: dict[str, Any], kind: type[Any]) -> None:
    """Raises BadField for what is none of its fields."""
    _check_names(place, table, [each.name for each in fields(kind)])
    for name, hint in get_type_hints(kind).items():
        inner = next((each for each in (hint, *getattr(hint, "__args__", ())) if is_dataclass(each)), None)
        if isinstance(inner, type) and isinstance(table.get(name), dict):
            _check_fields(f"{place}{name}.", table[name], inner)


def _check_names(place: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    for name in table:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            hint = f"; is it {place}{near[0]}?" if near else f"; there is {', '.join(known)}"
            raise BadField(f"there is no option {place}{name}{hint}", field=f"{place}{name}")


def _table(place: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadField(f"{place}: a table is expected", field=place)
    return value
