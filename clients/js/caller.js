// Requests and their answers, many at a time: deadlines, retries, restarts of the daemon.
//
// A request whose answer does not come is repeated under the same id on a new connection (Lazy Pirate), for as long as
// its deadline allows; the daemon answers a repeated id with its first answer. So is one that came while the daemon was
// busy, on the same connection, when it said.

import { Lost, checkListening } from './channel.js';
import { Silent, endsWith, now, pause, within } from './clock.js';
import { Conversation, key, newId } from './conversation.js';
import { Busy, HelloFirst, ShuttingDown, TooLate, Unreachable } from './errors.js';
import { Room } from './room.js';

/** @typedef {import('./messages.js').Verb} Verb */
/** `until`: when nobody waits any longer; `patience`: after how long a silence it is asked again.
 * @typedef {{ id: Uint8Array, verb: Verb, body: any, payload: Uint8Array[], until: number, patience: number }} Asked */

const SHARE_OF_A_TRY = 1 / 3;
/** These take as long as they take, and asked again they begin again (PROTOCOL.md, "The barrier"). */
const LASTING = new Set(['backup', 'check', 'folder-scan', 'folder-suggest', 'prune', 'settle', 'workspace-due']);
const PAUSE_MS = 20;
/** So long the daemon has to hear that somebody gave up. */
const CANCEL_MS = 1000;

/** @param {unknown} problem whether another try may go better */
export function mayPass(problem) {
  return [Lost, Silent, HelloFirst, ShuttingDown, Unreachable].some((kind) => problem instanceof kind);
}

/** Throws what the caller of a hopeless request should know, where that is more than silence. @param {unknown} problem
 * @param {string} path */
export async function consider(problem, path) {
  if (problem instanceof ShuttingDown || problem instanceof Unreachable) throw problem;
  await checkListening(path);
}

export class Caller {
  /** @type {Promise<Line> | null} */
  #line = null;
  #wasThere = false;
  #closed = false;
  /** Called when a connection has ended on which the daemon knew us. @type {Set<() => void>} */
  lost = new Set();

  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /** The answer within the time. Throws Unreachable, TooLate, every coded error, and the reason of the signal: then the
   * daemon is told, too. @template {Verb} V @param {V} verb @param {import('./messages.js').Requests[V]} body
   * @param {Uint8Array[]} payload @param {number} timeoutMs @param {AbortSignal} [signal]
   * @returns {Promise<{ reply: import('./messages.js').Replies[V], payload: Uint8Array[] }>} */
  async call(verb, body, payload, timeoutMs, signal) {
    signal?.throwIfAborted();
    const patience = LASTING.has(verb) ? timeoutMs : timeoutMs * SHARE_OF_A_TRY;
    const asked = { id: newId(), verb, body, payload, until: now() + timeoutMs, patience };
    try {
      return await within(this.#tries(asked, signal), Infinity, signal && endsWith(signal));
    } catch (problem) {
      if (signal?.aborted) this.#line?.then((line) => line.cancel(asked.id), () => {});
      throw problem;
    }
  }

  /** Hang up for good; requests under way end with Unreachable. */
  close() {
    this.#closed = true;
    if (this.#line) this.#hangUp(this.#line);
  }

  /** @param {Asked} asked @param {AbortSignal} [signal] @returns {Promise<any>} */
  async #tries(asked, signal) {
    for (;;) {
      signal?.throwIfAborted();
      const line = this.#open(asked.until);
      try {
        const opened = await within(line, Math.min(asked.until, now() + asked.patience));
        return await opened.ask(asked); // the daemon is told of all the time that is left
      } catch (problem) {
        const backIn = problem instanceof Busy ? Math.max(PAUSE_MS, Number(problem.details.retry_ms)) : NaN;
        if (now() + backIn < asked.until) {
          await pause(backIn);
          continue;
        }
        if (!mayPass(problem)) throw problem;
        const late = now() >= asked.until - PAUSE_MS;
        if (!late || !(problem instanceof Silent)) this.#hangUp(line); // others may be served on it
        await this.#reconsider(problem, asked, late);
      }
    }
  }

  /** @param {number} until */
  #open(until) {
    if (this.#closed) throw new Unreachable('This client has been closed', { socket: this.path });
    if (!this.#line) {
      /** @type {Promise<Line>} */
      const line = Conversation.open(this.path, until).then((greeted) => new Line(greeted, () => this.#ended(line)));
      this.#line = line;
      line.then(() => (this.#wasThere = true), () => this.#hangUp(line));
    }
    return this.#line;
  }

  /** @param {Promise<Line>} line */
  #hangUp(line) {
    if (this.#line === line) this.#line = null;
    line.then((opened) => opened.close(), () => {});
  }

  /** @param {Promise<Line>} line */
  #ended(line) {
    this.#hangUp(line);
    if (!this.#closed) for (const tell of this.lost) tell();
  }

  /** Returns where another try makes sense. @param {unknown} problem @param {Asked} asked @param {boolean} late */
  async #reconsider(problem, { verb, id }, late) {
    if (late || !this.#wasThere) await consider(problem, this.path);
    if (late) {
      throw new TooLate(
        `The daemon at ${this.path} did not answer ${verb} in time; whether it was done is unknown`,
        { request: key(id), socket: this.path },
      );
    }
    if (!(problem instanceof Silent)) await pause(PAUSE_MS);
  }
}

/** A conversation whose answers go to whom they belong. */
class Line {
  /** @type {Map<string, { resolve: (answer: any) => void, reject: (problem: unknown) => void }>} */
  #waiting = new Map();
  #conversation;
  #room;
  #heard = now();

  /** @param {Conversation} conversation on which hello was said @param {() => void} ended */
  constructor(conversation, ended) {
    this.#conversation = conversation;
    this.#room = new Room(conversation.welcome.limits);
    this.#listen().finally(ended);
  }

  /** The answer. Throws Silent where nothing at all was heard for as long as it is patient, Lost, coded errors.
   * @param {Asked} asked @returns {Promise<any>} */
  async ask({ id, verb, body, payload, until, patience }) {
    const size = payload.reduce((sum, { length }) => sum + length, 0);
    let leave = () => {};
    const answered = new Promise((resolve, reject) => {
      this.#waiting.set(key(id), { resolve, reject });
      const send = () => this.#conversation.tell(verb, body, payload, id, until).catch(reject);
      leave = this.#room.enter(size, send);
    });
    answered.catch(() => {}); // it may fail in the moment in which nobody looks at it
    try {
      return await this.#patiently(answered, until, patience);
    } finally {
      leave();
      this.#waiting.delete(key(id));
      this.#conversation.forget(id);
    }
  }

  /** Nobody waits for that answer any longer, and the daemon need not either. @param {Uint8Array} id */
  cancel(id) {
    const asker = this.#waiting.get(key(id));
    asker?.reject(new Error('It was called off'));
    if (asker) this.#conversation.tell('cancel', { request: id }, [], newId(), now() + CANCEL_MS).catch(() => {});
  }

  close() {
    this.#conversation.close();
  }

  /** @template T @param {Promise<T>} answered @param {number} until @param {number} patience @returns {Promise<T>} */
  async #patiently(answered, until, patience) {
    const begun = now();
    for (;;) {
      const bound = Math.min(until, Math.max(begun, this.#heard) + patience);
      if (now() >= bound) throw new Silent();
      try {
        return await within(answered, bound);
      } catch (problem) {
        if (!(problem instanceof Silent)) throw problem;
      }
    }
  }

  async #listen() {
    try {
      for (;;) {
        const { id, problem, ...rest } = await this.#conversation.listen(Infinity);
        this.#heard = now();
        if (id === '' && problem) throw problem; // a request that the daemon could not read: whose is not known
        const asker = this.#waiting.get(id);
        if (problem) asker?.reject(problem);
        else asker?.resolve(rest);
      }
    } catch (problem) {
      for (const { reject } of this.#waiting.values()) reject(problem);
      this.close();
    }
  }
}
