"""``import PATH…``: documents are recognised by their content and taken in as new sessions, and so are bundles."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from holdfast.cli.contents import Contents
from holdfast.cli.output import plain, share
from holdfast.cli.words import shell_word, size, title
from holdfast_protocol.errors import Damaged, HoldfastError
from holdfast_protocol.model import Row

if TYPE_CHECKING:
    from types import FrameType

    from holdfast.cli.output import Output
    from holdfast.cli.verbs import Context
    from holdfast.intake import Intake
    from holdfast.taking import Imported
    from holdfast_protocol.messages import Saved

HELP = "recognise documents and take them in as new sessions"
_INTERRUPTED = 130
_DIGITS = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow the verb."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="a file, a bundle, or a folder; - for stdin")
    parser.add_argument("--app", metavar="A", help="the application, instead of recognising it; a folder is then one")
    parser.add_argument("--resources", metavar="DIR", help="write the files that a bundle brought into this directory")
    parser.add_argument("--name", metavar="N", help="the session's name, instead of the file's without its suffix")
    parser.epilog = (
        "A folder is one document where an application says so; otherwise each file in and below it that one "
        "recognises is taken in, and the rest is left alone (-v lists it). Links, other file systems, .git, "
        "node_modules and the like are not entered. What a session of the application has already, now or in its "
        "history, is not taken in again; what was deleted is. A name that another session has gets that of the folder "
        "before it, and then a number behind it; one that is said with --name is refused then. What is damaged, or "
        "recognised by no application, is taken in only with --app."
    )


def run(context: Context, arguments: argparse.Namespace) -> int:
    """All are tried. 8 where something is damaged, otherwise the code of the first that failed."""
    from holdfast.intake import Intake

    output = context.output
    with Contents(output) as contents, output.telling() as tell:
        intake = Intake(
            context.client.verbs, arguments.paths, app=arguments.app, name=arguments.name,
            resources=arguments.resources, published=True, once=contents.part,
            checked=lambda done_bytes, size_bytes: tell(f"checking a bundle: {share(done_bytes, size_bytes)}"),
        )  # fmt: skip
        report = _Report(output, intake)
        is_done = False
        try:
            _take_in(context, intake, report, tell)
            is_done = True
        finally:
            if report.is_of_several or len(arguments.paths) > 1 or (is_done and not report.is_begun):
                report.sum_up()
    return _INTERRUPTED if report.interrupted else report.code


def _take_in(context: Context, intake: Intake, report: _Report, tell: Callable[[str], None]) -> None:
    with _between(report):
        while not report.interrupted and (came := context.client.run(intake.next())):
            for each in came:
                report.tell(each)
            tell(report.progress())


@contextmanager
def _between(report: _Report) -> Iterator[None]:
    """Ctrl-C ends it when what is under way is done; a second one at once."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        report.interrupted = True
        if sys.stderr is not None and sys.stderr.isatty():  # a stream may be in the middle of a write
            os.write(2, b"\r\nholdfast: stopping when what is under way is done; Ctrl-C again stops at once\r\n")

    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:  # whoever started us wants it otherwise
        yield
        return
    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _relink(session: str, folders: Sequence[str]) -> str:
    """The command that finds the session's files in these folders."""
    searched = "".join(f" --search {shell_word(os.fsencode(folder))}" for folder in folders)
    return f"holdfast relink {shell_word(os.fsencode(session))}{searched}"


class _Report:
    """What became of all of it so far."""

    def __init__(self, output: Output, intake: Intake) -> None:
        self._output = output
        self._intake = intake
        self._counts: Counter[str] = Counter()
        self.interrupted = False
        self.is_of_several = False
        self.code = 0

    def tell(self, each: Imported) -> None:
        """One is done."""
        self._counts[each.outcome] += 1
        self.is_of_several |= not each.named
        failed = each.problem is not None and (each.named or each.outcome != "unrecognised")
        if failed and self.code != Damaged.exit_code:
            assert each.problem is not None
            is_damage = each.outcome == "damaged"
            self.code = Damaged.exit_code if is_damage else self.code or each.problem.exit_code
        for path in each.left_out:
            self._say(f"{path} is a link or no file; it is left out")
        if self._output.as_json:
            self._row(each)
        if each.saved is not None:
            self._good(each, each.saved)
        if failed and each.problem is not None:
            self._bad(each, each.problem)
        elif each.problem is not None and self._output.verbose:
            self._say(f"{each.path}: not recognised")

    @property
    def is_begun(self) -> bool:
        """Whether there was anything to tell of."""
        return bool(self._counts)

    def progress(self) -> str:
        """For a line that is written over."""
        intake = self._intake
        done = size(intake.done_bytes, to_terminal=True)
        return f"{intake.done_count} of {intake.found_count} documents so far, {done}; {self._sentence()}"

    def sum_up(self) -> None:
        """The last word."""
        from holdfast.taking import WORDS

        if self._output.as_json:
            counts = {word: self._counts[word] for word in WORDS}
            self._output.row(Row(), counts=counts, interrupted=self.interrupted)
        if not self._output.quiet:
            end = "; stopped by Ctrl-C: the same import again takes in the rest" if self.interrupted else ""
            self._say(f"{self._sentence()}{end}")

    def _sentence(self) -> str:
        from holdfast.taking import WORDS

        seen = [word for word in WORDS if self._counts[word] or word == "taken"]
        return ", ".join(f"{self._counts[word]} {WORDS[word]}" for word in seen)

    def _say(self, sentence: str) -> None:
        """On a line of its own, whatever the names in it hold."""
        self._output.say(f"holdfast: {plain(sentence)}")

    def _row(self, each: Imported) -> None:
        told: dict[str, object] = {"path": each.path, "outcome": each.outcome}
        if each.problem is not None:
            told |= {"code": each.problem.code, "sentence": each.problem.sentence}
        self._output.row(each.saved or Row(), **told)

    def _good(self, each: Imported, saved: Saved) -> None:
        session = title(saved.session)
        is_told = each.outcome == "taken" or each.named or self._output.verbose
        for warning in saved.warnings if is_told else ():
            self._say(f"{each.path}: {warning}" if self.is_of_several else f"holdfast: {warning}")
        snapshot = saved.snapshot[:_DIGITS]
        if each.outcome == "taken":
            self._output.done(f"taken {session}  snapshot {snapshot}  from {each.path}")
        elif is_told:
            self._output.done(f"known {session}  snapshot {snapshot}  as {each.path}; nothing was added")
        if each.left_behind:
            self._say(
                f"{each.path}: it points to files relative to where it lay, and does not find them now: "
                f"{_relink(session, each.left_behind)}"
            )
        for path in each.brought:
            self._output.done(f"brought {path}")
        if each.brought:
            folder = os.path.dirname(each.brought[0])
            self._say(f"to point {session} to them: {_relink(session, [folder])}")
        if each.resources_count and not each.brought and each.problem is None:
            self._say(
                f"{each.path} has {each.resources_count} resources of it: --resources DIR writes them there"
            )

    def _bad(self, each: Imported, problem: HoldfastError) -> None:
        said = problem.sentence if each.path in problem.sentence else f"{plain(each.path)}: {problem.sentence}"
        if problem.code == "exists" and each.saved is None:
            said += "; say another name with --name"
        if each.outcome == "unrecognised":
            said += "; --app plain takes it in as it is"
        self._output.error(type(problem)(said, **problem.details))
