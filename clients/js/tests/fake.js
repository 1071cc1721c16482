// A daemon that does what a test says, to see what the client makes of it.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Router } from 'zeromq';
import { decode, encode } from '../codec.js';

/** @typedef {{ id: Uint8Array, verb: string, body: any, peer: string }} Asked */

const WELCOME = { protocol: 1, version: '9', epoch: 'e', user: 'ada', limits: {}, capabilities: [] };

export class FakeDaemon {
  #router = new Router({ linger: 0 });
  /** Every request but hello, in order. @type {Asked[]} */
  asked = [];

  /** @param {(asked: Asked, count: number) => object[]} answer the headers to send for the `count`th request */
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
      const [peer, header] = /** @type {[Buffer, Buffer]} */ (/** @type {unknown} */ (frames));
      const asked = { .../** @type {any} */ (decode(header)), peer: peer.toString('hex') };
      const greets = asked.verb === 'hello';
      const said = greets ? [{ kind: 'result', body: WELCOME }] : this.answer(asked, this.asked.push(asked));
      for (const each of said) await this.#router.send([peer, encode({ id: asked.id, ...each })]);
    }
  }
}
