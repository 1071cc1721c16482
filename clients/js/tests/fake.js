// A daemon that does what a test says, to see what the client makes of it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Router } from 'zeromq';
import { decode, encode } from '../codec.js';

/** A request's header, who sent it, and its payload.
 * @typedef {{ id: Uint8Array, verb: string, deadline_ms: number, body: any, peer: string, payload: Buffer[] }} Asked */
/** A header without id, or with another than the request's, and its payload.
 * @typedef {{ kind: string, body?: object, id?: Uint8Array, payload?: Buffer[] }} Said */

const LIMITS = { message_bytes: 600 * 1024, requests_in_flight: 4, beat_ms: 100 };
const WELCOME = { protocol: 1, version: '9', epoch: 'e', user: 'ada', limits: LIMITS };

export class FakeDaemon {
  #router = new Router({ linger: 0 });
  /** Every request but hello, in order. @type {Asked[]} */
  asked = [];

  /** @param {(asked: Asked, count: number) => Said[]} answer what to say to the `count`th request */
  constructor(answer) {
    this.path = join(mkdtempSync(join(tmpdir(), 'f')), 's');
    this.answer = answer;
  }

  async start() {
    await this.#router.bind(`ipc://${this.path}`);
    this.#serve();
    return this;
  }

  close() {
    this.#router.close();
    rmSync(dirname(this.path), { recursive: true });
  }

  async #serve() {
    for await (const frames of this.#router) {
      const [peer, header, ...sent] = /** @type {[Buffer, Buffer, ...Buffer[]]} */ (/** @type {unknown} */ (frames));
      const asked = { .../** @type {any} */ (decode(header)), peer: peer.toString('hex'), payload: sent };
      const greets = asked.verb === 'hello';
      const said = greets ? [{ kind: 'result', body: WELCOME }] : this.answer(asked, this.asked.push(asked));
      for (const { payload = [], ...each } of said) {
        await this.#router.send([peer, encode({ id: asked.id, ...each }), ...payload]);
      }
    }
  }
}
