// Requests and their answers, many at a time: deadlines, retries, restarts of the daemon.
//
// A request whose answer does not come is repeated under the same id on a new connection (Lazy Pirate), for as long as
// its deadline allows; the daemon answers a repeated id with its first answer.

import { Lost, checkListening } from './channel.js';
import { Silent, now, pause, within } from './clock.js';
import { Conversation, key, newId } from './conversation.js';
import { HelloFirst, ShuttingDown, TooLate, Unreachable } from './errors.js';

/** @typedef {import('./messages.js').Verb} Verb */

const SHARE_OF_A_TRY = 1 / 3;
/** These take as long as they take, and asked again they begin again (PROTOCOL.md, "The barrier"). */
const LASTING = new Set(['folder-scan', 'folder-suggest', 'settle', 'workspace-due']);
const PAUSE_MS = 20;

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

  /** @param {string} path */
  constructor(path) {
    this.path = path;
  }

  /** The answer within the time. Throws Unreachable, TooLate and every coded error. @template {Verb} V @param {V} verb
   * @param {import('./messages.js').Requests[V]} body @param {Uint8Array[]} payload @param {number} timeoutMs
   * @returns {Promise<{ reply: import('./messages.js').Replies[V], payload: Uint8Array[] }>} */
  async call(verb, body, payload, timeoutMs) {
    const id = newId();
    const until = now() + timeoutMs;
    const patience = LASTING.has(verb) ? timeoutMs : timeoutMs * SHARE_OF_A_TRY;
    for (;;) {
      const line = this.#open(until);
      try {
        const opened = await within(line, until);
        const asked = opened.ask(verb, body, payload, id, until); // the daemon is told of all the time that is left
        return await within(asked, Math.min(until, now() + patience));
      } catch (problem) {
        if (!mayPass(problem)) throw problem;
        this.#hangUp(line);
        await this.#reconsider(problem, verb, id, until);
      }
    }
  }

  /** Hang up for good; requests under way end with Unreachable. */
  close() {
    this.#closed = true;
    if (this.#line) this.#hangUp(this.#line);
  }

  /** @param {number} until */
  #open(until) {
    if (this.#closed) throw new Unreachable('This client has been closed', { socket: this.path });
    if (!this.#line) {
      const line = Conversation.open(this.path, until).then((conversation) => new Line(conversation));
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

  /** Returns where another try makes sense. @param {unknown} problem @param {string} verb @param {Uint8Array} id
   * @param {number} until */
  async #reconsider(problem, verb, id, until) {
    const late = now() >= until - PAUSE_MS;
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

  /** @param {Conversation} conversation */
  constructor(conversation) {
    this.#conversation = conversation;
    this.#listen();
  }

  /** @template {Verb} V @param {V} verb @param {import('./messages.js').Requests[V]} body @param {Uint8Array[]} payload
   * @param {Uint8Array} id @param {number} until @returns {Promise<any>} */
  async ask(verb, body, payload, id, until) {
    const answered = new Promise((resolve, reject) => this.#waiting.set(key(id), { resolve, reject }));
    answered.catch(() => {}); // it may fail while the request is still being sent
    try {
      await this.#conversation.tell(verb, body, payload, id, until);
      return await within(answered, until);
    } finally {
      this.#waiting.delete(key(id));
      this.#conversation.forget(id);
    }
  }

  close() {
    this.#conversation.close();
  }

  async #listen() {
    try {
      for (;;) {
        const { id, problem, ...rest } = await this.#conversation.listen(Infinity);
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
