// What a subscription has told so far, and whether something is missing. No I/O: answers in, operations out.

import { Lost } from './channel.js';
import { NotFound } from './errors.js';

/** @typedef {import('./messages.js').OperationRow} OperationRow */
/** @typedef {import('./messages.js').Requests['subscribe']} Wanted */

/** One subscription, over the connections that it has one after the other. Numbers grow by one; a filter leaves holes.
 */
export class Following {
  #wanted;
  #known;
  #store = '';

  /** @param {Wanted} wanted */
  constructor(wanted) {
    this.#wanted = wanted;
    this.#known = wanted.since ?? null;
  }

  /** What to ask the daemon of this store, whose id older ones do not tell. Throws NotFound where another one was
   * followed. @param {string} store @returns {Wanted} */
  request(store) {
    if (this.#store && store && store !== this.#store) {
      throw new NotFound('Another store is here than was followed. Read again from the beginning', { store });
    }
    this.#store = store || this.#store;
    return { ...this.#wanted, since: this.#known };
  }

  /** Throws NotFound where the log ends before what was seen. @param {number} newest */
  subscribed(newest) {
    this.#known ??= newest;
    this.#checkKnown(newest);
  }

  /** What breaks a silence: an event that was missed, or a daemon that is gone, is noticed by the answer.
   * @returns {['ping' | 'operations', { since?: number, limit?: number }]} */
  question() {
    return this.#isFiltered ? ['ping', {}] : ['operations', { since: this.#last, limit: 1 }];
  }

  /** The operations that were not seen yet. Throws Lost where one is missing. @param {string} kind @param {any} reply
   * @returns {Generator<OperationRow>} */
  *rows(kind, reply) {
    if (kind === 'gap') {
      this.#checkKnown(reply.number);
      throw new Lost('Events were dropped');
    }
    if (kind === 'beat') {
      if (reply.told > this.#last) throw new Lost('An event was missed');
      this.#known = Math.max(reply.number, this.#last); // nothing that a filter lets through lies before it
    }
    if (kind === 'result' && reply.rows?.at(-1)?.number > this.#last) throw new Lost('An event was missed');
    const told = kind === 'events' ? reply.rows : kind === 'event' ? [reply.row] : [];
    for (const row of told) if (this.#isNew(row)) yield row;
  }

  get #last() {
    return this.#known ?? 0;
  }

  get #isFiltered() {
    const { app, session, types } = this.#wanted;
    return Boolean(app ?? session ?? types?.length);
  }

  /** @param {OperationRow} row */
  #isNew({ number, type }) {
    if (number <= this.#last) return false;
    if (!this.#isFiltered && number > this.#last + 1) throw new Lost('An event was missed');
    this.#known = number;
    const { types } = this.#wanted;
    return !types?.length || types.includes(type); // an older daemon tells all types
  }

  /** @param {number} newest */
  #checkKnown(newest) {
    if (newest >= this.#last) return;
    throw new NotFound(
      `The newest operation is ${newest}, before ${this.#last}: this is another store, or an older state of it. ` +
      'Read again from the beginning',
      { newest, since: this.#last },
    );
  }
}
