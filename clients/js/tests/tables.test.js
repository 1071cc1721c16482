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

const CLIENT = { workspace: 'workspace-open', events: 'subscribe' };
const WORKSPACE = {
  put: 'workspace-put', patch: 'workspace-put', get: 'workspace-cat', remove: 'workspace-remove',
  save: 'workspace-save', leave: 'workspace-leave', discard: 'workspace-discard',
};
/** What nothing that the method says can bring about. @type {Record<string, string[]>} */
const NEVER = { cat: ['cannot-hold'], put: ['exists', 'bad-field'] };
/** What it finds out by itself. @type {Record<string, string[]>} */
const ITS_OWN = { events: ['not-found'] };

for (const [file, named] of Object.entries({ 'client.js': CLIENT, 'workspace.js': WORKSPACE })) {
  const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
  const methods = [...source.matchAll(/\/\*\*((?:(?!\*\/).)*)\*\/\n  (?:async )?\*?(\w+)\(/gs)];
  const verbs = methods.map(([, says = '', name = '']) => {
    const verb = /** @type {Record<string, string>} */ (named)[name] ?? (file === 'client.js' ? name : '');
    return { says, name, errors: wire.verbs[verb]?.errors };
  });
  for (const { says, name, errors } of verbs.filter(({ errors: known }) => known)) {
    test(`${file}: ${name} names the errors of its verb`, () => {
      const own = errors.filter((/** @type {string} */ code) => !NEVER[name]?.includes(code));
      const may = classes([...own, ...wire.errors_of_all, ...(ITS_OWN[name] ?? [])]);
      const said = (/Throws ([^.]*)/.exec(says.replaceAll(/\([^)]*\)/gs, ''))?.[1] ?? '').match(/\b[A-Z]\w+/g);
      assert.deepEqual(classes(own).filter((kind) => !said?.includes(kind)), []);
      assert.deepEqual(said?.filter((kind) => !may.includes(kind)) ?? [], []);
    });
  }
}

/** @param {string[]} codes @returns {string[]} */
const classes = (codes) => codes.map((code) => wire.errors[code].class);

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
