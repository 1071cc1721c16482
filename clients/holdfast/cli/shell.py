"""From words to a verb, and from what became of it to an exit code. The one place that catches everything."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from typing import NoReturn

from holdfast.cli.output import Output, Stream, columns, say
from holdfast.cli.verbs import VERBS, Context, Verb
from holdfast.cli.words import path_text
from holdfast_protocol.errors import HoldfastError

_INTERRUPTED = 130
_USAGE = 2
#: Global flags that take a value: the verb is the first word that is neither a flag nor such a value.
_WITH_VALUE = ("--socket", "--timeout")
_TIMEOUT_SECONDS = 30.0


def run(argv: list[str]) -> int:
    """The exit code of ``holdfast ARGV…`` (CLI.md, "Exit codes")."""
    try:
        arguments, verb = parse(argv)
    except SystemExit as problem:  # argparse has said why
        return int(problem.code or 0)
    output = Output(as_json=arguments.json, quiet=arguments.quiet, verbose=arguments.verbose)
    context = Context(arguments.socket, arguments.timeout, start=not arguments.no_start, output=output)
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
    place = _place_of_verb(argv)
    if place is None:
        _without_verb(argv)
    word = argv[place]
    if word not in VERBS:
        _refuse(f"no verb {word!r}; holdfast --help lists them")
    verb: Verb = import_module(f"holdfast.cli.{VERBS[word]}")
    parser = _Parser(f"holdfast {word}", description=verb.HELP, allow_abbrev=False, formatter_class=_Help)
    verb.add_arguments(parser)
    _add_global_flags(parser)
    return parser.parse_intermixed_args(argv[:place] + argv[place + 1 :]), verb


def _place_of_verb(argv: list[str]) -> int | None:
    is_value = False
    for place, word in enumerate(argv):
        if not is_value and not word.startswith("-"):
            return place
        is_value = not is_value and word in _WITH_VALUE
    return None


def _add_global_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("everywhere")
    group.add_argument("--json", action="store_true", help="JSON on standard output")
    group.add_argument("--socket", metavar="PATH", help="the daemon's socket")
    group.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, default=_TIMEOUT_SECONDS, help="longest wait for an answer (30)"
    )
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


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError("a number of seconds above 0, a day at most")
    return seconds


def _without_verb(argv: list[str]) -> NoReturn:
    parser = _Parser("holdfast", allow_abbrev=False, formatter_class=argparse.RawTextHelpFormatter)
    width = max(len(word) for word in VERBS)
    wants_help = any(word in ("-h", "--help") for word in argv)
    if wants_help:
        lines = (f"  {word:<{width}}  {import_module(f'holdfast.cli.{module}').HELP}" for word, module in VERBS.items())
        parser.epilog = "verbs (holdfast VERB --help says more):\n" + "\n".join(lines)
    parser.add_argument("verb", metavar="VERB")
    _add_global_flags(parser)
    parser.parse_args(argv)
    _refuse("a verb is expected; holdfast --help lists them")


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
