"""From words to a verb, and from what became of it to an exit code. The one place that catches everything."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import NoReturn

from holdfast.cli.counts import seconds
from holdfast.cli.output import Output, Stream, columns, say
from holdfast.cli.verbs import VERBS, Context, Verb
from holdfast.cli.words import path_text
from holdfast_protocol.errors import HoldfastError

_INTERRUPTED = 130
_USAGE = 2
#: Global flags that take a value: the verb is the first word that is neither a flag nor such a value.
_WITH_VALUE = ("--socket", "--key", "--server-key", "--timeout", "--store")


def run(argv: list[str]) -> int:
    """The exit code of ``holdfast ARGV…`` (CLI.md, "Exit codes")."""
    try:
        arguments, verb = parse(argv)
    except SystemExit as problem:  # argparse has said why
        return int(problem.code or 0)
    output = Output(as_json=arguments.json, quiet=arguments.quiet, verbose=arguments.verbose)
    context = Context(
        arguments.socket, arguments.timeout, start=not arguments.no_start, output=output,
        direct=arguments.direct, store=arguments.store, key=arguments.key, server_key=arguments.server_key,
    )  # fmt: skip
    try:
        try:
            return verb.run(context, arguments)
        finally:
            context.close()
            output.flush()
    except HoldfastError as problem:
        output.error(problem)
        return problem.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return _without_reader()
    except OSError as problem:
        output.say(f"holdfast: {_sentence(problem)}")
        return 1


def parse(argv: list[str]) -> tuple[argparse.Namespace, Verb]:
    """The arguments and the module of the verb. Raises SystemExit as argparse does."""
    places = _places_of_verb(argv)
    words = " ".join(argv[place] for place in places)
    if words not in VERBS:
        _without_verb(argv, words)
    verb: Verb = import_module(f"holdfast.cli.{VERBS[words]}")
    parser = _Parser(f"holdfast {words}", description=verb.HELP, allow_abbrev=False, formatter_class=_Help)
    verb.add_arguments(parser)
    _add_global_flags(parser)
    arguments = parser.parse_intermixed_args([word for place, word in enumerate(argv) if place not in places])
    if arguments.store is not None and not arguments.direct:
        parser.error("--store is only for --direct: a daemon knows its own")
    return arguments, verb


def _places_of_verb(argv: list[str]) -> list[int]:
    """Where its one word stands, or its two (``folder add``), or as many of them as are there."""
    places: list[int] = []
    is_value = False
    for place, word in enumerate(argv):
        if not is_value and not word.startswith("-"):
            places.append(place)
            if len(places) == 2 or not _family(word):
                break
        is_value = not is_value and word in _WITH_VALUE
    return places


def _family(word: str) -> list[str]:
    """The verbs of two words that begin with this one."""
    return [verb for verb in VERBS if verb.startswith(f"{word} ")]


def _add_global_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("everywhere")
    group.add_argument("--json", action="store_true", help="JSON on standard output")
    group.add_argument("--socket", metavar="PATH", help="the daemon's socket, or tcp://HOST:PORT")
    group.add_argument("--key", metavar="FILE", help="whose key to show over the network (that of key generate)")
    group.add_argument("--server-key", metavar="KEY", help="the key that the daemon there must have")
    group.add_argument(
        "--timeout", metavar="SECONDS", type=seconds, help="longest wait for an answer (30; for a scan 600)"
    )
    group.add_argument("--direct", action="store_true", help="ask no daemon: only read the store, or a backup of one")
    group.add_argument("--store", metavar="DIR", help="where that is, with --direct")
    group.add_argument("--no-start", action="store_true", help="do not start a daemon where none runs")
    group.add_argument("-q", "--quiet", action="store_true", help="no messages about what went well")
    group.add_argument("-v", "--verbose", action="store_true", help="more about what went wrong")
    group.add_argument("--version", action=_Version)


class _Help(argparse.HelpFormatter):
    """As wide as the terminal. argparse would ask shutil, at every start, and that loads three compressors."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns() - 2)


class _Parser(argparse.ArgumentParser):
    """Says what argparse says, with nothing in it that a terminal would obey: its errors repeat what was typed."""

    def _print_message(self, message: str, file: Stream | None = None) -> None:
        if message:
            say(message.removesuffix("\n"), file)


class _Version(argparse.Action):
    """Reads the version only when it is asked for."""

    def __init__(self, option_strings: list[str], dest: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help="the version of this client")

    def __call__(self, *_: object) -> NoReturn:
        from importlib.metadata import version

        say(f"holdfast {version('holdfast')}", sys.stdout)
        raise SystemExit(0)


def _without_verb(argv: list[str], words: str) -> NoReturn:
    """``words`` are no verb: none, the first of two, or others. Help is given, else it is said."""
    family = _family(words)
    if words and not family:
        _refuse(f"no verb {words!r}; holdfast --help lists them")
    program = f"holdfast {words}".rstrip()
    parser = _Parser(program, allow_abbrev=False, formatter_class=argparse.RawTextHelpFormatter)
    if any(word in ("-h", "--help") for word in argv):
        verbs = family or [*VERBS]
        width = max(map(len, verbs))
        lines = (f"  {verb:<{width}}  {import_module(f'holdfast.cli.{VERBS[verb]}').HELP}" for verb in verbs)
        parser.epilog = "verbs (holdfast VERB --help says more):\n" + "\n".join(lines)
    parser.add_argument("verb", metavar="VERB")
    _add_global_flags(parser)
    parser.parse_args(argv)
    _refuse(f"a verb is expected{f' behind {words!r}' if words else ''}; {program} --help lists them")


def _refuse(sentence: str) -> NoReturn:
    say(f"holdfast: {sentence}")
    raise SystemExit(_USAGE)


def _sentence(problem: OSError) -> str:
    """What the system says, and of what, where it names a file."""
    said = problem.strerror or str(problem)
    if problem.filename is None:
        return said
    return f"{path_text(os.fsencode(problem.filename))}: {said}"


def _without_reader() -> int:
    """Whoever read our output has gone. Nothing more may be written, not even when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
