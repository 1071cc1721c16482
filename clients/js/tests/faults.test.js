// What goes wrong between client and daemon: every request ends, and is done once.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { joined, verified, hashOf } from '../content.js';
import { key } from '../conversation.js';
import {
  Busy, Client, connect, Damaged, HoldfastError, NoSpace, NotAllowed, NotFound, TooLate, Unreachable,
} from '../index.js';
import { until } from './daemon.js';
import { FakeDaemon } from './fake.js';

const PONG = { kind: 'result', body: {} };

/** @param {FakeDaemon['answer']} answer @param {(client: Client, daemon: FakeDaemon) => Promise<void>} body */
async function beside(answer, body, timeoutMs = 5000) {
  const daemon = await new FakeDaemon(answer).start();
  const client = new Client(daemon.path, { timeoutMs });
  try {
    await body(client, daemon);
  } finally {
    client.close();
    daemon.close();
  }
}

test('silence ends with the deadline, after tries under one id on connections of their own', async () => {
  await beside(() => [], async (client, { asked }) => {
    const start = performance.now();
    await assert.rejects(client.ping(), TooLate);
    assert.ok(performance.now() - start < 3000);
    assert.ok(asked.length >= 2);
    assert.equal(new Set(asked.map(({ id }) => Buffer.from(id).toString('hex'))).size, 1);
    assert.equal(new Set(asked.map(({ peer }) => peer)).size, asked.length);
    assert.ok(asked.every(({ deadline_ms: left }, n) => left > 0 && left <= (asked[n - 1]?.deadline_ms ?? 600)));
    assert.ok((asked[0]?.deadline_ms ?? 0) > 300);
  }, 600);
});

test('an answer to the second try is the answer', async () => {
  await beside((_, count) => (count === 1 ? [] : [PONG]), async (client) => client.ping(), 600);
});

test('what takes as long as it takes is not asked again while its connection lives', async () => {
  await beside(() => [], async (client, { asked }) => {
    await assert.rejects(client.ask('settle', {}), TooLate);
    assert.equal(asked.length, 1);
  }, 600);
});

test('chunks travel within the limits that hello gave, each once, and again where they are gone', async () => {
  const gone = { kind: 'error', body: { code: 'bad-field', sentence: 'A chunk is gone', details: { chunk: 'ab' } } };
  const answer = (/** @type {any} */ { verb, payload }, /** @type {number} */ count) => {
    if (verb === 'missing') return [{ kind: 'result', body: { count: payload[0].length / 32 }, payload }];
    if (verb === 'put') return [{ kind: 'result', body: { count: payload.length } }];
    return count < 5 ? [gone] : [{ kind: 'error', body: { code: 'no-space', sentence: 'Full', details: {} } }];
  };
  await beside(answer, async (client, { asked }) => {
    const half = randomBytes(512 * 1024);
    await assert.rejects(client.save('plain', 'large', Buffer.concat([half, half, half.subarray(0, 1)])), NoSpace);
    assert.deepEqual(asked.map(({ verb }) => verb), ['missing', 'put', 'put', 'save', 'missing', 'put', 'put', 'save']);
    assert.deepEqual(asked.filter(({ verb }) => verb === 'put').map(({ payload }) => payload.length), [2, 1, 2, 1]);
    assert.equal(asked[3]?.payload[0]?.length, 5 * 32);
  });
});

test('a daemon that does not know us any more is greeted again, and the request repeated under its id', async () => {
  const stranger = { kind: 'error', body: { code: 'hello-first', sentence: 'who?', details: {} } };
  await beside((_, count) => (count === 1 ? [stranger] : [PONG]), async (client, { asked }) => {
    await client.ping();
    assert.deepEqual(asked[0]?.id, asked[1]?.id);
  });
});

test('a busy daemon is asked again under the same id when it said, on the same connection', async () => {
  const busy = { kind: 'error', body: { code: 'busy', sentence: 'Later', details: { limit: 1, retry_ms: 30 } } };
  await beside((_, count) => (count < 4 ? [busy] : [PONG]), async (client, { asked }) => {
    await client.ping();
    assert.equal(asked.length, 4);
    assert.equal(new Set(asked.map(({ id, peer }) => `${key(id)} ${peer}`)).size, 1);
  });
});

test('one that stays busy beyond the deadline, or does not say until when, is told to the caller', async () => {
  const busy = (/** @type {object} */ details) => {
    return [{ kind: 'error', body: { code: 'busy', sentence: 'Later', details } }];
  };
  await beside(() => busy({ retry_ms: 60_000 }), async (client, { asked }) => {
    await assert.rejects(client.ping(), Busy);
    assert.equal(asked.length, 1);
  });
  await beside(() => busy({}), async (client) => assert.rejects(client.ping(), Busy));
});

test('no more requests go out than the daemon takes, and all are answered', async () => {
  let most = 0;
  /** @type {any[]} */
  let held = [];
  const answer = (/** @type {any} */ { id }) => {
    held.push({ ...PONG, id });
    most = Math.max(most, held.length);
    return held.length === 4 ? held.splice(0) : [];
  };
  await beside(answer, async (client) => {
    await Promise.all(Array.from({ length: 12 }, () => client.ping()));
    assert.equal(most, 4);
  });
});

test('a signal ends the call at once with its reason, and the daemon hears that nobody waits', async () => {
  const abort = new AbortController();
  const answer = (/** @type {any} */ { verb }) => {
    if (verb === 'ping') setImmediate(() => abort.abort());
    return verb === 'cancel' ? [{ kind: 'result', body: { outcome: 'cancelled' } }] : [];
  };
  await beside(answer, async (client, { asked }) => {
    const mine = client.with({ signal: abort.signal });
    await assert.rejects(mine.ping(), { name: 'AbortError' });
    await until(() => asked.length === 2);
    assert.deepEqual(asked.map(({ verb }) => verb), ['ping', 'cancel']);
    assert.deepEqual(Buffer.from(asked[1]?.body.request), Buffer.from(asked[0]?.id ?? ''));
    await assert.rejects(mine.ping(), { name: 'AbortError' }); // and nothing is asked any more
    assert.equal(asked.length, 2);
  });
});

test('a signal ends events too, in the middle of a wait', async () => {
  await beside(() => [{ kind: 'result', body: { number: 3 } }], async (client) => {
    const abort = new AbortController();
    const next = client.with({ signal: abort.signal }).events().next();
    setTimeout(() => abort.abort(new Error('enough')), 50);
    await assert.rejects(next, /enough/);
  });
});

test('a request is not asked again while the daemon answers others', async () => {
  const slow = (/** @type {any} */ { verb }) => (verb === 'ping' ? [PONG] : []);
  await beside(slow, async (client, { asked }) => {
    const waiting = assert.rejects(client.ask('status', {}), Unreachable);
    for (const end = performance.now() + 1500; performance.now() < end;) await client.ping();
    client.close();
    await waiting;
    assert.equal(asked.filter(({ verb }) => verb === 'status').length, 1);
  }, 3000);
});

test('a request that is late does not take the connection from the others', async () => {
  const slow = (/** @type {any} */ { verb }) => (verb === 'ping' ? [PONG] : []);
  await beside(slow, async (client, { asked }) => {
    await client.ping();
    await assert.rejects(client.with({ timeoutMs: 100 }).ask('settle', {}), TooLate);
    await client.ping();
    assert.equal(new Set(asked.map(({ peer }) => peer)).size, 1);
  });
});

test('many requests are under way at once, and each gets its own answer', async () => {
  /** @type {any[]} */
  const held = [];
  const answer = (/** @type {any} */ asked) => {
    held.push({ id: asked.id, kind: 'result', body: { snapshot: asked.body.ref.name, size_bytes: 0 } });
    return held.length === 3 ? held.reverse() : [];
  };
  await beside(answer, async (client) => {
    const names = ['a', 'b', 'c'];
    const answers = await Promise.all(names.map((name) => client.ask('cat', { ref: { name } })));
    assert.deepEqual(answers.map(({ reply }) => reply.snapshot), names);
  });
});

test('answers of a newer daemon, and to nobody, are dropped', async () => {
  const id = new Uint8Array(16);
  const said = [{ kind: 'progress', body: {} }, { ...PONG, id }, { kind: 'beat', id }, PONG];
  await beside(() => said, async (client) => client.ping());
});

test('a code of a newer daemon is an error like any other', async () => {
  const news = { kind: 'error', body: { code: 'new-code', sentence: 'It is new', details: { what: 'x' } } };
  await beside(() => [news], async (client) => {
    await assert.rejects(client.ping(), (/** @type {any} */ problem) => {
      assert.equal(problem.constructor, HoldfastError);
      assert.deepEqual([problem.code, problem.details], ['new-code', { what: 'x' }]);
      return true;
    });
  });
});

test('requests under way end when the client is closed', async () => {
  await beside(() => [], async (client) => {
    const asked = assert.rejects(client.ping(), Unreachable);
    setTimeout(() => client.close(), 50);
    await asked;
    await assert.rejects(client.ping(), Unreachable);
  });
});

test('events end when the client is closed', async () => {
  await beside(() => [{ kind: 'result', body: { number: 3 } }], async (client) => {
    setTimeout(() => client.close(), 100);
    for await (const _ of client.events()) assert.fail('nothing happened');
  });
});

test('nobody listening is said at once, by events too', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'n'));
  const start = performance.now();
  await assert.rejects(connect({ socket: join(folder, 's') }), Unreachable);
  await assert.rejects(new Client(join(folder, 's')).events().next(), Unreachable);
  await assert.rejects(connect({ socket: join(folder, 'nowhere', 's') }), Unreachable);
  assert.ok(performance.now() - start < 2000);
  chmodSync(folder, 0o755);
  await assert.rejects(connect({ socket: join(folder, 's') }), NotAllowed);
  rmSync(folder, { recursive: true });
});

test('a log that ends before what was seen is another store', async () => {
  await beside(() => [{ kind: 'result', body: { number: 3 } }], async (client) => {
    await assert.rejects(client.events({ since: 5 }).next(), NotFound);
  });
});

test('a hole in the numbers is asked for again, and what was seen is not told twice', async () => {
  const event = (/** @type {number} */ number) => ({ kind: 'event', body: { row: { ...ROW, number } } });
  const answer = (/** @type {any} */ { body }) => {
    const told = body.since === 0 ? [event(1), event(3)] : [event(1), event(2), event(3)];
    return [{ kind: 'result', body: { number: 3 } }, ...told];
  };
  await beside(answer, async (client) => {
    const seen = [];
    for await (const { number } of client.events({ since: 0 })) {
      seen.push(number);
      if (number === 3) break;
    }
    assert.deepEqual(seen, [1, 2, 3]);
  });
});

test('events that were dropped for a slow reader are asked for again, from the last that was seen', async () => {
  const page = (/** @type {number[]} */ ...all) => ({
    kind: 'events', body: { rows: all.map((number) => ({ ...ROW, number })) },
  });
  const answer = (/** @type {any} */ { body }) => {
    const told = body.since === 0 ? [page(1, 2), { kind: 'gap', body: { number: 5 } }] : [page(3, 4, 5)];
    return [{ kind: 'result', body: { number: 5 } }, ...told];
  };
  await beside(answer, async (client, { asked }) => {
    assert.deepEqual(await numbers(client.events({ since: 0 }), 5), [1, 2, 3, 4, 5]);
    assert.deepEqual(asked.map(({ body }) => body.since), [0, 2]);
  });
});

test('a subscription that neither beats nor answers is made anew, on another connection', async () => {
  const answer = (/** @type {any} */ { verb, body }) => {
    if (verb !== 'subscribe') return []; // what breaks the silence is not answered
    const told = body.since === 0 ? 1 : 2;
    return [{ kind: 'result', body: { number: told } }, { kind: 'event', body: { row: { ...ROW, number: told } } }];
  };
  await beside(answer, async (client, { asked }) => {
    assert.deepEqual(await numbers(client.events({ since: 0 }), 2), [1, 2]);
    assert.deepEqual(asked.map(({ verb }) => verb), ['subscribe', 'operations', 'subscribe']);
    assert.notEqual(asked[0]?.peer, asked[2]?.peer);
  });
});

test('a beat says that something was missed', async () => {
  const answer = (/** @type {any} */ _, /** @type {number} */ count) => {
    const event = { kind: 'event', body: { row: { ...ROW, number: 1 } } };
    const beat = { kind: 'beat', body: { told: 1, number: 1 } };
    return [{ kind: 'result', body: { number: 1 } }, count === 1 ? beat : event];
  };
  await beside(answer, async (client) => assert.deepEqual(await numbers(client.events({ since: 0 }), 1), [1]));
});

test('bytes that are not what the hash says are damaged', async () => {
  const content = Buffer.from('a kelp forest');
  assert.deepEqual(await joined(verified([content], hashOf(content), 'It')), content);
  await assert.rejects(joined(verified([content.subarray(1)], hashOf(content), 'It')), Damaged);
});

/** @param {AsyncGenerator<{ number: number }>} events @param {number} count */
async function numbers(events, count) {
  const seen = [];
  for await (const { number } of events) if (seen.push(number) === count) break;
  return seen;
}

const ROW = {
  time: 1n, type: 'saved', session: null, app: null, folder: null, name: null, cause: null, author: 'ada',
  undoable: true,
};
