// One DEALER to the daemon. The only place that knows ZeroMQ.
//
// ZeroMQ tells a sender nothing of a daemon that died, so a channel is good for one connection: it never reconnects,
// and its monitor says when the other side is gone. Who wants to go on opens a new one and repeats the request.

import { createConnection } from 'node:net';
import { Dealer } from 'zeromq';
import { within } from './clock.js';
import { checkTrusted, nobodyAt } from './endpoint.js';
import { NotAllowed } from './errors.js';
import { limits } from './messages.js';

/** The connection ended; whether what was sent has arrived is unknown. */
export class Lost extends Error {}

const ENDED = /** @type {const} */ ([
  'close', 'disconnect', 'end', 'handshake:error:protocol', 'handshake:error:other',
]);

export class Channel {
  /** @type {Promise<unknown>} */
  #sending = Promise.resolve();
  /** @type {Promise<Buffer[]> | null} */
  #coming = null;
  /** @type {Set<(problem: Error) => void>} */
  #waiting = new Set();
  #over = false;
  /** @type {Error} */
  #reason = new Lost('The connection has ended');
  #socket;

  /** Throws NotAllowed, Unreachable. @param {string} path */
  constructor(path) {
    checkTrusted(path);
    this.#socket = new Dealer({
      immediate: true, linger: 0, reconnectInterval: -1, maxMessageSize: limits.answer_header_bytes,
    });
    for (const type of ENDED) this.#socket.events.on(type, () => this.#end());
    this.#socket.events.on('handshake:error:auth', () => {
      this.#reason = new NotAllowed(`The daemon at ${path} does not let this user in`, { socket: path });
      this.#end();
    });
    this.#socket.connect(`ipc://${path}`);
  }

  /** Hand a whole message to the connection. Throws Lost, Silent. @param {Uint8Array[]} frames @param {number} until */
  send(frames, until) {
    const turn = this.#sending.then(() => this.#within(this.#socket.send(frames), until));
    this.#sending = turn.catch(() => {});
    return this.#within(turn, until);
  }

  /** The next message. Throws Lost or Silent; not for two callers at once. @param {number} until */
  async receive(until) {
    this.#coming ??= this.#socket.receive();
    const frames = await this.#within(this.#coming, until);
    this.#coming = null;
    return frames;
  }

  /** Give everything back; what was not sent is dropped. */
  close() {
    this.#end();
    this.#socket.close();
  }

  #end() {
    this.#over = true;
    for (const end of this.#waiting) end(this.#reason);
  }

  /** @template T @param {Promise<T>} promise @param {number} until @returns {Promise<T>} */
  #within(promise, until) {
    return within(promise, until, (end) => {
      if (this.#over) queueMicrotask(() => end(this.#reason));
      this.#waiting.add(end);
      return () => this.#waiting.delete(end);
    });
  }
}

/** Throws Unreachable where nobody listens at the path, NotAllowed where we may not ask. @param {string} path
 * @returns {Promise<void>} */
export function checkListening(path) {
  return new Promise((resolve, reject) => {
    const probe = createConnection(path);
    const listened = () => {
      probe.destroy();
      resolve();
    };
    probe.setTimeout(1000, listened); // somebody listens and is busy
    probe.on('connect', listened);
    probe.on('error', (/** @type {NodeJS.ErrnoException} */ problem) => {
      if (problem.code === 'EAGAIN') listened();
      else reject(problem.code === 'EACCES' ? new NotAllowed(`${path}: ${problem.code}`, { path }) : nobodyAt(path));
    });
  });
}
