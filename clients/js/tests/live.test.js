// Against a daemon.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { connect, Exists, NotFound, TooLate } from '../index.js';
import { Daemon, until } from './daemon.js';

// Longer than a socket's path may be: daemon and client agree on the short one.
const daemon = new Daemon('d'.repeat(100));
/** @type {import('../client.js').Client} */
let client;

before(async () => {
  await daemon.start();
  client = await connect({ socket: daemon.socket });
});

after(async () => {
  client.close();
  await daemon.gone();
});

test('five megabytes come back as they were, and of a change only the changed chunk travels', async () => {
  const content = randomBytes(5_000_000);
  const first = await client.save('plain', 'large.bin', content, { message: 'first' });
  assert.equal(first.outcome, 'saved');
  assert.ok(first.session.modified > 1_700_000_000_000_000_000n);
  content[2_500_000] = (content[2_500_000] ?? 0) ^ 1;
  const { put, saved } = await counting(() => client.save('plain', 'large.bin', content));
  assert.equal(saved.session.revision, 2);
  assert.equal(put, 256 * 1024);
  assert.deepEqual((await client.load('plain/large.bin')).content, content);
  assert.deepEqual((await client.cat('plain/large.bin')).length, content.length);
  assert.equal((await client.show('plain/large.bin@-1')).snapshot?.message, 'first');
});

test('the examples of README.md run, and an application is connected in ten lines', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const [application = '', sessions = ''] = [...readme.matchAll(/^```js\n(.*?)^```/gms)].map(([, code = '']) => code);
  assert.equal(application.split('\n').filter(Boolean).length, 10);
  assert.equal(await runs(application), '');
  assert.equal((await client.load('notes/ideas')).content.toString(), 'a kelp forest\n');
  await runs(application);
  const [first, second, , ...rows] = (await runs(sessions)).split('\n');
  assert.deepEqual([first, second], ['a kelp forest', 'a kelp forest']);
  assert.match(rows.join(' '), /^large \d+n ideas \d+n $/);
});

/** What a program says, in a process of its own. @param {string} program */
async function runs(program) {
  const env = { ...daemon.environment };
  const words = ['--input-type=module', '-e', program];
  return (await promisify(execFile)(process.execPath, words, { env, cwd: new URL('..', import.meta.url) })).stdout;
}

test('a small request beside a large one does not wait for it', async () => {
  let isSaved = false;
  const saved = client.save('plain', 'beside.bin', randomBytes(8_000_000)).then(() => (isSaved = true));
  for (let n = 0; n < 5; n += 1) await client.ping();
  assert.equal(isSaved, false);
  await saved;
});

test('a document of several files keeps their names', async () => {
  const files = new Map([['a.txt', 'one'], ['sub/b.txt', 'two'], ['c.bin', 'three']]);
  await client.save('several', 'files', files);
  const loaded = await client.load('several/files');
  const found = loaded.files.map(({ path, content }) => [Buffer.from(path).toString(), content.toString()]);
  assert.deepEqual(new Map(/** @type {[string, string][]} */ (found)), files);
});

test('parts that fill more than one answer are all there', async () => {
  const rule = '#'.repeat(80);
  const names = Array.from({ length: 12_000 }, (_, number) => `${number} ${'n'.repeat(800)}`);
  const text = names.map((name) => `${rule}\n######## ${name}\n${rule}\np1`).join('\n\n');
  await client.save('renardo', 'long', Buffer.from(text));
  const shown = await client.show('renardo/long');
  assert.deepEqual(shown.parts.map((part) => part.name), names);
  assert.equal(shown.more, false);
});

test('a list goes on behind its first page', async () => {
  for (const name of ['a', 'b', 'c', 'd', 'e']) await client.save('pages', name, name);
  const found = [];
  for await (const { name } of client.list({ app: 'pages', sort: 'name', limit: 2 })) found.push(name);
  assert.deepEqual(found, ['a', 'b', 'c', 'd', 'e']);
});

test('an error is of the class of its code, with its details', async () => {
  await assert.rejects(client.load('plain/nowhere'), NotFound);
  await client.save('plain', 'taken', 'once', { new: true });
  await assert.rejects(client.save('plain', 'taken', 'twice', { new: true }), Exists);
});

test('of two writers neither is lost: the later one is told its fork, and goes on there', async () => {
  const other = await connect({ socket: daemon.socket });
  await client.save('plain', 'shared', 'one');
  await other.load('plain/shared');
  await client.save('plain', 'shared', 'two');
  const fork = await other.save('plain', 'shared', 'three');
  assert.deepEqual([fork.outcome, (await client.load('plain/shared')).content.toString()], ['forked', 'two']);
  const next = await other.save('plain', 'shared', 'four');
  assert.deepEqual([next.outcome, next.session.id], ['saved', fork.session.id]);
  other.close();
});

test('parts of a workspace are put, patched, read, removed and saved', async () => {
  const workspace = await client.workspace({ app: 'parts', name: 'live', format: 'parts' });
  const { hash } = await workspace.put('intro', 'p1 >> pluck()');
  await workspace.patch('intro', hash, 6, 11, 'blip');
  await assert.rejects(workspace.patch('intro', hash, 0, 1, 'x'), Exists);
  assert.equal((await workspace.get('intro')).toString(), 'p1 >> blip()');
  const large = randomBytes(3_000_000);
  await workspace.put('large', large);
  assert.deepEqual(await workspace.get('large'), large);
  await workspace.put('gone', 'x');
  await workspace.remove('gone');
  assert.equal((await workspace.save({ message: 'before the gig' })).outcome, 'saved');
  assert.deepEqual(workspace.parts.map(({ name }) => name), ['intro', 'large']);
  assert.deepEqual([workspace.row.revision, workspace.row.saved], [1, true]);
  assert.equal((await workspace.leave()).ended, true);
});

test('a workspace survives kill -9 of its application', async () => {
  const program = `
    import { connect } from ${JSON.stringify(new URL('../index.js', import.meta.url).href)};
    const client = await connect({ socket: ${JSON.stringify(daemon.socket)} });
    const workspace = await client.workspace({ app: 'killed', name: 'note', format: 'plain' });
    await workspace.put('text', 'what was typed');
    console.log(workspace.id);`;
  const words = ['--input-type=module', '-e', program];
  const application = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(/** @type {import('node:stream').Readable} */ (application.stdout), 'data');
  const ended = once(application, 'exit');
  application.kill('SIGKILL');
  assert.deepEqual(await ended, [null, 'SIGKILL']);
  const left = await until(async () => (await client.last('killed')).workspace);
  assert.equal(left?.id, said.toString().trim());
  const again = await client.workspace({ id: left.id });
  assert.equal((await again.get('text')).toString(), 'what was typed');
  assert.equal((await again.save()).outcome, 'saved');
  assert.equal((await client.load('killed/note')).content.toString(), 'what was typed');
});

test('events go on across a restart of the daemon, each once and in order', async () => {
  const since = (await client.ask('operations', { newest: true, limit: 1 })).reply.rows[0]?.number ?? 0;
  const events = client.events({ since });
  const filtered = client.events({ since, app: 'told' });
  await client.save('told', 'before', 'one');
  assert.deepEqual(names(await taken(events, 1)), ['before']);
  await daemon.stop('SIGKILL');
  await daemon.start();
  await client.save('told', 'after', 'two');
  await client.save('untold', 'other', 'three');
  await client.save('told', 'last', 'four');
  const rows = await taken(events, 3);
  assert.deepEqual(names(rows), ['after', 'other', 'last']);
  assert.deepEqual(rows.map(({ number }) => number), [since + 2, since + 3, since + 4]);
  assert.deepEqual(names(await taken(filtered, 3)), ['before', 'after', 'last']);
  await events.return(undefined);
  await filtered.return(undefined);
});

test('a request in the middle of a restart is done, and done once', async () => {
  await client.save('plain', 'restarted', 'one');
  await daemon.stop();
  const started = daemon.start();
  const saved = await client.save('plain', 'restarted', randomBytes(2_000_000));
  await started;
  assert.deepEqual([saved.outcome, saved.session.revision], ['saved', 2]);
});

test('a reader that is slower than what happens is told everything, each once and in order', async () => {
  const saved = await client.save('slow', 'noted', 'x');
  const events = client.events({ since: saved.operation ?? 0 });
  const text = 'long '.repeat(3000);
  const ref = { app: 'slow', name: 'noted' };
  const change = (/** @type {number} */ n) => client.ask('note', { ref, text: text + n });
  const first = events.next();
  await change(0);
  const found = [(await first).value.number];
  await Promise.all(Array.from({ length: 1500 }, (_, n) => change(n + 1))); // more than waits for one client
  found.push(...(await taken(events, 1500)).map(({ number }) => number));
  assert.deepEqual(found, Array.from({ length: 1501 }, (_, n) => (saved.operation ?? 0) + n + 1));
  await events.return(undefined);
});

test('a daemon that does not answer is waited for as long as was said, and answers again when it can', async () => {
  daemon.send('SIGSTOP');
  try {
    await assert.rejects(client.with({ timeoutMs: 300 }).ask('status', {}), TooLate);
    await assert.rejects(client.with({ signal: AbortSignal.timeout(100) }).ping(), { name: 'TimeoutError' });
  } finally {
    daemon.send('SIGCONT');
  }
  await client.ping();
});

test('what is called off ends in the daemon too, and makes room for others', async () => {
  const workspace = await client.workspace({ app: 'asked', name: 'later', format: 'plain' });
  const asked = { id: workspace.id, every_ms: 600_000 };
  await client.ask('workspace-due', asked); // at once the first time, and never again in this test
  const { requests_in_flight: limit = 0 } = (await client.hello()).limits;
  const almostAll = async () => {
    const abort = new AbortController();
    const mine = client.with({ signal: abort.signal, timeoutMs: 600_000 });
    const ended = Promise.allSettled(Array.from({ length: limit - 1 }, () => mine.ask('workspace-due', asked)));
    await client.ping(); // the daemon has them all
    return async () => {
      abort.abort();
      assert.ok((await ended).every(({ status }) => status === 'rejected'));
    };
  };
  const callOff = await almostAll();
  await callOff();
  const callOffAgain = await almostAll();
  assert.equal((await client.with({ timeoutMs: 5000 }).last('asked')).session, null); // would be told `busy`
  await callOffAgain();
  await workspace.leave();
});

test('a workspace is held again after a restart of the daemon, without a word of its application', async () => {
  const workspace = await client.workspace({ app: 'held', name: 'note', format: 'plain' });
  await workspace.put('text', 'typed before');
  await daemon.stop('SIGKILL');
  await daemon.start();
  await until(async () => (await client.last('held')).workspace === null); // what nobody holds would be offered
  await workspace.put('text', 'typed after');
  assert.equal((await workspace.save()).outcome, 'saved');
  assert.equal((await client.load('held/note')).content.toString(), 'typed after');
  await workspace.leave();
});

/** How many bytes of chunks were put. @template T @param {() => Promise<T>} work */
async function counting(work) {
  const { ask } = client;
  let put = 0;
  client.ask = /** @type {typeof ask} */ ((verb, body, payload = [], timeoutMs = client.timeoutMs) => {
    if (verb === 'put') put += payload.reduce((sum, { length }) => sum + length, 0);
    return ask.call(client, verb, body, payload, timeoutMs);
  });
  try {
    return { saved: await work(), put };
  } finally {
    client.ask = ask;
  }
}

/** @template T @param {AsyncGenerator<T>} all @param {number} count */
async function taken(all, count) {
  const found = [];
  while (found.length < count) found.push(/** @type {T} */ ((await all.next()).value));
  return found;
}

/** @param {{ name: string | null }[]} rows */
const names = (rows) => rows.map(({ name }) => name);
