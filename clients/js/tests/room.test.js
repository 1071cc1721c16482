// How much is under way at once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Room } from '../room.js';

const LARGE = 1_000_000;

/** Enters one after the other; what went, and the ways out. @param {Room} room @param {number[]} sizes */
function entering(room, sizes) {
  const went = /** @type {number[]} */ ([]);
  return { went, leave: sizes.map((size, n) => room.enter(size, () => went.push(n))) };
}

test('no more requests than hello has said go out, and the next one as soon as one is answered', () => {
  const { went, leave } = entering(new Room({ requests_in_flight: 2 }), [1, 1, 1]);
  assert.deepEqual(went, [0, 1]);
  leave[0]?.();
  assert.deepEqual(went, [0, 1, 2]);
});

test('large ones wait for each other, small ones pass them, and one that is larger than all goes alone', () => {
  const room = new Room({ requests_in_flight: 9, request_bytes_in_flight: 2 * LARGE });
  const { went, leave } = entering(room, [3 * LARGE, LARGE, LARGE, LARGE, 1]);
  assert.deepEqual(went, [0, 4]);
  leave[0]?.();
  assert.deepEqual(went, [0, 4, 1, 2]);
  leave[1]?.();
  assert.deepEqual(went, [0, 4, 1, 2, 3]);
});

test('who gives up while waiting takes no room', () => {
  const { went, leave } = entering(new Room({ requests_in_flight: 1 }), [1, 1, 1]);
  leave[1]?.();
  leave[0]?.();
  assert.deepEqual(went, [0, 2]);
});
