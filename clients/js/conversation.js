// A channel on which hello has been said: requests out, typed answers in. It repeats nothing.

import { randomFillSync } from 'node:crypto';
import { Channel } from './channel.js';
import { now } from './clock.js';
import { decode, encode, toBody, toRow } from './codec.js';
import { BadMessage, errorFor } from './errors.js';
import { protocol, told, verbs } from './messages.js';

/** @typedef {import('./messages.js').Verb} Verb */
/** `reply` of a result or of what a subscription tells, or the `problem` of an error; `id` in hexadecimal.
 * @typedef {{ id: string, kind: string, reply?: any, problem?: Error, payload: Uint8Array[] }} Answer */

export const GREETING = { protocol, client: 'holdfast-js/0.1.0', capabilities: ['event-pages'] };
const LONGEST_DEADLINE_MS = 24 * 3600 * 1000;

/** 16 bytes: milliseconds since 1970, a mark, then random ones (a UUID of version 7). */
export function newId() {
  const id = randomFillSync(Buffer.alloc(16));
  id.writeUIntBE(Date.now(), 0, 6);
  id.writeUInt16BE(0x7bd6, 6);
  id[8] = 0x80 | (id.readUInt8(8) & 0x3f);
  return id;
}

export class Conversation {
  /** What is waited for: the verb of each request, by id. @type {Map<string, Verb>} */
  #asked = new Map();
  /** @type {Set<string>} */
  #subscriptions = new Set();
  #channel;
  /** What the daemon said to our hello. @type {import('./messages.js').Welcome} */
  welcome = /** @type {any} */ (null);

  /** @param {Channel} channel */
  constructor(channel) {
    this.#channel = channel;
  }

  /** Throws Lost, Silent, NotAllowed, Unreachable, WrongVersion. @param {string} path @param {number} until */
  static async open(path, until) {
    const line = new Conversation(new Channel(path));
    try {
      await line.greet(until);
      return line;
    } catch (problem) {
      line.close();
      throw problem;
    }
  }

  /** Comes before all else. @param {number} until */
  async greet(until) {
    this.welcome = (await this.ask('hello', GREETING, [], newId(), until)).reply;
    return this.welcome;
  }

  /** Ask, and listen until the answer is there; for one request at a time. @template {Verb} V @param {V} verb
   * @param {import('./messages.js').Requests[V]} body @param {Uint8Array[]} payload @param {Uint8Array} id
   * @param {number} until @returns {Promise<Answer>} */
  async ask(verb, body, payload, id, until) {
    await this.tell(verb, body, payload, id, until);
    for (;;) {
      const answer = await this.listen(until);
      if (answer.problem) throw answer.problem;
      if (answer.id === key(id)) return answer;
    }
  }

  /** Send a request whose answer `listen` will give. @template {Verb} V @param {V} verb
   * @param {import('./messages.js').Requests[V]} body @param {Uint8Array[]} payload @param {Uint8Array} id
   * @param {number} until */
  async tell(verb, body, payload, id, until) {
    const deadline = Math.min(LONGEST_DEADLINE_MS, Math.max(1, Math.round(until - now())));
    const header = encode({ id, verb, deadline_ms: deadline, body: toBody(verb, body) });
    this.#asked.set(key(id), verb);
    await this.#channel.send([header, ...payload], until);
  }

  /** The next answer or event that somebody waits for. @param {number} until @returns {Promise<Answer>} */
  async listen(until) {
    for (;;) {
      const answer = this.#read(await this.#channel.receive(until));
      if (answer) return answer;
    }
  }

  /** Nobody waits for this request any longer. @param {Uint8Array} id */
  forget(id) {
    this.#asked.delete(key(id));
  }

  close() {
    this.#channel.close();
  }

  /** @param {Uint8Array[]} frames @returns {Answer | null} null: nobody waits for it, or it is of a newer daemon */
  #read([header = new Uint8Array(), ...payload]) {
    const answer = /** @type {any} */ (decode(header));
    if (!(answer?.id instanceof Uint8Array)) throw new BadMessage('An answer without an id');
    const id = key(answer.id);
    const { kind } = answer;
    if (Object.hasOwn(told, kind)) {
      return this.#subscriptions.has(id) ? { id, kind, reply: toRow(told[kind] ?? '', answer.body), payload } : null;
    }
    const verb = this.#asked.get(id);
    if (kind === 'error' && (verb || id === '')) {
      this.#asked.delete(id);
      return { id, kind, problem: errorFor(toRow('Failure', answer.body)), payload };
    }
    if (kind !== 'result' || !verb) return null;
    this.#asked.delete(id);
    if (verb === 'subscribe') this.#subscriptions.add(id);
    return { id, kind, reply: toRow(verbs[verb].reply, answer.body), payload };
  }
}

/** @param {Uint8Array} id */
export const key = (id) => Buffer.from(id).toString('hex');
