// Every error has one base, a permanent code, and details that a program can use (PROTOCOL.md, "Errors").

/** @typedef {Record<string, string | number | bigint | boolean | null | string[]>} Details */

/** Base of all errors that cross the wire or leave this library; itself what a newer daemon's unknown code becomes. */
export class HoldfastError extends Error {
  static code = 'internal';

  /** @param {string} sentence @param {Details} details @param {string} [code] */
  constructor(sentence, details = {}, code) {
    super(sentence);
    this.name = new.target.name;
    this.details = details;
    this.code = code ?? new.target.code;
  }
}

export class Internal extends HoldfastError { static code = 'internal'; }
export class BadMessage extends HoldfastError { static code = 'bad-message'; }
export class BadField extends HoldfastError { static code = 'bad-field'; }
export class UnknownVerb extends HoldfastError { static code = 'unknown-verb'; }
export class HelloFirst extends HoldfastError { static code = 'hello-first'; }
export class WrongVersion extends HoldfastError { static code = 'wrong-version'; }
export class TooLarge extends HoldfastError { static code = 'too-large'; }
export class BadName extends HoldfastError { static code = 'bad-name'; }
export class Ambiguous extends HoldfastError { static code = 'ambiguous'; }
export class NotFound extends HoldfastError { static code = 'not-found'; }
export class Exists extends HoldfastError { static code = 'exists'; }
export class CannotUndo extends HoldfastError { static code = 'cannot-undo'; }
export class NotAllowed extends HoldfastError { static code = 'not-allowed'; }
export class Unreachable extends HoldfastError { static code = 'unreachable'; }
export class StoreLocked extends HoldfastError { static code = 'store-locked'; }
export class ShuttingDown extends HoldfastError { static code = 'shutting-down'; }
export class Busy extends HoldfastError { static code = 'busy'; }
export class TooLate extends HoldfastError { static code = 'too-late'; }
export class TooOld extends HoldfastError { static code = 'too-old'; }
export class Cancelled extends HoldfastError { static code = 'cancelled'; }
export class Damaged extends HoldfastError { static code = 'damaged'; }
export class Unrecognised extends HoldfastError { static code = 'unrecognised'; }
export class CannotHold extends HoldfastError { static code = 'cannot-hold'; }
export class StoreNewer extends HoldfastError { static code = 'store-newer'; }
export class NoSpace extends HoldfastError { static code = 'no-space'; }
export class Unreadable extends HoldfastError { static code = 'unreadable'; }

/** By code. @type {Record<string, typeof HoldfastError>} */
export const ERRORS = Object.fromEntries([
  Internal, BadMessage, BadField, UnknownVerb, HelloFirst, WrongVersion, TooLarge, BadName, Ambiguous, NotFound,
  Exists, CannotUndo, NotAllowed, Unreachable, StoreLocked, ShuttingDown, Busy, TooLate, TooOld, Cancelled, Damaged,
  Unrecognised, CannotHold, StoreNewer, NoSpace, Unreadable,
].map((kind) => [kind.code, kind]));

/** The error that a coded answer stands for. @param {import('./messages.js').Failure} failure */
export function errorFor({ code, sentence, details }) {
  const kind = Object.hasOwn(ERRORS, code) ? ERRORS[code] : undefined;
  return kind ? new kind(sentence, details) : new HoldfastError(`${sentence} (${code})`, details, code);
}
