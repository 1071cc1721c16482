// What a subscription makes of what it is told, without a daemon.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lost } from '../channel.js';
import { NotFound } from '../errors.js';
import { Following } from '../following.js';

/** @param {number} number @returns {any} */
const row = (number, type = 'saved') => ({ number, type });

/** @param {Following} following @param {string} kind @param {any} reply */
const numbers = (following, kind, reply) => [...following.rows(kind, reply)].map(({ number }) => number);

/** @param {import('../following.js').Wanted} wanted */
function subscribed(wanted, newest = 9) {
  const following = new Following(wanted);
  following.request('the store');
  following.subscribed(newest);
  return following;
}

test('pages and single events are told alike, each once', () => {
  const following = subscribed({ since: 3 });
  assert.deepEqual(numbers(following, 'events', { rows: [row(3), row(4), row(5)] }), [4, 5]);
  assert.deepEqual(numbers(following, 'event', { row: row(5) }), []);
  assert.deepEqual(numbers(following, 'event', { row: row(6) }), [6]);
});

test('without a number it begins with what comes', () => {
  const following = subscribed({}, 7);
  assert.equal(following.request('the store').since, 7);
});

test('a hole is noticed, by the next event, by a beat, or by the answer to a question', () => {
  for (const [kind, reply] of /** @type {[string, any][]} */ ([
    ['event', { row: row(5) }], ['events', { rows: [row(5), row(6)] }], ['beat', { told: 4, number: 4 }],
    ['result', { rows: [row(4)], more: false }],
  ])) {
    assert.throws(() => numbers(subscribed({ since: 3 }), kind, reply), Lost, kind);
  }
});

test('what was dropped is asked for again, from the last number that was seen', () => {
  const following = subscribed({ since: 3, app: 'notes' });
  assert.deepEqual(numbers(following, 'event', { row: row(5) }), [5]);
  assert.throws(() => numbers(following, 'gap', { number: 8 }), Lost);
  assert.deepEqual(following.request('the store'), { since: 5, app: 'notes' });
});

test('a beat carries how far it is, though a filter lets nothing through', () => {
  const following = subscribed({ since: 3, types: ['deleted'] });
  assert.deepEqual(numbers(following, 'beat', { told: 3, number: 8 }), []);
  assert.equal(following.request('the store').since, 8);
});

test('of an older daemon, which tells all types, only the wanted ones are passed on', () => {
  const following = subscribed({ since: 3, types: ['deleted'] });
  assert.deepEqual(numbers(following, 'events', { rows: [row(4), row(5, 'deleted')] }), [5]);
});

test('another store, or an older state of it, is not followed', () => {
  const following = subscribed({ since: 3 });
  assert.throws(() => following.request('another'), NotFound);
  assert.throws(() => following.subscribed(2), NotFound);
  assert.throws(() => numbers(following, 'gap', { number: 2 }), NotFound);
  assert.equal(following.request('').since, 3); // an older daemon does not say which it has
});
