// The rules of PROTOCOL.md, "Encoding" and "Types".

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode, encode, toBody, toRow } from '../codec.js';
import { BadField, BadMessage } from '../errors.js';

/** @param {string} hex */
const bytes = (hex) => Buffer.from(hex, 'hex');

test('an integer takes its shortest form, as a number or a BigInt', () => {
  for (const [value, hex] of /** @type {[number, string][]} */ ([
    [0, '00'], [127, '7f'], [-1, 'ff'], [255, 'ccff'], [2 ** 32 - 1, 'ceffffffff'], [2 ** 32, 'cf0000000100000000'],
    [-(2 ** 31) + 1, 'd280000001'], [-(2 ** 40), 'd3ffffff0000000000'],
  ])) {
    assert.equal(Buffer.from(encode(value)).toString('hex'), hex);
    assert.equal(Buffer.from(encode(BigInt(value))).toString('hex'), hex);
  }
});

test('what the protocol has no word for is not sent', () => {
  for (const value of [0.5, NaN, 2 ** 60, '\ud800', { '\udc00': 1 }]) assert.throws(() => encode(value), BadField);
});

test('a timestamp, cut bytes and bytes behind the message are refused', () => {
  for (const hex of ['d6ff00000000', '81a161', '8000']) assert.throws(() => decode(bytes(hex)), BadMessage);
});

test('a time keeps its nanoseconds, and a size is a number', () => {
  const time = 1_700_000_000_123_456_789n;
  const row = { snapshot: 'a', parents: [], time, cause: 'saved', author: 'ada', message: '', size_bytes: 10n ** 10n };
  const read = toRow('SnapshotRow', decode(encode(row)));
  assert.deepEqual([read.time, read.size_bytes], [time, 1e10]);
  assert.equal(toRow('SnapshotRow', { ...row, time: 0 }).time, 0n);
});

test('a field that an older daemon does not send has its default, one that a newer sends is passed on', () => {
  const found = toRow('Content', { snapshot: 'a', size_bytes: 1, news: 2 });
  assert.equal(found.news, 2);
  assert.deepEqual(toRow('Sessions', { rows: [], more: false }).next, new Uint8Array());
});

test('a default is nobody else\'s', () => {
  const parts = { part: { key: 'a', name: 'a', kind: 'file', size_bytes: 1 }, hash: new Uint8Array(32) };
  toRow('WorkspacePart', parts).warnings.push('mine');
  assert.deepEqual(toRow('WorkspacePart', parts).warnings, []);
});

test('an answer with a field that is missing or of another type is no answer', () => {
  for (const body of [{ size_bytes: 1 }, { snapshot: 1, size_bytes: 1 }, { snapshot: 'a', size_bytes: '1' }, null]) {
    assert.throws(() => toRow('Content', body), BadMessage);
  }
});

test('a request with a field that is missing, unknown or of another type is not sent', () => {
  for (const body of [{}, { ref: 'text' }, { ref: {}, what: 1 }, { ref: { name: 1 } }]) {
    assert.throws(() => toBody('show', /** @type {any} */ (body)), BadField);
  }
  assert.throws(() => toBody('cat', { ref: {}, offset: -1 }), BadField);
});
