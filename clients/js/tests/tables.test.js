// What this client knows of the wire is what protocol/messages.json, and with it PROTOCOL.md, says.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Client } from '../client.js';
import { ERRORS, HoldfastError } from '../errors.js';
import { made } from '../make_messages.js';

const wire = JSON.parse(readFileSync(new URL('../../../protocol/messages.json', import.meta.url), 'utf8'));

for (const [name, text] of Object.entries(made())) {
  test(`${name} is what npm run types makes`, () => {
    assert.equal(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'), text);
  });
}

test('every code has its class, of its name', () => {
  const classes = Object.fromEntries(Object.entries(ERRORS).map(([code, kind]) => [code, kind.name]));
  const codes = Object.entries(wire.errors).map(([code, each]) => [code, /** @type {any} */ (each).class]);
  assert.deepEqual(classes, Object.fromEntries(codes));
  assert.ok(Object.values(ERRORS).every((kind) => kind.prototype instanceof HoldfastError));
});

test('a method that has the name of a verb asks that verb', async () => {
  const client = new Client('/nowhere');
  const asked = /** @type {string[]} */ ([]);
  client.ask = (verb) => {
    asked.push(verb);
    return Promise.reject(new Error('asked'));
  };
  const methods = Object.getOwnPropertyNames(Client.prototype).filter((name) => Object.hasOwn(wire.verbs, name));
  for (const name of methods) {
    const said = name === 'save' ? ['app', 'name', 'content'] : name === 'list' ? [{}] : ['app/name'];
    const result = /** @type {any} */ (client)[name](...said);
    await assert.rejects(result.next?.() ?? result, /asked/);
  }
  assert.deepEqual(asked, methods);
  assert.deepEqual(methods, ['hello', 'ping', 'list', 'show', 'save', 'load', 'cat', 'last']);
});
