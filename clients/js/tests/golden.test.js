// Every golden message of tests/data/wire is read, and written again byte for byte.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { decode, encode, toBody, toRow } from '../codec.js';
import { ERRORS, errorFor } from '../errors.js';
import { rows, told, verbs } from '../messages.js';

const GOLDEN = new URL('../../../tests/data/wire/', import.meta.url);
const END = '.msgpack';
const names = readdirSync(GOLDEN).filter((name) => name.endsWith(END)).map((name) => name.slice(0, -END.length));
/** @param {string} name @param {string} end */
const file = (name, end) => readFileSync(new URL(`${name}.${end}`, GOLDEN));
/** @param {string} name @returns {any} */
const header = (name) => decode(file(name, 'msgpack'));
/** @param {string} end */
const those = (end) => names.filter((name) => name.endsWith(`.${end}`));

test('there is a golden message of every verb, answer and code', () => {
  assert.deepEqual(new Set(those('request').map((name) => header(name).verb)), new Set(Object.keys(verbs)));
  assert.deepEqual(new Set(those('result').map(kindOf)), new Set(Object.values(verbs).map(({ reply }) => reply)));
  assert.deepEqual(new Set(those('error').map((name) => header(name).body.code)), new Set(Object.keys(ERRORS)));
  assert.ok(Object.keys(told).every((kind) => those(kind).length));
});

for (const name of names) {
  test(`${name}: the bytes say what the readable file says, and are written again`, () => {
    assert.equal(`${readable(header(name))}\n`, file(name, 'json').toString());
    assert.deepEqual(Buffer.from(encode(header(name))), file(name, 'msgpack'));
  });
}

for (const name of those('request')) {
  test(`${name}: the checked request is the same bytes`, () => {
    const { body, ...rest } = header(name);
    const made = encode({ ...rest, body: toBody(rest.verb, body) });
    assert.deepEqual(Buffer.from(made), file(name, 'msgpack'));
  });
}

for (const name of [...those('result'), ...Object.keys(told).flatMap(those)]) {
  test(`${name}: the typed answer is the same bytes, or has gained the defaults of newer fields`, () => {
    const { made, gained } = typed(name);
    if (gained) holds(decode(made), header(name), name);
    else assert.deepEqual(Buffer.from(made), file(name, 'msgpack'));
  });
}

test('of every answer there is a golden message that has all fields', () => {
  const whole = those('result').filter((name) => !typed(name).gained);
  assert.deepEqual(new Set(whole.map(kindOf)), new Set(Object.values(verbs).map(({ reply }) => reply)));
});

for (const name of those('error')) {
  test(`${name}: the error is of the class that its code stands for`, () => {
    const { body } = header(name);
    const problem = errorFor(toRow('Failure', body));
    assert.equal(problem.constructor, ERRORS[body.code]);
    assert.deepEqual([problem.code, problem.message], [body.code, body.sentence]);
    holds(problem.details, body.details, name);
  });
}

/** The bytes of the typed answer, and whether it has fields that the file lacks. @param {string} name */
function typed(name) {
  const { body, ...rest } = header(name);
  const row = toRow(told[rest.kind] ?? kindOf(name), body);
  return { made: encode({ ...rest, body: row }), gained: fields(row) > fields(body) };
}

/** @param {any} value @returns {number} */
function fields(value) {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce((sum, each) => sum + fields(each), 1);
}

/** @param {string} name */
function kindOf(name) {
  const found = Object.keys(rows).find((kind) => kind.toLowerCase() === name.split(/[-.]/)[0]);
  assert.ok(found, name);
  return found;
}

/** @param {any} whole @param {any} part @param {string} where */
function holds(whole, part, where) {
  if (typeof part !== 'object' || part === null || part instanceof Uint8Array) assert.deepEqual(whole, part, where);
  else for (const name of Object.keys(part)) holds(whole[name], part[name], `${where}.${name}`);
}

/** As tests/protocol/golden.py writes it. @param {any} value @returns {string} */
function readable(value, margin = '') {
  if (typeof value === 'bigint') return `${value}`;
  if (value instanceof Uint8Array) return readable({ $bytes: Buffer.from(value).toString('hex') }, margin);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${margin}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const lines = Object.entries(value).map(([name, each]) => {
    return inner + (open === '[' ? '' : `${JSON.stringify(name)}: `) + readable(each, inner);
  });
  return lines.length ? `${open}\n${lines.join(',\n')}\n${margin}${close}` : `${open}${close}`;
}
