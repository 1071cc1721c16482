// The client: what applications want of every day, each by the verb's name; `ask` has all verbs of the wire, typed.

import { setMaxListeners } from 'node:events';
import { Bases } from './bases.js';
import { Caller } from './caller.js';
import { bytesOf, joined, pack, verified, windows } from './content.js';
import { GREETING } from './conversation.js';
import { BadField, Damaged } from './errors.js';
import { events } from './events.js';
import { reference } from './references.js';
import { Workspace } from './workspace.js';

/** @typedef {import('./messages.js').Verb} Verb */
/** @typedef {import('./messages.js').Requests} Requests */
/** @typedef {import('./messages.js').Ref} Ref */
/** @typedef {import('./messages.js').FileRow} FileRow */
/** @typedef {import('./content.js').Content} Content */
/** `parts` (key or name to content) are put into the head, in the place of a document; other fields as in PROTOCOL.md.
 * @typedef {Partial<Omit<Requests['save'], 'files' | 'parts'>> & { parts?: Record<string, Content> }} SaveOptions */
/** @typedef {{ parts?: string[], kinds?: string[] }} Choice */
/** `signal`: what ends the calls of this client.
 * @typedef {{ timeoutMs?: number, signal?: AbortSignal | undefined }} How */

/** A save's deadline grows by its content at a slow disk's speed. */
const SLOW_BYTES_PER_MS = 20_000;
const UPLOADS = 3;

export class Client {
  #shared;

  /** Every method throws a HoldfastError, at the latest `timeoutMs` after the call: Unreachable (nobody listens),
   * TooLate (no answer), what any request may be answered (PROTOCOL.md, "Which answers what"), and what it says itself.
   * A daemon that restarts in the middle, or is too busy, is waited for, and the request repeated under its id.
   * @param {string} path of the socket @param {How} [how] */
  constructor(path, { timeoutMs = 10_000, signal } = {}, shared = new Shared(path)) {
    this.path = path;
    this.timeoutMs = timeoutMs;
    this.signal = signal;
    if (signal) setMaxListeners(0, signal); // one for each call
    this.#shared = shared;
  }

  /** The same client, on the same connection, with another timeout, or whose calls end with the signal: they throw its
   * reason, and the daemon is told that nobody waits for them; whether a change was made by then is not known.
   * @param {How} how */
  with({ timeoutMs = this.timeoutMs, signal = this.signal }) {
    return new Client(this.path, { timeoutMs, signal }, this.#shared);
  }

  /** Hang up; without it the process goes on. Requests under way end with Unreachable, events just end. */
  close() {
    this.#shared.closed.abort();
    this.#shared.caller.close();
  }

  /** The answer to any verb, with its payload frames. @template {Verb} V @param {V} verb @param {Requests[V]} body
   * @param {Uint8Array[]} [payload] @param {number} [timeoutMs]
   * @returns {Promise<{ reply: import('./messages.js').Replies[V], payload: Uint8Array[] }>} */
  ask(verb, body, payload = [], timeoutMs = this.timeoutMs) {
    return this.#shared.caller.call(verb, body, payload, timeoutMs, this.signal);
  }

  /** `comeBack` is called whenever the connection has ended; gives what ends that. @param {() => void} comeBack */
  whenLost(comeBack) {
    this.#shared.caller.lost.add(comeBack);
    return () => void this.#shared.caller.lost.delete(comeBack);
  }

  /** The daemon's version, epoch, limits, and who it takes us for. Throws WrongVersion. */
  async hello() {
    return (await this.ask('hello', GREETING)).reply;
  }

  /** The daemon's loop runs. */
  async ping() {
    await this.ask('ping', {});
  }

  /** Every session that fits the filters, page by page. Throws BadField.
   * @param {Requests['list']} [filters] `limit`: rows of a page
   * @returns {AsyncGenerator<import('./messages.js').SessionRow>} */
  async *list(filters = {}) {
    for (let page = filters; ;) {
      const { rows, more, next } = (await this.ask('list', page)).reply;
      yield* rows;
      if (!more) return;
      page = { ...filters, offset: 0, after: next };
    }
  }

  /** One session and, with `parts`, what its format sees. Throws NotFound, Ambiguous. @param {Ref | string} ref */
  async show(ref, { parts = true } = {}) {
    const shown = (await this.ask('show', { ref: reference(ref), parts, start: 0 })).reply;
    for (let page = shown; page.more && page.snapshot; shown.parts.push(...page.parts)) {
      const here = { id: shown.session.id, snapshot: page.snapshot.snapshot };
      page = (await this.ask('show', { ref: here, start: shown.parts.length })).reply;
    }
    shown.more = false;
    return shown;
  }

  /** A document (its one file, or relative path to file) becomes the session's new head. It continues what this client
   * last loaded or saved under this name, unless `expect`, `session` or `new` are given. Look at `outcome`: saved,
   * unchanged, merged, forked or suspect. Throws Exists (with `new`), NotFound (no such folder or revision), NotAllowed
   * (a template), Ambiguous, BadName, BadField, CannotHold, Damaged, TooLarge, NoSpace.
   * @param {string} app @param {string} name
   * @param {Content | Map<string, Content> | null} document null: `parts` only @param {SaveOptions} [options] */
  async save(app, name, document, { parts = {}, ...options } = {}) {
    const given = options.new || options.session !== undefined || options.expect !== undefined;
    const base = given ? null : this.#shared.bases.of(app, options.folder ?? null, name);
    /** @type {[string, Content][]} */
    const files = document === null ? [] : document instanceof Map ? [...document] : [['', document]];
    const named = Object.entries(parts);
    const contents = [...files, ...named].map(([, content]) => bytesOf(content));
    const { reply } = await this.send(contents, (places) => ['save', {
      app, name, ...base, ...options,
      files: files.map(([path], n) => ({ path: bytesOf(path), ...place(places, n) })),
      parts: named.map(([part], n) => ({ part, ...place(places, files.length + n) })),
    }]);
    this.#shared.bases.saved(reply, name);
    return reply;
  }

  /** A document, file by file, so that its size costs no memory. Throws as `load`. @param {Ref | string} ref
   * @param {Choice} [choice] */
  async open(ref, { parts = [], kinds = [] } = {}) {
    const { part, ...whole } = reference(ref);
    const chosen = { parts: part ? [part, ...parts] : parts, kinds };
    const { reply, payload } = await this.ask('load', { ref: whole, ...chosen });
    this.#shared.bases.seen(reply.session);
    const inline = reply.inline ? Buffer.concat(payload) : null;
    const total = sizeOf(reply.files);
    if (inline && inline.length !== total) throw new Damaged(`${total} bytes were announced, ${inline.length} came`);
    const pinned = { id: reply.session.id, snapshot: reply.snapshot };

    /** The bytes of one of `files`; throws Damaged at the end where they are not what the hash says: use nothing of
     * them before. @param {FileRow} row */
    const read = (row) => {
      const start = sizeOf(reply.files.slice(0, reply.files.indexOf(row)));
      const pieces = inline
        ? [inline.subarray(start, start + row.size_bytes)]
        : this.#windows({ ref: pinned, path: row.path, ...chosen });
      return verified(pieces, row.hash, `File '${Buffer.from(row.path)}' of ${reply.snapshot}`);
    };
    return { session: reply.session, snapshot: reply.snapshot, files: reply.files, read };
  }

  /** A document in memory: its files in order; `content` is the first one's. Throws NotFound, Ambiguous, CannotHold,
   * Damaged, TooLarge. @param {Ref | string} ref @param {Choice} [choice] */
  async load(ref, choice) {
    const { read, files: rows, ...opened } = await this.open(ref, choice);
    const files = [];
    for (const row of rows) files.push({ path: row.path, content: await joined(read(row)) });
    return { ...opened, files, content: files[0]?.content ?? new Uint8Array() };
  }

  /** All bytes of one part (`REF:PART`) or of one file. Throws NotFound, Ambiguous, Damaged, TooLarge.
   * @param {Ref | string} ref @param {Uint8Array} [path] */
  async cat(ref, path = new Uint8Array()) {
    return joined(this.#windows({ ref: reference(ref), path }));
  }

  /** The live state of an application: begun from the head of `app`/`name`, or empty; `id`: one that was left goes on.
   * Throws NotFound, Ambiguous, BadName, BadField, Damaged, TooLarge. @param {Requests['workspace-open']} opened */
  async workspace(opened) {
    return new Workspace(this, (await this.ask('workspace-open', opened)).reply);
  }

  /** What to go on with: the workspace that was left last with unsaved changes, and the session changed last.
   * @param {string | null} [app] */
  async last(app = null) {
    return (await this.ask('last', { app })).reply;
  }

  /** Every operation after number `since` (without it: from now on), each once and in order, on a connection of its own
   * that outlives restarts of the daemon. Throws NotFound where its log ends before `since`.
   * @param {Requests['subscribe']} [wanted] */
  events(wanted = {}) {
    return events(this.path, wanted, this.timeoutMs, this.#shared.closed.signal, this.signal);
  }

  /** A request whose content is packed first. Chunks that nothing has named yet may be gone with a restarted daemon:
   * then they are sent again. @template {Verb} V @param {Uint8Array[]} contents
   * @param {(places: import('./content.js').Place[]) => [V, Requests[V]]} request */
  async send(contents, request) {
    const size = contents.reduce((sum, { length }) => sum + length, 0);
    for (let tries = 1; ; tries += 1) {
      const { frames, places } = await pack(this, contents);
      try {
        return await this.ask(...request(places), frames, this.timeoutMs + size / SLOW_BYTES_PER_MS);
      } catch (problem) {
        if (!(problem instanceof BadField) || !('chunk' in problem.details) || tries === UPLOADS) throw problem;
      }
    }
  }

  /** Of one snapshot, that of the first window. @param {Requests['cat']} asked */
  #windows(asked) {
    let { ref } = asked;
    return windows(async (offset) => {
      const { reply, payload } = await this.ask('cat', { ...asked, ref, offset });
      ref = { ...ref, snapshot: reply.snapshot };
      return { window: payload[0] ?? new Uint8Array(), size: reply.size_bytes };
    });
  }
}

/** What a client has in common with those that are it in another way. */
class Shared {
  bases = new Bases();
  closed = new AbortController();

  /** @param {string} path */
  constructor(path) {
    this.caller = new Caller(path);
    setMaxListeners(0, this.closed.signal); // one for each `events`
  }
}

/** @param {FileRow[]} rows */
const sizeOf = (rows) => rows.reduce((sum, { size_bytes }) => sum + size_bytes, 0);

/** @param {import('./content.js').Place[]} places @param {number} n */
const place = (places, n) => /** @type {import('./content.js').Place} */ (places[n]);
