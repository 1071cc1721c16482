"""Every error has one base, a permanent code, and names the thing that was wrong.

A code never changes its meaning and is never used again. The exit code is what the command line
returns for it (CLI.md); the table at the end is complete, and a test holds it so.
"""

from __future__ import annotations

from typing import ClassVar

Detail = str | int | bool | None | list[str]


class HoldfastError(Exception):
    """Base of all errors that cross the wire or leave the client library.

    ``details`` holds what a program can use: names, numbers, lists of names.
    """

    code: ClassVar[str] = "internal"
    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str, /, **details: Detail) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details


class Internal(HoldfastError):
    """The daemon met something it did not expect; it lives on and the log has the trace."""


class BadMessage(HoldfastError):
    """Not a message of this protocol: wrong encoding, shape, depth or size of its header."""

    code = "bad-message"
    exit_code = 2


class BadField(HoldfastError):
    """A field is missing, of the wrong type or out of its range; ``details`` names it where known."""

    code = "bad-field"
    exit_code = 2


class UnknownVerb(HoldfastError):
    """The daemon has no such verb."""

    code = "unknown-verb"
    exit_code = 2


class HelloFirst(HoldfastError):
    """A request came before ``hello``; say hello again and repeat the request."""

    code = "hello-first"
    exit_code = 2


class WrongVersion(HoldfastError):
    """Client and daemon have no protocol version in common."""

    code = "wrong-version"


class TooLarge(HoldfastError):
    """A message, a document or a number of things is over its limit, which ``details`` gives."""

    code = "too-large"
    exit_code = 2


class BadName(HoldfastError):
    """A session's or an application's name that is not allowed; the sentence says why."""

    code = "bad-name"
    exit_code = 2


class Ambiguous(HoldfastError):
    """A name that fits several things; ``candidates`` lists what to say instead."""

    code = "ambiguous"
    exit_code = 2


class NotFound(HoldfastError):
    """No such session, snapshot, part, operation or folder."""

    code = "not-found"
    exit_code = 3


class Exists(HoldfastError):
    """The name is taken, or the session is at another revision than was expected; nothing was changed."""

    code = "exists"
    exit_code = 4


class CannotUndo(HoldfastError):
    """A later change stands on this operation, or it cannot be undone; the sentence says what to do."""

    code = "cannot-undo"
    exit_code = 4


class NotAllowed(HoldfastError):
    """The caller may not do this."""

    code = "not-allowed"
    exit_code = 5


class Unreachable(HoldfastError):
    """No daemon answers at the socket: it is not running, or not there yet."""

    code = "unreachable"
    exit_code = 6


class StoreLocked(HoldfastError):
    """Another process owns this store or this socket; ``pid`` names it."""

    code = "store-locked"
    exit_code = 6


class ShuttingDown(HoldfastError):
    """The daemon is stopping and takes no new requests; nothing was changed."""

    code = "shutting-down"
    exit_code = 6


class Busy(HoldfastError):
    """The daemon, or this client, has more under way than it may; nothing was changed. Try again after ``retry_ms``."""

    code = "busy"
    exit_code = 7


class TooLate(HoldfastError):
    """The deadline passed. From the daemon: nothing was done. From the client: no answer came in time,
    and whether the request was carried out is unknown until it is repeated with the same request id."""

    code = "too-late"
    exit_code = 7


class TooOld(HoldfastError):
    """A change whose id was made more than seven days ago, or tells a time more than an hour ahead: whether it was done
    is known no longer. This try did nothing; ask under a new id."""

    code = "too-old"
    exit_code = 7


class Cancelled(HoldfastError):
    """Its asker called the request off before it was done: nothing was changed."""

    code = "cancelled"
    exit_code = 130


class Damaged(HoldfastError):
    """Content that is not what it should be: a chunk's hash, a document that its format cannot read."""

    code = "damaged"
    exit_code = 8


class Unrecognised(HoldfastError):
    """No application is certain that this is a document of its own; nothing was changed."""

    code = "unrecognised"


class CannotHold(HoldfastError):
    """The application's format cannot hold these parts; ``problems`` has a sentence for each."""

    code = "cannot-hold"
    exit_code = 8


class StoreNewer(HoldfastError):
    """The store was written by a newer holdfast; this one leaves it alone."""

    code = "store-newer"


class NoSpace(HoldfastError):
    """The disk is full (or a quota is reached); nothing was changed."""

    code = "no-space"


class Unreadable(HoldfastError):
    """A file or folder that the system does not let us read or write; ``path`` names it."""

    code = "unreadable"


ERRORS: dict[str, type[HoldfastError]] = {
    kind.code: kind
    for kind in (
        Internal, BadMessage, BadField, UnknownVerb, HelloFirst, WrongVersion, TooLarge, BadName, Ambiguous,
        NotFound, Exists, CannotUndo, NotAllowed, Unreachable, StoreLocked, ShuttingDown, Busy, TooLate, TooOld,
        Cancelled, Damaged, Unrecognised, CannotHold, StoreNewer, NoSpace, Unreadable,
    )
}  # fmt: skip


def error_for(code: str, sentence: str, details: dict[str, Detail]) -> HoldfastError:
    """The error that a coded answer stands for; a code of a newer daemon becomes the base class."""
    kind = ERRORS.get(code)
    if kind is None:
        return HoldfastError(f"{sentence} ({code})", **details)
    return kind(sentence, **details)
